//! TLS of the ST67W611M1.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::certificates::Authority;
use crate::support::{Host, server};
use atwifi_simulator::services::{self, TlsServer};
use atwifi_simulator::{Config, MemoryNetwork, Peer, Profile, Service};

const FW: Profile = Profile::St67Fw2_0_75;
const REFERENCE: Profile = Profile::St67Reference;
const START: &str = "AT+CIPSTART=0,\"SSL\",\"192.168.101.110\",443";

/// A server at `secure.example.test`, and who has issued its certificate.
fn secure(profile: Profile, change: impl Fn(TlsServer, &Authority) -> TlsServer) -> Host {
    let authority = Authority::new("authority");
    let identity = authority.issue("secure.example.test");
    let tls = TlsServer::new(identity.certificate, identity.key);
    let tls = change(tls, &authority);
    let network = MemoryNetwork::new()
        .host("secure.example.test", server(443).ip())
        .serve(server(443), move |_| tls.serve(services::echo()).unwrap());
    let client = authority.issue("client");
    let config = Config::new(profile)
        .with_access_point(crate::support::SSID, crate::support::PASSWORD)
        .with_file("ca_01.crt", authority.pem)
        .with_file("ca_01.der", authority.der)
        .with_file("other.crt", Authority::new("other").pem)
        .with_file("garbage", "garbage")
        .with_file("cert_01.crt", client.certificate)
        .with_file("private_01.key", client.key);
    Host::new(config, network).joined()
}

fn plain(profile: Profile) -> Host {
    secure(profile, |tls, _| tls)
}

#[track_caller]
fn asks(host: &mut Host, lines: &[&str]) {
    for line in lines {
        let reply = host.ask(line);
        assert!(reply.ends_with("OK\r\n"), "{line}: {reply:?}");
    }
}

#[test]
fn talks_to_a_server() {
    plain(FW).play(&[
        (
            "AT+CIPSTART=0,\"SSL\",\"secure.example.test\",443",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATUS:0,\"SSL\",\"192.168.101.110\",443,49153,0\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,4", "\r\nOK\r\n\r\n>"),
        (
            "hi",
            "Recv 4 bytes\r\n\r\nSEND OK\r\n+IPD:0,4,\"192.168.101.110\",443\r\n",
        ),
        ("AT+CIPRECVDATA=0,9", "+CIPRECVDATA:4,hi\r\n\r\n\r\nOK\r\n"),
        ("AT+CIPCLOSE=0", "\r\nOK\r\n+CIP:0,DISCONNECTED\r\n"),
    ]);
}

#[test]
fn carries_much() {
    let mut host = plain(REFERENCE);
    asks(
        &mut host,
        &["AT+CIPRECVBUF=0,65536", START, "AT+CIPRECVMODE?"],
    );
    for _ in 0..4 {
        host.ask("AT+CIPSEND=0,8192");
        host.write(&[b'x'; 8192]);
        host.wait();
    }
    host.play(&[("AT+CIPRECVLEN?", "+CIPRECVLEN:32768,0,0,0,0,\r\nOK\r\n")]);
}

#[test]
fn a_full_buffer_holds_the_peer() {
    let mut host = plain(REFERENCE);
    asks(&mut host, &[START]);
    host.ask("AT+CIPSEND=0,8000");
    host.write(&[b'x'; 8000]);
    host.wait();
    let mut total = 0;
    while total < 8000 {
        let reply = host.ask("AT+CIPRECVDATA=0,2920");
        let count = reply.matches('x').count();
        assert!(count > 0, "{reply:?}");
        total += count;
    }
    assert_eq!(total, 8000);
}

#[test]
fn verifies_the_server_if_it_is_told_to() {
    for profile in Profile::ST67 {
        for (files, name, succeeds) in [
            ("AT+CIPSSLCCONF=0,2,,,\"ca_01.crt\"", None, true),
            ("AT+CIPSSLCCONF=0,2,,,\"ca_01.der\"", None, true),
            ("AT+CIPSSLCCONF=0,2,,,\"other.crt\"", None, false),
            ("AT+CIPSSLCCONF=0,2,,,\"garbage\"", None, false),
            ("AT+CIPSSLCCONF=0,0", Some("wrong.example.test"), true),
            (
                "AT+CIPSSLCCONF=0,2,,,\"ca_01.crt\"",
                Some("secure.example.test"),
                true,
            ),
            (
                "AT+CIPSSLCCONF=0,2,,,\"ca_01.crt\"",
                Some("wrong.example.test"),
                false,
            ),
            ("AT+CIPSSLCCONF=0,0", None, true),
            // The firmware goes on without a file that is not there.
            (
                "AT+CIPSSLCCONF=0,2,,,\"nowhere\"",
                None,
                profile != REFERENCE,
            ),
        ] {
            let mut host = plain(profile);
            asks(&mut host, &[files]);
            if let Some(name) = name {
                asks(&mut host, &[&format!("AT+CIPSSLCSNI=0,\"{name}\"")]);
            }
            let reply = host.ask(START);
            let expected = if succeeds { "OK\r\n" } else { "ERROR\r\n" };
            assert!(reply.ends_with(expected), "{profile} {files}: {reply:?}");
            assert_eq!(reply.contains("+CIP:0,CONNECTED"), succeeds);
            assert_eq!(host.simulation.links_open(), usize::from(succeeds));
        }
    }
}

#[test]
fn presents_a_certificate() {
    for profile in Profile::ST67 {
        let asking = |tls: TlsServer, authority: &Authority| tls.ask_client(authority.pem.clone());
        let mut host = secure(profile, asking);
        asks(
            &mut host,
            &[
                "AT+CIPSSLCCONF=0,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"",
                START,
            ],
        );
        // With TLS 1.3 the server refuses only after the client has had its say.
        asks(&mut host, &["AT+CIPSSLCCONF=1,0"]);
        let reply = host.ask(&START.replace("=0,", "=1,"));
        assert!(reply.ends_with("+CIP:1,DISCONNECTED\r\n"), "{reply:?}");
    }
}

#[test]
fn offers_protocols() {
    for (offered, succeeds) in [
        ("1,\"mqtt\"", true),
        ("2,\"h2\",\"mqtt\"", true),
        ("1,\"h2\"", false),
    ] {
        let mut host = secure(FW, |tls, _| tls.protocols(&["mqtt"]));
        asks(&mut host, &[&format!("AT+CIPSSLCALPN=0,{offered}")]);
        assert_eq!(host.ask(START).ends_with("OK\r\n"), succeeds, "{offered}");
    }
}

#[test]
fn settings_are_told_as_in_the_firmware() {
    let mut host = plain(FW);
    host.play(&[
        (
            "AT+CIPSSLCCONF=0?",
            "+CIPSSLCCONF:0,0,\"\",\"\",\"\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCCONF=0,1", "\r\nERROR\r\n"),
        ("AT+CIPSSLCCONF=0,2,\"a\",\"b\"", "\r\nERROR\r\n"),
        ("AT+CIPSSLCCONF=0,4", "\r\nERROR\r\n"),
        ("AT+CIPSSLCCONF=0,2,\"a\",\"b\",\"ca_01.crt\"", "\r\nOK\r\n"),
        // Modes 1 and 2 are told for each other.
        (
            "AT+CIPSSLCCONF=0?",
            "+CIPSSLCCONF:0,1,\"\",\"\",\"ca_01.crt\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCSNI=0,\"secure.example.test\"", "\r\nOK\r\n"),
        (
            "AT+CIPSSLCSNI=0?",
            "+CIPSSLCSNI:0,secure.example.test\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCALPN=1,2,\"h2\",\"http/1.1\"", "\r\nOK\r\n"),
        (
            "AT+CIPSSLCALPN=1?",
            "+CIPSSLCALPN:1,\"h2\",\"http/1.1\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCALPN=1,0", "\r\nOK\r\n"),
        ("AT+CIPSSLCALPN=1?", "+CIPSSLCALPN:1\r\n\r\nOK\r\n"),
        ("AT+CIPSSLCALPN=1,2,\"h2\"", "\r\nERROR\r\n"),
        ("AT+CIPSSLCPSKHEX=0,\"70736b\",\"myhint\"", "\r\nOK\r\n"),
        (
            "AT+CIPSSLCPSK=0?",
            "+CIPSSLCPSK:0,\"psk\",\"myhint\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCPSKHEX=0,\"7x\",\"myhint\"", "\r\nERROR\r\n"),
    ]);
    // Only the files survive a reset.
    host.simulation.reset_module();
    host.wait();
    asks(&mut host, &["AT+CIPMUX=1"]);
    host.play(&[
        (
            "AT+CIPSSLCCONF=0?",
            "+CIPSSLCCONF:0,1,\"\",\"\",\"ca_01.crt\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSSLCSNI=0?", "+CIPSSLCSNI:0,(null)\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn settings_are_told_as_in_the_reference() {
    let mut host = plain(REFERENCE);
    asks(
        &mut host,
        &[
            "AT+CIPSSLCCONF=0,0",
            "AT+CIPSSLCCONF=1,1,\"\",\"\",\"ca_01.crt\"",
            "AT+CIPSSLCCONF=2,2,\"cert_01.crt\",\"private_01.key\"",
            "AT+CIPSSLCCONF=3,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"",
        ],
    );
    host.play(&[
        (
            "AT+CIPSSLCCONF?",
            "+CIPSSLCCONF:0,0,\"\",\"\",\"\"\r\n\
             +CIPSSLCCONF:1,1,\"\",\"\",\"ca_01.crt\"\r\n\
             +CIPSSLCCONF:2,2,\"cert_01.crt\",\"private_01.key\",\"\"\r\n\
             +CIPSSLCCONF:3,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"\r\n\
             +CIPSSLCCONF:4,0,\"\",\"\",\"\"\r\nOK\r\n",
        ),
        ("AT+CIPMUX=0", "OK\r\n"),
        ("AT+CIPSSLCSNI=\"a.example\"", "OK\r\n"),
        ("AT+CIPSSLCSNI?", "+CIPSSLCSNI:\"a.example\"\r\nOK\r\n"),
        ("AT+CIPSSLCPSKHEX=\"70736b\",\"myhint\"", "OK\r\n"),
        (
            "AT+CIPSSLCPSKHEX?",
            "+CIPSSLCPSKHEX:\"70736b\",\"myhint\"\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn a_server_without_tls_is_no_server() {
    let network = MemoryNetwork::new()
        .serve(server(443), |_| services::send("220 hello\r\n"))
        .serve(server(80), |_| {
            services::record(Rc::new(RefCell::default()))
        });
    let mut host = Host::online(REFERENCE, network);
    host.play(&[(START, "ERROR\r\n")]);
    // Who says nothing is waited for as long as the command says.
    host.write(b"AT+CIPSTART=0,\"SSL\",\"192.168.101.110\",80,,,2000\r\n");
    host.simulation.advance(Duration::from_millis(1990));
    assert_eq!(host.read(), b"");
    host.expect("ERROR\r\n");
}

#[test]
fn the_firmware_waits_for_ever_for_tls() {
    let network = MemoryNetwork::new().serve(server(443), |_| {
        services::record(Rc::new(RefCell::default()))
    });
    let mut host = Host::online(FW, network);
    host.write(format!("{START},,,2000\r\n").as_bytes());
    host.simulation.advance(Duration::from_secs(3600));
    assert_eq!(host.read(), b"");
    host.simulation.lose_link();
    assert!(host.wait().ends_with("\r\nERROR\r\n"));
}

struct Goodbye;

impl Service for Goodbye {
    fn connected(&mut self, peer: &mut Peer) {
        peer.send_after(Duration::from_millis(20), b"late");
        peer.send(b"early");
        peer.close_after(Duration::from_millis(30));
    }

    fn received(&mut self, _now: Duration, _data: &[u8], _peer: &mut Peer) {}
}

#[test]
fn the_peer_may_close() {
    let authority = Authority::new("authority");
    let identity = authority.issue("secure.example.test");
    let tls = TlsServer::new(identity.certificate, identity.key);
    let network =
        MemoryNetwork::new().serve(server(443), move |_| tls.serve(Box::new(Goodbye)).unwrap());
    let mut host = Host::online(FW, network);
    host.play(&[
        (
            START,
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n\
             +IPD:0,5,\"192.168.101.110\",443\r\n\
             +IPD:0,4,\"192.168.101.110\",443\r\n\
             +CIP:0,DISCONNECTED\r\n",
        ),
        (
            "AT+CIPRECVDATA=0,99",
            "+CIPRECVDATA:9,earlylate\r\n\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn keys_are_not_shown() {
    let mut host = plain(FW);
    host.ask("AT+CIPSSLCPSK=0,\"secret-key\",\"myhint\"");
    host.ask("AT+CIPSSLCPSK=0?");
    let transcript = host.simulation.transcript().to_string();
    assert!(transcript.contains("AT+CIPSSLCPSK="), "{transcript}");
    assert!(!transcript.contains("secret-key"), "{transcript}");
    let config = Config::default().with_file("private.key", "secret-key");
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn certificates_can_be_written_by_the_host() {
    let authority = Authority::new("authority");
    for profile in Profile::ST67 {
        let mut host = plain(profile);
        let size = authority.pem.len();
        asks(&mut host, &["AT+FS=0,1,\"mine.crt\""]);
        let prompt = host.ask(&format!("AT+FS=0,2,\"mine.crt\",0,{size}"));
        let lead = if profile != REFERENCE { "\r\n" } else { "" };
        assert_eq!(prompt, format!("{lead}OK\r\n{lead}>"));
        host.write(authority.pem.as_bytes());
        host.expect(&format!("Recv {size} bytes\r\n{lead}SEND OK\r\n"));
        let text = &authority.pem[27..47];
        host.play(&[
            (
                "AT+FS=0,4,\"mine.crt\"",
                &format!("+FS:SIZE,{size}\r\n{lead}OK\r\n"),
            ),
            (
                "AT+FS=0,3,\"mine.crt\",27,20",
                &format!("+FS:READ,20,{text}\r\n{lead}OK\r\n"),
            ),
            ("AT+FS=0,3,\"mine.crt\"", &format!("{lead}ERROR\r\n")),
            (
                "AT+FS=0,0,\"nowhere\"",
                if profile != REFERENCE {
                    ""
                } else {
                    "ERROR\r\n"
                },
            ),
        ]);
        assert!(
            host.ask("AT+FS=0,5,\".\"")
                .contains("+FS:LIST\r\n.\r\n..\r\n")
        );
        assert!(host.ask("AT+FS=0,5,\".\"").contains("\r\nmine.crt\r\n"));
        asks(&mut host, &["AT+CIPSSLCCONF=0,2,,,\"mine.crt\""]);
        assert!(host.ask(START).ends_with("ERROR\r\n"));
        asks(&mut host, &["AT+FS=0,0,\"mine.crt\""]);
        host.ask("AT+FS=0,2,\"mine.crt\",0,3");
        let reply = host.ask("a");
        assert_eq!(reply, format!("Recv 3 bytes\r\n{lead}ERROR\r\n"));
    }
}
