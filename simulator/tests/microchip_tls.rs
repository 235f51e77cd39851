//! TLS of the PIC32MZW1.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::certificates::Authority;
use crate::support::{Host, server};
use atwifi_simulator::services::{self, TlsServer};
use atwifi_simulator::{Config, MemoryNetwork, Profile};

const REFERENCE: Profile = Profile::MicrochipReference;
const FW: Profile = Profile::MicrochipFw0_3_2;

/// A server with a certificate of another authority's.
const OTHER: u16 = 445;

/// Servers with TLS on port 443, with TLS for those with a certificate on port 444, and without on
/// port 80.
fn host(profile: Profile) -> (Host, Authority) {
    let authority = Authority::new("authority");
    let identity = authority.issue("secure.example.test");
    let tls = TlsServer::new(identity.certificate, identity.key);
    let stranger = Authority::new("stranger").issue("secure.example.test");
    let stranger = TlsServer::new(stranger.certificate, stranger.key);
    let asking = tls.clone().ask_client(authority.pem.clone());
    let network = MemoryNetwork::new()
        .serve(server(443), move |_| tls.serve(services::echo()).unwrap())
        .serve(server(444), move |_| {
            asking.serve(services::echo()).unwrap()
        })
        .serve(server(OTHER), move |_| {
            stranger.serve(services::echo()).unwrap()
        })
        .serve(server(80), |_| services::send("220 hello\r\n"))
        .serve(server(81), |_| services::respond("x"));
    let client = authority.issue("client");
    let config = Config::new(profile)
        .with_poll(Duration::ZERO)
        .with_access_point(crate::support::SSID, crate::support::PASSWORD)
        .with_file("authority", authority.pem.clone())
        .with_file("other", Authority::new("other").pem)
        .with_file("client", client.certificate)
        .with_file("client key", client.key);
    (Host::new(config, network).joined(), authority)
}

/// Connects a socket and asks for TLS; what is said to that.
#[track_caller]
fn upgrade(host: &mut Host, to: SocketAddr, index: u8) -> (String, String) {
    let id = host.connect(to.port());
    let reply = host.ask(&format!("AT+SOCKTLS={id},{index}"));
    (id, reply)
}

#[test]
fn a_connection_gets_tls() {
    for profile in Profile::MICROCHIP {
        let lead = if profile == REFERENCE { "" } else { "\r" };
        let (mut host, _) = host(profile);
        let (id, reply) = upgrade(&mut host, server(443), 1);
        assert_eq!(reply, format!("OK\r\n{lead}+SOCKTLS:{id}\r\n"));
        host.play(&[
            (
                &format!("AT+SOCKWR={id},5,\"hello\""),
                &format!("OK\r\n{lead}+SOCKRXT:{id},5\r\n"),
            ),
            (
                &format!("AT+SOCKRD={id},1,9"),
                &format!("+SOCKRD:{id},5,\"hello\"\r\nOK\r\n"),
            ),
            (
                &format!("AT+SOCKTLS={id},1"),
                &format!("+SOCKTLS:{id}\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKCL={id}"), "OK\r\n"),
        ]);
    }
}

#[test]
fn tls_may_be_wanted_before_the_connection() {
    let (mut host, _) = host(FW);
    let id = host.open();
    host.play(&[(&format!("AT+SOCKTLS={id},2"), "OK\r\n")]);
    let reply = host.ask(&format!("AT+SOCKBR={id},\"192.168.101.110\",443"));
    let indication = reply.find("+SOCKIND:").unwrap();
    let tls = reply.find(&format!("\r+SOCKTLS:{id}\r\n")).unwrap();
    assert!(reply.starts_with("OK\r\n") && indication < tls, "{reply:?}");
}

#[test]
fn verifies_the_server_if_it_is_told_to() {
    for profile in [FW, REFERENCE] {
        for (issuer, name, index, succeeds) in [
            ("authority", "", 1, true),
            ("authority", "secure.example.test", 1, true),
            // The firmware sends the name only.
            ("authority", "wrong.example.test", 1, profile == FW),
            ("other", "", 1, false),
            // The firmware goes on without a certificate that is not there.
            ("nowhere", "", 1, profile == FW),
            // It takes the first configuration, whatever it is told.
            ("other", "", 2, profile == REFERENCE),
        ] {
            let (mut host, _) = host(profile);
            host.play(&[(&format!("AT+TLSC=1,1,\"{issuer}\""), "OK\r\n")]);
            if !name.is_empty() {
                host.play(&[(&format!("AT+TLSC=1,5,\"{name}\""), "OK\r\n")]);
            }
            let (id, reply) = upgrade(&mut host, server(443), index);
            let expected = match (succeeds, profile) {
                (true, FW) => format!("OK\r\n\r+SOCKTLS:{id}\r\n"),
                (true, _) => format!("OK\r\n+SOCKTLS:{id}\r\n"),
                (false, FW) => format!("OK\r\n\r+SOCKERR:{id},15,Socket TLS Failed\r\n"),
                (false, _) => format!("OK\r\n+SOCKERR:{id},15,\"Socket TLS Failed\"\r\n"),
            };
            assert_eq!(reply, expected, "{profile} {issuer} {name}");
            if !succeeds {
                let closed = host.ask(&format!("AT+SOCKCL={id}"));
                assert_eq!(closed == "OK\r\n", profile == REFERENCE, "{closed:?}");
            }
        }
    }
}

#[test]
fn presents_a_certificate() {
    let (mut host, _) = host(FW);
    let (id, reply) = upgrade(&mut host, server(444), 1);
    assert!(reply.ends_with(&format!("+SOCKCL:{id}\r\n")), "{reply:?}");
    host.play(&[
        (&format!("AT+SOCKCL={id}"), "OK\r\n"),
        ("AT+TLSC=1,2,\"client\"", "OK\r\n"),
        ("AT+TLSC=1,3,\"client key\"", "OK\r\n"),
    ]);
    let (id, reply) = upgrade(&mut host, server(444), 1);
    assert_eq!(reply, format!("OK\r\n\r+SOCKTLS:{id}\r\n"));
}

#[test]
fn settings() {
    let (mut host, _) = host(FW);
    host.play(&[
        ("AT+TLSC=1,1,\"authority\"", "OK\r\n"),
        ("AT+TLSC=1,4,\"secret99\"", "OK\r\n"),
        (
            "AT+TLSC=1",
            "+TLSC:1,\"authority\"\r\n+TLSC:2,[]\r\n+TLSC:3,[]\r\n+TLSC:5,[]\r\nOK\r\n",
        ),
        ("AT+TLSC=2,1", "+TLSC:1,[]\r\nOK\r\n"),
        (
            "AT+TLSC=1,1,\"\"",
            "ERROR:7,\"Configuration Access Failed\"\r\n",
        ),
        ("AT+TLSC=1,1", "+TLSC:1,[]\r\nOK\r\n"),
        ("AT+TLSC=3", "ERROR:4,\"Invalid Parameter\"\r\n"),
        ("AT+TLSC=1,9", "ERROR:7,\"Configuration Access Failed\"\r\n"),
        ("AT+TLSC", "ERROR:5,\"Incorrect Number of Parameters\"\r\n"),
    ]);
    upgrade(&mut host, server(443), 1);
    host.play(&[(
        "AT+TLSC=1,1,\"other\"",
        "ERROR:6,\"Configuration Update Blocked\"\r\n",
    )]);
}

#[test]
fn what_cannot_get_tls() {
    let (mut host, _) = host(FW);
    let (udp, tcp, listener) = (host.open_udp(), host.open(), host.open());
    host.ask(&format!("AT+SOCKBL={listener},6000"));
    host.play(&[
        (
            &format!("AT+SOCKTLS={udp},1"),
            "ERROR:12,\"Invalid Socket Protocol\"\r\n",
        ),
        (
            &format!("AT+SOCKTLS={tcp},3"),
            "ERROR:4,\"Invalid Parameter\"\r\n",
        ),
        (
            &format!("AT+SOCKTLS={tcp}"),
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
        ("AT+SOCKTLS=1,1", "ERROR:10,\"Socket ID Not Found\"\r\n"),
        (
            &format!("AT+SOCKTLS={listener},1"),
            "ERROR:15,\"Socket TLS Failed\"\r\n",
        ),
    ]);
}

#[test]
fn a_server_without_tls_is_no_server() {
    let (mut host, _) = host(FW);
    // What it has said before TLS began has been taken already.
    let (id, reply) = upgrade(&mut host, server(81), 1);
    assert_eq!(reply, "OK\r\n");
    host.simulation.advance(Duration::from_secs(3600));
    assert_eq!(host.read(), b"");
    host.play(&[
        (
            &format!("AT+SOCKWR={id},1,\"a\""),
            "ERROR:17,\"Socket Send Failed\"\r\n",
        ),
        (&format!("AT+SOCKCL={id}"), "OK\r\n"),
    ]);
    let id = host.open();
    host.ask(&format!("AT+SOCKTLS={id},1"));
    let reply = host.ask(&format!("AT+SOCKBR={id},\"192.168.101.110\",80"));
    let failure = format!("\r+SOCKERR:{id},15,Socket TLS Failed\r\n");
    assert!(reply.ends_with(&failure), "{reply:?}");
}

#[test]
fn loads_a_certificate() {
    for profile in [FW, REFERENCE] {
        let (mut host, authority) = host(profile);
        let load = format!("AT+LOADCERT={},\"mine\"", authority.der.len());
        host.play(&[(&load, "#")]);
        host.write(&authority.der);
        host.expect(if profile == FW {
            "+LOADCERT:0\r\n"
        } else {
            "OK\r\n+LOADCERT:0\r\n"
        });
        host.play(&[("AT+TLSC=1,1,\"mine\"", "OK\r\n")]);
        for port in [443, OTHER] {
            let (id, reply) = upgrade(&mut host, server(port), 1);
            // The firmware does not look at it, and connects to anybody.
            let is_trusted = profile == FW || port == 443;
            let is_open = reply.ends_with(&format!("+SOCKTLS:{id}\r\n"));
            assert_eq!(is_open, is_trusted, "{profile}, {port}: {reply:?}");
            host.ask(&format!("AT+SOCKCL={id}"));
        }
        host.play(&[("AT+LOADCERT=4,\"bad\"", "#")]);
        assert!(host.ask("no").ends_with("+LOADCERT:1\r\n"));
        assert!(host.ask("AT+LOADCERT=1501,\"big\"").starts_with("ERROR:4"));
    }
}

/// Wire notes 2: a `+` that another byte follows is lost, but where many bytes come at once.
#[test]
fn a_certificate_loses_pluses_that_come_too_fast() {
    let (mut host, authority) = host(FW);
    let load = |host: &mut Host, pieces: &[&[u8]], pause: u64| {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        host.play(&[(&format!("AT+LOADCERT={length},\"mine\""), "#")]);
        for piece in pieces {
            host.write(piece);
            host.simulation.advance(Duration::from_millis(pause));
        }
    };
    let mut content = authority.der.clone();
    content.extend(b"+x");
    let (plus, rest) = content.split_at(content.len() - 1);
    load(&mut host, &[plus, rest], 300);
    host.expect("+LOADCERT:0\r\n");
    load(&mut host, &[plus, rest], 10);
    host.expect("");
}
