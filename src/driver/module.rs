//! `Module`: the driver of one Wi-Fi module, from the transport to the socket table.

use atat::AtatCmd;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io::ErrorType;

use super::queue::{Item, Queue};
use crate::clock::Clock;
use crate::driver::Event;
use crate::driver::Upload;
use crate::driver::dialect::{Dialect, Words};
use crate::engine::Engine;
use crate::engine::exchange::Reply;
use crate::engine::protocol::{Answer, End, Escape, Line, Payload, Protocol};
use crate::error::{Closed, Error, Usage};
use crate::socket::Table;
use crate::transport::Transport;
use crate::value::LinkState;

/// The error of a module of dialect `D` on a transport `T`.
pub type ErrorOf<D, T> = Error<<T as ErrorType>::Error, <D as Words>::Status>;

type Outcome<D, T> = Result<(), ErrorOf<D, T>>;

/// How long the driver waits, in milliseconds. Each dialect has its defaults, with their sources;
/// change what you need in [`Module::timeouts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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
}

/// The least memory for events, of the line buffer that is lent.
const EVENT_MIN: usize = 64;
/// The least memory for lines: the firmware's own buffer is 256 bytes (wire notes, 1).
const LINE_MIN: usize = 258;
/// Commands that a busy module dropped are sent again this often.
const BUSY_RETRIES: usize = 3;

/// What the driver knows about the module: its sockets, its station, what it has told.
pub struct Session<'b, D: Words> {
    pub(crate) sockets: Table<'b>,
    pub(crate) events: Queue<'b>,
    pub(crate) link_state: LinkState,
    /// Why the station last failed or lost its link.
    pub(crate) station_error: Option<u16>,
    /// What the dialect remembers.
    pub(crate) vendor: D::State,
    /// The settings that the driver relies on are made.
    is_set_up: bool,
    /// What the driver believes of its sockets may be wrong.
    pub(crate) in_doubt: bool,
    /// Lines were lost, or may have been.
    pub(crate) missed_events: bool,
}

impl<D: Words> Session<'_, D> {
    /// The module has restarted: nothing of the session is left.
    pub(crate) fn restart(&mut self) {
        if self.is_set_up {
            warn_!("the module restarted");
        }
        self.sockets.restart();
        self.link_state = LinkState::Idle;
        self.vendor = D::State::default();
        self.is_set_up = false;
        self.in_doubt = false;
        self.missed_events = false;
    }

    /// The settings that the driver relies on are changed, and made again on the next use.
    pub(crate) fn give_up_settings(&mut self) {
        self.is_set_up = false;
    }

    /// The module must have restarted, unseen; one that is being set up has not.
    pub(crate) fn forget_if_set_up(&mut self) {
        if self.is_set_up {
            self.events.push(D::BOOT.as_bytes());
            self.restart();
        }
    }

    /// The station has no link any more: its connections end.
    pub(crate) fn station_down(&mut self) {
        self.link_state = LinkState::Disconnected;
        for slot in self.sockets.open() {
            slot.abandon(Closed::StationDown);
        }
    }
}

impl<D: Words> Protocol for Session<'_, D> {
    type Status = D::Status;
    const PROMPT: u8 = D::PROMPT;
    const READY_PROMPT: Option<u8> = D::READY_PROMPT;
    const OWED_PACE: u32 = D::OWED_PACE;
    const ESCAPE: Option<Escape> = D::ESCAPE;
    const QUESTIONS: u8 = D::SETTINGS.len() as u8;

    fn line(&mut self, command: &[u8], line: &[u8]) -> Line<D::Status> {
        let kind = D::line(self, command, line);
        match kind {
            Line::Boot => {
                self.events.push(line);
                self.restart();
            }
            Line::Unknown => {
                self.events.push(line);
                self.doubt();
            }
            _ => {}
        }
        kind
    }

    fn payload(&self, command: &[u8], pending: &[u8]) -> Payload {
        D::payload(self, command, pending)
    }

    fn begin_message(&mut self, header: &[u8], text: usize, data: usize, may_wait: bool) -> bool {
        self.events.begin(header, text, data, may_wait)
    }

    fn extend_message(&mut self, payload: &[u8], may_wait: bool) -> usize {
        self.events.extend(payload, may_wait)
    }

    fn end_message(&mut self, end: End) {
        self.events.end_message(end);
    }

    fn question(n: u8) -> &'static [u8] {
        D::SETTINGS
            .get(usize::from(n))
            .map_or(&[], |setting| setting.query.as_bytes())
    }

    fn answer(n: u8, line: &[u8]) -> Answer {
        let Some(setting) = D::SETTINGS.get(usize::from(n)) else {
            return Answer::No;
        };
        match line.strip_prefix(setting.answer.as_bytes()) {
            None => Answer::No,
            Some(value) if setting.value.is_none_or(|set| set.as_bytes() == value) => {
                Answer::AsSetUp
            }
            Some(_) => Answer::SettingsLost,
        }
    }

    fn lost_line(&mut self) {
        self.events.lose();
        self.doubt();
    }

    fn doubt(&mut self) {
        self.in_doubt = true;
        self.missed_events = true;
    }

    fn is_set_up(&self) -> bool {
        self.is_set_up
    }

    fn restarted(&mut self) {
        self.forget_if_set_up();
    }
}

/// A Wi-Fi module: dialect `D` on transport `T`, watched by clock `C`, in memory lent for `'b`.
///
/// It implements the traits of `embedded-nal`, so it is the network of every crate that takes
/// them. Use the alias of the dialect: [`st67::Module`](crate::st67::Module),
/// [`microchip::Module`](crate::microchip::Module).
pub struct Module<'b, D: Dialect, T, C> {
    pub(crate) engine: Engine<'b, T, C>,
    pub(crate) session: Session<'b, D>,
    /// How long to wait for what, in milliseconds.
    pub timeouts: Timeouts,
}

impl<'b, D: Dialect, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// Takes a transport, a clock and memory. Nothing is sent yet.
    ///
    /// `line_buffer` holds the command that is being sent, the lines that arrive, and the events
    /// that wait for [`poll`](Module::poll): at least [`LINE_BUFFER`](Module::LINE_BUFFER)
    /// bytes; more than that makes room for longer replies and more events. `read_ahead` has one
    /// buffer for each socket that may be open at a time: small reads are served from it, so
    /// that reading byte by byte costs no command per byte.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] if a buffer is too small.
    pub fn new<const N: usize>(
        transport: T,
        clock: C,
        line_buffer: &'b mut [u8],
        read_ahead: &'b mut [[u8; N]],
    ) -> Result<Self, ErrorOf<D, T>> {
        const { assert!(N > 0, "a read-ahead buffer cannot be empty") };
        let too_small = || Error::Usage(Usage::BufferTooSmall(Self::LINE_BUFFER));
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
        Ok(Module {
            engine: Engine::new(transport, clock, command, input),
            session: Session {
                sockets: Table::new(read_ahead, D::LINKS),
                events: Queue::new(events),
                link_state: LinkState::Idle,
                station_error: None,
                vendor: D::State::default(),
                is_set_up: false,
                in_doubt: false,
                missed_events: false,
            },
            timeouts: D::TIMEOUTS,
        })
    }

    /// The least size of the line buffer, in bytes.
    pub const LINE_BUFFER: usize = D::COMMAND_MAX + LINE_MIN + EVENT_MIN;

    /// Restarts the module by its reset pin (low resets) and makes its settings.
    ///
    /// The pin is held low for 10 ms; the module then has [`Timeouts::boot`] to report.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the module does not report. A pin that fails is reported as
    /// [`Usage::Unsupported`].
    pub fn reset_by_pin(
        &mut self,
        pin: &mut impl OutputPin,
        delay: &mut impl DelayNs,
    ) -> Result<(), ErrorOf<D, T>> {
        /// The reference gives no minimum; ST's Zephyr driver holds CHIP_EN for 1 ms (wire notes, 8).
        const PULSE_MS: u32 = 10;
        let pin_failed = |_| Error::Usage(Usage::Unsupported);
        pin.set_low().map_err(pin_failed)?;
        delay.delay_ms(PULSE_MS);
        self.engine.discard()?;
        pin.set_high().map_err(pin_failed)?;
        self.boot()
    }

    /// Restarts the module by its own command and makes its settings.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the module does not answer, or does not come back.
    pub fn reset(&mut self) -> Result<(), ErrorOf<D, T>> {
        if self.engine.is_out_of_step() {
            self.engine.resync(&mut self.session)?;
        }
        self.engine
            .write_raw(D::RESTART.as_bytes(), self.timeouts.command)?;
        self.boot()
    }

    /// Waits for the module to report its start, then makes the settings.
    fn boot(&mut self) -> Result<(), ErrorOf<D, T>> {
        self.session.restart();
        let deadline = self.engine.link.deadline(self.timeouts.boot);
        self.engine.wait_for_boot(&mut self.session, deadline)?;
        // A restart that was asked for is no news.
        self.session.events.clear();
        self.prepare()
    }

    /// Makes the link and the module fit for the next command: gets back into step, restores the
    /// settings after a restart, and puts the socket table right if a notice may be missing.
    ///
    /// Every call of the driver does this by itself.
    pub(crate) fn prepare(&mut self) -> Result<(), ErrorOf<D, T>> {
        self.engine.settle(&mut self.session)?;
        if self.engine.is_out_of_step() {
            self.engine.resync(&mut self.session)?;
        }
        self.set_up()?;
        if core::mem::take(&mut self.session.in_doubt) && self.session.sockets.is_any_in_use() {
            self.reconcile()
                .inspect_err(|_| self.session.in_doubt = true)?;
            // What the module said may have shown a restart.
            self.set_up()?;
        }
        while let Some(link) = self.session.sockets.orphan().map(|slot| slot.link) {
            D::close(self, link)?;
            if let Some(slot) = self.session.sockets.orphan() {
                slot.forget();
            }
        }
        Ok(())
    }

    /// On its own, so that its tables are not on the stack while the link finds its way back.
    #[inline(never)]
    fn reconcile(&mut self) -> Outcome<D, T> {
        D::reconcile(self)
    }

    #[inline(never)]
    fn set_up(&mut self) -> Outcome<D, T> {
        if !self.session.is_set_up {
            D::set_up(self)?;
            self.session.is_set_up = true;
        }
        Ok(())
    }

    /// Whether what the driver believes of its sockets may be wrong.
    pub(crate) fn needs_attention(&self) -> bool {
        self.engine.is_out_of_step() || self.session.in_doubt
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
        self.engine.pump(&mut self.session, true)?;
        let is_stuck = self.session.is_set_up && self.engine.is_out_of_step();
        if is_stuck && self.session.events.is_empty() {
            self.prepare()?;
        }
        if let Some(n) = self.session.events.take_lost() {
            return Ok(Some(Event::Lost(n)));
        }
        Ok(self.session.events.pop().map(|item| match item {
            Item::Line(line) => D::event(line),
            Item::More { data, rest } => Event::More { data, rest },
            Item::Cut => Event::Cut,
        }))
    }

    /// Sends any command and returns its typed reply: one of this crate's
    /// ([`st67::command`](crate::st67::command)) or your own, derived with `atat`.
    ///
    /// The limit is the command's own `timeout_ms`. Events that arrive meanwhile go their way.
    ///
    /// A command of yours must not be longer than the module's line ([`Words::COMMAND_MAX`]):
    /// `atat` panics where it does not fit.
    pub fn command<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, ErrorOf<D, T>> {
        self.prepare()?;
        self.execute(command, A::MAX_TIMEOUT_MS)
    }

    /// Ends all connections in the module and takes all sockets from their owners.
    ///
    /// For owners that drop a socket without closing it. Handles that still exist become stale:
    /// using them is a typed error.
    pub fn release_sockets(&mut self) -> Result<(), ErrorOf<D, T>> {
        self.prepare()?;
        while let Some(link) = self.session.sockets.any_link() {
            D::close(self, link)?;
            if let Some(slot) = self.session.sockets.by_link(link) {
                slot.readable = false;
                slot.closed_by_module(Closed::NotConnected);
            }
        }
        self.session.sockets.release_all();
        Ok(())
    }

    /// Gives the transport and the clock back.
    pub fn release(self) -> (T, C) {
        self.engine.link.release()
    }

    /// Sends a command whose reply is kept whole and parsed.
    pub(crate) fn execute<A: AtatCmd>(
        &mut self,
        command: &A,
        timeout: u32,
    ) -> Result<A::Response, ErrorOf<D, T>> {
        self.exchange_for(command, timeout)?;
        self.parse_reply(command).ok_or_else(|| {
            self.engine.fall_out_of_step();
            Error::Malformed
        })
    }

    /// Sends a command that is always the same and answered with `OK` alone, with its line end.
    pub(crate) fn tell(&mut self, line: &str, timeout: u32) -> Result<(), ErrorOf<D, T>> {
        let write = |buffer: &mut [u8]| {
            let places = buffer.iter_mut().zip(line.bytes());
            places.map(|(place, byte)| *place = byte).count()
        };
        self.exchange(timeout, &write, Reply::Keep)?;
        if self.engine.reply().is_empty() {
            return Ok(());
        }
        self.engine.fall_out_of_step();
        Err(Error::Malformed)
    }

    /// Sends a command whose reply is kept whole, for `parse_reply`.
    pub(crate) fn exchange_for<A: AtatCmd>(
        &mut self,
        command: &A,
        timeout: u32,
    ) -> Result<(), ErrorOf<D, T>> {
        self.exchange(timeout, &|buffer| command.write(buffer), Reply::Keep)
    }

    /// Sends a command whose reply is handed over line by line.
    pub(crate) fn execute_lines<A: AtatCmd>(
        &mut self,
        command: &A,
        timeout: u32,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ErrorOf<D, T>> {
        self.exchange(timeout, &|buffer| command.write(buffer), Reply::Lines(each))
    }

    /// Sends a command and, at the prompt, its payload.
    pub(crate) fn upload<A: Upload>(
        &mut self,
        command: &A,
        payload: &[u8],
        timeout: u32,
    ) -> Result<(), ErrorOf<D, T>> {
        self.retry_busy(&mut |module| {
            module.engine.compose(|buffer| command.write(buffer));
            module.engine.upload(
                &mut module.session,
                payload,
                A::PROMPT,
                A::IS_RECEIPT_EXACT,
                timeout,
            )
        })
    }

    /// Sends a command at whose prompt the line becomes a stream of bytes.
    pub(crate) fn enter_stream<A: AtatCmd>(
        &mut self,
        command: &A,
        escape: Escape,
        timeout: u32,
    ) -> Result<(), ErrorOf<D, T>> {
        self.engine.compose(|buffer| command.write(buffer));
        self.engine.enter_stream(&mut self.session, escape, timeout)
    }

    /// Sends a command whose reply is payload, at most `limit` bytes; what does not fit `into` is
    /// dropped.
    pub(crate) fn download<A: AtatCmd>(
        &mut self,
        command: &A,
        limit: usize,
        into: &mut [u8],
        timeout: u32,
    ) -> Result<usize, ErrorOf<D, T>> {
        let mut got = 0;
        self.retry_busy(&mut |module| {
            module.engine.compose(|buffer| command.write(buffer));
            got = module
                .engine
                .download(&mut module.session, limit, into, timeout)?;
            Ok(())
        })?;
        Ok(got)
    }

    /// Waits for an event that must come, until `done`.
    pub(crate) fn wait_until(
        &mut self,
        timeout: u32,
        done: &mut dyn FnMut(&mut Session<'b, D>) -> bool,
    ) -> Result<(), ErrorOf<D, T>> {
        let deadline = self.engine.link.deadline(timeout);
        let result = self.engine.wait_until(&mut self.session, deadline, done);
        if matches!(result, Err(Error::Timeout)) {
            // Was it lost, or the module with it? The next command asks first.
            self.engine.fall_out_of_step();
        }
        result
    }

    /// Gives the module some time, in which events are taken.
    pub(crate) fn pause(&mut self, milliseconds: u32) -> Result<(), ErrorOf<D, T>> {
        let deadline = self.engine.link.deadline(milliseconds);
        match self
            .engine
            .wait_until(&mut self.session, deadline, &mut |_| false)
        {
            Err(Error::Timeout) => Ok(()),
            other => other,
        }
    }

    fn exchange(
        &mut self,
        timeout: u32,
        write: &dyn Fn(&mut [u8]) -> usize,
        mut reply: Reply<'_>,
    ) -> Result<(), ErrorOf<D, T>> {
        self.retry_busy(&mut |module| {
            module.engine.compose(write);
            module
                .engine
                .exchange(&mut module.session, reply.reborrow(), timeout)
        })
    }

    /// A busy module has dropped what it was told. Whether it did, only the way back into step
    /// tells; then the command is sent again.
    fn retry_busy(
        &mut self,
        attempt: &mut dyn FnMut(&mut Self) -> Outcome<D, T>,
    ) -> Result<(), ErrorOf<D, T>> {
        for _ in 0..BUSY_RETRIES {
            match attempt(self) {
                Err(Error::Module(_) | Error::Timeout) if self.engine.was_busy() => {
                    self.engine.resync(&mut self.session)?;
                }
                result => return result,
            }
        }
        attempt(self)
    }

    /// Parses the reply of the last exchange, if it makes sense.
    pub(crate) fn parse_reply<A: AtatCmd>(&self, command: &A) -> Option<A::Response> {
        command.parse(Ok(self.engine.reply())).ok()
    }
}
