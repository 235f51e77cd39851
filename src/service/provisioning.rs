//! Provisioning: being told which network to join.

use core::ops::ControlFlow;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Credentials, Security};

/// What the call may take besides the wait, in milliseconds: setting up, reading what was told.
const MARGIN: u32 = 30_000;

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Makes the module an access point on which somebody tells it, within `timeout` milliseconds, which
    /// network to join. Returns that, or `None` if `goes_on` has broken it off, or no network was named;
    /// then the module is no access point any more. Joining is the caller's, as is keeping what was told.
    ///
    /// A client of the access point connects to TCP port 7777 and sends lines: `AT+WSTAC=1,"<ssid>"`,
    /// `AT+WSTAC=2,<protection>`, `AT+WSTAC=3,"<password>"`, and at the end `AT+WPROV=0` (Microchip
    /// reference 5.5 and 5.6). What it was told before is forgotten.
    ///
    /// `goes_on` is asked some ten times a second.
    ///
    /// # Errors
    /// As [`start_access_point`](Module::start_access_point). [`Error::Timeout`] if nothing was told; the
    /// module is no access point then.
    /// [`Usage::Unsupported`](crate::Usage::Unsupported) on the ST67, whose firmware has nothing of the
    /// kind. What people's phones speak there is a page, and a page, its words and its languages are the
    /// product's, not a driver's: `examples/setup` is one, on the sockets of the module's own access point,
    /// for both modules; the firmware example `setup_page` runs it.
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{AccessPointConfig, Security, microchip};
    ///
    /// # let uart = [
    /// #     ("AT+GMM", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>"),
    /// #     ("ATE0", "ATE0\r\nOK\r\n"), ("AT+SOCKLST", "OK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+WAPC=1,\"sensor-17\"\r\n", "OK\r\n")
    ///     .answer("AT+WAPC=2,0\r\n", "OK\r\n")
    ///     // and so on, up to:
    /// #     .answer("AT+WAPC=4,6\r\n", "OK\r\n")
    /// #     .answer("AT+WAPC=5,0\r\n", "OK\r\n")
    /// #     .answer("AT+WSTAC=1,\"\"\r\n", "OK\r\n")
    /// #     .answer("AT+WSTAC=2,0\r\n", "OK\r\n")
    /// #     .answer("AT+WSTAC=3,\"\"\r\n", "OK\r\n")
    /// #     .answer("AT+WPROVC=3,7777\r\n", "OK\r\n")
    ///     .answer("AT+WPROV=1\r\n", "OK\r\n\r+WPROVEXIT\r\n")
    ///     .answer(
    ///         "AT+WSTAC\r\n",
    ///         "WSTAC:1,\"home\"\r\nWSTAC:2,3\r\nWSTAC:3,\"sesame-sesame\"\r\nOK\r\n",
    ///     );
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let config = AccessPointConfig::new(b"sensor-17", b"");
    /// let told = wifi.provision(&config, 300_000, || ControlFlow::Continue(()))?;
    /// let told = told.expect("a network was named");
    /// assert_eq!((told.ssid.as_str(), told.security), (Some("home"), Security::Wpa2));
    /// assert!(!format!("{told:?}").contains("sesame"));
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn provision(
        &mut self,
        config: &AccessPointConfig<'_>,
        timeout: u32,
        mut goes_on: impl FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Credentials>, ErrorOf<D, T>> {
        let security = config.check().map_err(Error::Usage)?;
        self.begin_call_of(timeout.saturating_add(MARGIN));
        let mut goes_on = || goes_on().is_continue();
        let told = self.be_told(config, security, timeout, &mut goes_on);
        self.outcome(told)
    }

    fn be_told(
        &mut self,
        config: &AccessPointConfig<'_>,
        security: Security,
        timeout: u32,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Outcome<Option<Credentials>> {
        self.prepare()?;
        info!("provisioning");
        D::provision(self, config, security, timeout, goes_on)
            .inspect_err(|fault| info!("not provisioned: {}", Shown(fault)))
            .inspect(|_| info!("provisioned"))
    }
}
