//! Conversations as Microchip's reference prints them, byte for byte.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::Host;
use atwifi_simulator::{
    AccessPoint, Config, Faults, MemoryNetwork, Peer, Profile, Service, services,
};

const REFERENCE: Profile = Profile::MicrochipReference;

/// The module and the access point of the examples.
fn config() -> Config {
    Config {
        access_points: vec![AccessPoint {
            bssid: [0, 1, 2, 3, 4, 5],
            channel: 6,
            ..AccessPoint::new("MyAP", "MyAPPSK")
        }],
        address: [192, 168, 0, 100].into(),
        ..Config::new(REFERENCE)
    }
}

fn host(network: MemoryNetwork) -> Host {
    let mut host = Host::new(config(), network);
    host.play(&[("ATE0", "ATE0\r\nOK\r\n")]);
    host
}

fn online(network: MemoryNetwork) -> Host {
    let mut host = host(network);
    for line in [
        "AT+WSTAC=1, \"MyAP\"",
        "AT+WSTAC=2, 3",
        "AT+WSTAC=3,\"MyAPPSK\"",
    ] {
        host.play(&[(line, "OK\r\n")]);
    }
    assert!(host.ask("AT+WSTA=1").contains("+WSTAAIP"));
    host
}

/// The remote host of the examples, with a service on port 9000.
fn network(service: impl Fn() -> Box<dyn Service> + 'static) -> MemoryNetwork {
    MemoryNetwork::new().serve(([192, 168, 0, 1], 9000).into(), move |_| service())
}

/// A station with a connection, which is socket 1.
fn connected(service: impl Fn() -> Box<dyn Service> + 'static) -> Host {
    let mut host = online(network(service));
    host.play(&[
        ("AT+SOCKO=2", "+SOCKO:1\r\nOK\r\n"),
        (
            "AT+SOCKBR=1,\"192.168.0.1\",9000",
            "OK\r\n+SOCKIND:1,\"192.168.0.100\",1024,\"192.168.0.1\",9000\r\n",
        ),
    ]);
    host
}

/// The reference is silent on what a module prints when it boots.
#[test]
fn boots() {
    Host::switched_on(config(), MemoryNetwork::new()).expect("OK\r\n");
}

/// 3.1 to 3.4
#[test]
fn basic_commands() {
    let mut host = Host::new(config(), MemoryNetwork::new());
    host.play(&[
        ("AT+GMI", "AT+GMI\r\n+GMI:\"Microchip\"\r\nOK\r\n"),
        ("ATE0", "ATE0\r\nOK\r\n"),
        ("AT+GMI", "+GMI:\"Microchip\"\r\nOK\r\n"),
        ("AT+GMM", "+GMM:\"WINC1500\"\r\nOK\r\n"),
        (
            "AT+GMR",
            "+GMR:\"15x0\",\"19.6.1\",\"19.6.1\",\"19.5.3\"\r\nOK\r\n",
        ),
        ("ATE1", "OK\r\n"),
        ("ATE0", "ATE0\r\nOK\r\n"),
    ]);
}

/// `ERROR:<ERROR_CODE>`, as in 3.1.3
#[test]
fn errors_are_codes() {
    host(MemoryNetwork::new()).play(&[("AT+FAKE", "ERROR:3\r\n"), ("AT+SOCKCL=2", "ERROR:10\r\n")]);
}

/// 5.2.8
#[test]
fn joining() {
    let mut host = host(MemoryNetwork::new());
    host.play(&[
        ("AT+WSTA", "+WSTA:0,0\r\nOK\r\n"),
        ("AT+WSTAC=1, \"MyAP\"", "OK\r\n"),
        ("AT+WSTAC=2, 3", "OK\r\n"),
        ("AT+WSTAC=3,\"MyAPPSK\"", "OK\r\n"),
        (
            "AT+WSTA=1",
            "OK\r\n+WSTALU:1,\"00:01:02:03:04:05\",6\r\n+WSTAAIP:1,\"192.168.0.100\"\r\n",
        ),
        // The strength is always told as 0: 5.2.3.
        ("AT+WSTA", "+WSTA:1,1,\"MyAP\",0,3\r\nOK\r\n"),
        ("AT+WSTA=0", "OK\r\n+WSTALD:1\r\n"),
    ]);
    let joined = host.simulation.joined().unwrap();
    assert_eq!(joined, (b"MyAP".to_vec(), b"MyAPPSK".to_vec()));
}

/// 5.1.2 and 5.1.4
#[test]
fn settings_are_printed_with_a_plus() {
    let mut host = host(MemoryNetwork::new());
    host.play(&[
        ("AT+WSTAC=1,\"MyAP\"", "OK\r\n"),
        ("AT+WSTAC=1", "+WSTAC:1,\"MyAP\"\r\nOK\r\n"),
        ("AT+WSTAC=4", "+WSTAC:4,255\r\nOK\r\n"),
        ("AT+WSTAC=1,\"\"", "OK\r\n"),
        ("AT+WSTAC=1,[466F6F20C2A920626172]", "OK\r\n"),
        ("AT+WSTAC=1", "+WSTAC:1,[466F6F20C2A920626172]\r\nOK\r\n"),
    ]);
    let all = host.ask("AT+WSTAC");
    assert!(all.starts_with("+WSTAC:1,[466F6F20C2A920626172]\r\n+WSTAC:2,0\r\n+WSTAC:3,[]\r\n"));
    assert!(all.ends_with("OK\r\n"));
}

/// 5.2.7
#[test]
fn failing_to_join_is_told() {
    for (ssid, password) in [("nowhere", "MyAPPSK"), ("MyAP", "wrong")] {
        host(MemoryNetwork::new()).play(&[
            (&format!("AT+WSTAC=1,\"{ssid}\""), "OK\r\n"),
            ("AT+WSTAC=2,3", "OK\r\n"),
            (&format!("AT+WSTAC=3,\"{password}\""), "OK\r\n"),
            ("AT+WSTA=1", "OK\r\n+WSTAERR:24\r\n"),
            ("AT+WSTA", "+WSTA:0,0\r\nOK\r\n"),
        ]);
    }
}

/// 5.2.5, and 7.2.1: "or due to a failure"
#[test]
fn losing_the_access_point_loses_the_connections() {
    let mut host = connected(services::echo);
    host.simulation.lose_link();
    host.expect("+WSTALD:1\r\n+SOCKCL:1\r\n");
    host.play(&[("AT+SOCKCL=1", "OK\r\n"), ("AT+SOCKCL=1", "ERROR:10\r\n")]);
}

/// 7.12.6
#[test]
fn looking_up_names() {
    let network = MemoryNetwork::new()
        .host("www.example.com", [192, 168, 0, 1].into())
        .host("www.example.com", "2001:db8::1".parse().unwrap());
    online(network).play(&[
        (
            "AT+DNSRESOLV=1, \"www.example.com\"",
            "OK\r\n+DNSRESOLV:1,\"www.example.com\",\"192.168.0.1\"\r\n",
        ),
        (
            "AT+DNSRESOLV=2,\"www.example.com\"",
            "OK\r\n+DNSRESOLV:2,\"www.example.com\",\"2001:db8::1\"\r\n",
        ),
        (
            "AT+DNSRESOLV=1,\"www.example.com\"",
            "OK\r\n+DNSRESOLV:1,\"www.example.com\",\"192.168.0.1\"\r\n",
        ),
        ("AT+DNSRESOLV=1,\"nowhere.test\"", "OK\r\n+DNSERROR:42\r\n"),
        (
            "AT+PING=\"www.example.com\"",
            "OK\r\n+PING:\"192.168.0.1\",2\r\n",
        ),
    ]);
}

/// 7.1.4, 7.2.5, 7.4.6 and 7.7.4
#[test]
fn connections() {
    let mut host = online(network(services::echo));
    host.play(&[
        ("AT+SOCKO=2", "+SOCKO:1\r\nOK\r\n"),
        ("AT+SOCKO=2", "+SOCKO:2\r\nOK\r\n"),
        (
            "AT+SOCKBR=2,\"192.168.0.1\",9000",
            "OK\r\n+SOCKIND:2,\"192.168.0.100\",1024,\"192.168.0.1\",9000\r\n",
        ),
        (
            "AT+SOCKLST",
            "+SOCKLST:1,2,\"\",0,0\r\n+SOCKLST:2,2,\"192.168.0.1\",9000,1024\r\nOK\r\n",
        ),
        (
            "AT+SOCKLST=2",
            "+SOCKLST:2,2,\"192.168.0.1\",9000,1024\r\nOK\r\n",
        ),
        ("AT+SOCKCL=2", "OK\r\n"),
        ("AT+SOCKCL=2", "ERROR:10\r\n"),
        ("AT+SOCKO=2", "+SOCKO:3\r\nOK\r\n"),
    ]);
    assert_eq!(host.simulation.links_open(), 2);
    host.play(&[("AT+SOCKCL=1", "OK\r\n"), ("AT+SOCKCL=3", "OK\r\n")]);
    assert_eq!(host.simulation.links_open(), 0);
}

/// 7.4.5
#[test]
fn a_refusal_is_told_in_quotes() {
    let mut host = online(MemoryNetwork::new());
    host.play(&[
        ("AT+SOCKO=2", "+SOCKO:1\r\nOK\r\n"),
        (
            "AT+SOCKBR=1,\"192.168.0.1\",9000",
            "OK\r\n+SOCKERR:1,14,\"Socket Bind Failed\"\r\n",
        ),
        // The socket stays, and must be closed.
        ("AT+SOCKCL=1", "OK\r\n"),
    ]);
}

/// 7.8.4
#[test]
fn sending() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&log);
    let mut host = connected(move || services::record(Rc::clone(&heard)));
    host.play(&[
        ("AT+SOCKWR=1,7,\"hello2u\"", "OK\r\n"),
        ("AT+SOCKWR=1,7,[68656c6c6f3275]", "OK\r\n"),
        ("AT+SOCKWR=1,8,\"hello2u\"", "ERROR:20\r\n"),
        ("AT+SOCKWR=1,1501", "ERROR:4\r\n"),
        ("AT+SOCKWR=1,0", "#"),
        ("One fine day+++", "OK\r\n"),
        ("AT+SOCKWR=1,5", "#"),
    ]);
    host.write(b"hello");
    host.expect("OK\r\n");
    assert_eq!(log.borrow().as_slice(), b"hello2uhello2uOne fine dayhello");
}

/// 7.10.6
#[test]
fn receiving() {
    struct Sender;
    impl Service for Sender {
        fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
            peer.send(match data {
                b"text" => "Foo\u{a9}bar".as_bytes(),
                _ => &[0, 1, b'\r', b'\n', b'#', 0xfe, 0xff],
            });
        }
    }
    let mut host = connected(|| Box::new(Sender));
    host.play(&[
        ("AT+SOCKWR=1,4,\"text\"", "OK\r\n+SOCKRXT:1,8\r\n"),
        (
            "AT+SOCKRD=1,1,999",
            "+SOCKRD:1,8,[466F6FC2A9626172]\r\nOK\r\n",
        ),
        ("AT+SOCKWR=1,6,\"binary\"", "OK\r\n+SOCKRXT:1,7\r\n"),
    ]);
    host.write(b"AT+SOCKRD=1,2,999\r\n");
    host.simulation.advance(crate::support::LONG);
    assert_eq!(host.read(), b"+SOCKRD:1,7,#\0\x01\r\n#\xfe\xff\r\nOK\r\n");
}

/// 7.10.1: "the remaining data will be available for subsequent reading"
#[test]
fn reading_a_part() {
    connected(services::echo).play(&[
        ("AT+SOCKWR=1,7,\"hello2u\"", "OK\r\n+SOCKRXT:1,7\r\n"),
        ("AT+SOCKRD=1,1,5", "+SOCKRD:1,5,\"hello\"\r\nOK\r\n"),
        ("AT+SOCKRD=1,1,5", "+SOCKRD:1,2,\"2u\"\r\nOK\r\n"),
        ("AT+SOCKRD=1,1,5", "OK\r\n"),
    ]);
}

/// 7.2.1: "the socket will still exist locally"
#[test]
fn a_peer_that_closes_leaves_the_socket() {
    for (clear_on_close, read) in [(false, "+SOCKRD:1,3,\"bye\"\r\nOK\r\n"), (true, "OK\r\n")] {
        let mut host = connected(|| services::respond("bye"));
        host.simulation.set_faults(Faults {
            clear_on_close,
            ..Faults::default()
        });
        host.play(&[
            (
                "AT+SOCKWR=1,4,\"\\r\\n\\r\\n\"",
                "OK\r\n+SOCKRXT:1,3\r\n+SOCKCL:1\r\n",
            ),
            ("AT+SOCKWR=1,1,\"x\"", "ERROR:10\r\n"),
            ("AT+SOCKRD=1,1,99", read),
            ("AT+SOCKCL=1", "OK\r\n"),
        ]);
    }
}
