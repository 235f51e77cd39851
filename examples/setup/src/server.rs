//! The access point, its names and its page.

use core::net::Ipv4Addr;

use atwifi::dialect::Dialect;
use atwifi::{
    AccessPointConfig, Clock, Error, ErrorOf, Module, Stream, TcpSocket, Transport, UdpSocket,
};
use embedded_io::Read;
use embedded_nal::{TcpClientStack, TcpFullStack, UdpClientStack, UdpFullStack, nb};

use crate::dns;
use crate::form::Network;
use crate::page::Note;
use crate::request::Request;

/// How long a browser may be silent that has connected (ms): some connect just in case, and meanwhile
/// nobody else is served.
const PATIENCE: u32 = 1000;

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

/// The servers on the access point.
#[derive(Debug)]
pub struct Server {
    address: Ipv4Addr,
    page: TcpSocket,
    /// By its reference an ST67 cannot choose the port of a socket for datagrams.
    names: Option<UdpSocket>,
    told: Option<Note>,
}

impl Server {
    /// Starts the access point and listens. It takes two sockets, and one for who asks for the page.
    pub fn open<D: Dialect, T: Transport, C: Clock>(
        wifi: &mut Module<'_, D, T, C>,
        config: &AccessPointConfig<'_>,
        ports: Ports,
    ) -> Result<Server, ErrorOf<D, T>> {
        let address = wifi.start_access_point(config)?;
        let mut names = UdpClientStack::socket(wifi)?;
        let names = match UdpFullStack::bind(wifi, &mut names, ports.dns) {
            Ok(()) => Some(names),
            Err(Error::Module(_)) => {
                UdpClientStack::close(wifi, names)?;
                None
            }
            Err(error) => return Err(error),
        };
        let mut page = TcpClientStack::socket(wifi)?;
        TcpFullStack::bind(wifi, &mut page, ports.http)?;
        wifi.listen(&mut page)?;
        Ok(Server {
            address,
            page,
            names,
            told: None,
        })
    }

    /// Serves who has asked for something. Returns the network that was named; whoever has named it was
    /// told to wait.
    pub fn serve<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        note: Note,
        is_beside: bool,
    ) -> Result<Option<Network>, ErrorOf<D, T>> {
        self.answer_names(wifi)?;
        match wifi.accept(&mut self.page) {
            Ok((client, _)) => self.answer(wifi, client, note, is_beside),
            Err(nb::Error::WouldBlock) => Ok(None),
            Err(nb::Error::Other(error)) => Err(error),
        }
    }

    /// Whether somebody was shown the page with this note.
    pub fn has_told(&self, note: Note) -> bool {
        self.told == Some(note)
    }

    /// Closes the servers' sockets, and ends the access point.
    pub fn close<D: Dialect, T: Transport, C: Clock>(
        self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        if let Some(names) = self.names {
            UdpClientStack::close(wifi, names)?;
        }
        TcpClientStack::close(wifi, self.page)?;
        wifi.stop_access_point()
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
            // Of whom it is not told who has asked, nobody can be answered.
            Err(nb::Error::WouldBlock | nb::Error::Other(Error::Usage(_))) => return Ok(()),
            Err(nb::Error::Other(error)) => return Err(error),
        };
        let answer = dns::answer(&mut message, length, self.address);
        match answer.and_then(|length| message.get(..length)) {
            Some(answer) => nb::block!(wifi.send_to(names, from, answer)),
            None => Ok(()),
        }
    }

    /// Shows the page to a browser. One that goes away is no trouble.
    fn answer<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        client: TcpSocket,
        note: Note,
        is_beside: bool,
    ) -> Result<Option<Network>, ErrorOf<D, T>> {
        let mut browser = Stream::new(wifi, client, [0; 256]);
        browser.read_timeout = PATIENCE;
        let mut request = Request::default();
        let mut buffer = [0; 64];
        let is_complete = loop {
            match browser.read(&mut buffer) {
                Ok(0) | Err(_) => break false,
                Ok(n) if request.take(buffer.get(..n).unwrap_or(&[])) => break true,
                Ok(_) => {}
            }
        };
        let form = request.posted().filter(|_| is_complete);
        let network = form.and_then(Network::parse);
        let note = match (form, &network) {
            (Some(_), None) => Note::NoNetwork,
            (Some(_), Some(_)) if is_beside => Note::Joining,
            (Some(_), Some(_)) => Note::Leaving,
            (None, _) => note,
        };
        if is_complete && note.write(&mut browser).is_ok() {
            self.told = Some(note);
        }
        let (wifi, client) = browser.into_parts();
        TcpClientStack::close(wifi, client)?;
        Ok(network)
    }
}
