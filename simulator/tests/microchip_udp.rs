//! Datagrams of the PIC32MZW1.

use std::net::SocketAddr;
use std::rc::Rc;

use crate::support::{Host, server};
use atwifi_simulator::services::{self, UdpLog};
use atwifi_simulator::{MemoryNetwork, Profile};

const REFERENCE: Profile = Profile::MicrochipReference;
const OLD: Profile = Profile::MicrochipFw0_2_0;
const FW: Profile = Profile::MicrochipFw0_3_2;

fn module(port: u16) -> SocketAddr {
    ([192, 168, 1, 50], port).into()
}

fn peer(port: u16) -> SocketAddr {
    ([1, 2, 3, 4], port).into()
}

fn online(profile: Profile) -> (Host, UdpLog) {
    let log = UdpLog::default();
    let network = MemoryNetwork::new()
        .serve_udp(server(1000), services::udp_record(Rc::clone(&log)))
        .serve_udp(server(7), services::udp_echo());
    (Host::online(profile, network), log)
}

/// A socket that is bound to port 6000.
fn bound(profile: Profile) -> (Host, String, UdpLog) {
    let (mut host, log) = online(profile);
    let id = host.open_udp();
    host.play(&[(&format!("AT+SOCKBL={id},6000"), "OK\r\n")]);
    (host, id, log)
}

fn taken(log: &UdpLog) -> Vec<(SocketAddr, Vec<u8>)> {
    log.borrow_mut().drain(..).collect()
}

#[test]
fn the_reference_example_of_a_read() {
    let (mut host, _) = online(REFERENCE);
    for _ in 0..3 {
        host.open();
    }
    assert_eq!(host.open_udp(), "4");
    host.play(&[("AT+SOCKBL=4,6000", "OK\r\n")]);
    host.simulation
        .send_datagram(peer(6000), module(6000), b"Foo\xc2\xa9Ba");
    host.expect("+SOCKRXU:4,\"1.2.3.4\",6000,7\r\n");
    host.write(b"AT+SOCKRD=4,2,999\r\n");
    host.simulation.advance(crate::support::LONG);
    assert_eq!(host.read(), b"+SOCKRD:4,7,#Foo\xc2\xa9Ba\r\nOK\r\n");
}

#[test]
fn the_rest_of_a_datagram_stays_in_the_firmware() {
    for profile in [OLD, FW] {
        let (mut host, id, _) = bound(profile);
        host.simulation
            .send_datagram(peer(6000), module(6000), b"abcdefg");
        host.expect(&format!("\r+SOCKRXU:{id},\"1.2.3.4\",6000,7\r\n"));
        host.play(&[
            (
                &format!("AT+SOCKRD={id},2,3"),
                &format!("+SOCKRD:{id},3,\r\n#abc+SOCKRXU:{id},\"1.2.3.4\",6000,4\r\nOK\r\n"),
            ),
            (
                &format!("AT+SOCKRD={id},1,10"),
                &format!("+SOCKRD:{id},4,\"defg\"\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKRD={id},2,10"), "OK\r\n"),
        ]);
    }
}

#[test]
fn the_rest_of_a_datagram_is_lost_in_the_reference() {
    let (mut host, id, _) = bound(REFERENCE);
    for data in [&b"abcdefg"[..], b"hi"] {
        host.simulation.send_datagram(peer(9), module(6000), data);
    }
    host.expect(&format!("+SOCKRXU:{id},\"1.2.3.4\",9,7\r\n"));
    host.play(&[
        (
            &format!("AT+SOCKRD={id},1,3"),
            &format!("+SOCKRD:{id},3,\"abc\"\r\nOK\r\n+SOCKRXU:{id},\"1.2.3.4\",9,2\r\n"),
        ),
        (
            &format!("AT+SOCKRD={id},1,3"),
            &format!("+SOCKRD:{id},2,\"hi\"\r\nOK\r\n"),
        ),
        (&format!("AT+SOCKRD={id},1,3"), "OK\r\n"),
    ]);
}

#[test]
fn the_next_datagram_is_told_of_with_the_answer() {
    let (mut host, id, _) = bound(FW);
    host.simulation.send_datagram(peer(9), module(6000), b"one");
    host.simulation
        .send_datagram(peer(8), module(6000), b"two!");
    host.expect(&format!("\r+SOCKRXU:{id},\"1.2.3.4\",9,3\r\n"));
    host.play(&[(
        &format!("AT+SOCKRD={id},2,100"),
        &format!("+SOCKRD:{id},3,\r\n#one+SOCKRXU:{id},\"1.2.3.4\",8,4\r\nOK\r\n"),
    )]);
}

#[test]
fn empty_datagrams() {
    let (mut host, id, _) = bound(FW);
    for data in [&b""[..], b"a"] {
        host.simulation.send_datagram(peer(9), module(6000), data);
    }
    host.expect(&format!(
        "\r+SOCKRXU:{id},\"1.2.3.4\",9,0\r\n\r+SOCKRXU:{id},\"1.2.3.4\",9,1\r\n"
    ));
    let (mut host, id, _) = bound(REFERENCE);
    for data in [&b""[..], b"a"] {
        host.simulation.send_datagram(peer(9), module(6000), data);
    }
    // Of an empty one there is nothing to read.
    host.expect(&format!(
        "+SOCKRXU:{id},\"1.2.3.4\",9,0\r\n+SOCKRXU:{id},\"1.2.3.4\",9,1\r\n"
    ));
    host.play(&[(
        &format!("AT+SOCKRD={id},1,3"),
        &format!("+SOCKRD:{id},1,\"a\"\r\nOK\r\n"),
    )]);
}

#[test]
fn the_firmware_may_not_tell_of_what_waits_behind_an_empty_datagram() {
    let (mut host, id, _) = bound(FW);
    for data in [&b"a"[..], b"", b"b"] {
        host.simulation.send_datagram(peer(9), module(6000), data);
    }
    host.expect(&format!("\r+SOCKRXU:{id},\"1.2.3.4\",9,1\r\n"));
    let read = format!("AT+SOCKRD={id},1,9");
    host.play(&[
        (&read, &format!("+SOCKRD:{id},1,\"a\"\r\nOK\r\n")),
        (&read, &format!("+SOCKRD:{id},1,\"b\"\r\nOK\r\n")),
    ]);
}

#[test]
fn sends_to_the_peer_it_is_bound_to() {
    for (profile, port) in [(FW, 0), (OLD, 0), (REFERENCE, 50000)] {
        let (mut host, log) = online(profile);
        let id = host.open_udp();
        let ask = format!("AT+SOCKBR={id},\"192.168.101.110\",1000");
        host.play(&[
            (&ask, "OK\r\n"),
            (
                "AT+SOCKLST",
                &format!("+SOCKLST:{id},1,\"192.168.101.110\",1000,{port}\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKWR={id},7,\"hello2u\""), "OK\r\n"),
            (&format!("AT+SOCKWR={id},7,[68656c6c663275]"), "OK\r\n"),
        ]);
        let expected = [b"hello2u".to_vec(), b"hellf2u".to_vec()];
        let expected = expected.map(|data| (module(50000), data));
        assert_eq!(taken(&log), expected);
        host.ask(&format!("AT+SOCKWR={id},5"));
        assert!(host.ask("abc").ends_with("OK\r\n"));
        assert_eq!(taken(&log), [(module(50000), b"abc\r\n".to_vec())]);
        assert_eq!(host.simulation.links_open(), 1);
        host.play(&[
            (&format!("AT+SOCKCL={id}"), "OK\r\n"),
            ("AT+SOCKLST", "OK\r\n"),
        ]);
        assert_eq!(host.simulation.links_open(), 0);
    }
}

#[test]
fn a_socket_bound_to_a_peer_hears_nobody_else() {
    for profile in [FW, REFERENCE] {
        let (mut host, _) = online(profile);
        let id = host.open_udp();
        host.ask(&format!("AT+SOCKBR={id},\"192.168.101.110\",7"));
        host.simulation.send_datagram(peer(9), module(50000), b"no");
        host.expect("");
        let reply = host.ask(&format!("AT+SOCKWR={id},2,\"hi\""));
        let event = format!("+SOCKRXU:{id},\"192.168.101.110\",7,2\r\n");
        assert!(reply.ends_with(&event), "{reply:?}");
        // What has been read does not make room for strangers.
        host.ask(&format!("AT+SOCKRD={id},1,9"));
        host.simulation.send_datagram(peer(7), module(50000), b"no");
        host.expect("");
    }
}

#[test]
fn sends_to_whom_it_is_told() {
    let (mut host, id, log) = bound(REFERENCE);
    let to = format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000");
    host.play(&[
        (&format!("{to},7,\"hello2u\""), "OK\r\n"),
        (&format!("{to},0"), "#"),
    ]);
    host.write(b"One fine day+++");
    host.expect("OK\r\n");
    host.play(&[(&format!("{to},5"), "#")]);
    host.write(b"hello");
    host.expect("OK\r\n");
    let sent: Vec<Vec<u8>> = taken(&log).into_iter().map(|(_, data)| data).collect();
    assert_eq!(sent, [&b"hello2u"[..], b"One fine day", b"hello"]);
    host.play(&[
        (&format!("{to},1501,\"a\""), "ERROR:4\r\n"),
        (&format!("{to},2,\"a\""), "ERROR:20\r\n"),
        (&format!("AT+SOCKWR={id},1,\"a\""), "ERROR:19\r\n"),
    ]);
}

#[test]
fn in_the_firmware_binary_data_goes_to_the_first_peer() {
    let (mut host, id, log) = bound(FW);
    host.play(&[
        (
            &format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000,5"),
            "\r\n#",
        ),
        ("one", "\r\nOK\r\n"),
        (&format!("AT+SOCKWRTO={id},\"10.9.9.9\",9,5"), "\r\n#"),
        ("two", "\r\nOK\r\n"),
    ]);
    let from = module(6000);
    let expected = [(from, b"one\r\n".to_vec()), (from, b"two\r\n".to_vec())];
    assert_eq!(taken(&log), expected);
    // Text goes where it is told to, and so does what follows.
    host.play(&[
        (
            &format!("AT+SOCKWRTO={id},\"192.168.101.110\",7,4,\"echo\""),
            &format!("OK\r\n\r+SOCKRXU:{id},\"192.168.101.110\",7,4\r\n"),
        ),
        (
            "AT+SOCKLST",
            &format!("+SOCKLST:{id},1,\"192.168.101.110\",1000,6000\r\nOK\r\n"),
        ),
    ]);
}

#[test]
fn limits_of_what_is_sent() {
    let (mut host, id, log) = bound(FW);
    let to = format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000");
    host.play(&[
        (
            &format!("{to},0,\"\""),
            "ERROR:17,\"Socket Send Failed\"\r\n",
        ),
        (&format!("{to},513"), "\r\n#"),
    ]);
    host.write(&[b'x'; 513]);
    host.expect("\r\nOK\r\n");
    host.play(&[(&format!("{to},512"), "\r\n#")]);
    host.write(&[b'y'; 512]);
    host.expect("\r\nOK\r\n");
    assert_eq!(taken(&log), [(module(6000), vec![b'y'; 512])]);
}

#[test]
fn a_socket_that_is_not_bound() {
    let (mut host, log) = online(FW);
    let id = host.open_udp();
    let to = format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000");
    host.play(&[
        (
            &format!("AT+SOCKWR={id},1,\"a\""),
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
        (
            &format!("{to},1,\"a\""),
            "ERROR:17,\"Socket Send Failed\"\r\n",
        ),
        (&format!("{to},3"), "\r\n#"),
        ("a", "\r\nOK\r\n"),
    ]);
    assert_eq!(taken(&log), []);

    let (mut host, _, _) = bound(OLD);
    let id = host.open_udp();
    host.play(&[(
        &format!("AT+SOCKWR={id},1,\"a\""),
        "ERROR:19,\"Socket Destination Not Set\"\r\n",
    )]);

    let (mut host, log) = online(REFERENCE);
    let id = host.open_udp();
    let to = format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000");
    host.play(&[(&format!("{to},1,\"a\""), "OK\r\n")]);
    assert_eq!(taken(&log), [(module(50000), b"a".to_vec())]);
}

#[test]
fn ports_are_bound_once() {
    let (mut host, _, _) = bound(FW);
    let other = host.open_udp();
    host.play(&[
        (
            &format!("AT+SOCKBL={other},6000"),
            "ERROR:14,\"Socket Bind Failed\"\r\n",
        ),
        (
            &format!("AT+SOCKCL={other}"),
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
    ]);
    let any = host.open_udp();
    host.play(&[
        (&format!("AT+SOCKBL={any},0"), "OK\r\n"),
        (
            &format!("AT+SOCKLST={any}"),
            &format!("+SOCKLST:{any},1,\"\",0,0\r\nOK\r\n"),
        ),
    ]);
    host.simulation.send_datagram(peer(9), module(50000), b"a");
    host.expect(&format!("\r+SOCKRXU:{any},\"1.2.3.4\",9,1\r\n"));

    let (mut host, _) = online(REFERENCE);
    host.play(&[
        ("AT+SOCKO=1", "+SOCKO:1\r\nOK\r\n"),
        ("AT+SOCKBL=1,0", "OK\r\n"),
        ("AT+SOCKLST=1", "+SOCKLST:1,1,\"\",0,50000\r\nOK\r\n"),
    ]);
}

#[test]
fn there_are_ten_sockets_for_datagrams() {
    let (mut host, _) = online(FW);
    for port in 0..10 {
        let id = host.open_udp();
        let ask = format!("AT+SOCKBL={id},{}", 6000 + port);
        host.play(&[(&ask, "OK\r\n")]);
    }
    let id = host.open_udp();
    host.play(&[(
        &format!("AT+SOCKBL={id},7000"),
        "ERROR:14,\"Socket Bind Failed\"\r\n",
    )]);
    let id = host.open();
    host.play(&[(&format!("AT+SOCKBL={id},7000"), "OK\r\n")]);
}

#[test]
fn sixteen_datagrams_wait() {
    let (mut host, id, _) = bound(FW);
    for number in 0..20 {
        host.simulation
            .send_datagram(peer(9), module(6000), &[b'a' + number]);
    }
    host.wait();
    let read = format!("AT+SOCKRD={id},1,9");
    let replies: String = (0..20).map(|_| host.ask(&read)).collect();
    assert_eq!(replies.matches("+SOCKRD:").count(), 17);
    assert!(replies.contains("\"q\"") && !replies.contains("\"r\""));
}

#[test]
fn joins_a_group() {
    let group: SocketAddr = ([224, 0, 0, 1], 6000).into();
    for (profile, lead, port) in [(FW, "\r", 6000), (REFERENCE, "", 9)] {
        let log = UdpLog::default();
        let network = MemoryNetwork::new().serve_udp(group, services::udp_record(Rc::clone(&log)));
        let mut host = Host::online(profile, network);
        let id = host.open_udp();
        host.play(&[
            (&format!("AT+SOCKBM={id},\"224.0.0.1\",6000"), "OK\r\n"),
            (
                "AT+SOCKLST",
                &format!("+SOCKLST:{id},1,\"224.0.0.1\",6000,6000\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKWR={id},2,\"hi\""), "OK\r\n"),
        ]);
        assert_eq!(taken(&log), [(module(6000), b"hi".to_vec())]);
        host.simulation.send_datagram(peer(9), module(6000), b"no");
        host.expect("");
        host.simulation.send_datagram(peer(9), group, b"yes");
        // The firmware tells the port that it sends to.
        host.expect(&format!("{lead}+SOCKRXU:{id},\"1.2.3.4\",{port},3\r\n"));
    }
    let (mut host, _) = online(FW);
    let (udp, tcp) = (host.open_udp(), host.open());
    host.play(&[
        (
            &format!("AT+SOCKBM={udp},\"10.0.0.1\",6000"),
            "ERROR:45,\"Multicast Error\"\r\n",
        ),
        (
            &format!("AT+SOCKBM={tcp},\"224.0.0.1\",6000"),
            "ERROR:12,\"Invalid Socket Protocol\"\r\n",
        ),
        (
            &format!("AT+SOCKWRTO={tcp},\"10.0.0.1\",9,1,\"a\""),
            "ERROR:12,\"Invalid Socket Protocol\"\r\n",
        ),
        ("AT+SOCKBL=77,1", "ERROR:10,\"Socket ID Not Found\"\r\n"),
    ]);
}

#[test]
fn datagrams_are_told_of_while_binary_data_is_awaited() {
    for profile in [OLD, FW] {
        let (mut host, id, _) = bound(profile);
        host.ask(&format!("AT+SOCKWRTO={id},\"192.168.101.110\",1000,3"));
        host.simulation.send_datagram(peer(9), module(6000), b"a");
        host.expect(&format!("+SOCKRXU:{id},\"1.2.3.4\",9,1\r\n"));
    }
}

#[test]
fn the_loss_of_the_access_point() {
    let (mut host, id, _) = bound(REFERENCE);
    host.simulation.lose_link();
    host.expect(&format!("+WSTALD:1\r\n+SOCKCL:{id}\r\n"));

    let (mut host, id, _) = bound(FW);
    host.simulation.lose_link();
    host.simulation
        .send_datagram(peer(9), module(6000), b"lost");
    host.expect("\r+WSTALD\r\n");
    assert!(host.ask("AT+WSTA=1").contains("+WSTAAIP"));
    host.simulation.send_datagram(peer(9), module(6000), b"hi");
    host.expect(&format!("\r+SOCKRXU:{id},\"1.2.3.4\",9,2\r\n"));
}
