//! TLS: its settings, and how a connection gets it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::task::Poll;
use std::time::Duration;

use super::sockets::{Protocol, Socket, State};
use super::tls::Tls;
use crate::microchip::engine::Reply;
use crate::microchip::parameter::{Parameter, Parameters};
use crate::microchip::status::Status;
use crate::microchip::text::printable;
use crate::microchip::{Microchip, World};
use crate::tls::Client;

/// Configurations that there are.
const CONFIGURATIONS: i64 = 2;
/// The longest name of the issuer, of the certificate and of the key, the longest password, and the
/// longest name of the server.
const LONGEST: [usize; 5] = [64, 64, 32, 64, 32];
/// The number of the password of the key, which the firmware does not tell.
const PASSWORD: i64 = 4;

/// What `AT+TLSC` sets, and what `AT+LOADCERT` has loaded.
#[derive(Debug, Default)]
pub(in crate::microchip) struct TlsSettings {
    configurations: [[Vec<u8>; 5]; 2],
    pub loaded: BTreeMap<Vec<u8>, Vec<u8>>,
    pub last_loaded: Option<Vec<u8>>,
}

impl Microchip {
    /// `AT+TLSC=<conf>[,<id>[,<value>]]`
    pub(in crate::microchip) fn tls_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let index = configuration(parameters.integer(0)?)?;
        match parameters.len() {
            1 => {
                for id in 1..=5 {
                    // The password cannot be read.
                    let _ = self.say_tls_setting(index, id);
                }
            }
            2 => self.say_tls_setting(index, parameters.integer(1)?)?,
            _ => self.change_tls_setting(index, parameters)?,
        }
        Ok(Reply::Ok)
    }

    fn say_tls_setting(&mut self, index: usize, id: i64) -> Result<(), Status> {
        if id == PASSWORD && self.variant.hides_key_password {
            return Err(Status::ACCESS_FAILED);
        }
        let value = printable(&self.tls.configurations[index][number(id)?]);
        self.say(&format!("+TLSC:{id},{value}"));
        Ok(())
    }

    fn change_tls_setting(&mut self, index: usize, parameters: &Parameters) -> Result<(), Status> {
        let in_use = |socket: &Socket| socket.tls.configuration() == Some(index);
        if self.sockets.iter().any(in_use) {
            return Err(Status::UPDATE_BLOCKED);
        }
        let number = number(parameters.integer(1)?)?;
        let Parameter::Text(value) = parameters.get(2)? else {
            return Err(Status::ACCESS_FAILED);
        };
        if value.len() > LONGEST[number] {
            return Err(Status::ACCESS_FAILED);
        }
        self.tls.configurations[index][number].clone_from(value);
        if value.is_empty() && self.variant.empty_text_fails {
            return Err(Status::ACCESS_FAILED);
        }
        Ok(())
    }

    /// `AT+SOCKTLS=<id>,<conf>`
    pub(in crate::microchip) fn upgrade(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let asked = configuration(parameters.integer(1)?)?;
        // Whatever is asked for, a client of the firmware takes the first.
        let index = if self.variant.first_tls_only {
            0
        } else {
            asked
        };
        let socket = self.sockets.get(id)?;
        if socket.protocol != Protocol::Tcp {
            return Err(Status::INVALID_PROTOCOL);
        }
        if socket.parent.is_some() || matches!(socket.state, State::Listening(_)) {
            // Only clients are simulated.
            return Err(Status::TLS_FAILED);
        }
        match socket.tls {
            Tls::None | Tls::Wanted(_) => socket.tls = Tls::Wanted(index),
            Tls::Shaking(..) => {}
            Tls::Open(..) => self.say(&format!("+SOCKTLS:{id}")),
        }
        Ok(Reply::Ok)
    }

    /// Goes on with the handshake of a connection.
    pub(in crate::microchip) fn serve_tls(&mut self, id: i64, world: &mut World) {
        let wanted = self.sockets.get(id).ok();
        let wanted = wanted.and_then(|socket| match (socket.state, &socket.tls) {
            (State::Open(Some(_)), Tls::Wanted(index)) => Some(*index),
            _ => None,
        });
        if let Some(index) = wanted {
            self.begin_tls(id, index, world);
        }
        let Ok(socket) = self.sockets.get(id) else {
            return;
        };
        let (State::Open(Some(connection)), Tls::Shaking(index, session)) =
            (socket.state, &mut socket.tls)
        else {
            return;
        };
        let index = *index;
        match session.shake(world.now, connection, world.network) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                if let Tls::Shaking(_, session) = std::mem::take(&mut socket.tls) {
                    socket.tls = Tls::Open(index, session);
                }
                self.tell(&format!("+SOCKTLS:{id}"));
            }
            Poll::Ready(Err(_)) if session.has_ended() => {
                socket.tls = Tls::None;
                socket.ends = Some(world.now);
            }
            Poll::Ready(Err(_)) => self.tls_failed(id, world),
        }
    }

    fn begin_tls(&mut self, id: i64, index: usize, world: &mut World) {
        let client = self.tls_client(index, self.variant.finds_loaded_certificates, world.now);
        let Ok(socket) = self.sockets.get(id) else {
            return;
        };
        socket.give_up = None;
        let remote = socket.remote.map(|remote| IpAddr::V4(*remote.ip()));
        let session = client.and_then(|client| client.begin(remote?).ok());
        match session {
            Some(session) => socket.tls = Tls::Shaking(index, Box::new(session)),
            None => self.tls_failed(id, world),
        }
    }

    /// How TLS begins, if all that the configuration names is there, what was loaded too if `finds_loaded`.
    /// The firmware goes on without what is not.
    pub(in crate::microchip) fn tls_client(
        &self,
        index: usize,
        finds_loaded: bool,
        now: Duration,
    ) -> Option<Client> {
        let [issuer, certificate, key, _, name] = &self.tls.configurations[index];
        let forgives = self.variant.forgives_missing_certificates;
        let find = |name: &[u8]| match self.certificate(name, finds_loaded) {
            None if !name.is_empty() && !forgives => None,
            found => Some(found),
        };
        let (issuer, certificate, key) = (find(issuer)?, find(certificate)?, find(key)?);
        Some(Client {
            issuer,
            identity: certificate.zip(key),
            name: Some(String::from_utf8_lossy(name).into_owned()).filter(|name| !name.is_empty()),
            verifies_name: self.variant.verifies_server_name,
            protocols: Vec::new(),
            time: self.clock.seconds(now),
        })
    }

    /// What has this name: loaded, or built in.
    pub(in crate::microchip) fn certificate(
        &self,
        name: &[u8],
        finds_loaded: bool,
    ) -> Option<Vec<u8>> {
        let loaded = self.tls.loaded.get(name).filter(|_| finds_loaded);
        loaded.cloned().or_else(|| {
            let name = std::str::from_utf8(name).ok()?;
            self.config.files.get(name).map(|file| file.0.clone())
        })
    }

    fn tls_failed(&mut self, id: i64, world: &mut World) {
        self.give_up_socket(id, Status::TLS_FAILED, world);
    }
}

fn configuration(number: i64) -> Result<usize, Status> {
    if !(1..=CONFIGURATIONS).contains(&number) {
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(usize::from(number == CONFIGURATIONS))
}

fn number(id: i64) -> Result<usize, Status> {
    let number = usize::try_from(id - 1).ok();
    number
        .filter(|number| *number < LONGEST.len())
        .ok_or(Status::ACCESS_FAILED)
}
