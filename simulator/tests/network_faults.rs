//! Faults, where datagrams and peers that dial are concerned.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::{Host, PASSWORD, SSID, server};
use atwifi_simulator::{
    Client, Config, Dialled, Fault, FaultKind, Faults, Fragment, MemoryNetwork, Profile, services,
};

const ST67: Profile = Profile::St67Fw2_0_75;
const MICROCHIP: Profile = Profile::MicrochipFw0_3_2;

fn module(port: u16) -> SocketAddr {
    ([192, 168, 1, 50], port).into()
}

/// A module that listens on port 6000 and is bound to port 6001.
struct Bound {
    host: Host,
    /// The socket for datagrams, as commands name it.
    udp: String,
}

fn bound(profile: Profile) -> Bound {
    let network = MemoryNetwork::new().serve_udp(server(7), services::udp_echo());
    let config = Config::new(profile)
        .with_poll(Duration::ZERO)
        .with_access_point(SSID, PASSWORD);
    listen(Host::new(config, network).joined(), profile)
}

fn listen(mut host: Host, profile: Profile) -> Bound {
    if profile == ST67 {
        host.ask("AT+CIPSERVER=1,6000");
        let start = "AT+CIPSTART=4,\"UDP\",\"192.168.101.110\",7,6001";
        assert!(host.ask(start).ends_with("OK\r\n"));
        let udp = "4".to_owned();
        return Bound { host, udp };
    }
    let listener = host.open();
    host.ask(&format!("AT+SOCKBL={listener},6000"));
    let udp = host.open_udp();
    let bind = format!("AT+SOCKBL={udp},6001");
    assert_eq!(host.ask(&bind), "OK\r\n");
    Bound { host, udp }
}

impl Bound {
    fn dial(&self) -> Client {
        let simulation = &self.host.simulation;
        simulation.dial(server(9), module(6000), services::echo())
    }

    /// A peer dials and talks, and another sends a datagram; all that the module says.
    fn talk(&mut self) -> String {
        let client = self.dial();
        client.send(b"hello");
        self.host
            .simulation
            .send_datagram(server(8), module(6001), b"datagram");
        self.host.wait()
    }
}

#[test]
fn a_reset_closes_everything() {
    for profile in [ST67, MICROCHIP] {
        let mut bound = bound(profile);
        let inside = bound.dial();
        bound.host.wait();
        assert_eq!(inside.state(), Dialled::Open);
        // The server of an ST67W611M1 is no link of its own.
        let listening = usize::from(profile == MICROCHIP);
        assert_eq!(bound.host.simulation.links_open(), 2 + listening);
        bound.host.simulation.reset_module();
        bound.host.wait();
        assert_eq!(inside.state(), Dialled::Closed);
        assert_eq!(bound.host.simulation.links_open(), 0);
        let outside = bound.dial();
        bound.host.wait();
        assert_eq!(outside.state(), Dialled::Refused);
        // Its ports are free.
        let mut bound = listen(bound.host.joined(), profile);
        assert!(bound.talk().contains(",8"));
    }
}

#[test]
fn fragments_change_nothing() {
    for profile in [ST67, MICROCHIP] {
        let [whole, byte] = [Fragment::Whole, Fragment::Every(1)].map(|fragment| {
            let mut bound = bound(profile);
            bound.host.simulation.set_faults(Faults {
                fragment,
                ..Faults::default()
            });
            bound.talk()
        });
        assert_eq!(whole, byte);
        assert!(whole.contains("192.168.101.110\",9"), "{whole:?}");
    }
}

#[test]
fn lost_bytes_are_lost_for_datagrams_as_well() {
    for profile in [ST67, MICROCHIP] {
        let plain = bound(profile).talk();
        let mut bound = bound(profile);
        bound.host.simulation.set_faults(Faults {
            to_host: vec![Fault::new(
                bound.host.simulation.to_host(),
                FaultKind::Drop(3),
            )],
            ..Faults::default()
        });
        assert_eq!(bound.talk(), plain[3..]);
    }
}

#[test]
fn a_close_can_come_right_behind_the_data() {
    for (profile, events) in [
        (
            ST67,
            "+IPD:0,3,\"192.168.101.110\",9\r\n+CIP:0,DISCONNECTED\r\n",
        ),
        (MICROCHIP, "\r+SOCKRXT:ID,3\r\n\r+SOCKCL:ID\r\n"),
    ] {
        let mut bound = bound(profile);
        bound.host.simulation.set_faults(Faults {
            close_behind_data: true,
            ..Faults::default()
        });
        let client = bound.dial();
        let event = bound.host.wait();
        let child = event.split([':', ',']).nth(1).unwrap();
        client.send(b"bye");
        client.close();
        bound.host.simulation.advance(crate::support::LONG);
        let piece = String::from_utf8(bound.host.read_once()).unwrap();
        assert_eq!(piece, events.replace("ID", child));
    }
}

#[test]
fn the_same_seed_gives_the_same_conversation() {
    for profile in [ST67, MICROCHIP] {
        let run = || {
            let mut bound = bound(profile);
            bound.host.simulation.set_faults(Faults {
                fragment: Fragment::Random(7),
                to_host: vec![Fault::new(700, FaultKind::Delay(Duration::from_millis(30)))],
                close_behind_data: true,
                ..Faults::default()
            });
            bound.talk();
            bound.host.ask("AT+CIPSTATE?");
            bound.host.ask("AT+SOCKLST");
            bound.host.ask(&format!("AT+SOCKRD={},1,99", bound.udp));
            bound.host.simulation.lose_link();
            bound.host.wait();
            bound.host.simulation.transcript().to_string()
        };
        let first = run();
        assert!(first.contains("access point lost"), "{first}");
        assert_eq!(first, run());
    }
}
