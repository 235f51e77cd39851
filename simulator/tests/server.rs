//! The server of the ST67W611M1.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::support::{Host, server};
use atwifi_simulator::{Client, Dialled, MemoryNetwork, Profile, services};

const FW: Profile = Profile::St67Fw2_0_75;
const REFERENCE: Profile = Profile::St67Reference;

type Log = Rc<RefCell<Vec<u8>>>;

fn module(port: u16) -> SocketAddr {
    ([192, 168, 1, 50], port).into()
}

fn peer(port: u16) -> SocketAddr {
    ([192, 168, 1, 9], port).into()
}

fn online(profile: Profile) -> Host {
    let network = MemoryNetwork::new().serve(server(80), |_| services::echo());
    Host::online(profile, network)
}

/// A server on port 80.
fn serving(profile: Profile) -> Host {
    let mut host = online(profile);
    assert!(host.ask("AT+CIPSERVER=1,80").ends_with("OK\r\n"));
    host
}

fn dial(host: &Host, port: u16) -> (Client, Log) {
    let log = Log::default();
    let service = services::record(Rc::clone(&log));
    let client = host.simulation.dial(peer(port), module(80), service);
    (client, log)
}

#[test]
fn lets_a_peer_in_and_talks_to_it() {
    let mut host = serving(FW);
    let (client, log) = dial(&host, 5000);
    host.expect("+CIP:0,CONNECTED\r\n");
    assert_eq!(client.state(), Dialled::Open);
    client.send(b"hello");
    host.expect("+IPD:0,5,\"192.168.1.9\",5000\r\n");
    host.play(&[
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"TCP\",\"192.168.1.9\",5000,80,1\r\n\r\nOK\r\n",
        ),
        ("AT+CIPRECVDATA=0,99", "+CIPRECVDATA:5,hello\r\n\r\nOK\r\n"),
        ("AT+CIPSEND=0,4", "\r\nOK\r\n\r\n>"),
        ("hi", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
        ("AT+CIPCLOSE=0", "\r\nOK\r\n+CIP:0,DISCONNECTED\r\n"),
    ]);
    assert_eq!(*log.borrow(), b"hi\r\n");
    assert_eq!(client.state(), Dialled::Closed);
}

#[test]
fn as_the_reference_has_it() {
    let mut host = online(REFERENCE);
    host.play(&[
        ("AT+CIPSERVER?", "+CIPSERVER:0\r\nOK\r\n"),
        ("AT+CIPSERVERMAXCONN=2", "OK\r\n"),
        ("AT+CIPSERVER=1,80", "OK\r\n"),
        ("AT+CIPSERVERMAXCONN?", "+CIPSERVERMAXCONN:2\r\nOK\r\n"),
        ("AT+CIPSERVERMAXCONN=3", "ERROR\r\n"),
        ("AT+CIPSERVER?", "+CIPSERVER:1,80,\"TCP\",0,0\r\nOK\r\n"),
        ("AT+CIPSERVER=1,81", "ERROR\r\n"),
        ("AT+CIPMUX=0", "ERROR\r\n"),
    ]);
    let (client, _) = dial(&host, 1);
    host.expect("+CIP:0,CONNECTED\r\n");
    client.send(b"hello");
    client.close();
    host.expect("+IPD:0,5\r\n+CIP:0,DISCONNECTED\r\n");
    dial(&host, 2);
    host.expect("+CIP:0,CONNECTED\r\n");
    host.play(&[
        (
            "AT+CIPSTATE?",
            "+CIPSTATE:0,\"TCP\",\"192.168.1.9\",2,80,1\r\nOK\r\n",
        ),
        ("AT+CIPSERVER=0,1", "OK\r\n+CIP:0,DISCONNECTED\r\n"),
        ("AT+CIPSERVER=0", "ERROR\r\n"),
        ("AT+CIPSERVER=1", "OK\r\n"),
        ("AT+CIPSERVER?", "+CIPSERVER:1,333,\"TCP\",0,0\r\nOK\r\n"),
    ]);
}

#[test]
fn as_the_firmware_has_it() {
    let mut host = online(FW);
    host.play(&[
        ("AT+CIPSERVER?", "+CIPSERVER:0\r\n\r\nOK\r\n"),
        ("AT+CIPSERVER=1", "\r\nERROR\r\n"),
        ("AT+CIPSERVER=0", "\r\nERROR\r\n"),
        ("AT+CIPSERVERMAXCONN=6", "\r\nERROR\r\n"),
        ("AT+CIPSERVERMAXCONN?", "+CIPSERVERMAXCONN:5\r\n\r\nOK\r\n"),
        ("AT+CIPSERVER=1,80,\"TCP\",,60", "\r\nOK\r\n"),
        (
            "AT+CIPSERVER?",
            "+CIPSERVER:1,80,\"TCP\",0,60\r\n\r\nOK\r\n",
        ),
        ("AT+CIPRECVMODE=0", "\r\nOK\r\n"),
        ("AT+CIPMUX=0", "\r\nERROR\r\n"),
        ("AT+CIPSERVER=0", "\r\nOK\r\n"),
        ("AT+CIPMUX=0", "\r\nOK\r\n"),
        ("AT+CIPSERVER=1,80", "\r\nERROR\r\n"),
    ]);
}

#[test]
fn peers_share_the_five_links() {
    let mut host = serving(FW);
    host.ask("AT+CIPSTART=1,\"TCP\",\"192.168.101.110\",80");
    let inside: Vec<Client> = (1..=4).map(|port| dial(&host, port).0).collect();
    host.expect("+CIP:0,CONNECTED\r\n+CIP:2,CONNECTED\r\n+CIP:3,CONNECTED\r\n+CIP:4,CONNECTED\r\n");
    // The stack lets one more in, and the firmware closes it.
    let (late, _) = dial(&host, 5);
    host.expect("");
    assert_eq!(late.state(), Dialled::Closed);
    host.play(&[(
        "AT+CIPSTARTEX=\"TCP\",\"192.168.101.110\",80",
        "\r\nERROR\r\n",
    )]);
    inside[1].close();
    host.expect("+CIP:2,DISCONNECTED\r\n");
    dial(&host, 6);
    host.expect("+CIP:2,CONNECTED\r\n");
    // Without the server, those who are inside stay.
    host.play(&[
        ("AT+CIPSERVER=0", "\r\nOK\r\n"),
        ("AT+CIPSERVER=1,80", "\r\nOK\r\n"),
    ]);
    assert_eq!(inside[0].state(), Dialled::Open);
    host.play(&[(
        "AT+CIPSERVER=0,1",
        "+CIP:0,DISCONNECTED\r\n+CIP:1,DISCONNECTED\r\n+CIP:2,DISCONNECTED\r\n\r\nOK\r\n\
         +CIP:3,DISCONNECTED\r\n+CIP:4,DISCONNECTED\r\n",
    )]);
    let (away, _) = dial(&host, 7);
    host.expect("");
    assert_eq!(away.state(), Dialled::Refused);
}

#[test]
fn the_number_of_peers_can_be_limited() {
    let mut host = online(FW);
    host.ask("AT+CIPSERVERMAXCONN=1");
    host.ask("AT+CIPSERVER=1,80");
    dial(&host, 1);
    host.expect("+CIP:0,CONNECTED\r\n");
    let (late, _) = dial(&host, 2);
    host.expect("");
    assert_eq!(late.state(), Dialled::Closed);
}

#[test]
fn connections_can_be_told_in_detail() {
    let mut host = serving(FW);
    host.ask("AT+SYSMSG=2");
    dial(&host, 5000);
    host.expect("+LINK_CONN:0,0,\"TCP\",1,\"192.168.1.9\",5000,80\r\n");
    host.ask("AT+CIPEVT=0");
    dial(&host, 5001);
    host.expect("");
    assert_eq!(host.simulation.links_open(), 2);
}

#[test]
fn in_active_mode_data_comes_with_the_event() {
    let mut host = online(FW);
    host.ask("AT+CIPRECVMODE=0");
    host.ask("AT+CIPSERVER=1,80");
    let (client, _) = dial(&host, 5000);
    client.send(b"hello");
    host.expect("+CIP:0,CONNECTED\r\n+IPD:0,5,\"192.168.1.9\",5000,hello\r\n");
}

#[test]
fn idle_peers_are_sent_away() {
    // In the firmware a server keeps the time it was created with, and adds a second.
    for (profile, lines, seconds) in [
        (FW, ["AT+CIPSTO=10", "AT+CIPSERVER=1,80"], Some(11)),
        (FW, ["AT+CIPSERVER=1,80", "AT+CIPSTO=10"], None),
        (REFERENCE, ["AT+CIPSERVER=1,80", "AT+CIPSTO=10"], Some(10)),
    ] {
        let mut host = online(profile);
        for line in lines {
            assert!(host.ask(line).ends_with("OK\r\n"));
        }
        let (client, _) = dial(&host, 1);
        host.expect("+CIP:0,CONNECTED\r\n");
        let start = host.simulation.now();
        client.send(b"a");
        host.simulation.advance(Duration::from_millis(1));
        while client.state() == Dialled::Open
            && host.simulation.now() < start + Duration::from_secs(60)
        {
            host.simulation.advance(Duration::from_millis(100));
        }
        let closed = host.simulation.now() - start;
        match seconds {
            Some(seconds) => assert_eq!(closed.as_secs(), seconds),
            None => assert_eq!(client.state(), Dialled::Open),
        }
    }
    let mut host = online(REFERENCE);
    host.play(&[
        ("AT+CIPSTO?", "+CIPSTO:0\r\nOK\r\n"),
        ("AT+CIPSTO=10", "OK\r\n"),
        ("AT+CIPSTO?", "+CIPSTO:10\r\nOK\r\n"),
        ("AT+CIPSTO=7201", "ERROR\r\n"),
    ]);
}

#[test]
fn the_server_outlives_the_access_point() {
    let mut host = serving(FW);
    let (client, _) = dial(&host, 1);
    host.expect("+CIP:0,CONNECTED\r\n");
    host.simulation.lose_link();
    assert!(host.wait().contains("+CIP:0,DISCONNECTED\r\n"));
    assert_eq!(client.state(), Dialled::Closed);
    let (away, _) = dial(&host, 2);
    host.expect("");
    assert_eq!(away.state(), Dialled::Refused);
    host = host.joined_again();
    dial(&host, 3);
    host.expect("+CIP:0,CONNECTED\r\n");
    host.simulation.reset_module();
    host.wait();
    let (away, _) = dial(&host, 4);
    host.expect("");
    assert_eq!(away.state(), Dialled::Refused);
}

#[test]
fn serves_ipv6() {
    for (profile, name, address) in [
        (FW, "TCP", "2001:DB8::9"),
        (REFERENCE, "TCPv6", "2001:db8::9"),
    ] {
        let mut host = online(profile);
        let lead = if profile != REFERENCE { "\r\n" } else { "" };
        assert!(host.ask("AT+CIPSERVER=1,80,\"TCPv6\"").contains("ERROR"));
        host.ask("AT+CIPV6=1");
        host.ask("AT+CIPSERVER=1,80,\"TCPv6\"");
        host.play(&[(
            "AT+CIPSERVER?",
            &format!("+CIPSERVER:1,80,\"{name}\",0,0\r\n{lead}OK\r\n"),
        )]);
        let from: SocketAddr = "[2001:db8::9]:77".parse().unwrap();
        let to: SocketAddr = "[fe80::1]:80".parse().unwrap();
        host.simulation.dial(from, to, services::echo());
        host.expect("+CIP:0,CONNECTED\r\n");
        let reply = host.ask("AT+CIPSTATE?");
        assert!(
            reply.contains(&format!(":0,\"{name}\",\"{address}\",77,80,1\r\n")),
            "{reply:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_conversation() {
    let talk = || {
        let mut host = serving(FW);
        let (client, log) = dial(&host, 1);
        client.send(b"hello");
        host.wait();
        host.ask("AT+CIPSEND=0,3");
        host.ask("a");
        client.reset();
        host.wait();
        let transcript = host.simulation.transcript().to_string();
        (transcript, log.take())
    };
    let (first, sent) = talk();
    assert_eq!(sent, b"a\r\n");
    assert!(first.contains("+CIP:0,DISCONNECTED"));
    assert_eq!(talk(), (first, sent));
}
