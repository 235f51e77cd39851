//! Joining with options, again, and for the last time; and the network that the station is in.

use core::net::Ipv4Addr;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{JoinOptions, Joined};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Joins a network as the [options](JoinOptions) say, and returns when the station has an IPv4
    /// address, which it returns.
    ///
    /// What is not asked for is not so, whatever an earlier call has asked for: addresses and name
    /// servers come by DHCP, any access point and any channel will do. (IPv6, a host name and a
    /// country stay.) A network that the station is in is left first; a soft access point of the
    /// module's stays on, where the module can be both. The limit of joining itself is
    /// [`Timeouts::join`](crate::Timeouts).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for what the module cannot do,
    /// and for a password that WPA cannot have: 8 to 63 bytes, or 64 hexadecimal digits.
    /// [`Error::Module`](crate::Error::Module) with the module's own reason,
    /// [`Error::Timeout`](crate::Error::Timeout) if it gives none.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{JoinOptions, Security, microchip};
    ///
    /// # let uart = Uart::new()
    /// #     .answer("AT+GMM\r\n", "+GMM=\"PIC32MZW1\"\r\nOK\r\n")
    /// #     .answer("ATE0\r\n", "OK\r\n").answer("AT+SOCKLST\r\n", "OK\r\n");
    /// let uart = uart
    ///     .answer("AT+WSTAC=1,\"home\"\r\n", "OK\r\n")
    ///     .answer("AT+WSTAC=2,5\r\n", "OK\r\n")
    ///     .answer("AT+WSTAC=3,\"password\"\r\n", "OK\r\n")
    ///     .answer("AT+WSTAC=4,11\r\n", "OK\r\n")
    ///     .answer("AT+WSTAC=11,1\r\n", "OK\r\n")
    ///     .answer(
    ///         "AT+WSTA=1,18000\r\n",
    ///         "OK\r\n\r+WSTALU:\"5C:76:95:1B:D9:2F\",11\r\n\r+WSTAAIP:\"10.0.0.156\"\r\n",
    ///     );
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let options = JoinOptions::new(b"home", b"password")
    ///     .with_security(Security::Wpa3)
    ///     .with_channel(11);
    /// assert_eq!(wifi.join_with(&options)?.octets(), [10, 0, 0, 156]);
    /// # uart.assert_done();
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn join_with(&mut self, options: &JoinOptions<'_>) -> Result<Ipv4Addr, ErrorOf<D, T>> {
        let joined = self.prepare().and_then(|()| self.join_as_told(options));
        self.outcome(joined)
    }

    /// Joins again: returns at once, with the address, if the station still is in the network of that
    /// SSID, and joins it else, as [`join_with`](Module::join_with) does.
    ///
    /// No module is told to join by itself, so that nothing happens behind the driver's back; call this
    /// whenever the network is needed.
    ///
    /// ```
    /// # use atwifi::{JoinOptions, Transport, st67};
    /// # fn work<T: Transport>(_: &mut st67::Module<'_, T, impl atwifi::Clock>) {}
    /// # fn sleep() {}
    /// fn forever<T: Transport>(wifi: &mut st67::Module<'_, T, impl atwifi::Clock>) -> ! {
    ///     let home = JoinOptions::new(b"home", b"password");
    ///     loop {
    ///         match wifi.rejoin(&home) {
    ///             Ok(_) => work(wifi),
    ///             // Out of reach, or the module has restarted: it is tried again.
    ///             Err(_) => {}
    ///         }
    ///         sleep();
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`join_with`](Module::join_with).
    pub fn rejoin(&mut self, options: &JoinOptions<'_>) -> Result<Ipv4Addr, ErrorOf<D, T>> {
        let joined = self.join_unless_up(options);
        self.outcome(joined)
    }

    fn join_unless_up(&mut self, options: &JoinOptions<'_>) -> Outcome<Ipv4Addr> {
        self.prepare()?;
        match D::is_up_in(self, options.ssid)? {
            true => D::address(self),
            false => self.join_as_told(options),
        }
    }

    fn join_as_told(&mut self, options: &JoinOptions<'_>) -> Outcome<Ipv4Addr> {
        info!("joining");
        D::join_with(self, options).inspect_err(|fault| info!("not joined: {}", Shown(fault)))?;
        let address = D::address(self)?;
        info!("joined: {}", address);
        Ok(address)
    }

    /// Asks the module which network the station is in; `None` if it is in none.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{Security, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer(
    ///         "AT+CWJAP?\r\n",
    ///         "+CWJAP:\"home\",\"5a:67:11:00:00:01\",6,-48,0\r\n\r\nOK\r\n",
    ///     )
    ///     .answer("AT+CWSTATE?\r\n", "+CWSTATE:2,\"home\",6,3\r\n\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let joined = wifi.station()?.unwrap();
    /// assert_eq!(joined.ssid.as_str(), Some("home"));
    /// assert_eq!((joined.channel, joined.rssi), (Some(6), Some(-48)));
    /// assert_eq!(joined.security, Some(Security::Wpa3));
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn station(&mut self) -> Result<Option<Joined>, ErrorOf<D, T>> {
        let station = self.prepare().and_then(|()| D::station(self));
        self.outcome(station)
    }

    /// Leaves the access point and forgets the network. Open connections end.
    ///
    /// The ST67 erases SSID and password from its flash, where a driver that let it store settings may
    /// have left them: this one does not. The Microchip module stores nothing; what it was told is
    /// overwritten in its memory.
    pub fn forget(&mut self) -> Result<(), ErrorOf<D, T>> {
        info!("forgetting");
        let left = self.prepare().and_then(|()| D::forget(self));
        self.outcome(left)
    }
}
