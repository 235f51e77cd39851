//! Datagrams to the peer.

use atwifi::{Clock, Transport, UdpSocket};
use embedded_nal::{UdpClientStack, nb};

use crate::report::{Told, Trouble};
use crate::wire;
use crate::{Offers, Outcome, Test};

/// The lengths of the datagrams.
const LENGTHS: [usize; 4] = [1, 16, 200, LONGEST];
/// What every module takes.
const LONGEST: usize = 512;
/// How often one is sent until it comes back: the air may lose some.
const ATTEMPTS: u32 = 5;
/// How long it is waited for (ms).
const PATIENCE: u32 = 1000;

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    pub(crate) fn udp(&mut self) -> Outcome<D, T> {
        let peer = self.find_peer()?;
        let mut socket = self.wifi.socket()?;
        self.wifi.connect(&mut socket, peer)?;
        for length in LENGTHS {
            self.have_echoed(&mut socket, length)?;
        }
        self.wifi.close(socket)?;
        Ok(Told::Count(LENGTHS.len() as u32, "datagrams"))
    }

    fn have_echoed(&mut self, socket: &mut UdpSocket, length: usize) -> Outcome<D, T, ()> {
        let mut sent = [0; LONGEST];
        let sent = &mut sent[..length];
        wire::fill(length as u32, sent);
        for _ in 0..ATTEMPTS {
            nb::block!(self.wifi.send(socket, sent))?;
            let began = self.clock.now();
            while self.clock.now().wrapping_sub(began) < PATIENCE {
                let mut back = [0; LONGEST];
                match self.wifi.receive(socket, &mut back) {
                    Ok((n, _)) if back.get(..n) == Some(sent) => return Ok(()),
                    // Of an attempt that was given up too soon.
                    Ok((n, _)) if n < length => {}
                    Ok(_) => return Err(Trouble::Wrong("another datagram came than was sent")),
                    Err(nb::Error::WouldBlock) => self.wait(1),
                    Err(nb::Error::Other(error)) => return Err(error.into()),
                }
            }
        }
        Err(Trouble::Wrong("no datagram came back"))
    }
}
