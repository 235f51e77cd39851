//! The time of day, which the module asks servers of the network for.

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::UnixTime;

/// Between two questions for the time while it is waited for (ms).
const PAUSE: u32 = 500;

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Names the servers (NTP) that the module asks for the time once it has an address: up to three
    /// on the ST67, with names of up to 64 bytes, one on the Microchip module, of up to 128.
    ///
    /// The Microchip module takes it only before it joins, and keeps it until it restarts. So does the
    /// ST67, which takes it at any time, and whose clock is put to UTC by this. After a sleep of the ST67
    /// its clock is wrong until this is called again (reference 4.1.23).
    ///
    /// # Errors
    /// [`Usage::Empty`] without a server, [`Usage::Unsupported`] for one too many.
    pub fn set_time_servers(&mut self, servers: &[&str]) -> Result<(), ErrorOf<D, T>> {
        let set = match servers {
            [] => Err(self.refuse(Usage::Empty)),
            servers => self
                .prepare()
                .and_then(|()| D::set_time_servers(self, servers)),
        };
        self.outcome(set)
    }

    /// The time, if the module knows it; never the time since it was switched on, which firmware tells
    /// as a day of 1970.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{UnixTime, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"\r\n", "\r\nOK\r\n")
    ///     .answer("AT+CIPSNTPTIME?\r\n", "+CIPSNTPTIME:Thu Jan  1 00:00:09 1970\r\n\r\nOK\r\n")
    ///     .answer("AT+CIPSNTPTIME?\r\n", "+CIPSNTPTIME:Tue Oct 19 17:47:56 2021\r\n\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// wifi.set_time_servers(&["pool.ntp.org"])?;
    /// assert_eq!(wifi.time()?, None);
    /// assert_eq!(wifi.time()?.map(UnixTime::seconds), Some(1_634_665_676));
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn time(&mut self) -> Result<Option<UnixTime>, ErrorOf<D, T>> {
        let time = self.prepare().and_then(|()| self.ask_time());
        self.outcome(time)
    }

    fn ask_time(&mut self) -> Outcome<Option<UnixTime>> {
        let time = D::time(self)?;
        Ok(time.filter(|&time| time >= UnixTime::EARLIEST))
    }

    /// Waits up to so many milliseconds until the module knows the time; it takes a few seconds from
    /// the moment when it has an address. Then certificates can be verified.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) if it does not learn it.
    pub fn wait_for_time(&mut self, milliseconds: u32) -> Result<UnixTime, ErrorOf<D, T>> {
        self.begin_call_of(milliseconds);
        let time = self.await_time(milliseconds);
        self.outcome(time)
    }

    fn await_time(&mut self, milliseconds: u32) -> Outcome<UnixTime> {
        let deadline = self.engine.link.after(milliseconds);
        loop {
            self.prepare()?;
            if let Some(time) = self.ask_time()? {
                return Ok(time);
            }
            self.engine.link.resume(deadline);
            let rest = self.engine.link.remaining();
            if rest == 0 {
                return Err(Fault::Timeout);
            }
            self.pause(rest.min(PAUSE))?;
        }
    }
}
