//! Scanning: which access points are there.

use core::ops::ControlFlow;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::{Error, Usage};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{AccessPointInfo, ScanOptions, Scanned};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Scans for access points and hands over each as the module tells of it: however many there are,
    /// no memory is needed for them. [`Strongest`](crate::Strongest) keeps the best ones.
    ///
    /// It takes as long as the [options](ScanOptions) say for all channels, and at most 5 s longer.
    /// No module can end a scan before its time: after a `Break` nothing more is handed over, but the
    /// call returns when the scan is over. Sockets stay open meanwhile, and lose nothing.
    ///
    /// The ST67 tells of the 50 strongest at most (reference 3.1.7), and answers to `AT+CWLAPOPT`
    /// as this sets it; one that is not a station yet becomes one.
    ///
    /// # Errors
    /// [`Error::Usage`], before a byte is sent, for options that the module does not have.
    /// [`Error::Module`] with the module's own reason, as while it is joining.
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{ScanOptions, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+CWLAPOPT=1,1695,-80,255,50\r\n", "\r\nOK\r\n")
    ///     .answer(
    ///         "AT+CWLAP=0,,,0\r\n",
    ///         "\r\nOK\r\n\
    ///          +CWLAP:(3,\"home\",-48,\"5a:67:11:00:00:01\",6,4,7,0)\r\n\
    ///          +CW:SCAN_DONE\r\n",
    ///     );
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let scanned = wifi.scan(&ScanOptions::new().with_min_rssi(-80), |found| {
    ///     assert_eq!((found.ssid.as_str(), found.rssi), (Some("home"), -48));
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!((scanned.found, scanned.spoilt), (1, 0));
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn scan(
        &mut self,
        options: &ScanOptions<'_>,
        mut each: impl FnMut(&AccessPointInfo) -> ControlFlow<()>,
    ) -> Result<Scanned, ErrorOf<D, T>> {
        let timeout = D::scan_time(options).map_err(Error::Usage)?;
        if options.ssid.is_some_and(<[u8]>::is_empty) {
            return Err(Error::Usage(Usage::Empty));
        }
        self.begin_call_of(timeout);
        let scanned = self.scan_within(options, timeout, &mut each);
        self.outcome(scanned)
    }

    fn scan_within(
        &mut self,
        options: &ScanOptions<'_>,
        timeout: u32,
        each: &mut dyn FnMut(&AccessPointInfo) -> ControlFlow<()>,
    ) -> Outcome<Scanned> {
        let mut scanned = Scanned::default();
        let mut is_broken_off = false;
        self.prepare()?;
        D::scan(self, options, timeout, &mut |found| match found {
            None => scanned.spoilt = scanned.spoilt.saturating_add(1),
            Some(found) if !is_broken_off && options.wants(found) => {
                scanned.found = scanned.found.saturating_add(1);
                is_broken_off = each(found).is_break();
            }
            Some(_) => {}
        })
        .inspect_err(|fault| info!("not scanned: {}", Shown(fault)))?;
        info!("scanned: {} access points", scanned.found);
        Ok(scanned)
    }
}
