//! Provisioning: the module is an access point, and a peer that connects to its port gives it
//! commands. Chapters 5.5 and 5.6 of the reference.

use std::net::{Ipv4Addr, SocketAddr};

use super::access_point::Mode;
use super::station::Stage;
use crate::microchip::engine::Reply;
use crate::microchip::parameter::{self, Parameters};
use crate::microchip::settings::{Settings, Value};
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};
use crate::network::{Connection, Listener, Received};

/// The only way of provisioning: over a socket.
const SOCKET_MODE: i64 = 2;
/// The number of the setting of the port.
const PORT: i64 = 3;
/// Longest line of a peer; what is longer is dropped.
const LONGEST_LINE: usize = 512;
/// What a peer may ask for.
const COMMANDS: [&[u8]; 4] = [b"AT+WSTAC", b"AT+WSCNA", b"AT+WSCNP", b"AT+WPROV"];

/// What the peer is answered even if it is not answered otherwise: all settings of the station.
const DUMP: &[u8] = b"AT+WSTAC";
/// The end of it, as the host is told.
const EXIT: &str = "+WPROVEXIT";

/// The settings, the port, and the peer with what it has said so far.
#[derive(Debug)]
pub(in crate::microchip) struct Provisioning {
    pub settings: Settings,
    listener: Option<Listener>,
    peer: Option<Connection>,
    line: Vec<u8>,
    /// A command of the peer is being executed.
    speaking: bool,
    /// There has been provisioning since the module started.
    happened: bool,
}

impl Default for Provisioning {
    fn default() -> Self {
        Provisioning {
            settings: Settings::new([
                (1, Value::Bounded(SOCKET_MODE, SOCKET_MODE..=SOCKET_MODE)),
                (2, Value::text(8)),
                (PORT, Value::Bounded(7777, 1..=65_535)),
            ]),
            listener: None,
            peer: None,
            line: Vec::new(),
            speaking: false,
            happened: false,
        }
    }
}

impl Provisioning {
    /// Whether the command that is being executed is one of the peer.
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// Closes the port, and the connection of the peer.
    pub fn release(&mut self, world: &mut World) {
        if let Some(peer) = self.peer.take() {
            world.network.close(world.now, peer);
        }
        if let Some(listener) = self.listener.take() {
            world.network.stop_listening(world.now, listener);
        }
        self.line.clear();
    }
}

impl Microchip {
    /// `AT+WPROVC[=<id>[,<value>]]`
    pub(in crate::microchip) fn provisioning_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let settings: fn(&mut Microchip) -> &mut Settings =
            |module| &mut module.provisioning.settings;
        let in_use = self.soft_ap.mode == Mode::Provisioning;
        self.configure("+WPROVC", settings, parameters, in_use)
    }

    /// `AT+WPROV[=<state>]`
    pub(in crate::microchip) fn provision(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let active = self.soft_ap.mode == Mode::Provisioning;
        if parameters.len() == 0 {
            self.say(&format!("+WPROV:{}", u8::from(active)));
            return Ok(Reply::Ok);
        }
        match parameters.integer(0)? {
            // It ends when the answer has been told.
            0 if active => Ok(Reply::Provisioned),
            0 => Err(Status::PROVISIONING_STOP_REFUSED),
            1 if self.soft_ap.mode == Mode::Off && self.station.stage == Stage::Idle => {
                self.start_provisioning(world)
            }
            1 => Err(Status::PROVISIONING_START_REFUSED),
            _ => Err(Status::INVALID_PARAMETER),
        }
    }

    fn start_provisioning(&mut self, world: &mut World) -> Result<Reply, Status> {
        let port = parameter::port(self.provisioning.settings.integer(PORT));
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = world.network.listen(world.now, at);
        let listener = listener.map_err(|_| Status::PROVISIONING_START_FAILED)?;
        if let Err(status) = self.start_soft_ap(Mode::Provisioning) {
            world.network.stop_listening(world.now, listener);
            return Err(status);
        }
        self.provisioning.listener = Some(listener);
        let before = std::mem::replace(&mut self.provisioning.happened, true);
        Ok(match before && self.variant.provisions_once {
            true => Reply::Silence,
            false => Reply::Ok,
        })
    }

    /// The host ends it.
    pub(in crate::microchip) fn finish_provisioning(&mut self, world: &mut World) {
        self.release_provisioning(world);
        if self.variant.answers_provisioner {
            self.finish(Status::OK);
            self.tell(EXIT);
        } else {
            self.say(EXIT);
            self.finish(Status::OK);
        }
    }

    fn release_provisioning(&mut self, world: &mut World) {
        self.provisioning.release(world);
        self.stop_soft_ap(world);
    }

    pub(in crate::microchip) fn serve_provisioner(&mut self, world: &mut World) {
        self.let_provisioner_in(world);
        while let Some(peer) = self.provisioning.peer {
            match world.network.receive(world.now, peer, LONGEST_LINE) {
                Received::Nothing => return,
                Received::Data(data) => data
                    .into_iter()
                    .for_each(|byte| self.hear_provisioner(byte, world)),
                Received::Closed => {
                    world.network.close(world.now, peer);
                    self.provisioning.peer = None;
                    self.provisioning.line.clear();
                }
            }
        }
    }

    /// There is one peer at a time.
    fn let_provisioner_in(&mut self, world: &mut World) {
        let Some(listener) = self.provisioning.listener else {
            return;
        };
        while let Some((connection, _)) = world.network.accept(world.now, listener) {
            if self.provisioning.peer.is_some() {
                world.network.refuse(world.now, connection);
            } else {
                self.provisioning.peer = Some(connection);
            }
        }
    }

    fn hear_provisioner(&mut self, byte: u8, world: &mut World) {
        match byte {
            b'\n' => {
                let line = std::mem::take(&mut self.provisioning.line);
                if !line.is_empty() {
                    self.obey_provisioner(&line, world);
                }
            }
            b'\r' => {}
            _ if self.provisioning.line.len() < LONGEST_LINE => self.provisioning.line.push(byte),
            _ => {}
        }
    }

    /// Executes a command of the peer. The answer goes to the peer, or to the UART.
    fn obey_provisioner(&mut self, line: &[u8], world: &mut World) {
        let known = COMMANDS.iter().any(|command| line.starts_with(command));
        let answer = std::mem::take(&mut self.engine.answer);
        self.provisioning.speaking = true;
        let result = if known {
            self.command(line, world)
        } else {
            Err(Status::UNKNOWN_COMMAND)
        };
        self.provisioning.speaking = false;
        let rows = std::mem::replace(&mut self.engine.answer, answer);
        let status = result.as_ref().err().copied().unwrap_or(Status::OK);
        let status = status.line(self.verbosity);
        let is_over = matches!(result, Ok(Reply::Provisioned));
        if self.variant.answers_provisioner {
            self.send_to_provisioner(&[rows.concat(), status.into_bytes()].concat(), world);
            if is_over {
                self.release_provisioning(world);
                self.tell(EXIT);
            }
            return;
        }
        if line == DUMP {
            self.send_to_provisioner(&rows.concat(), world);
        }
        if is_over {
            self.release_provisioning(world);
            self.tell(EXIT);
        }
        for row in rows {
            self.tell(String::from_utf8_lossy(&row).trim_end());
        }
        self.tell(status.trim_end());
    }

    /// Tells the peer of something that its command has brought about.
    pub(in crate::microchip) fn tell_provisioner(&mut self, event: &str, world: &mut World) {
        let lead = self.variant.event_lead;
        self.send_to_provisioner(format!("{lead}{event}\r\n").as_bytes(), world);
    }

    fn send_to_provisioner(&mut self, text: &[u8], world: &mut World) {
        if let Some(peer) = self.provisioning.peer {
            world.network.send(world.now, peer, text);
        }
    }
}
