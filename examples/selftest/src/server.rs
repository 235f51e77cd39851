//! A connection that the peer makes.

use atwifi::{Clock, TcpSocket, Transport};
use embedded_nal::{TcpClientStack, TcpFullStack, nb};

use crate::report::{Told, Trouble};
use crate::wire;
use crate::{Offers, Outcome, Test};

/// How long the peer may take to come (ms).
const PATIENCE: u32 = 15_000;

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    /// Listens, asks the peer to come, and sends it back what it says.
    pub(crate) fn listen(&mut self) -> Outcome<D, T> {
        self.find_peer()?;
        let port = self.settings.listen_port;
        let mut listener = self.wifi.socket()?;
        self.wifi.bind(&mut listener, port)?;
        self.wifi.listen(&mut listener)?;
        let mut asked = self.ask_peer(wire::CALL, port.into())?;
        let mut client = self.accept(&mut listener)?;
        let mut bytes = [0; wire::CALL_BYTES];
        self.receive(&mut client, &mut bytes)?;
        self.send(&mut client, &bytes)?;
        let mut told = [0; wire::CALLED.len()];
        self.receive(&mut asked, &mut told)?;
        if told != wire::CALLED {
            return Err(Trouble::Wrong("the peer was told something else"));
        }
        for socket in [client, asked, listener] {
            self.wifi.close(socket)?;
        }
        Ok(Told::Done)
    }

    fn accept(&mut self, listener: &mut TcpSocket) -> Outcome<D, T, TcpSocket> {
        let began = self.clock.now();
        while self.clock.now().wrapping_sub(began) < PATIENCE {
            match self.wifi.accept(listener) {
                Ok((client, _)) => return Ok(client),
                Err(nb::Error::WouldBlock) => self.wait(5),
                Err(nb::Error::Other(error)) => return Err(error.into()),
            }
        }
        Err(Trouble::Wrong("nobody came: is there a firewall?"))
    }
}
