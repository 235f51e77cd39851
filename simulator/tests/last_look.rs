//! A network of which nobody knows when something happens, and which need not be looked at any more
//! once its only connection has ended: an answer that waits for that end must not wait for another
//! look.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use atwifi_simulator::{
    Config, Connection, Datagram, InUse, Listener, Lookup, Network, Profile, Received, Refused,
    Simulation, UdpSocket,
};
use embedded_io::{Read, Write};

const LOOKS: u32 = 12;
/// Longer than any command but the last takes.
const LONG: Duration = Duration::from_secs(5);
/// Milliseconds for the last: more than the looks take.
const TURNS: u32 = 100;

/// The connection fails when it is looked at for the last of so many times.
struct FailsLate {
    looks: Rc<Cell<u32>>,
    is_open: bool,
}

impl Network for FailsLate {
    fn poll(&mut self, _: Duration) {}

    fn next(&self) -> Option<Duration> {
        None
    }

    fn needs_polling(&self) -> bool {
        self.is_open
    }

    fn connect(&mut self, _: Duration, _: SocketAddr, _: SocketAddr) -> Connection {
        self.is_open = true;
        Connection(1)
    }

    fn connected(&mut self, _: Duration, _: Connection) -> Poll<Result<(), Refused>> {
        let left = self.looks.get() - 1;
        self.looks.set(left);
        if left > 0 {
            return Poll::Pending;
        }
        Poll::Ready(Err(Refused))
    }

    fn close(&mut self, _: Duration, _: Connection) {
        self.is_open = false;
    }

    fn resolve(&mut self, _: Duration, _: &str) -> Lookup {
        unreachable!("an address needs none")
    }

    fn resolved(&mut self, _: Duration, _: Lookup) -> Poll<Vec<IpAddr>> {
        unreachable!("none was begun")
    }

    fn send(&mut self, _: Duration, _: Connection, _: &[u8]) {
        unreachable!("it never opens")
    }

    fn unsent(&self, _: Duration, _: Connection) -> usize {
        0
    }

    fn receive(&mut self, _: Duration, _: Connection, _: usize) -> Received {
        Received::Closed
    }

    fn listen(&mut self, _: Duration, at: SocketAddr) -> Result<Listener, InUse> {
        Err(InUse(at.port()))
    }

    fn accept(&mut self, _: Duration, _: Listener) -> Option<(Connection, SocketAddr)> {
        None
    }

    fn stop_listening(&mut self, _: Duration, _: Listener) {}

    fn bind(&mut self, _: Duration, at: SocketAddr) -> Result<(UdpSocket, u16), InUse> {
        Err(InUse(at.port()))
    }

    fn join(&mut self, _: UdpSocket, _: IpAddr) -> bool {
        false
    }

    fn send_to(&mut self, _: Duration, _: UdpSocket, _: IpAddr, _: SocketAddr, _: &[u8]) {}

    fn receive_from(&mut self, _: Duration, _: UdpSocket) -> Option<Datagram> {
        None
    }

    fn unbind(&mut self, _: Duration, _: UdpSocket) {}

    fn ping(&mut self, _: Duration, _: IpAddr) -> Option<Duration> {
        None
    }
}

/// What an ST67 says to a line when the connection that it opens fails at that look.
fn answer(profile: Profile, line: &str, looks: u32) -> String {
    let left = Rc::new(Cell::new(looks));
    let network = FailsLate {
        looks: Rc::clone(&left),
        is_open: false,
    };
    let config = Config::new(profile).with_access_point("home", "secret99");
    let simulation = Simulation::new(config, network);
    let mut port = simulation.port();
    let mut say = |line: &str| port.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    simulation.advance(LONG);
    for line in [
        "AT+CWMODE=1,0",
        "AT+CWJAP=\"home\",\"secret99\"",
        "AT+CIPMUX=1",
        "AT+MQTTUSERCFG=0,0,\"id\",\"\",\"\"",
    ] {
        say(line);
        simulation.advance(LONG);
    }
    say(line);
    for _ in 0..TURNS {
        simulation.advance(Duration::from_millis(1));
    }
    assert_eq!(left.get(), 0, "it was looked at");
    let mut said = vec![0; 4096];
    let count = port.read(&mut said).unwrap();
    said.truncate(count);
    String::from_utf8(said).unwrap()
}

#[test]
fn a_connection_that_fails_at_any_look_is_answered() {
    let connect = "AT+CIPSTART=0,\"TCP\",\"192.168.1.9\",80";
    let broker = "AT+MQTTCONN=0,\"192.168.1.9\",1883,0";
    for (profile, line, says) in [
        (Profile::St67Reference, connect, "ERROR\r\n"),
        (Profile::St67Reference, broker, "+MQTT:DISCONNECTED,0\r\n"),
        (Profile::St67Fw2_0_75, connect, "ERROR\r\n"),
        (Profile::St67Fw2_0_75, broker, "ERROR\r\n"),
    ] {
        for looks in 1..LOOKS {
            let said = answer(profile, line, looks);
            assert!(said.ends_with(says), "{profile:?}, {looks}: {said:?}");
        }
    }
}
