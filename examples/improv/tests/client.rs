//! A phone sets the device up, by the specification at <https://www.improv-wifi.com/ble>, on every
//! firmware. Nothing here is taken from the device's side.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use atwifi::st67::Module;
use atwifi::{Clock, SocketMemory};
use atwifi_improv::{Device, set_up};
use atwifi_simulator::{BlePeer, BleUpdates, Config, MemoryNetwork, Profile, Simulation};

const SSID: &str = "home & garden, \"my own\"";
const PASSWORD: &str = "sesame + open = 100%";
const DEVICE: Device = Device {
    name: "Temperature Monitor",
    firmware: "thermometer",
    version: "1.2.3",
    hardware: "ST67W611M1",
};

/// The characteristics of the service, by their places.
const STATE: usize = 0;
const ERROR: usize = 1;
const COMMAND: usize = 2;
const RESULT: usize = 3;
const CAPABILITIES: usize = 4;

#[derive(Clone)]
struct Uptime(Simulation);

impl Clock for Uptime {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.idle();
        ControlFlow::Continue(())
    }
}

/// A command or result: number, length, data, and the sum of all that.
fn packet(number: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![number, data.len() as u8];
    packet.extend(data);
    packet.push(
        packet
            .iter()
            .fold(0, |sum: u8, byte| sum.wrapping_add(*byte)),
    );
    packet
}

fn strings(texts: &[&str]) -> Vec<u8> {
    let strings = texts.iter();
    let strings = strings.flat_map(|text| [&[text.len() as u8], text.as_bytes()].concat());
    strings.collect()
}

/// The texts of a result, which must be one of this command.
fn result(number: u8, told: &[u8]) -> Vec<String> {
    let data = &told[2..told.len() - 1];
    assert_eq!(packet(number, data), told);
    let (mut texts, mut rest) = (Vec::new(), data);
    while let [length, behind @ ..] = rest {
        let (text, behind) = behind.split_at(usize::from(*length));
        texts.push(String::from_utf8(text.to_vec()).unwrap());
        rest = behind;
    }
    texts
}

/// Writes a command in pieces of 20 bytes, as a client does that has not asked for longer ones.
fn command(phone: &BlePeer, number: u8, data: &[u8]) {
    for piece in packet(number, data).chunks(20) {
        phone.write(0, COMMAND, piece);
    }
}

/// What the phone does, each step once the one before has had its effect.
struct Phone {
    peer: BlePeer,
    step: usize,
    heard: usize,
}

impl Phone {
    /// What was told since the last step; `None` until so much was told.
    fn hears(&self, count: usize) -> Option<Vec<Vec<u8>>> {
        let all = self.peer.updates();
        (all.len() >= self.heard + count).then(|| all[self.heard..].to_vec())
    }

    fn next_step(&mut self) {
        self.step += 1;
        self.heard = self.peer.updates().len();
    }

    fn go_on(&mut self, identified: &RefCell<u32>) {
        match self.step {
            0 => {
                let Some((data, response)) = self.peer.hears() else {
                    return;
                };
                let uuid = 0x0046_7768_6228_2272_4663_2774_7826_8000_u128.to_le_bytes();
                let service = [&[17, 7], &uuid[..]].concat();
                let state = [9, 0x16, 0x77, 0x46, 2, 7, 0, 0, 0, 0];
                assert_eq!(data, [&[2, 1, 6], &service[..], &state].concat());
                assert!(String::from_utf8_lossy(&response).contains(DEVICE.name));
                self.peer.connect();
                for at in [STATE, ERROR, RESULT] {
                    self.peer.subscribe(0, at, BleUpdates::Notifications);
                }
                self.peer.read(0, STATE);
                self.peer.read(0, ERROR);
                self.peer.read(0, CAPABILITIES);
                self.next_step();
            }
            1 if self.peer.answers().len() == 3 => {
                assert_eq!(self.peer.answers(), [[2], [0], [7]]);
                command(&self.peer, 2, &[]);
                self.next_step();
            }
            2 if *identified.borrow() == 1 => {
                command(&self.peer, 3, &[]);
                self.next_step();
            }
            _ => self.ask(),
        }
    }

    fn ask(&mut self) {
        match (self.step, self.hears(2)) {
            (3, Some(told)) => {
                let info = result(3, told.last().unwrap());
                assert_eq!(
                    info,
                    [
                        DEVICE.firmware,
                        DEVICE.version,
                        DEVICE.hardware,
                        DEVICE.name
                    ]
                );
                command(&self.peer, 4, &[]);
            }
            (4, Some(told)) => {
                let networks = result(4, &told[1]);
                assert_eq!(networks[0], SSID);
                assert!(networks[1].parse::<i8>().unwrap() < 0);
                assert_eq!(networks[2], "WPA2");
                // One that nobody knows, and one with a wrong sum.
                command(&self.peer, 9, &[]);
                self.peer.write(0, COMMAND, [2, 0, 3]);
            }
            (5, Some(told)) => {
                assert_eq!(told, [[2], [1]]);
                command(&self.peer, 1, &strings(&[SSID, "12345678"]));
            }
            _ => return self.be_told_of_success(),
        }
        self.next_step();
    }

    fn be_told_of_success(&mut self) {
        match (self.step, self.hears(4)) {
            (6, Some(told)) => {
                assert_eq!(told, [[0], [3], [2], [3]], "tried, and unable to connect");
                command(&self.peer, 1, &strings(&[SSID, PASSWORD]));
            }
            (7, Some(told)) => {
                assert_eq!(told[..2], [[0], [3]]);
                assert_eq!(result(1, &told[2]), ["http://192.168.1.50"]);
                assert_eq!(told[3], [4]);
                self.peer.disconnect();
            }
            _ => return,
        }
        self.next_step();
    }
}

#[test]
fn a_phone_sets_it_up() {
    for profile in Profile::ST67 {
        let peer = BlePeer::new([0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc]);
        let config = Config::new(profile)
            .with_access_point(SSID, PASSWORD)
            .with_ble_peer(&peer);
        let simulation = Simulation::new(config, MemoryNetwork::default());
        let mut line = [0; 640];
        let mut sockets = [SocketMemory::<64>::new()];
        let clock = Uptime(simulation.clone());
        let mut wifi = Module::new(simulation.port(), clock, &mut line, &mut sockets).unwrap();
        wifi.reset().unwrap();
        let identified = Rc::new(RefCell::new(0));
        let mut phone = Phone {
            peer,
            step: 0,
            heard: 0,
        };
        let mut ticks = 0;
        let (network, address) = set_up(
            &mut wifi,
            &DEVICE,
            || *identified.borrow_mut() += 1,
            || {
                ticks += 1;
                assert!(ticks < 5000, "{profile}\n{}", simulation.transcript());
                simulation.advance(std::time::Duration::from_millis(20));
                phone.go_on(&identified);
            },
        )
        .unwrap();
        assert_eq!(network.ssid.as_str(), Some(SSID));
        assert_eq!(network.password.reveal(), PASSWORD.as_bytes());
        assert_eq!(address.to_string(), "192.168.1.50");
        assert_eq!(phone.step, 8, "{profile}");
        assert_eq!(phone.peer.hears(), None, "Bluetooth is off");
    }
}
