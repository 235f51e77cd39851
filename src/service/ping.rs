//! Whether a host answers.

use core::net::IpAddr;
use core::ops::ControlFlow;
use core::time::Duration;

use embedded_nal::AddrType;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{PingOptions, PingSummary, ip};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Asks a host for echoes, and hands over how long each took; `None` is one that was lost.
    ///
    /// The host is a name or an address. The module is told to ask once each time, so that a `Break`
    /// ends it at once. Times are the module's, in whole milliseconds; the ST67's firmware 2.0.75 takes
    /// less than one for a loss (wire notes 2). An answer that comes after its time may count as the next
    /// one.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) if the name is not known, or the module has no network.
    /// That nobody answers is none.
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use core::time::Duration;
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{PingOptions, microchip};
    ///
    /// # let uart = [
    /// #     ("AT+GMM", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>"), ("ATE0", "ATE0\r\nOK\r\n"),
    /// #     ("AT+SOCKLST", "OK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart.answer("AT+PING=\"10.0.0.7\"\r\n", "OK\r\n\r+PING:\"10.0.0.7\",12\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let summary = wifi.ping("10.0.0.7", &PingOptions::new().with_count(1), |time| {
    ///     assert_eq!(time, Some(Duration::from_millis(12)));
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!((summary.sent, summary.received), (1, 1));
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn ping(
        &mut self,
        host: &str,
        options: &PingOptions,
        mut each: impl FnMut(Option<Duration>) -> ControlFlow<()>,
    ) -> Result<PingSummary, ErrorOf<D, T>> {
        let step = u32::from(options.interval_ms.max(options.timeout_ms));
        let all = step.saturating_mul(options.count.into());
        self.begin_call_of(all.saturating_add(self.timeouts.resolve));
        let pinged = self.ping_within(host, options, &mut each);
        self.outcome(pinged)
    }

    fn ping_within(
        &mut self,
        host: &str,
        options: &PingOptions,
        each: &mut dyn FnMut(Option<Duration>) -> ControlFlow<()>,
    ) -> Outcome<PingSummary> {
        let mut summary = PingSummary::default();
        self.prepare()?;
        let address: IpAddr = match ip::read(host.as_bytes()) {
            Some(address) => address,
            None => D::resolve(self, host, AddrType::Either)?,
        };
        while summary.sent < options.count {
            let next = self.engine.link.after(options.interval_ms.into());
            let time = D::ping(self, address, options)
                .inspect_err(|fault| info!("not pinged: {}", Shown(fault)))?;
            let time = time.map(|ms| Duration::from_millis(ms.into()));
            summary.count(time);
            if each(time).is_break() {
                break;
            }
            if summary.sent < options.count {
                self.engine.link.resume(next);
                let rest = self.engine.link.remaining();
                self.pause(rest)?;
            }
        }
        info!("pinged: {} of {}", summary.received, summary.sent);
        Ok(summary)
    }
}
