//! Provisioning: being told which network to join, on the module's own access point.
//!
//! A Microchip module has something for it. On an ST67 it is a page that the driver serves; its parts are
//! here for products that have a page of their own, on either module: [`Server`], and what it stands on,
//! [`dns::answer`] and [`credentials`]. `examples/setup` is made of them.

pub mod dns;
mod form;
mod page;
mod request;
mod server;

use core::ops::ControlFlow;

use crate::clock::{Clock, Deadline};
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Credentials, Security};

pub use form::credentials;
pub use server::{Asked, Ports, Served, Server};

/// What the call may take besides the wait, in milliseconds: setting up, reading what was told.
const MARGIN: u32 = 30_000;

/// How long the servers rest when nobody asks for anything (ms).
const PAUSE: u32 = 50;

/// How long the last page may take to the phone before the access point goes away (ms).
const FAREWELL: u32 = 1000;

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Makes the module an access point on which somebody tells it, within `timeout` milliseconds, which
    /// network to join. Returns that, or `None` if `goes_on` has broken it off, or no network was named;
    /// then the module is no access point any more. Joining is the caller's, as is keeping what was told.
    ///
    /// On the ST67, people tell it by a page, which their phones open by themselves: the driver answers
    /// every DNS question with the module's address, and every HTTP request for a page with a form of two
    /// fields, in English. Whoever has filled it in is thanked. It takes three places of the socket table,
    /// and the module's one server; sockets that are open stay so, and the station stays in its network,
    /// from which nobody is served. A page of your own is made of [`portal::Server`](crate::portal::Server);
    /// with the command set of the reference, which has no UDP port 53, phones do not open it by themselves.
    ///
    /// On the Microchip module a program tells it: a client of the access point connects to TCP port 7777
    /// and sends lines, `AT+WSTAC=1,"<ssid>"`, `AT+WSTAC=2,<protection>`, `AT+WSTAC=3,"<password>"`, and at
    /// the end `AT+WPROV=0` (Microchip reference 5.5 and 5.6). What it was told before is forgotten.
    ///
    /// `goes_on` is asked some ten times a second.
    ///
    /// # Errors
    /// As [`start_access_point`](Module::start_access_point). [`Error::Timeout`] if nothing was told; the
    /// module is no access point then. On the ST67 [`Resource::Sockets`](crate::Resource::Sockets) and
    /// [`Resource::Listeners`](crate::Resource::Listeners), if a socket of yours listens.
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
        let mut goes_on = || goes_on().is_continue();
        info!("provisioning");
        let told = match D::BY_PAGE {
            true => self.ask_by_page(config, timeout, &mut goes_on),
            false => {
                self.begin_call_of(timeout.saturating_add(MARGIN));
                let told = self.be_told(config, security, timeout, &mut goes_on);
                self.outcome(told)
            }
        };
        match &told {
            Ok(_) => info!("provisioned"),
            Err(_) => info!("not provisioned"),
        }
        told
    }

    fn be_told(
        &mut self,
        config: &AccessPointConfig<'_>,
        security: Security,
        timeout: u32,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Outcome<Option<Credentials>> {
        self.prepare()?;
        D::provision(self, config, security, timeout, goes_on)
    }

    /// Asks whoever comes to the access point, by a page.
    fn ask_by_page(
        &mut self,
        config: &AccessPointConfig<'_>,
        timeout: u32,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Credentials>, ErrorOf<D, T>> {
        let deadline = self.engine.link.after(timeout);
        let last = self.engine.link.after(timeout.saturating_add(MARGIN));
        let mut server = Server::open_until(self, config, Ports::USUAL, Some(last))?;
        let told = self.wait_for_form(&mut server, deadline, goes_on);
        server.let_go(self);
        if matches!(told, Err(Error::ModuleReset)) {
            // With it went the access point.
            return told;
        }
        let mut stopped = Err(Error::Timeout);
        for _ in 0..2 {
            if stopped.is_err() {
                self.engine.link.begin_call(MARGIN / 2);
                stopped = self.stop_access_point();
            }
        }
        match (told, stopped) {
            // So it is none any more.
            (told, Err(Error::ModuleReset)) => told,
            (told, stopped) => stopped.and(told),
        }
    }

    fn wait_for_form(
        &mut self,
        server: &mut Server,
        deadline: Deadline,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Credentials>, ErrorOf<D, T>> {
        loop {
            if self.engine.link.has_passed(deadline) {
                return Err(Error::Timeout);
            }
            if !goes_on() {
                return Ok(None);
            }
            let told = match server.serve(self, page::write)? {
                Some(Served {
                    asked: Asked::Network(told),
                    ..
                }) => Some(told),
                _ => None,
            };
            let pause = if told.is_some() { FAREWELL } else { PAUSE };
            let paused = self.pause(pause);
            match self.outcome(paused) {
                Err(Error::Malformed) | Ok(()) => {}
                // It is known, whatever befalls the module.
                Err(Error::ModuleReset) if told.is_some() => {}
                Err(error) => return Err(error),
            }
            if told.is_some() {
                return Ok(told);
            }
        }
    }
}
