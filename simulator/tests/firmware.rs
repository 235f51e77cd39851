//! Conversations with firmware 2.0.75, byte for byte.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::{Host, server};
use atwifi_simulator::{
    AccessPoint, Config, Faults, MemoryNetwork, Peer, Profile, Service, services,
};

const FW: Profile = Profile::St67Fw2_0_75;

fn host() -> Host {
    Host::new(
        Config::new(FW).with_access_point("home", "secret99"),
        MemoryNetwork::new(),
    )
}

fn online(network: MemoryNetwork) -> Host {
    Host::online(FW, network)
}

#[test]
fn boots_with_a_banner() {
    let mut host = Host::switched_on(Config::new(FW), MemoryNetwork::new());
    host.write(b"AT\r\n");
    host.simulation.advance(Duration::from_millis(849));
    assert_eq!(host.read(), b"");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"\r\nready\r\n");
}

#[test]
fn answers_basic_commands() {
    host().play(&[
        ("AT", "\r\nOK\r\n"),
        ("at", "\r\nOK\r\n"),
        ("", "\r\nERROR\r\n"),
        ("hello", "\r\nERROR\r\n"),
        ("AT+FAKE", "\r\nERROR\r\n"),
        ("AT+SYSSTORE?", "+SYSSTORE:1\r\n\r\nOK\r\n"),
        ("AT+CWMODE?", "+CWMODE:0\r\n\r\nOK\r\n"),
        ("AT+CWAUTOCONN?", "+CWAUTOCONN:1\r\n\r\nOK\r\n"),
        ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"),
        ("AT+CIPDINFO?", "+CIPDINFO:false\r\n\r\nOK\r\n"),
        ("AT+CIPRECVBUF?", "+CIPRECVBUF:4608\r\n\r\nOK\r\n"),
        ("AT+CIPSTATE?", "\r\nOK\r\n"),
        ("AT+CWJAP?", "\r\nOK\r\n"),
        (
            "AT+CIPSTAMAC?",
            "+CIPSTAMAC:\"40:82:7b:12:34:56\"\r\n\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn echoes_when_told_to() {
    host().play(&[
        ("ATE1", "\r\nOK\r\n"),
        ("AT+CWMODE?", "AT+CWMODE?\r\n+CWMODE:0\r\n\r\nOK\r\n"),
        ("ATE0", "ATE0\r\n\r\nOK\r\n"),
        ("AT", "\r\nOK\r\n"),
    ]);
}

#[test]
fn tells_error_codes_when_told_to() {
    host().play(&[
        ("AT+SYSLOG=1", "\r\nOK\r\n"),
        ("AT+FAKE", "ERR CODE:0x01090000\r\n\r\nERROR\r\n"),
        ("hello", "ERR CODE:0x01030000\r\n\r\nERROR\r\n"),
        ("AT+CWJAP=\"a\"", "ERR CODE:0x01060201\r\n\r\nERROR\r\n"),
        (
            "AT+CWJAP=\"Test_SSID\",\"pw123,56\",,0",
            "ERR CODE:0x01080002\r\n\r\nERROR\r\n",
        ),
        ("AT+CWMODE=7", "ERR CODE:0x01070000\r\n\r\nERROR\r\n"),
        ("AT+SYSLOG=0", "\r\nOK\r\n"),
        ("AT+FAKE", "\r\nERROR\r\n"),
    ]);
}

#[test]
fn takes_fifteen_arguments_at_most() {
    let mut host = host();
    host.ask("AT+SYSLOG=1");
    let many = format!("AT+SYSLOG={}", ["0"; 17].join(","));
    host.play(&[(&many, "ERR CODE:0x0106010f\r\n\r\nERROR\r\n")]);
}

#[test]
fn a_question_mark_at_the_end_makes_a_query() {
    host().play(&[
        ("AT+CIPMUX=1", "\r\nOK\r\n"),
        ("AT+CIPRECVBUF=0?", "+CIPRECVBUF:4608\r\n\r\nOK\r\n"),
        ("AT+CIPMUX=0?", "+CIPMUX:1\r\n\r\nOK\r\n"),
        ("AT+CIPMUX=", "+CIPMUX:1\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn lines_end_with_both_cr_and_lf() {
    let mut host = host();
    host.write(b"AT\n");
    host.expect("");
    host.write(b"\r\n");
    host.expect("\r\nERROR\r\n");
}

#[test]
fn a_line_that_is_too_long_is_not_answered() {
    let mut host = host();
    host.play(&[
        (&"x".repeat(254), "\r\nERROR\r\n"),
        (&"x".repeat(255), ""),
        ("AT", "\r\nOK\r\n"),
    ]);
}

#[test]
fn is_busy_when_more_follows_in_the_same_piece() {
    let mut host = host();
    host.write(b"AT\r\nAT+GMR\r\n");
    host.expect("\r\nbusy p...\r\n\r\nOK\r\n");
    host.write(b"AT\r\n");
    host.write(b"AT+CWMODE?\r\n");
    host.expect("\r\nOK\r\n+CWMODE:0\r\n\r\nOK\r\n");
}

#[test]
fn on_a_uart_more_follows_only_while_a_line_is_executed() {
    let config = Config::new(FW)
        .with_baud(115_200)
        .with_latency(Duration::from_millis(50));
    let mut host = Host::new(config, MemoryNetwork::new());
    host.write(b"AT\r\nAT+CWMODE?\r\n");
    host.expect("\r\nOK\r\n+CWMODE:0\r\n\r\nOK\r\n");
    host.write(b"AT\r\nAT\r\nAT\r\n");
    host.expect("\r\nOK\r\n\r\nbusy p...\r\n\r\nOK\r\n");
}

#[test]
fn joins_an_access_point() {
    host().play(&[
        ("AT+CWJAP=\"home\",\"secret99\"", "\r\nERROR\r\n"),
        ("AT+CWMODE=1,0", "\r\nOK\r\n"),
        ("AT+CWSTATE?", "+CWSTATE:4,\"\"\r\n\r\nOK\r\n"),
        (
            "AT+CWJAP=\"home\",\"secret99\"",
            "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n",
        ),
        ("AT+CWSTATE?", "+CWSTATE:2,\"home\"\r\n\r\nOK\r\n"),
        (
            "AT+CWJAP?",
            "+CWJAP:\"home\",\"5a:67:11:00:00:01\",6,-48,0\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSTA?",
            "+CIPSTA:ip:\"192.168.1.50\"\r\n+CIPSTA:gateway:\"192.168.1.1\"\r\n\
             +CIPSTA:netmask:\"255.255.255.0\"\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIFSR",
            "+CIFSR:STAIP,\"192.168.1.50\"\r\n+CIFSR:STAMAC,\"40:82:7b:12:34:56\"\r\n\r\nOK\r\n",
        ),
        ("AT+CWQAP", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n"),
        ("AT+CWQAP", "\r\nOK\r\n"),
    ]);
}

#[test]
fn joining_takes_its_time() {
    let mut host = host();
    host.ask("AT+CWMODE=1,0");
    let start = host.simulation.now();
    host.write(b"AT+CWJAP=\"home\",\"secret99\"\r\n");
    let mut seen = Vec::new();
    for (text, at) in [
        ("+CW:CONNECTING\r\n", 1),
        ("\r\nOK\r\n", 601),
        ("+CW:CONNECTED\r\n", 1401),
        ("+CW:GOTIP\r\n", 1901),
    ] {
        let at = start + Duration::from_millis(at);
        host.simulation.advance(at - host.simulation.now());
        seen.extend(host.read());
        assert!(seen.ends_with(text.as_bytes()), "{text}");
    }
}

#[test]
fn failing_to_join_has_a_reason() {
    let mut config = Config::new(FW).with_access_point("home", "secret99");
    config
        .access_points
        .push(AccessPoint::new("closed", "secret99").refusing(5));
    let mut host = Host::new(config, MemoryNetwork::new());
    host.ask("AT+CWMODE=1,0");
    for (line, reason) in [
        ("AT+CWJAP=\"home\",\"wrong\"", 8),
        ("AT+CWJAP=\"away\",\"secret99\"", 12),
        ("AT+CWJAP=\"closed\",\"secret99\"", 5),
    ] {
        let reply = format!("+CW:CONNECTING\r\n\r\nOK\r\n+CW:ERROR,{reason}\r\n");
        host.play(&[(line, &reply)]);
    }
    host.play(&[("AT+CWSTATE?", "+CWSTATE:4,\"\"\r\n\r\nOK\r\n")]);
}

#[test]
fn understands_escapes_in_text() {
    let mut host = host();
    host.ask("AT+CWMODE=1,0");
    host.ask(r#"AT+CWJAP="ab\\\,c","0123456789\"\\""#);
    let (ssid, password) = host.simulation.joined().unwrap();
    assert_eq!(ssid, br"ab\,c");
    assert_eq!(password, br#"0123456789"\"#);
}

#[test]
fn takes_nearly_every_byte_in_text() {
    let mut host = host();
    host.ask("AT+CWMODE=1,0");
    let all: Vec<u8> = (0..=255).filter(|byte| *byte != b'\r').collect();
    for name in all.chunks(32) {
        let mut line = b"AT+CWJAP=\"".to_vec();
        for &byte in name {
            if matches!(byte, b',' | b'"' | b'\\') {
                line.push(b'\\');
            }
            line.push(byte);
        }
        line.extend(b"\",\"\"\r\n");
        host.write(&line);
        host.wait();
        assert_eq!(host.simulation.joined().unwrap().0, name);
    }
}

#[test]
fn text_over_its_limit_is_refused() {
    let mut host = host();
    host.ask("AT+CWMODE=1,0");
    let long = format!("AT+CWJAP=\"{}\",\"\"", "s".repeat(33));
    host.play(&[(&long, "\r\nERROR\r\n")]);
}

#[test]
fn a_lost_access_point_takes_the_links_along() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| services::echo()));
    host.ask("AT+CIPSTART=3,\"TCP\",\"192.168.101.110\",80");
    assert_eq!(host.simulation.links_open(), 1);
    host.simulation.lose_link();
    host.expect("+CW:DISCONNECTED\r\n+CW:ERROR,16\r\n+CIP:3,DISCONNECTED\r\n");
    assert_eq!(host.simulation.links_open(), 0);
    host.play(&[("AT+CWSTATE?", "+CWSTATE:4,\"\"\r\n\r\nOK\r\n")]);
}

#[test]
fn reconnects_when_told_to() {
    let mut host = online(MemoryNetwork::new());
    host.ask("AT+CWRECONNCFG=1,100");
    host.simulation.lose_link();
    host.expect(
        "+CW:DISCONNECTED\r\n+CW:ERROR,16\r\n\
         +CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n",
    );
}

#[test]
fn flash_survives_a_reset() {
    let mut host = online(MemoryNetwork::new());
    host.play(&[(
        "AT+RST",
        "\r\nOK\r\n\r\nready\r\n+CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n",
    )]);
    host.play(&[
        ("AT+CWMODE?", "+CWMODE:1\r\n\r\nOK\r\n"),
        ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"),
        ("AT+RESTORE", "\r\nOK\r\n\r\nready\r\n"),
        ("AT+CWMODE?", "+CWMODE:0\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn what_is_not_stored_does_not_survive() {
    let mut host = host();
    host.play(&[
        ("AT+SYSSTORE=0", "\r\nOK\r\n"),
        ("AT+CWMODE=1", "\r\nOK\r\n"),
        ("AT+RST", "\r\nOK\r\n\r\nready\r\n"),
        ("AT+CWMODE?", "+CWMODE:0\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn resolves_names() {
    let network = MemoryNetwork::new()
        .host("www.example.test", [93, 184, 215, 14].into())
        .host("six.example.test", "2001:db8::1".parse().unwrap());
    online(network).play(&[
        (
            "AT+CIPDOMAIN=\"www.example.test\"",
            "+CIPDOMAIN:\"93.184.215.14\"\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPDOMAIN=\"nowhere.test\"",
            "+CIPDOMAIN:\"(null)\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPDOMAIN=\"www.example.test\",1", "\r\nERROR\r\n"),
        ("AT+CIPV6=1", "\r\nOK\r\n"),
        (
            "AT+CIPDOMAIN=\"six.example.test\",3",
            "+CIPDOMAIN:\"2001:DB8::1\"\r\n\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn pings() {
    let network = MemoryNetwork::new().host("www.example.test", [93, 184, 215, 14].into());
    online(network).play(&[
        (
            "AT+PING=\"www.example.test\"",
            "\r\nOK\r\n+PING:2ms\r\n+PING:2ms\r\n+PING:2ms\r\n+PING:2ms\r\n",
        ),
        ("AT+PING=\"nowhere.test\"", "\r\nERROR\r\n"),
        ("AT+PING=\"10.9.9.9\",,1", "\r\nOK\r\n+PING:TIMEOUT\r\n"),
        (
            "AT+PING=\"93.184.215.14\",64,3,500",
            "\r\nOK\r\n+PING:2ms\r\n+PING:2ms\r\n+PING:2ms\r\n",
        ),
    ]);
}

#[test]
fn carries_a_request_and_its_response() {
    let response = "HTTP/1.0 200 OK\r\n\r\nhello\r\n";
    let network = MemoryNetwork::new().serve(server(80), move |_| services::respond(response));
    let mut host = online(network);
    host.play(&[
        (
            "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"TCP\",\"192.168.101.110\",80,49153,0\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,18", "\r\nOK\r\n\r\n>"),
    ]);
    host.write(b"GET / HTTP/1.0\r\n\r\n");
    host.expect(
        "Recv 18 bytes\r\n\r\nSEND OK\r\n\
         +IPD:0,26,\"192.168.101.110\",80\r\n+CIP:0,DISCONNECTED\r\n",
    );
    host.play(&[
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:26,0,0,0,0,\r\n\r\nOK\r\n"),
        (
            "AT+CIPRECVDATA=0,15",
            "+CIPRECVDATA:15,HTTP/1.0 200 OK\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPRECVDATA=0,4608",
            "+CIPRECVDATA:11,\r\n\r\nhello\r\n\r\n\r\nOK\r\n",
        ),
        ("AT+CIPRECVDATA=0,1", "+CIPRECVDATA:0,\r\n\r\nOK\r\n"),
        ("AT+CIPCLOSE=0", "\r\nOK\r\n"),
    ]);
}

#[test]
fn limits_of_lengths() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| services::echo()));
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.play(&[
        ("AT+CIPRECVDATA=0,4609", "\r\nERROR\r\n"),
        ("AT+CIPRECVDATA=0,0", "\r\nERROR\r\n"),
        ("AT+CIPRECVDATA=5,1", "\r\nERROR\r\n"),
        ("AT+CIPSEND=0,6145", "\r\nERROR\r\n"),
        ("AT+CIPSEND=0,0", "\r\nERROR\r\n"),
        ("AT+CIPSEND=1,5", "\r\nERROR\r\n"),
        ("AT+CIPMUX=0", "\r\nERROR\r\n"),
        ("AT+CIPRECVMODE=0", "\r\nERROR\r\n"),
    ]);
}

#[test]
fn refuses_what_cannot_be_opened() {
    let network = MemoryNetwork::new()
        .serve(server(80), |_| services::echo())
        .silent(server(81));
    let mut host = online(network);
    host.ask("AT+SYSLOG=1");
    host.play(&[
        (
            "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",82",
            "ERR CODE:0x010a0000\r\n\r\nERROR\r\n",
        ),
        (
            "AT+CIPSTART=0,\"TCP\",\"nowhere.test\",80",
            "ERR CODE:0x010a0000\r\n\r\nERROR\r\n",
        ),
        (
            "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80", ""),
        (
            "AT+CIPSTART=1,\"TCP\",\"192.168.101.110\",81,,,2000",
            "ERR CODE:0x010f0000\r\n\r\nERROR\r\n",
        ),
    ]);
}

#[test]
fn a_silent_peer_takes_eighteen_seconds() {
    let mut host = online(MemoryNetwork::new().silent(server(81)));
    host.write(b"AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",81\r\n");
    host.simulation.advance(Duration::from_secs(18));
    assert_eq!(host.read(), b"");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"\r\nERROR\r\n");
}

#[test]
fn closing_is_told_after_ok() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| services::echo()));
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPSTART=4,\"TCP\",\"192.168.101.110\",80");
    host.play(&[
        ("AT+CIPCLOSE", "\r\nERROR\r\n"),
        ("AT+CIPCLOSE=2", "\r\nOK\r\n"),
        (
            "AT+CIPCLOSE=5",
            "\r\nOK\r\n+CIP:0,DISCONNECTED\r\n+CIP:4,DISCONNECTED\r\n",
        ),
    ]);
}

#[test]
fn finds_a_free_link_by_itself() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| services::echo()));
    for id in 0..5 {
        let reply = format!("+CIP:{id},CONNECTED\r\n\r\nOK\r\n");
        host.play(&[("AT+CIPSTARTEX=\"TCP\",\"192.168.101.110\",80", &reply)]);
    }
    host.play(&[(
        "AT+CIPSTARTEX=\"TCP\",\"192.168.101.110\",80",
        "\r\nERROR\r\n",
    )]);
}

#[test]
fn sends_until_an_escape() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let service = Rc::clone(&log);
    let network =
        MemoryNetwork::new().serve(server(80), move |_| services::record(Rc::clone(&service)));
    let mut host = online(network);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.play(&[("AT+CIPSENDEX=0,100", "\r\nOK\r\n\r\n>\r\n")]);
    host.write(br"a\\0b\0rest");
    host.expect("Recv 4 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(*log.borrow(), br"a\0b");
}

#[test]
fn payload_may_come_in_pieces_and_its_excess_is_sent() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let service = Rc::clone(&log);
    let network =
        MemoryNetwork::new().serve(server(80), move |_| services::record(Rc::clone(&service)));
    let mut host = online(network);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPSEND=0,10");
    host.write(b"AT\r\n");
    host.expect("");
    host.write(b"OK\r\n>+too much");
    host.expect("Recv 18 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(*log.borrow(), b"AT\r\nOK\r\n>+too much");
}

#[test]
fn a_full_buffer_holds_the_peer_and_all_links() {
    let data: Vec<u8> = (0..10_000u32).map(|index| index as u8).collect();
    let sent = data.clone();
    let network = MemoryNetwork::new()
        .serve(server(80), move |_| services::send(sent.clone()))
        .serve(server(81), |_| services::send("hello"));
    let mut host = online(network);
    let reply = host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    assert!(reply.ends_with("OK\r\n+IPD:0,4608,\"192.168.101.110\",80\r\n"));
    let reply = host.ask("AT+CIPSTART=1,\"TCP\",\"192.168.101.110\",81");
    assert_eq!(reply, "+CIP:1,CONNECTED\r\n\r\nOK\r\n");

    let mut received = Vec::new();
    for count in [4608, 4608, 784] {
        host.write(b"AT+CIPRECVDATA=0,4608\r\n");
        host.simulation.advance(crate::support::LONG);
        let reply = host.read();
        let head = format!("+CIPRECVDATA:{count},");
        let rest = reply.strip_prefix(head.as_bytes()).unwrap();
        received.extend_from_slice(&rest[..count]);
    }
    assert_eq!(received, data);
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:0,5,0,0,0,\r\n\r\nOK\r\n")]);
}

#[test]
fn closing_a_full_link_lets_the_others_go_on() {
    let network = MemoryNetwork::new()
        .serve(server(80), |_| services::send(vec![b'x'; 10_000]))
        .serve(server(81), |_| services::send("hello"));
    let mut host = online(network);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPSTART=1,\"TCP\",\"192.168.101.110\",81");
    host.play(&[(
        "AT+CIPCLOSE=0",
        "\r\nOK\r\n+IPD:1,5,\"192.168.101.110\",81\r\n+CIP:0,DISCONNECTED\r\n",
    )]);
}

#[test]
fn a_close_is_told_when_all_data_has_found_room() {
    let network = MemoryNetwork::new().serve(server(80), |_| services::respond(vec![b'x'; 5000]));
    let mut host = online(network);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPSEND=0,4");
    host.write(b"\r\n\r\n");
    assert!(
        host.wait()
            .ends_with("+IPD:0,4608,\"192.168.101.110\",80\r\n")
    );
    let reply = host.ask("AT+CIPRECVDATA=0,4608");
    assert!(
        reply.ends_with(
            "x\r\n\r\nOK\r\n+IPD:0,392,\"192.168.101.110\",80\r\n+CIP:0,DISCONNECTED\r\n"
        )
    );
}

/// Sends twice, and breaks the connection off when it receives.
struct Twice;

impl Service for Twice {
    fn connected(&mut self, peer: &mut Peer) {
        peer.send_after(Duration::from_millis(10), b"one");
        peer.send_after(Duration::from_millis(20), b"three");
    }

    fn received(&mut self, _now: Duration, _data: &[u8], peer: &mut Peer) {
        peer.reset();
    }
}

#[test]
fn each_chunk_is_announced() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| Box::new(Twice)));
    host.play(&[(
        "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80",
        "+CIP:0,CONNECTED\r\n\r\nOK\r\n\
         +IPD:0,3,\"192.168.101.110\",80\r\n+IPD:0,5,\"192.168.101.110\",80\r\n",
    )]);
}

#[test]
fn in_active_mode_data_comes_with_the_event() {
    let network = MemoryNetwork::new().serve(server(80), |_| Box::new(Twice));
    let config = Config::new(FW).with_access_point("home", "secret99");
    let mut host = Host::new(config, network);
    host.ask("AT+CWMODE=1,0");
    host.ask("AT+CWJAP=\"home\",\"secret99\"");
    host.play(&[(
        "AT+CIPSTART=\"TCP\",\"192.168.101.110\",80",
        "+CIP:CONNECTED\r\n\r\nOK\r\n+IPD:3,one\r\n+IPD:5,three\r\n",
    )]);
    host.play(&[("AT+CIPSEND=1", "\r\nOK\r\n\r\n>")]);
    host.write(b"x");
    host.expect("Recv 1 bytes\r\n\r\nSEND OK\r\n+CIP:DISCONNECTED\r\n");
}

#[test]
fn events_of_links_can_be_silenced() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| Box::new(Twice)));
    host.play(&[
        ("AT+CIPEVT=0", "\r\nOK\r\n"),
        ("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80", "\r\nOK\r\n"),
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:8,0,0,0,0,\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn connections_can_be_told_in_detail() {
    let mut host = online(MemoryNetwork::new().serve(server(80), |_| services::echo()));
    host.play(&[
        ("AT+SYSMSG=2", "\r\nOK\r\n"),
        (
            "AT+CIPSTART=2,\"TCP\",\"192.168.101.110\",80",
            "+LINK_CONN:0,2,\"TCP\",0,\"192.168.101.110\",80,49153\r\n\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn a_link_connected_anew_has_an_empty_buffer() {
    let network = MemoryNetwork::new()
        .serve(server(80), |_| services::send("left behind"))
        .serve(server(81), |_| services::echo());
    let mut host = online(network);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPCLOSE=0");
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:11,0,0,0,0,\r\n\r\nOK\r\n")]);
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",81");
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")]);
}

#[test]
fn scans_after_ok() {
    let mut host = host();
    host.ask("AT+CWMODE=1,0");
    host.play(&[
        ("AT+CWLAPOPT=1,1695,-100,255,50", "\r\nOK\r\n"),
        (
            "AT+CWLAP",
            "\r\nOK\r\n+CWLAP:(3,\"home\",-48,\"5a:67:11:00:00:01\",6,4,7,0)\r\n+CW:SCAN_DONE\r\n",
        ),
    ]);
}

#[test]
fn the_reset_pin_boots() {
    let mut host = online(MemoryNetwork::new());
    host.ask("AT+CWMODE=0");
    host.simulation.reset_pin(false);
    host.play(&[("AT", "")]);
    host.simulation.reset_pin(true);
    host.expect("\r\nready\r\n");
}

#[test]
fn what_a_closed_peer_sent_can_be_thrown_away() {
    let network = MemoryNetwork::new().serve(server(80), |_| services::respond("bye"));
    let mut host = online(network);
    host.simulation.set_faults(Faults {
        clear_on_close: true,
        ..Faults::default()
    });
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
    host.ask("AT+CIPSEND=0,4");
    host.write(b"\r\n\r\n");
    host.wait();
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")]);
}
