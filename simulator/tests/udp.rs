//! Datagrams of the ST67W611M1.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::support::{Host, server};
use atwifi_simulator::services::{self, UdpLog};
use atwifi_simulator::{MemoryNetwork, Profile};

const FW: Profile = Profile::St67Fw2_0_75;
const REFERENCE: Profile = Profile::St67Reference;

fn module(port: u16) -> SocketAddr {
    ([192, 168, 1, 50], port).into()
}

fn peer(port: u16) -> SocketAddr {
    ([10, 0, 0, 7], port).into()
}

fn echo(profile: Profile) -> Host {
    let network = MemoryNetwork::new().serve_udp(server(1000), services::udp_echo());
    Host::online(profile, network)
}

fn recorded(profile: Profile) -> (Host, UdpLog) {
    let log = UdpLog::default();
    let network = MemoryNetwork::new()
        .host("time.example.test", server(123).ip())
        .serve_udp(server(1000), services::udp_record(Rc::clone(&log)))
        .serve_udp(server(123), services::udp_record(Rc::clone(&log)));
    (Host::online(profile, network), log)
}

fn taken(log: &UdpLog) -> Vec<(SocketAddr, Vec<u8>)> {
    log.borrow_mut().drain(..).collect()
}

#[test]
fn sends_and_receives_datagrams() {
    echo(FW).play(&[
        (
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"UDP\",\"192.168.101.110\",1000,1002,0\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,4", "\r\nOK\r\n\r\n>"),
        (
            "ab",
            "Recv 4 bytes\r\n\r\nSEND OK\r\n+IPD:0,4,\"192.168.101.110\",1000\r\n",
        ),
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:4,0,0,0,0,\r\n\r\nOK\r\n"),
        (
            "AT+CIPRECVDATA=0,100",
            "+CIPRECVDATA:4,ab\r\n\r\n\r\nOK\r\n",
        ),
        ("AT+CIPCLOSE=0", "\r\nOK\r\n+CIP:0,DISCONNECTED\r\n"),
        ("AT+CIPSEND=0,4", "\r\nERROR\r\n"),
    ]);
    echo(REFERENCE).play(&[
        (
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002,0",
            "+CIP:0,CONNECTED\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATE:0,\"UDP\",\"192.168.101.110\",1000,1002,0\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,4", "OK\r\n>"),
        ("ab", "Recv 4 bytes\r\nSEND OK\r\n+IPD:0,4\r\n"),
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:4,0,0,0,0,\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:4,ab\r\n\r\nOK\r\n"),
        ("AT+CIPCLOSE=0", "0,CLOSED\r\nOK\r\n"),
    ]);
}

#[test]
fn in_active_mode_a_datagram_comes_with_the_event() {
    let start = "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002";
    let cases = [
        // The firmware tells who the peer is, the reference who has sent it.
        (FW, "+IPD:0,2,\"192.168.101.110\",1000,hi\r\n"),
        (REFERENCE, "+IPD:0,2,\"10.0.0.7\",9,hi\r\n"),
    ];
    for (profile, event) in cases {
        let mut host = echo(profile);
        host.ask("AT+CIPRECVMODE=0");
        host.ask(start);
        host.simulation.send_datagram(peer(9), module(1002), b"hi");
        host.expect(event);
        host.ask("AT+CIPDINFO=0");
        host.simulation.send_datagram(peer(9), module(1002), b"");
        host.expect("+IPD:0,0,\r\n");
        host.ask("AT+CIPCLOSE=0");
        host.ask("AT+CIPMUX=0");
        host.ask(&start.replace("0,\"UDP", "\"UDP"));
        host.simulation.send_datagram(peer(9), module(1002), b"hi");
        host.expect("+IPD:2,hi\r\n");
    }
}

#[test]
fn in_the_firmware_datagrams_run_together() {
    let mut host = echo(FW);
    host.ask("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002");
    for data in [&b"one"[..], b"", b"three"] {
        host.simulation.send_datagram(peer(9), module(1002), data);
    }
    host.expect(
        "+IPD:0,3,\"192.168.101.110\",1000\r\n\
         +IPD:0,0,\"192.168.101.110\",1000\r\n\
         +IPD:0,5,\"192.168.101.110\",1000\r\n",
    );
    host.play(&[
        ("AT+CIPRECVDATA=0,4", "+CIPRECVDATA:4,onet\r\n\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:4,hree\r\n\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:0,\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn in_the_reference_datagrams_are_read_one_by_one() {
    let mut host = echo(REFERENCE);
    host.ask("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002");
    for data in [&b"one"[..], b"", b"three"] {
        host.simulation.send_datagram(peer(9), module(1002), data);
    }
    host.expect("+IPD:0,3\r\n");
    host.play(&[
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:8,0,0,0,0,\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:3,one\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:0,\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,4", "+CIPRECVDATA:4,thre\r\nOK\r\n"),
        ("AT+CIPRECVDATA=0,4", "+CIPRECVDATA:1,e\r\nOK\r\n"),
    ]);
}

#[test]
fn a_full_buffer_holds_or_loses_datagrams() {
    let start = "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002";
    let mut host = echo(FW);
    host.ask(start);
    for _ in 0..4 {
        host.simulation
            .send_datagram(peer(9), module(1002), &[b'x'; 1472]);
    }
    assert_eq!(host.wait().matches("+IPD:0,1472,").count(), 3);
    assert!(host.ask("AT+CIPRECVDATA=0,1472").contains("+IPD:0,1472,"));

    let mut host = echo(REFERENCE);
    host.ask(start);
    for _ in 0..2 {
        host.simulation
            .send_datagram(peer(9), module(1002), &[b'x'; 1472]);
    }
    host.expect("+IPD:0,1472\r\n");
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:1472,0,0,0,0,\r\nOK\r\n")]);
}

#[test]
fn the_peer_may_change_with_what_comes() {
    // For each mode: the peer after a datagram from port 9, and after one from port 8.
    let one = "\"192.168.101.110\",1000";
    let (nine, eight) = ("\"10.0.0.7\",9", "\"10.0.0.7\",8");
    for (mode, first, second) in [(0, one, one), (1, nine, nine), (2, nine, eight)] {
        let mut host = echo(FW);
        let start = "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002";
        host.ask(&format!("{start},{mode}"));
        host.simulation.send_datagram(peer(9), module(1002), b"a");
        host.expect(&format!("+IPD:0,1,{first}\r\n"));
        host.simulation.send_datagram(peer(8), module(1002), b"b");
        host.expect(&format!("+IPD:0,1,{second}\r\n"));
        let row = format!("+CIPSTATUS:0,\"UDP\",{second},1002,0\r\n\r\nOK\r\n");
        host.play(&[("AT+CIPSTATE?", &row)]);
    }
}

#[test]
fn in_the_firmware_sending_to_another_host_makes_it_the_peer() {
    let (mut host, log) = recorded(FW);
    host.play(&[
        (
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSEND=0,3,\"time.example.test\",123",
            "\r\nOK\r\n\r\n>",
        ),
        ("a", "Recv 3 bytes\r\n\r\nSEND OK\r\n"),
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"UDP\",\"192.168.101.110\",123,1002,0\r\n\r\nOK\r\n",
        ),
        // A link that is not open is opened.
        (
            "AT+CIPSEND=1,3,\"192.168.101.110\",1000",
            "+CIP:1,CONNECTED\r\n\r\nOK\r\n\r\n>",
        ),
        ("b", "Recv 3 bytes\r\n\r\nSEND OK\r\n"),
        ("AT+CIPSEND=2,3,\"nobody.example.test\",9", "\r\nERROR\r\n"),
    ]);
    let expected = [
        (module(1002), b"a\r\n".to_vec()),
        (module(50000), b"b\r\n".to_vec()),
    ];
    assert_eq!(taken(&log), expected);
}

#[test]
fn in_the_reference_another_host_is_for_one_datagram() {
    let (mut host, log) = recorded(REFERENCE);
    host.play(&[
        (
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002",
            "+CIP:0,CONNECTED\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,3,\"192.168.101.110\",123", "OK\r\n>"),
        ("a", "Recv 3 bytes\r\nSEND OK\r\n"),
        (
            "AT+CIPSTATE?",
            "+CIPSTATE:0,\"UDP\",\"192.168.101.110\",1000,1002,0\r\nOK\r\n",
        ),
        ("AT+CIPSEND=1,3,\"192.168.101.110\",1000", "ERROR\r\n"),
    ]);
    assert_eq!(taken(&log), [(module(1002), b"a\r\n".to_vec())]);
}

#[test]
fn what_is_too_long_goes_in_several_datagrams() {
    for (profile, sizes) in [(FW, vec![1470, 30]), (REFERENCE, vec![1500])] {
        let (mut host, log) = recorded(profile);
        host.ask("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000");
        host.ask("AT+CIPSEND=0,1500");
        host.write(&[b'x'; 1500]);
        assert!(host.wait().ends_with("SEND OK\r\n"));
        let sent: Vec<usize> = taken(&log).iter().map(|(_, data)| data.len()).collect();
        assert_eq!(sent, sizes);
    }
}

#[test]
fn a_port_is_bound_once() {
    let mut host = echo(FW);
    host.ask("AT+SYSLOG=1");
    host.play(&[
        (
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSTART=1,\"UDP\",\"192.168.101.110\",1000,1002",
            "ERR CODE:0x01130000\r\n\r\nERROR\r\n",
        ),
        ("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1003", ""),
        (
            "AT+CIPSTART=1,\"UDP\",\"192.168.101.110\",1000,1002,3",
            "ERR CODE:0x01070000\r\n\r\nERROR\r\n",
        ),
        (
            "AT+CIPSTART=1,\"UDPv6\",\"2001:db8::7\",1000",
            "ERR CODE:0x01070000\r\n\r\nERROR\r\n",
        ),
        (
            "AT+CIPSTART=1,\"SCTP\",\"192.168.101.110\",1000",
            "ERR CODE:0x01070000\r\n\r\nERROR\r\n",
        ),
        (
            "AT+CIPSTARTEX=\"UDP\",\"192.168.101.110\",1000",
            "+CIP:1,CONNECTED\r\n\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn answers_from_elsewhere_are_received_as_well() {
    let network =
        MemoryNetwork::new().serve_udp(server(1000), services::udp_answer(peer(77), "from afar"));
    let mut host = Host::online(FW, network);
    host.ask("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002,2");
    host.ask("AT+CIPSEND=0,3");
    assert_eq!(
        host.ask("a"),
        "Recv 3 bytes\r\n\r\nSEND OK\r\n+IPD:0,9,\"10.0.0.7\",77\r\n"
    );
}

#[test]
fn nobody_answers_where_nobody_is() {
    let mut host = Host::online(FW, MemoryNetwork::new());
    host.ask("AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000");
    host.ask("AT+CIPSEND=0,3");
    assert_eq!(host.ask("a"), "Recv 3 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(host.simulation.links_open(), 1);
}

#[test]
fn links_for_datagrams_may_outlive_the_station() {
    let start = "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,1002";
    let mut host = echo(REFERENCE);
    host.ask(start);
    host.simulation.lose_link();
    assert!(host.wait().contains("+CIP:0,DISCONNECTED\r\n"));
    assert_eq!(host.simulation.links_open(), 0);

    let mut host = echo(FW);
    host.ask(start);
    host.simulation.lose_link();
    host.simulation
        .send_datagram(peer(9), module(1002), b"lost");
    assert!(!host.wait().contains("+CIP:0,DISCONNECTED\r\n"));
    host.ask("AT+CIPSEND=0,3");
    assert_eq!(host.ask("a"), "Recv 3 bytes\r\n\r\nSEND OK\r\n");
    host = host.joined_again();
    host.simulation.send_datagram(peer(9), module(1002), b"hi");
    host.expect("+IPD:0,2,\"192.168.101.110\",1000\r\n");
}

#[test]
fn speaks_ipv6() {
    let address: SocketAddr = "[2001:db8::7]:1000".parse().unwrap();
    let network = || {
        MemoryNetwork::new()
            .host("six.example.test", address.ip())
            .serve_udp(address, services::udp_echo())
            .serve(address, |_| services::echo())
    };
    let mut host = Host::online(FW, network());
    host.ask("AT+CIPV6=1");
    host.play(&[
        (
            "AT+CIPSTART=0,\"UDPv6\",\"six.example.test\",1000,1002",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,3", "\r\nOK\r\n\r\n>"),
        (
            "a",
            "Recv 3 bytes\r\n\r\nSEND OK\r\n+IPD:0,3,\"2001:DB8::7\",1000\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"UDP\",\"2001:DB8::7\",1000,1002,0\r\n\r\nOK\r\n",
        ),
    ]);
    let mut host = Host::online(REFERENCE, network());
    host.ask("AT+CIPV6=1");
    host.play(&[
        (
            "AT+CIPSTART=0,\"TCPv6\",\"2001:db8::7\",1000",
            "+CIP:0,CONNECTED\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATE:0,\"TCPv6\",\"2001:db8::7\",1000,49153,0\r\nOK\r\n",
        ),
        ("AT+CIPSTART=1,\"TCP\",\"2001:db8::7\",1000", "ERROR\r\n"),
        ("AT+CIPSTART=1,\"UDPv6\",\"192.168.101.110\",9", "ERROR\r\n"),
    ]);
}

#[test]
fn joins_the_group_it_sends_to() {
    let group: SocketAddr = ([224, 0, 0, 251], 5353).into();
    let log: UdpLog = Rc::new(RefCell::default());
    let network = MemoryNetwork::new().serve_udp(group, services::udp_record(Rc::clone(&log)));
    let mut host = Host::online(FW, network);
    host.simulation.send_datagram(peer(9), group, b"early");
    host.ask("AT+CIPSTART=0,\"UDP\",\"224.0.0.251\",5353,5353,2");
    host.ask("AT+CIPSEND=0,3");
    host.ask("a");
    assert_eq!(taken(&log), [(module(5353), b"a\r\n".to_vec())]);
    host.simulation.send_datagram(peer(9), group, b"hi");
    host.expect("+IPD:0,2,\"10.0.0.7\",9\r\n");
    host.simulation.send_datagram(peer(9), module(5353), b"you");
    host.expect("+IPD:0,3,\"10.0.0.7\",9\r\n");
}
