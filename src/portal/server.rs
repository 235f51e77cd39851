//! The servers on a module's access point: of names, and of a page.

use core::net::{IpAddr, Ipv4Addr};

use embedded_io::Write;
use embedded_nal::{TcpClientStack, TcpFullStack, UdpClientStack, UdpFullStack, nb};

use super::request::{Method, Request};
use super::{dns, form};
use crate::clock::{Clock, Deadline};
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::nal::Stream;
use crate::socket::{TcpSocket, UdpSocket};
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Credentials};

/// How long a browser may be silent that has connected (ms): some connect just in case, and meanwhile
/// nobody else is served. And how long it may take for all that it has to say.
const PATIENCE: u32 = 1000;
const LONGEST: u32 = 8000;

/// How often one that talks is listened to before it is somebody else's turn.
const READS: usize = 16;

/// What is said before the page.
const FOUND: &str = "HTTP/1.0 200 OK\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Cache-Control: no-store\r\n\
Connection: close\r\n\
\r\n";
const NOT_ALLOWED: &str = "HTTP/1.0 405 Method Not Allowed\r\n\
Allow: GET, HEAD, POST\r\n\
Connection: close\r\n\
\r\n";

/// The network of access points that are not told another one.
const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// Where the servers listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// That of the page.
    pub http: u16,
    /// That of the names.
    pub dns: u16,
}

impl Ports {
    /// Where everybody looks for them.
    pub const USUAL: Ports = Ports { http: 80, dns: 53 };
}

/// What somebody wants of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To see it, whatever its name: phones look for one of their own.
    Page,
    /// To join a network: the form, filled in.
    Network(Credentials),
    /// The same, but it names none, or one that there cannot be.
    NoNetwork,
}

/// Somebody who was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// What was asked for.
    pub asked: Asked,
    /// Whether the page for it has gone out whole.
    pub is_shown: bool,
}

/// The servers on a module's access point: a DNS server to which every name is the module's, and an HTTP
/// server with one page, which has a form with an `ssid` and a `password`.
///
/// [`Module::provision`] is all of it, with a page of its own. This is for products that have theirs.
///
/// It takes three places of the socket table: two listen, and one is for who asks for the page.
#[derive(Debug)]
pub struct Server {
    address: Ipv4Addr,
    netmask: Ipv4Addr,
    page: TcpSocket,
    /// By its reference an ST67 cannot choose the port of a socket for datagrams.
    names: Option<UdpSocket>,
    browser: Option<Browser>,
    /// No command of theirs takes longer than until then.
    until: Option<Deadline>,
}

/// Somebody who has connected.
#[derive(Debug)]
struct Browser {
    socket: TcpSocket,
    request: Request,
    silent: Deadline,
    late: Deadline,
}

impl Server {
    /// Makes the module an access point, and listens on it.
    ///
    /// # Errors
    /// As [`Module::start_access_point`] and [`listen`](TcpFullStack::listen); and
    /// [`Resource::Sockets`](crate::Resource::Sockets), before a byte is sent. The module is no access point
    /// then.
    pub fn open<D: Dialect, T: Transport, C: Clock>(
        wifi: &mut Module<'_, D, T, C>,
        config: &AccessPointConfig<'_>,
        ports: Ports,
    ) -> Result<Server, ErrorOf<D, T>> {
        Server::open_until(wifi, config, ports, None)
    }

    pub(super) fn open_until<D: Dialect, T: Transport, C: Clock>(
        wifi: &mut Module<'_, D, T, C>,
        config: &AccessPointConfig<'_>,
        ports: Ports,
        until: Option<Deadline>,
    ) -> Result<Server, ErrorOf<D, T>> {
        let mut server = Server {
            address: Ipv4Addr::UNSPECIFIED,
            netmask: config.address.map_or(NETMASK, |(_, netmask)| netmask),
            page: TcpClientStack::socket(wifi)?,
            names: None,
            browser: None,
            until,
        };
        if let Err(error) = server.take_places(wifi) {
            server.let_go(wifi);
            return Err(error);
        }
        match server.listen(wifi, config, ports) {
            Ok(()) => Ok(server),
            Err(error) => {
                let _ = server.close(wifi);
                Err(error)
            }
        }
    }

    /// Takes those that it needs; and sees whether there is one for somebody who comes.
    fn take_places<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        self.names = Some(UdpClientStack::socket(wifi)?);
        let place = TcpClientStack::socket(wifi)?;
        wifi.let_go(&place.handle);
        Ok(())
    }

    fn listen<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        config: &AccessPointConfig<'_>,
        ports: Ports,
    ) -> Result<(), ErrorOf<D, T>> {
        self.limit(wifi);
        self.address = wifi.start_access_point(config)?;
        self.limit(wifi);
        let bound = match &mut self.names {
            Some(names) => UdpFullStack::bind(wifi, names, ports.dns),
            None => Ok(()),
        };
        match (bound, self.names.take()) {
            (Err(Error::Module(_)), Some(names)) => wifi.let_go(&names.handle),
            (bound, names) => {
                self.names = names;
                bound?;
            }
        }
        TcpFullStack::bind(wifi, &mut self.page, ports.http)?;
        self.limit(wifi);
        wifi.listen(&mut self.page)
    }

    fn limit<D: Dialect, T: Transport, C: Clock>(&self, wifi: &mut Module<'_, D, T, C>) {
        if let Some(until) = self.until {
            wifi.engine.link.begin_call_until(until);
        }
    }

    /// Serves whoever has asked for something, as far as that is here: call it some ten times a second.
    /// Tells of somebody who was served, with a page that `page` writes.
    ///
    /// Whoever is not in the access point's network is not served, as in that of the station.
    ///
    /// # Errors
    /// Those of the module. A browser that goes away is none.
    pub fn serve<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        page: impl FnOnce(&Asked, &mut dyn Write<Error = ErrorOf<D, T>>) -> Result<(), ErrorOf<D, T>>,
    ) -> Result<Option<Served>, ErrorOf<D, T>> {
        self.limit(wifi);
        self.answer_names(wifi)?;
        self.limit(wifi);
        if self.browser.is_none() {
            self.accept(wifi)?;
        }
        let Some(mut browser) = self.browser.take() else {
            return Ok(None);
        };
        self.limit(wifi);
        match browser.hear(wifi) {
            Ok(false) if !browser.is_late(wifi) => {
                self.browser = Some(browser);
                Ok(None)
            }
            Ok(true) => {
                self.limit(wifi);
                browser.answer(wifi, page)
            }
            other => {
                wifi.let_go(&browser.socket.handle);
                other.map(|_| None).or_else(unless_gone)
            }
        }
    }

    /// Closes the servers' sockets, and ends the access point.
    pub fn close<D: Dialect, T: Transport, C: Clock>(
        self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        self.let_go(wifi);
        wifi.stop_access_point()
    }

    /// Frees the places of all sockets; what they have in the module ends with the next command.
    pub(super) fn let_go<D: Dialect, T: Transport, C: Clock>(self, wifi: &mut Module<'_, D, T, C>) {
        if let Some(browser) = &self.browser {
            wifi.let_go(&browser.socket.handle);
        }
        if let Some(names) = &self.names {
            wifi.let_go(&names.handle);
        }
        wifi.let_go(&self.page.handle);
    }

    fn accept<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        let (socket, remote) = match wifi.accept(&mut self.page) {
            Ok(accepted) => accepted,
            Err(nb::Error::WouldBlock) => return Ok(()),
            Err(nb::Error::Other(error)) => return unless_gone(error),
        };
        let is_near = match remote.ip() {
            IpAddr::V4(ip) => ip & self.netmask == self.address & self.netmask,
            IpAddr::V6(_) => false,
        };
        if !is_near {
            wifi.let_go(&socket.handle);
            return Ok(());
        }
        self.browser = Some(Browser {
            socket,
            request: Request::default(),
            silent: wifi.engine.link.after(PATIENCE),
            late: wifi.engine.link.after(LONGEST),
        });
        Ok(())
    }

    fn answer_names<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        let Some(names) = &mut self.names else {
            return Ok(());
        };
        let mut message = [0; dns::LENGTH];
        let (length, from) = match UdpClientStack::receive(wifi, names, &mut message) {
            Ok(received) => received,
            // Of whom it is not told who has asked, nobody can be answered; nor what is too long.
            Err(nb::Error::WouldBlock | nb::Error::Other(Error::Usage(_))) => return Ok(()),
            Err(nb::Error::Other(error)) => return unless_gone(error),
        };
        let answer = dns::answer(&mut message, length, self.address);
        let Some(answer) = answer.and_then(|length| message.get(..length)) else {
            return Ok(());
        };
        nb::block!(wifi.send_to(names, from, answer)).or_else(unless_gone)
    }
}

/// What only ends one connection, or spoils one answer, is no trouble of the server's.
fn unless_gone<R: Default, E, S>(error: Error<E, S>) -> Result<R, Error<E, S>> {
    match error {
        Error::Closed(_) | Error::Module(_) | Error::Malformed | Error::Timeout => Ok(R::default()),
        error => Err(error),
    }
}

impl Browser {
    /// Takes what has come; whether the request is complete.
    fn hear<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<bool, ErrorOf<D, T>> {
        let mut buffer = [0; 64];
        for _ in 0..READS {
            match TcpClientStack::receive(wifi, &mut self.socket, &mut buffer) {
                Ok(n) if self.request.take(buffer.get(..n).unwrap_or(&[])) => return Ok(true),
                Ok(_) => self.silent = wifi.engine.link.after(PATIENCE),
                Err(nb::Error::WouldBlock) => break,
                Err(nb::Error::Other(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    fn is_late<D: Dialect, T: Transport, C: Clock>(&self, wifi: &mut Module<'_, D, T, C>) -> bool {
        let link = &mut wifi.engine.link;
        link.has_passed(self.silent) || link.has_passed(self.late)
    }

    /// Shows the page, and hangs up.
    fn answer<D: Dialect, T: Transport, C: Clock>(
        self,
        wifi: &mut Module<'_, D, T, C>,
        page: impl FnOnce(&Asked, &mut dyn Write<Error = ErrorOf<D, T>>) -> Result<(), ErrorOf<D, T>>,
    ) -> Result<Option<Served>, ErrorOf<D, T>> {
        let Browser {
            socket, request, ..
        } = self;
        let asked = match request.method() {
            Method::Get => Some(Asked::Page),
            Method::Post => Some(match request.posted().and_then(form::credentials) {
                Some(credentials) => Asked::Network(credentials),
                None => Asked::NoNetwork,
            }),
            Method::Head | Method::Other => None,
        };
        let head = match request.method() {
            Method::Other => NOT_ALLOWED,
            _ => FOUND,
        };
        let mut stream = Stream::new(&mut *wifi, socket, [0; 256]);
        let written = stream
            .write_all(head.as_bytes())
            .and_then(|()| {
                asked
                    .as_ref()
                    .map_or(Ok(()), |asked| page(asked, &mut stream))
            })
            .and_then(|()| stream.flush());
        let (wifi, socket) = stream.into_parts();
        let closed = TcpClientStack::close(wifi, socket).or_else(unless_gone);
        let is_shown = written.is_ok();
        written.or_else(unless_gone)?;
        closed?;
        Ok(asked.map(|asked| Served { asked, is_shown }))
    }
}
