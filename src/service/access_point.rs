//! The access point that the module itself is.

use core::net::Ipv4Addr;

use heapless::Vec;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Client, List, Security};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Makes the module an access point, and returns its own address in its network.
    ///
    /// One that it is already is set up anew, and its clients have to come back. They are given
    /// addresses; [`poll`](Module::poll) tells of them, by
    /// [`Event::ClientConnected`](crate::Event::ClientConnected) and its neighbours. Sockets work as on
    /// the station's network: they can [`listen`](embedded_nal::TcpFullStack::listen), once the access
    /// point is on.
    ///
    /// The ST67 is an access point beside its station, on one channel for both: it can be joined to a
    /// network, scan, [`join`](Module::join). The Microchip module is one or the other: it refuses to be
    /// an access point while its station is on, and to join while it is one. A restart of the module ends
    /// it.
    ///
    /// # Errors
    /// [`Error::Usage`], before a byte is sent, for what no module takes, such as a password shorter
    /// than 8 bytes, and for what this one does not have; see [`AccessPointConfig`].
    /// [`Error::Module`] with the module's own reason: after that it is no access point.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{AccessPointConfig, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+CWMODE=3,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+CWSAP=\"sensor-17\",\"12345678\",11,3,4,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+CIPAP?\r\n", "+CIPAP:ip:\"192.168.4.1\"\r\n\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let config = AccessPointConfig::new(b"sensor-17", b"12345678").with_channel(11);
    /// let address = wifi.start_access_point(&config)?;
    /// assert_eq!(address, Ipv4Addr::new(192, 168, 4, 1));
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn start_access_point(
        &mut self,
        config: &AccessPointConfig<'_>,
    ) -> Result<Ipv4Addr, ErrorOf<D, T>> {
        let security = config.check().map_err(Error::Usage)?;
        let started = self.start(config, security);
        self.outcome(started)
    }

    fn start(&mut self, config: &AccessPointConfig<'_>, security: Security) -> Outcome<Ipv4Addr> {
        self.prepare()?;
        let address = D::start_access_point(self, config, security)
            .inspect_err(|fault| info!("no access point: {}", Shown(fault)))?;
        info!("access point: {}", address);
        Ok(address)
    }

    /// Ends the access point; its clients' connections end. A station that has joined a network stays
    /// there.
    pub fn stop_access_point(&mut self) -> Result<(), ErrorOf<D, T>> {
        info!("no access point");
        let stopped = self.prepare().and_then(|()| D::stop_access_point(self));
        self.outcome(stopped)
    }

    /// Lists the stations that have joined the access point, of which there are four at most.
    ///
    /// Of those that go away without a word no event tells; this list forgets them.
    ///
    /// # Errors
    /// [`Usage::Unsupported`](crate::Usage::Unsupported) on the Microchip module, which has no such
    /// list: it tells of clients by events only.
    /// [`Usage::BufferTooSmall`](crate::Usage::BufferTooSmall) if there are more than `N`.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::st67;
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart.answer(
    ///     "AT+CWLIF\r\n",
    ///     "+CWLIF:192.168.4.2,18:b9:05:ed:59:cc\r\n\r\nOK\r\n",
    /// );
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart, Clock::new(), &mut line, &mut sockets)?;
    /// let clients = wifi.access_point_clients::<4>()?; // a `heapless::Vec`
    /// assert_eq!(clients[0].mac.to_string(), "18:b9:05:ed:59:cc");
    /// assert_eq!(clients.len(), 1);
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn access_point_clients<const N: usize>(
        &mut self,
    ) -> Result<Vec<Client, N>, ErrorOf<D, T>> {
        let mut clients = List::new();
        let mut take = |client: &Client| clients.take(*client);
        let listed = self.prepare().and_then(|()| D::clients(self, &mut take));
        self.outcome(listed)?;
        clients.finish().map_err(Error::Usage)
    }
}
