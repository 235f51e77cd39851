//! Sockets of the PIC32MZW1 that listen.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::support::{Host, server};
use atwifi_simulator::{Client, Dialled, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::MicrochipReference;
const OLD: Profile = Profile::MicrochipFw0_2_0;
const FW: Profile = Profile::MicrochipFw0_3_2;

type Log = Rc<RefCell<Vec<u8>>>;

fn module(port: u16) -> SocketAddr {
    ([192, 168, 1, 50], port).into()
}

fn peer(port: u16) -> SocketAddr {
    ([192, 168, 0, 1], port).into()
}

/// A socket that listens on port 6000, and what it is called.
fn listening(profile: Profile) -> (Host, String) {
    let network = MemoryNetwork::new().serve(server(80), |_| services::echo());
    let mut host = Host::online(profile, network);
    let id = host.open();
    host.play(&[(&format!("AT+SOCKBL={id},6000"), "OK\r\n")]);
    (host, id)
}

fn dial(host: &Host, port: u16) -> (Client, Log) {
    let log = Log::default();
    let service = services::record(Rc::clone(&log));
    let client = host.simulation.dial(peer(port), module(6000), service);
    (client, log)
}

/// A peer that is let in: the id of its connection.
#[track_caller]
fn let_in(host: &mut Host, port: u16) -> (String, Client, Log) {
    let (client, log) = dial(host, port);
    let event = host.wait();
    let rest = event.trim_start().strip_prefix("+SOCKIND:");
    let (id, rest) = rest.and_then(|rest| rest.split_once(',')).expect(&event);
    let addresses = format!("\"192.168.1.50\",6000,\"192.168.0.1\",{port}\r\n");
    assert_eq!(rest, addresses);
    assert_eq!(client.state(), Dialled::Open);
    (id.to_owned(), client, log)
}

#[test]
fn lets_a_peer_in_and_talks_to_it() {
    for profile in Profile::MICROCHIP {
        let (mut host, listener) = listening(profile);
        let lead = if profile == REFERENCE { "" } else { "\r" };
        let (child, client, log) = let_in(&mut host, 12345);
        assert_eq!(
            child.parse::<u64>().unwrap(),
            listener.parse::<u64>().unwrap() + 1
        );
        client.send(b"hello");
        host.expect(&format!("{lead}+SOCKRXT:{child},5\r\n"));
        host.play(&[
            (
                &format!("AT+SOCKRD={child},1,99"),
                &format!("+SOCKRD:{child},5,\"hello\"\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKWR={child},2,\"hi\""), "OK\r\n"),
            (
                "AT+SOCKLST",
                &format!(
                    "+SOCKLST:{listener},2,\"\",0,6000\r\n\
                     +SOCKLST:{child},2,\"192.168.0.1\",12345,6000\r\nOK\r\n"
                ),
            ),
        ]);
        assert_eq!(*log.borrow(), b"hi");
        // The one that listens and its child.
        assert_eq!(host.simulation.links_open(), 2);
        host.play(&[(&format!("AT+SOCKCL={child}"), "OK\r\n")]);
        assert_eq!(client.state(), Dialled::Closed);
        let again = host.ask(&format!("AT+SOCKCL={child}"));
        assert_eq!(again == "OK\r\n", profile != REFERENCE, "{again:?}");
    }
}

#[test]
fn the_reference_example() {
    let mut host = Host::online(REFERENCE, MemoryNetwork::new());
    for id in 1..=3 {
        assert_eq!(host.open(), id.to_string());
    }
    host.play(&[("AT+SOCKBL=2,6000", "OK\r\n")]);
    dial(&host, 12345);
    host.expect("+SOCKIND:4,\"192.168.1.50\",6000,\"192.168.0.1\",12345\r\n");
}

#[test]
fn five_peers_have_room() {
    for profile in Profile::MICROCHIP {
        let (mut host, _) = listening(profile);
        let mut inside: Vec<_> = (1..=5).map(|port| let_in(&mut host, port)).collect();
        let (client, _) = dial(&host, 6);
        host.expect("");
        assert_eq!(client.state(), Dialled::Refused);
        let (child, ..) = inside.remove(0);
        host.ask(&format!("AT+SOCKCL={child}"));
        let_in(&mut host, 7);
    }
}

#[test]
fn nobody_is_let_in_where_nobody_listens() {
    let (mut host, listener) = listening(FW);
    let elsewhere = host
        .simulation
        .dial(peer(1), module(6001), services::echo());
    host.expect("");
    assert_eq!(elsewhere.state(), Dialled::Refused);
    host.ask(&format!("AT+SOCKCL={listener}"));
    let (client, _) = dial(&host, 2);
    host.expect("");
    assert_eq!(client.state(), Dialled::Refused);
}

#[test]
fn children_are_closed_with_the_listener_in_the_firmware() {
    for (profile, state) in [(FW, Dialled::Closed), (REFERENCE, Dialled::Open)] {
        let (mut host, listener) = listening(profile);
        let (_, client, _) = let_in(&mut host, 1);
        host.play(&[(&format!("AT+SOCKCL={listener}"), "OK\r\n")]);
        assert_eq!(client.state(), state);
    }
}

#[test]
fn a_peer_that_closes() {
    let (mut host, _) = listening(FW);
    let (child, client, _) = let_in(&mut host, 1);
    client.send(b"bye");
    client.close();
    host.expect(&format!("\r+SOCKRXT:{child},3\r\n\r+SOCKCL:{child}\r\n"));
    host.play(&[
        (
            &format!("AT+SOCKRD={child},1,9"),
            &format!("+SOCKRD:{child},3,\"bye\"\r\nOK\r\n"),
        ),
        (
            &format!("AT+SOCKWR={child},1,\"a\""),
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
    ]);
    // Its place is free for the next five.
    for port in 2..=6 {
        let_in(&mut host, port);
    }
    host.play(&[(
        &format!("AT+SOCKCL={child}"),
        "ERROR:10,\"Socket ID Not Found\"\r\n",
    )]);
}

#[test]
fn in_the_old_firmware_a_child_is_to_be_closed_and_may_be_lost() {
    let (mut host, _) = listening(OLD);
    let mut inside: Vec<_> = (1..=5).map(|port| let_in(&mut host, port)).collect();
    let (closed, client, _) = inside.remove(0);
    client.close();
    host.expect(&format!("\r+SOCKCL:{closed}\r\n"));
    dial(&host, 6);
    host.expect("");
    host.play(&[(&format!("AT+SOCKCL={closed}"), "OK\r\n")]);
    let_in(&mut host, 7);

    let (broken, client, _) = inside.remove(0);
    client.reset();
    host.expect(&format!("\r+SOCKCL:{broken}\r\n"));
    host.play(&[(
        &format!("AT+SOCKCL={broken}"),
        "ERROR:10,\"Socket ID Not Found\"\r\n",
    )]);
    let (client, _) = dial(&host, 8);
    host.expect("");
    assert_eq!(client.state(), Dialled::Refused);
}

#[test]
fn listening_takes_sockets_of_the_stack() {
    let (mut host, _) = listening(FW);
    let second = host.open();
    host.play(&[(&format!("AT+SOCKBL={second},6001"), "OK\r\n")]);
    let third = host.open();
    host.play(&[
        (
            &format!("AT+SOCKBL={third},6002"),
            "ERROR:14,\"Socket Bind Failed\"\r\n",
        ),
        (
            &format!("AT+SOCKBR={third},\"192.168.101.110\",80"),
            "ERROR:14,\"Socket Bind Failed\"\r\n",
        ),
        (&format!("AT+SOCKCL={second}"), "OK\r\n"),
    ]);
    host.connect(80);
}

#[test]
fn slots_are_taken_as_well() {
    let (mut host, _) = listening(FW);
    for _ in 0..14 {
        host.open_udp();
    }
    host.play(&[("AT+SOCKO=2", "ERROR:11,\"No Free Sockets\"\r\n")]);
}

#[test]
fn in_binary_mode_a_peer_comes_unnoticed() {
    let (mut host, _) = listening(FW);
    let id = host.connect(80);
    host.ask(&format!("AT+SOCKWR={id},3"));
    let (client, _) = dial(&host, 1);
    host.expect("");
    assert_eq!(client.state(), Dialled::Open);
    assert!(host.ask("a").contains("\r\nOK\r\n"));
    client.send(b"hey");
    host.expect("\r+SOCKRXT:0,3\r\n");

    let (mut host, _) = listening(OLD);
    let id = host.connect(80);
    host.ask(&format!("AT+SOCKWR={id},3"));
    dial(&host, 1);
    assert!(host.wait().starts_with("+SOCKIND:"));
}

#[test]
fn the_listener_outlives_the_access_point() {
    for profile in Profile::MICROCHIP {
        let (mut host, _) = listening(profile);
        let (child, client, _) = let_in(&mut host, 1);
        host.simulation.lose_link();
        let event = format!("+SOCKCL:{child}\r\n");
        assert_eq!(host.wait().contains(&event), profile == REFERENCE);
        assert_eq!(client.state(), Dialled::Closed);
        let (away, _) = dial(&host, 2);
        host.expect("");
        assert_eq!(away.state(), Dialled::Refused);
        host.ask("AT+WSTA=1");
        let_in(&mut host, 3);
    }
}

#[test]
fn a_port_has_one_listener() {
    let (mut host, listener) = listening(FW);
    let other = host.open();
    for id in [&listener, &other] {
        host.play(&[(
            &format!("AT+SOCKBL={id},6000"),
            "ERROR:14,\"Socket Bind Failed\"\r\n",
        )]);
    }
}
