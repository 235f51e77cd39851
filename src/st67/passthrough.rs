//! The passthrough mode (reference 4.1.9 and 4.1.12): one connection, whose bytes are all that goes
//! over the line.

use embedded_io::{ErrorType, Read, ReadReady, Write};

use super::command::net::EnterPassthrough;
use super::command::net::single::Connect;
use super::station::CLOSING;
use super::{Module, St67, Status};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Outcome;
use crate::engine::protocol::Escape;
use crate::error::Fault;
use crate::transport::Transport;

/// How the mode ends: `+++` with more than 20 ms of silence on both sides, and no command within
/// the next second (reference 4.1.9).
pub(super) const ESCAPE: Escape = Escape {
    sequence: b"+++",
    answer: b"\r\n+QUITT\r\n",
    guard: SILENCE,
    rest: 1000 + SILENCE,
};

/// What the module takes for silence, in milliseconds: more than 20 (reference 4.1.9).
const SILENCE: u32 = 50;

/// The most that the module takes of a frame on its SPI in this mode; the rest would be lost.
const FRAME_MAX: usize = 3072;

/// Milliseconds that a read waits for the peer, unless told otherwise.
const READ_TIMEOUT: u32 = 30_000;

/// A connection in passthrough mode: what is written goes to the peer, what is read comes from it,
/// with no command in between.
///
/// It borrows the module, so that nothing else can be sent meanwhile, and ends with
/// [`leave`](Passthrough::leave). Where it is dropped without that, the next call on the module
/// ends it.
///
/// The module does not say when the peer closes, nor that it has restarted: in this mode it
/// connects again by itself, as often as it takes (`AT+CIPRECONNINTV`).
///
/// ```
/// use atwifi::mock::{Clock, Uart};
/// use atwifi::{Ranged, st67};
/// use atwifi::st67::command::net::{Host, Protocol, single::Connect};
/// use embedded_io::{Read, Write};
///
/// # let uart = [
/// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
/// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
/// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
/// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"), ("AT+CIPMUX=0", "\r\nOK\r\n"),
/// #     ("AT+CIPRECVMODE=0", "\r\nOK\r\n"),
/// #     ("AT+CIPSTART=\"TCP\",\"10.0.0.7\",7", "+CIP:CONNECTED\r\n\r\nOK\r\n"),
/// #     ("AT+CIPSEND", "\r\nOK\r\n\r\n>"),
/// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
/// # let uart = uart.answer("ping", "pong").expect("+++");
/// # let mut line = [0; 640];
/// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
/// # let mut module = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
/// let mut stream = module.passthrough(&Connect {
///     protocol: Protocol::Tcp,
///     host: Host::Address([10, 0, 0, 7].into()),
///     remote_port: Ranged::constant::<7>(),
///     keep_alive_s: None,
///     local_ip: None,
///     timeout_ms: None,
/// })?;
/// stream.write_all(b"ping")?;
/// let mut answer = [0; 4];
/// stream.read_exact(&mut answer).unwrap();
/// assert_eq!(&answer, b"pong");
/// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
/// ```
pub struct Passthrough<'m, 'b, T: Transport, C> {
    module: &'m mut Module<'b, T, C>,
    /// How many `+` have gone out last, without a pause.
    pluses: usize,
    /// How long a read waits for the peer, in milliseconds; then it ends with a timeout. 30 s
    /// unless changed.
    pub read_timeout: u32,
}

impl<'b, T: Transport, C: Clock> Module<'b, T, C> {
    /// Opens a connection and enters the passthrough mode on it.
    ///
    /// Datagrams, too: then each pause of 20 ms ends one.
    ///
    /// # Errors
    /// [`Resource::Sockets`](crate::Resource::Sockets) while a socket is connected or listens: the mode
    /// needs the module for itself. [`Status::SendCancelled`] where `AT+CIPSENDL` was completed since the
    /// module has started: firmware 2.0.75 then ends the mode at once, until it is restarted.
    pub fn passthrough(
        &mut self,
        open: &Connect<'_>,
    ) -> Result<Passthrough<'_, 'b, T, C>, ErrorOf<St67, T>> {
        let entered = self.enter_passthrough(open);
        self.outcome(entered)?;
        Ok(Passthrough {
            module: self,
            pluses: 0,
            read_timeout: READ_TIMEOUT,
        })
    }

    fn enter_passthrough(&mut self, open: &Connect<'_>) -> Outcome {
        const SET_SINGLE: &str = "AT+CIPMUX=0\r\n";
        self.expect_others();
        self.prepare()?;
        if self.session().sockets.any_link().is_some() || self.session().peers.is_some() {
            return Err(Fault::Sockets);
        }
        // Before the command, whose answer may be lost.
        self.session().give_up_settings();
        self.session().vendor.delivery.is_single = true;
        match self.tell(SET_SINGLE, &[]) {
            // A link that was closed a moment ago may still be closing.
            Err(Fault::Refused) => {
                self.pause(CLOSING)?;
                self.tell(SET_SINGLE, &[])?;
            }
            other => other?,
        }
        self.tell("AT+CIPRECVMODE=0\r\n", &[])?;
        self.write(open);
        self.send_composed(<Connect<'_> as atat::AtatCmd>::MAX_TIMEOUT_MS)?;
        self.write(&EnterPassthrough);
        self.enter_stream(self.timeouts.send)?;
        self.engine.send_nothing(SILENCE)?;
        // Behind `AT+CIPSENDL` that was completed the mode is over before it begins.
        if self.engine.stream_begins_with(b"\r\nSEND ") {
            self.session().refusal = Status::SendCancelled;
            return Err(Fault::Refused);
        }
        Ok(())
    }
}

impl<T: Transport, C: Clock> Passthrough<'_, '_, T, C> {
    /// Leaves the mode, closes the connection, and makes the settings for sockets again; this
    /// takes a second. What has not been read is dropped.
    pub fn leave(self) -> Result<(), ErrorOf<St67, T>> {
        let left = self.module.prepare();
        self.module.outcome(left)
    }
}

impl<T: Transport, C: Clock> ErrorType for Passthrough<'_, '_, T, C> {
    type Error = ErrorOf<St67, T>;
}

impl<T: Transport, C: Clock> Read for Passthrough<'_, '_, T, C> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let read = self.module.engine.read_stream(buffer, self.read_timeout);
        self.module.outcome(read)
    }
}

impl<T: Transport, C: Clock> ReadReady for Passthrough<'_, '_, T, C> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        let is_ready = self.module.engine.is_stream_ready();
        self.module.outcome(is_ready)
    }
}

/// Three `+` in a row would end the mode if they arrived on their own: the third waits for 50 ms.
impl<T: Transport, C: Clock> Write for Passthrough<'_, '_, T, C> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let bytes = bytes.get(..FRAME_MAX).unwrap_or(bytes);
        let mut pluses = self.pluses;
        let third = bytes.iter().position(|&byte| {
            pluses = if byte == b'+' { pluses + 1 } else { 0 };
            pluses == ESCAPE.sequence.len()
        });
        let part = match third {
            Some(0) => {
                let paused = self.module.engine.send_nothing(SILENCE);
                self.module.outcome(paused)?;
                self.pluses = 0;
                return self.write(bytes);
            }
            Some(third) => bytes.get(..third).unwrap_or(bytes),
            None => bytes,
        };
        let timeout = self.module.timeouts.send;
        let written = self.module.engine.write_stream(part, timeout);
        self.module.outcome(written)?;
        self.pluses = match third {
            Some(_) => pluses - 1,
            None => pluses,
        };
        Ok(part.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
