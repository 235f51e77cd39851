//! `Module`: the driver of one Wi-Fi module.

use atat::AtatCmd;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io::ErrorType;

use super::dialect::{Dialect, Outcome, Words};
use super::event::Event;
use super::queue::{Item, Queue};
use super::session::{Missed, Session};
use crate::clock::{Clock, Deadline};
use crate::engine::Engine;
use crate::engine::protocol::Protocol;
use crate::error::{Cause, Error, Fault, Lent, Resource, Usage};
use crate::socket::{SocketMemory, Table};
use crate::transport::Transport;

/// The error of a module of dialect `D` on a transport `T`.
pub type ErrorOf<D, T> = Error<<T as ErrorType>::Error, <D as Words>::Status>;

/// How long the driver waits, in milliseconds. Each dialect has its defaults, with their sources;
/// change what you need in [`Module::timeouts`].
///
/// # How long a call takes
///
/// No call takes longer than this, whatever the module does, says or does not say, as long as the clock
/// moves and neither it nor the transport blocks. Where a call is over by it, it ends with
/// [`Error::Timeout`], and the next call goes on getting back into step.
///
/// | call | usually at most | under any fault |
/// |---|---|---|
/// | `new`, `socket`, `bind`, `release`, [`resume`](Module::resume) | 0 | 0 |
/// | `poll`; `receive`, `is_readable`, `accept` with nothing there | 0 | `call` |
/// | `receive` | `receive` | `call` |
/// | `wait_readable(ms)` | ms and `receive` | ms and `call` |
/// | `send` | `send` for each piece of 6144 bytes (ST67), of about 200 (Microchip) | `call` for each |
/// | `connect`, with TLS too | `connect` and 6 s, two to five times `command` | `call` |
/// | `close`, `listen` | `close`, `command` | `call` |
/// | `join` | `join` | `call` |
/// | `join_with`, `rejoin` | `join`, and up to twelve times `command` | `call` |
/// | `leave`, `link_state`, `addresses`, `mac` | `command` | `call` |
/// | `station`, `versions`, `forget` | two or three times `command` | `call` |
/// | `start_access_point`, `stop_access_point`, `access_point_clients` | `command` | `call` |
/// | `provision(ms)`, `join_by_button(ms)` | ms | the greater of ms, and 30 s or 10 s, and `call` |
/// | `get_host_by_name` | `resolve` | `call` |
/// | `set_time_servers`, `time` | one to three times `command` | `call` |
/// | `load_certificate` | 1 s for each kB; 20 s and 0.1 s for each 128 bytes and each zero (ST67), 0.4 s for each `+` (Microchip) | the greater of that and `call` |
/// | `has_certificate`, `certificates`, `delete_certificate` | once or twice `command` | `call` |
/// | `mqtt` | `connect` and 10 s, and twelve times `command` | `call` |
/// | `publish`, `subscribe`, `unsubscribe`, `disconnect` of a session | `send`, and 10 s (Microchip) | `call` |
/// | `receive` of a session with nothing there | 0; each `unheard` once `command` | `call` |
/// | `wait(ms)` of a session | ms | the greater of ms and `call` |
/// | `wait_for_time(ms)` | ms and `command` | the greater of ms and `call` |
/// | `scan` | its channels, as long as each is listened to, 5 s, `command` | the greater of that and `call` |
/// | `ping` | `resolve`, and interval or patience for each echo | the greater of that and `call` |
/// | `start_power_save`, `stop_power_save`, `start_twt`, `end_twt` | two to four times `command` | `call` |
/// | `deep_sleep` | 1 s | `call` |
/// | a part of an update; its end | 30 s; 2 minutes | 30 s more than `call`; 2 minutes |
/// | `bluetooth`, `serve`, `advertise`; other calls of Bluetooth LE | `command` for each command | `call` |
/// | what another Bluetooth device has to answer: `indicate`, `discover`, `read`, `write`, `subscribe` | 31 s, for `discover` for each of its services | `call` |
/// | `connect(seconds)` of Bluetooth LE; `scan` of it | seconds, or its duration, and two or three times `command` | that and `call` |
/// | `command` and its like | the command's own limit | the greater of that and `call` |
/// | `reset`, `wake` | `boot` | `call` |
/// | `reset_by_pin`, `power_up` | `boot` | the greater of that and `call` |
///
/// A Microchip module that waits for payload of which nobody knows is given it byte by byte, since it
/// survives nothing else: up to two minutes, over several calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Timeouts {
    /// Any command that has no entry of its own.
    pub command: u32,
    /// From reset to the module's readiness.
    pub boot: u32,
    /// From the join command to an address.
    pub join: u32,
    /// Name resolution.
    pub resolve: u32,
    /// A TCP connection, as the module is told; the driver waits a little longer than that.
    pub connect: u32,
    /// One send command, from the command to the module's receipt.
    pub send: u32,
    /// One receive command, up to the first payload byte.
    pub receive: u32,
    /// Closing a link.
    pub close: u32,
    /// The longest that any call takes, whatever happens: it may have to get back into step with a
    /// module that was lost track of, to make its settings again, to put the sockets right. A call that
    /// is over by this ends with [`Error::Timeout`], and the next one goes on where it stopped.
    pub call: u32,
    /// How long an open socket may seem idle before the module is asked whether the host has missed
    /// something; `u32::MAX` for never. A `receive` that is due for that costs a few commands.
    pub unheard: u32,
}

/// Sends payload on a link.
type SendFn<M> = fn(&mut M, u32, &[u8]) -> Outcome;
/// Closes a link.
type CloseFn<M> = fn(&mut M, u32) -> Outcome;

/// The least memory for events, of the line buffer that is lent.
const EVENT_MIN: usize = 64;
/// The least memory for lines: the firmware's own buffer is 256 bytes (wire notes, 1).
const LINE_MIN: usize = 258;

/// A Wi-Fi module: dialect `D` on transport `T`, watched by clock `C`, in memory lent for `'b`.
///
/// It implements the traits of `embedded-nal`, so it is the network of every crate that takes
/// them. Use the alias of the dialect: [`st67::Module`](crate::st67::Module),
/// [`microchip::Module`](crate::microchip::Module).
// What is used most is within reach of a short instruction.
#[repr(C)]
pub struct Module<'b, D: Words, T: Transport, C> {
    pub(crate) engine: Engine<'b, Session<'b, D>, T, C>,
    /// How long to wait for what, in milliseconds.
    pub timeouts: Timeouts,
    /// What the caller asked for last that cannot be.
    pub(crate) usage: Usage,
    /// How a stream is sent for which that matters more than to lose nothing, if the user wants that.
    pub(crate) bulk: Option<SendFn<Self>>,
    /// When sockets are asked again of which the module may have announced too little.
    pub(crate) look_at: Deadline,
    /// How a listening link is closed, once there is one.
    pub(crate) close_listener: Option<CloseFn<Self>>,
    /// How the socket table is put right, once peers may come.
    pub(crate) reconcile: Option<fn(&mut Self) -> Outcome>,
}

impl<'b, D: Dialect, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// Takes a transport, a clock and memory. Nothing is sent yet.
    ///
    /// `line_buffer` holds the command that is being sent, the lines that arrive, and the events
    /// that wait for [`poll`](Module::poll): at least [`LINE_BUFFER`](Module::LINE_BUFFER)
    /// bytes; more than that makes room for longer replies and more events. `sockets` has the memory
    /// of each socket that may be open at a time, with room to read ahead: small reads are served
    /// from it, so that reading byte by byte costs no command per byte.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] if the line buffer is too small.
    pub fn new<const N: usize>(
        transport: T,
        clock: C,
        line_buffer: &'b mut [u8],
        sockets: &'b mut [SocketMemory<'b, N>],
    ) -> Result<Self, ErrorOf<D, T>> {
        let too_small = || {
            Error::Usage(Usage::BufferTooSmall {
                which: Lent::Line,
                needed: Self::LINE_BUFFER,
            })
        };
        let (command, rest) = line_buffer
            .split_at_mut_checked(D::COMMAND_MAX)
            .ok_or_else(too_small)?;
        // What is lent beyond the least goes to lines and events alike.
        let spare = rest
            .len()
            .checked_sub(LINE_MIN + EVENT_MIN)
            .ok_or_else(too_small)?;
        let (events, input) = rest
            .split_at_mut_checked(EVENT_MIN + spare / 2)
            .ok_or_else(too_small)?;
        let session = Session::new(Table::new(sockets, D::LINKS), Queue::new(events));
        Ok(Module {
            timeouts: D::TIMEOUTS,
            usage: Usage::Empty,
            bulk: None,
            look_at: Deadline::after(0, 0),
            close_listener: None,
            reconcile: None,
            engine: Engine::new(transport, clock, command, input, session),
        })
    }

    /// The least size of the line buffer, in bytes.
    pub const LINE_BUFFER: usize = D::COMMAND_MAX + LINE_MIN + EVENT_MIN;

    /// Restarts the module by its reset pin (low resets) and makes its settings.
    ///
    /// The pin is held low for 10 ms; the module then has [`Timeouts::boot`] to report.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the module does not report. [`Error::Pin`].
    pub fn reset_by_pin(
        &mut self,
        pin: &mut impl OutputPin,
        delay: &mut impl DelayNs,
    ) -> Result<(), ErrorOf<D, T>> {
        /// The reference gives no minimum; ST's Zephyr driver holds CHIP_EN for 1 ms (wire notes, 8).
        const PULSE_MS: u32 = 10;
        pin.set_low().map_err(Error::of_pin)?;
        delay.delay_ms(PULSE_MS);
        let discarded = self.engine.discard();
        pin.set_high().map_err(Error::of_pin)?;
        self.outcome(discarded)?;
        self.begin_call_of(self.timeouts.boot);
        let booted = self.boot();
        self.outcome(booted)
    }

    /// Restarts the module by its own command and makes its settings.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the module does not answer, or does not come back.
    pub fn reset(&mut self) -> Result<(), ErrorOf<D, T>> {
        let restarted = self.restart();
        self.outcome(restarted)
    }

    fn restart(&mut self) -> Outcome {
        self.begin_call();
        // Whether it answers or not, it is told.
        if self.engine.is_out_of_step() && self.engine.resync() == Err(Fault::Interrupted) {
            return Err(Fault::Interrupted);
        }
        self.engine
            .write_raw(D::RESTART.as_bytes(), self.timeouts.command)?;
        self.boot()
    }

    /// Waits for the module to report its start, then makes the settings.
    pub(crate) fn boot(&mut self) -> Outcome {
        self.session().restart();
        match self.engine.wait_for_boot(self.timeouts.boot) {
            Err(Fault::Timeout) if self.engine.is_looped() => return Err(Fault::HearsItself),
            other => other?,
        }
        // A restart that was asked for is no news.
        self.session().events.clear();
        self.prepare()
    }

    /// Makes the link and the module fit for the next command: gets back into step, restores the
    /// settings after a restart, and puts the socket table right if a notice may be missing.
    ///
    /// Every call of the driver does this by itself.
    #[inline(never)]
    pub(crate) fn prepare(&mut self) -> Outcome {
        self.begin_call();
        let mut questions = 2;
        let mut may_close = true;
        loop {
            self.engine.settle()?;
            if self.engine.is_out_of_step() {
                self.engine.resync()?;
            }
            let is_new = !self.session().is_set_up();
            if is_new {
                // What came before is no answer to a setting, and there are no sockets.
                self.session().in_doubt = false;
                self.set_up()?;
            }
            if questions > 0 && core::mem::take(&mut self.session().in_doubt) {
                questions -= 1;
                // A line that answers no setting answers one that was spoilt on the way.
                if !is_new {
                    self.put_table_right()?;
                }
                // What the module said may have shown a restart, or have to be asked for again.
                continue;
            }
            if is_new {
                self.session().settings_made();
            }
            let orphan = self.session().sockets.orphan();
            let Some(slot) = orphan.filter(|_| may_close) else {
                return Ok(());
            };
            let link = slot.link;
            let is_last = core::mem::replace(&mut slot.is_told, true);
            // The next call tries again, once: a link that the module does not close keeps no other from
            // going on.
            may_close = self.close_link(link).is_ok() || is_last;
            if !may_close {
                continue;
            }
            if let Some(slot) = self.session().sockets.by_link(link) {
                info!("link {}: closed", link);
                slot.forget();
            }
        }
    }

    /// Asks the module for its links. An answer that makes no sense leaves the doubt.
    fn put_table_right(&mut self) -> Outcome {
        let put_right = match self.reconcile {
            Some(reconcile) => reconcile(self),
            None => D::reconcile(self),
        };
        self.session().in_doubt |= put_right.is_err();
        if !self.session().in_doubt {
            // What is lost while the module is asked is still to be looked for.
            self.session().take_missed(Missed::Events);
        }
        match put_right {
            Err(Fault::Malformed) => Ok(()),
            other => other,
        }
    }

    fn set_up(&mut self) -> Outcome {
        D::set_up(self)?;
        match self.engine.hears_itself() {
            true => Err(Fault::HearsItself),
            false => Ok(()),
        }
    }

    /// Closes a link, of whatever kind.
    pub(crate) fn close_link(&mut self, link: u32) -> Outcome {
        let slot = self.session().sockets.by_link(link);
        let is_listener = slot.is_some_and(|slot| slot.is_listener());
        match self.close_listener {
            Some(close) if is_listener => close(self, link),
            _ => D::close(self, link),
        }
    }

    /// Whether what the driver believes of its sockets may be wrong.
    pub(crate) fn needs_attention(&mut self) -> bool {
        self.engine.is_out_of_step() || self.session().in_doubt
    }

    /// Takes in what the module has told and hands out the next event; `None` if there is none.
    ///
    /// It does not wait, unless the link has lost the thread and must find it again. Events that
    /// came while commands were running are kept for it, in the half of the line buffer's spare
    /// memory that is theirs; how many did not fit is told by [`Event::Lost`].
    ///
    /// A message with payload is one event if it fits that memory. A longer one is handed out in
    /// pieces, [`Event::More`], if it arrives while `poll` is called, and is lost if it arrives
    /// while another call is waiting for the module.
    pub fn poll(&mut self) -> Result<Option<Event<'_>>, ErrorOf<D, T>> {
        self.expect_others();
        let told = self.take_in();
        self.outcome(told)?;
        let events = &mut self.session().events;
        if let Some(n) = events.take_lost() {
            return Ok(Some(Event::Lost(n)));
        }
        Ok(events.pop().map(|item| match item {
            Item::Line(line) => D::event(line),
            Item::More { data, rest } => Event::More { data, rest },
            Item::Cut => Event::Cut,
        }))
    }

    /// Takes in what the module has told, without waiting, as far as there is memory for it.
    pub(crate) fn take_in(&mut self) -> Outcome {
        self.engine.pump_with_patience()?;
        let is_stuck = self.engine.is_out_of_step() && self.session().is_set_up();
        match is_stuck && self.session().events.is_empty() {
            true => self.prepare(),
            false => Ok(()),
        }
    }

    /// Sends any command and returns its typed reply: one of this crate's
    /// ([`st67::command`](crate::st67::command)) or your own, derived with `atat`.
    ///
    /// The limit is the command's own `timeout_ms`. Events that arrive meanwhile go their way.
    ///
    /// A command of yours must not be longer than the module's line ([`Words::COMMAND_MAX`]):
    /// `atat` panics where it does not fit.
    pub fn command<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, ErrorOf<D, T>> {
        let reply = self.ready_for_command(A::MAX_TIMEOUT_MS).and_then(|()| {
            self.write(command);
            self.keep_reply(A::MAX_TIMEOUT_MS)?;
            self.parse_reply(command)
        });
        self.outcome(reply)
    }

    /// Ends all connections in the module and takes all sockets from their owners.
    ///
    /// For owners that drop a socket without closing it. Handles that still exist become stale:
    /// using them is a typed error.
    pub fn release_sockets(&mut self) -> Result<(), ErrorOf<D, T>> {
        self.session().sockets.release_all();
        let closed = self.prepare();
        self.outcome(closed)
    }

    /// Tells the driver that the host may not have heard the module for a while: its UART was off in a
    /// sleep mode, say.
    ///
    /// What a UART drops when it overruns it reports, and the driver asks the module what it has
    /// missed; what comes to a UART that is off, nobody reports. Nothing is sent before the next call,
    /// which asks.
    ///
    /// Without this, an open socket is asked about after [`Timeouts::unheard`].
    pub fn resume(&mut self) {
        self.engine.fall_out_of_step();
        self.session().doubt();
    }

    /// Why the last call has failed: [`Error::cause`], with what the driver has seen of the line.
    ///
    /// A wait that has ended while an answer was coming is [`Cause::BytesLost`] here, and no
    /// [`Cause::TimedOut`]. Ask it right behind the call, whose error it is to be. Nothing is sent.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{Cause, Error, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// // The end of the answer is lost.
    /// let uart = uart.answer("AT+CWSTATE?\r\n", "+CWSTATE:2,\"ho");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let error = wifi.link_state().unwrap_err();
    /// assert_eq!(error, Error::Timeout);
    /// assert_eq!(wifi.cause_of(&error), Some(Cause::BytesLost));
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn cause_of(&self, error: &ErrorOf<D, T>) -> Option<Cause> {
        match error {
            Error::Timeout | Error::Unresponsive if self.engine.has_begun() => {
                Some(Cause::BytesLost)
            }
            error => error.cause(),
        }
    }

    /// Gives the transport and the clock back.
    pub fn release(self) -> (T, C) {
        self.engine.link.release()
    }
}

impl<'b, D: Words, T: Transport, C: Clock> Module<'b, D, T, C> {
    pub(crate) fn session(&mut self) -> &mut Session<'b, D> {
        &mut self.engine.session
    }

    /// The caller asked for something that cannot be.
    pub(crate) fn refuse(&mut self, usage: Usage) -> Fault {
        self.usage = usage;
        Fault::Usage
    }

    /// Whether the module has said no for this reason.
    pub(crate) fn has_refused<R>(&self, outcome: &Outcome<R>, status: D::Status) -> bool {
        matches!(outcome, Err(Fault::Refused)) && self.engine.session.refusal == status
    }

    /// The result of a call, with all that is known of its fault.
    pub(crate) fn outcome<R>(&mut self, outcome: Outcome<R>) -> Result<R, ErrorOf<D, T>> {
        self.engine.link.end_call();
        outcome.map_err(|fault| self.error(fault))
    }

    /// A call begins, unless it is part of one.
    pub(crate) fn begin_call(&mut self) {
        self.engine.link.begin_call(self.timeouts.call);
    }

    /// The same of a call that is asked for so many milliseconds, which may be more than others have.
    pub(crate) fn begin_call_of(&mut self, milliseconds: u32) {
        let longest = self.timeouts.call.max(milliseconds);
        self.engine.link.begin_call(longest);
    }

    #[inline(never)]
    pub(crate) fn error(&mut self, fault: Fault) -> ErrorOf<D, T> {
        if let Some(how) = fault.how() {
            return Error::Closed(how);
        }
        match fault {
            Fault::Transport => match self.engine.link.take_failure() {
                Some(error) => Error::Transport(error),
                None => Error::Timeout,
            },
            Fault::Unresponsive => Error::Unresponsive,
            Fault::HearsItself => Error::HearsItself,
            // The transport may know why.
            Fault::Timeout => match self.engine.link.transport.trouble() {
                Err(error) => Error::Transport(error),
                Ok(()) => Error::Timeout,
            },
            Fault::Interrupted => Error::Interrupted,
            Fault::Unconnected => Error::Unconnected(self.engine.session.refusal),
            Fault::Malformed => Error::Malformed,
            Fault::ModuleReset => Error::ModuleReset,
            Fault::Usage => Error::Usage(self.usage),
            Fault::StaleHandle => Error::Usage(Usage::StaleHandle),
            Fault::LineBuffer => Error::Resource(Resource::LineBuffer),
            Fault::Sockets => Error::Resource(Resource::Sockets),
            Fault::Listeners => Error::Resource(Resource::Listeners),
            // Refused; those that say how a connection ended are done with.
            _ => Error::Module(self.engine.session.refusal),
        }
    }

    /// From here on the module may tell, and answer, what only commands of the user's bring about.
    pub(crate) fn expect_others(&mut self) {
        self.engine.expect_others();
        self.session().expect_others();
    }
}
