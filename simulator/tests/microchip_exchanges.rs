//! What the wire notes correct and add about the AnyCloud firmware of the PIC32MZW1 (section 12),
//! and what the reference says instead: each exchange with its bytes and its source.

use std::time::Duration;

use crate::support::certificates::Authority;
use crate::support::{Host, server};
use atwifi_simulator::services::{self, TlsServer};
use atwifi_simulator::{Config, MemoryNetwork, Peer, Profile, Service};

const REFERENCE: Profile = Profile::MicrochipReference;
const OLD: Profile = Profile::MicrochipFw0_2_0;
const NEW: Profile = Profile::MicrochipFw0_3_2;
const ALL: &[Profile] = &Profile::MICROCHIP;
const FIRMWARE: &[Profile] = &[OLD, NEW];

/// Longer than an answer takes, and shorter than an attempt to connect.
const SOON: Duration = Duration::from_secs(1);
/// Longer than an attempt to connect.
const LATE: Duration = Duration::from_secs(11);
/// At this pace the firmware looks at each byte by itself.
const SLOW: Duration = Duration::from_millis(60);

const NOT_FOUND: &str = "ERROR:10,\"Socket ID Not Found\"\r\n";
const SEND_FAILED: &str = "ERROR:17,\"Socket Send Failed\"\r\n";

/// What a conversation begins with. Unless it says so, the module does not echo.
#[derive(Clone, Copy)]
enum Scene {
    /// A module with its echo on.
    Echoing,
    /// A module without a network.
    Offline,
    /// A module on the network, with one socket for TCP that is not bound.
    Opened,
    /// A module with a connection to this port.
    Connected(u16),
    /// A module with a socket for datagrams that is bound to port 6000.
    Datagrams,
}

/// A conversation, and where it is written. `{id}` is that of the socket.
struct Exchange {
    source: &'static str,
    profiles: &'static [Profile],
    scene: Scene,
    steps: Vec<Step>,
}

struct Step {
    host: Vec<u8>,
    module: Vec<u8>,
    /// Between the bytes of the host.
    pace: Duration,
    /// How long the host listens.
    patience: Duration,
}

fn step(host: impl AsRef<[u8]>, module: impl AsRef<[u8]>) -> Step {
    Step {
        host: host.as_ref().to_vec(),
        module: module.as_ref().to_vec(),
        pace: Duration::ZERO,
        patience: SOON,
    }
}

/// A line without its end.
fn line(host: &str, module: &str) -> Step {
    step(format!("{host}\r\n"), module)
}

impl Step {
    fn slowly(mut self) -> Self {
        self.pace = SLOW;
        self
    }

    fn patiently(mut self) -> Self {
        self.patience = LATE;
        self
    }
}

const ECHO: u16 = 6000;
/// Takes nothing of what it is sent.
const CLOGGED: u16 = 6001;
/// Says seven bytes 200 ms after `?`, five at once after `!`, and closes after `.`.
const ASKED: u16 = 6002;
const TLS: u16 = 443;

struct Asked;

impl Service for Asked {
    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        match data {
            b"?" => peer.send_after(Duration::from_millis(200), b"unheard"),
            b"!" => peer.send(b"heard"),
            b"." => peer.close_after(Duration::ZERO),
            _ => {}
        }
    }
}

fn network(authority: &Authority) -> MemoryNetwork {
    let identity = authority.issue("secure.example.test");
    let tls = TlsServer::new(identity.certificate, identity.key);
    MemoryNetwork::new()
        .serve(server(ECHO), |_| services::echo())
        .serve(server(CLOGGED), |_| services::echo())
        .clogged(server(CLOGGED))
        .serve(server(ASKED), |_| Box::new(Asked))
        .serve(server(TLS), move |_| tls.serve(services::echo()).unwrap())
        .silent(([192, 168, 0, 2], 80).into())
        .serve_udp(server(7), services::udp_echo())
}

impl Scene {
    /// The module as the scene has it, and the id of its socket.
    fn set(self, profile: Profile) -> (Host, String) {
        let authority = Authority::new("authority");
        let config = Config::new(profile)
            .with_access_point(crate::support::SSID, crate::support::PASSWORD)
            .with_file("authority", authority.pem.clone())
            .with_file("other", Authority::new("other").pem);
        let mut host = Host::new(config, network(&authority));
        match self {
            Scene::Echoing => return (host, String::new()),
            Scene::Offline => {
                host.ask("ATE0");
                return (host, String::new());
            }
            _ => host = host.joined(),
        }
        let id = match self {
            Scene::Connected(port) => host.connect(port),
            Scene::Datagrams => host.open_udp(),
            _ => host.open(),
        };
        if matches!(self, Scene::Datagrams) {
            host.play(&[(&format!("AT+SOCKBL={id},6000"), "OK\r\n")]);
        }
        (host, id)
    }
}

#[track_caller]
fn play(exchanges: &[Exchange]) {
    for exchange in exchanges {
        for profile in exchange.profiles {
            let (mut host, id) = exchange.scene.set(*profile);
            for step in &exchange.steps {
                hold(&mut host, &id, step, exchange.source, *profile);
            }
        }
    }
}

#[track_caller]
fn hold(host: &mut Host, id: &str, step: &Step, source: &str, profile: Profile) {
    let sent = with_id(&step.host, id);
    if step.pace.is_zero() {
        host.write(&sent);
    } else {
        for byte in &sent {
            host.write(&[*byte]);
            host.simulation.advance(step.pace);
        }
    }
    host.simulation.advance(step.patience);
    let heard = host.read();
    assert_eq!(
        heard.escape_ascii().to_string(),
        with_id(&step.module, id).escape_ascii().to_string(),
        "{profile}, {source}: answer to {}",
        sent.escape_ascii()
    );
}

fn with_id(bytes: &[u8], id: &str) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        match rest.strip_prefix(b"{id}") {
            Some(behind) => {
                filled.extend_from_slice(id.as_bytes());
                rest = behind;
            }
            None => {
                filled.push(*first);
                rest = behind;
            }
        }
    }
    filled
}

#[test]
fn a_line_keeps_what_is_not_ascii_and_loses_control_characters() {
    play(&[
        Exchange {
            source: "notes 12: 20-7E and 80-FF are kept, in quotes refused",
            profiles: FIRMWARE,
            scene: Scene::Echoing,
            steps: vec![
                step(
                    b"AT+WSTAC=1,\"caf\xc3\xa9\"\r\n",
                    b"AT+WSTAC=1,\"caf\xc3\xa9\"\r\n\
                      ERROR:5,\"Incorrect Number of Parameters\"\r\n>",
                ),
                step(
                    b"\x80AT\r\n",
                    b"\x80AT\r\nERROR:2,\"Invalid AT Command\"\r\n>",
                ),
                step(
                    b"AT\xff\r\n",
                    b"AT\xff\r\nERROR:3,\"Unknown AT Command\"\r\n>",
                ),
            ],
        },
        Exchange {
            source: "notes 12: 00-1F and 7F are dropped",
            profiles: FIRMWARE,
            scene: Scene::Echoing,
            steps: vec![
                step(b"\x7fA\x00\x01\x1fT\x7f\r\n", b"AT\r\nOK\r\n>"),
                step(
                    b"AT+WSTAC=1,\"a\x7fb\"\r\nAT+WSTAC=1\r\n",
                    b"AT+WSTAC=1,\"ab\"\r\nOK\r\n>AT+WSTAC=1\r\n+WSTAC:1,\"ab\"\r\nOK\r\n>",
                ),
            ],
        },
    ]);
}

#[test]
fn a_write_needs_a_peer() {
    play(&[
        Exchange {
            source: "notes 12: ERROR:10 comes only before SOCKBR; section 6",
            profiles: &[NEW],
            scene: Scene::Opened,
            steps: vec![
                line("AT+SOCKWR={id},1,\"x\"", NOT_FOUND),
                line("AT+SOCKWR={id},1", NOT_FOUND),
                line("AT+SOCKBR={id},\"192.168.0.2\",80", "OK\r\n"),
                line("AT+SOCKWR={id},1,\"x\"", SEND_FAILED),
                line("AT+SOCKWR={id},1", "\r\n#"),
                step("x", "\r\nOK\r\n"),
            ],
        },
        Exchange {
            source: "notes 6: 0.2.0 knows no peer at all",
            profiles: &[OLD],
            scene: Scene::Opened,
            steps: vec![
                line("AT+SOCKWR={id},1,\"x\"", SEND_FAILED),
                line("AT+SOCKBR={id},\"192.168.0.2\",80", "OK\r\n"),
                line("AT+SOCKWR={id},1,\"x\"", SEND_FAILED),
            ],
        },
        Exchange {
            source: "at_socket.c of 0.3.2: a close that is told of is the end of SOCKBR",
            profiles: &[NEW],
            scene: Scene::Connected(ASKED),
            steps: vec![
                line("AT+SOCKWR={id},1,\".\"", "OK\r\n\r+SOCKCL:{id}\r\n"),
                line("AT+SOCKWR={id},1,\"x\"", NOT_FOUND),
                line("AT+SOCKWR={id},1", NOT_FOUND),
                line("AT+SOCKCL={id}", "OK\r\n"),
            ],
        },
    ]);
}

#[test]
fn certificates_have_four_types_at_most() {
    let unknown = "ERROR:1,\"General Error\"\r\n";
    let others = || ["0", "5", "-1", "\"1\""].map(|other| format!("AT+READCERT={other}"));
    let refused = |status: &str| others().map(|command| line(&command, status)).into();
    play(&[
        Exchange {
            source: "notes 12: other types answer ERROR:1",
            profiles: FIRMWARE,
            scene: Scene::Offline,
            steps: refused(unknown),
        },
        Exchange {
            source: "notes 12: type 4 exists from 0.3.1",
            profiles: &[OLD],
            scene: Scene::Offline,
            steps: vec![line("AT+READCERT=4", unknown)],
        },
        Exchange {
            source: "notes 12: type 4 exists from 0.3.1",
            profiles: &[NEW],
            scene: Scene::Offline,
            steps: vec![line("AT+READCERT=4", &signer())],
        },
        Exchange {
            source: "reference 3.6.2 has three types",
            profiles: &[REFERENCE],
            scene: Scene::Offline,
            steps: vec![line("AT+READCERT=4", "ERROR:4\r\n")],
        },
    ]);
}

/// The answer of a module that tells who has signed its certificate.
fn signer() -> String {
    let pem = include_str!("../src/microchip/general/certificates/signer.pem");
    let (length, text) = (pem.len(), pem.replace('\n', "\\n"));
    format!("+READCERT:4, {length},\"{text}\"\r\nOK\r\n")
}

#[test]
fn the_count_of_what_is_announced_wraps() {
    play(&[
        Exchange {
            source: "notes 12: what comes during a binary write is not announced, reading it wraps \
                     the 16 bits of the count, and a host must ask",
            profiles: &[NEW],
            scene: Scene::Connected(ASKED),
            steps: vec![
                line("AT+SOCKWR={id},1,\"?\"\r\nAT+SOCKWR={id},1", "OK\r\n\r\n#"),
                step("x", "\r\nOK\r\n"),
                line("AT+SOCKRD={id},2,99", "+SOCKRD:{id},7,\r\n#unheardOK\r\n"),
                line("AT+SOCKWR={id},1,\"!\"", "OK\r\n"),
                line("AT+SOCKRD={id},2,99", "+SOCKRD:{id},5,\r\n#heardOK\r\n"),
                // at_socket.c: the arrival that was not announced has set the count right.
                line("AT+SOCKWR={id},1,\"!\"", "OK\r\n\r+SOCKRXT:{id},5\r\n"),
            ],
        },
        Exchange {
            source: "notes 2: 0.2.0 announces in binary mode",
            profiles: &[OLD],
            scene: Scene::Connected(ASKED),
            steps: vec![
                line(
                    "AT+SOCKWR={id},1,\"?\"\r\nAT+SOCKWR={id},1",
                    "OK\r\n\r\n#+SOCKRXT:{id},7\r\n",
                ),
                step("x", "\r\nOK\r\n"),
                line("AT+SOCKRD={id},2,99", "+SOCKRD:{id},7,\r\n#unheardOK\r\n"),
                line("AT+SOCKWR={id},1,\"!\"", "OK\r\n\r+SOCKRXT:{id},5\r\n"),
            ],
        },
    ]);
}

#[test]
fn a_write_without_room_is_refused_as_text_and_dropped_as_binary_data() {
    // A line holds fewer bytes than the buffer.
    let text = format!("AT+SOCKWR={{id}},200,\"{}\"", "x".repeat(200));
    let mut steps: Vec<Step> = (0..7).map(|_| line(&text, "OK\r\n")).collect();
    steps.extend([
        line(&text, SEND_FAILED),
        line("AT+SOCKWR={id},61", "\r\n#"),
        step("y".repeat(61), "\r\nOK\r\n"),
        // What was dropped has taken no room.
        line("AT+SOCKWR={id},60", "\r\n#"),
        step("z".repeat(60), "\r\nOK\r\n"),
        line("AT+SOCKWR={id},1,\"x\"", SEND_FAILED),
    ]);
    play(&[Exchange {
        source: "notes 12: 1460 bytes have room",
        profiles: FIRMWARE,
        scene: Scene::Connected(CLOGGED),
        steps,
    }]);
}

#[test]
fn a_connection_that_fails_takes_its_socket_along_in_firmware_only() {
    play(&[
        Exchange {
            source: "notes 12 and 6",
            profiles: FIRMWARE,
            scene: Scene::Opened,
            steps: vec![
                line(
                    "AT+SOCKBR={id},\"192.168.101.110\",1",
                    "OK\r\n\r+SOCKERR:{id},14,Socket Bind Failed\r\n",
                )
                .patiently(),
                line("AT+SOCKCL={id}", NOT_FOUND),
            ],
        },
        Exchange {
            source: "notes 12; reference 7.4",
            profiles: &[REFERENCE],
            scene: Scene::Opened,
            steps: vec![
                line(
                    "AT+SOCKBR={id},\"192.168.101.110\",1",
                    "OK\r\n+SOCKERR:{id},14,\"Socket Bind Failed\"\r\n",
                )
                .patiently(),
                line("AT+SOCKCL={id}", "OK\r\n"),
                line("AT+SOCKCL={id}", "ERROR:10\r\n"),
            ],
        },
    ]);
}

#[test]
fn an_empty_datagram_as_text_is_refused_and_sets_the_destination() {
    play(&[Exchange {
        source: "notes 12; 2: binary data goes to a destination that is set",
        profiles: FIRMWARE,
        scene: Scene::Datagrams,
        steps: vec![
            line("AT+SOCKWRTO={id},\"192.168.101.110\",1000,1", "\r\n#"),
            step("x", "\r\nOK\r\n"),
            line("AT+SOCKWRTO={id},\"192.168.101.110\",7,0,\"\"", SEND_FAILED),
            line("AT+SOCKWRTO={id},\"192.168.101.110\",1000,4", "\r\n#"),
            step(
                "echo",
                "\r\nOK\r\n\r+SOCKRXU:{id},\"192.168.101.110\",7,4\r\n",
            ),
        ],
    }]);
}

#[test]
fn tls_uses_the_first_configuration_and_checks_no_name() {
    let tls = |settings: &[&str], index: u8, event: &str| {
        let settings = settings.iter();
        let mut steps: Vec<Step> = settings
            .map(|setting| line(&format!("AT+TLSC={setting}"), "OK\r\n"))
            .collect();
        steps.push(line(
            &format!("AT+SOCKTLS={{id}},{index}"),
            &format!("OK\r\n\r{event}\r\n"),
        ));
        steps
    };
    let exchange = |source, steps| Exchange {
        source,
        profiles: FIRMWARE,
        scene: Scene::Connected(TLS),
        steps,
    };
    let (open, failed) = ("+SOCKTLS:{id}", "+SOCKERR:{id},15,Socket TLS Failed");
    let (own, foreign) = ("1,1,\"authority\"", "1,1,\"other\"");
    play(&[
        exchange(
            "notes 12: configuration 1, whichever is asked for",
            tls(&[foreign, "2,1,\"authority\""], 2, failed),
        ),
        exchange(
            "notes 12: configuration 1, whichever is asked for",
            tls(&[own, "2,1,\"other\""], 2, open),
        ),
        exchange(
            "notes 12: the name is never checked",
            tls(&[own, "1,5,\"wrong.example.test\""], 1, open),
        ),
        exchange(
            "notes 12: a missing CA means no check",
            tls(&["1,1,\"nowhere\""], 1, open),
        ),
        exchange("notes 12: a missing CA means no check", tls(&[], 1, open)),
    ]);
}

#[test]
fn more_than_was_announced_is_the_end() {
    play(&[
        Exchange {
            source: "notes 12 and 2: across looks at the UART, the count goes beyond the length",
            profiles: FIRMWARE,
            scene: Scene::Connected(ECHO),
            steps: vec![
                line("AT+SOCKWR={id},5", "\r\n#"),
                step("hel", ""),
                step("lo!", ""),
                line("AT", ""),
                step("+++", ""),
                step(b"\x1b\r\n", ""),
                line("AT+RST", "").slowly(),
            ],
        },
        Exchange {
            source: "notes 12: payload that may be owed is paid byte by byte at 60 ms",
            profiles: ALL,
            scene: Scene::Offline,
            steps: vec![step("\n\n\n\n\n", "").slowly(), line("AT", "OK\r\n")],
        },
        Exchange {
            source: "notes 12: payload that may be owed is paid byte by byte at 60 ms",
            profiles: FIRMWARE,
            scene: Scene::Connected(ECHO),
            steps: vec![
                line("AT+SOCKWR={id},5", "\r\n#"),
                step("he", ""),
                step("\n\n\n", "\r\nOK\r\n\r+SOCKRXT:{id},5\r\n").slowly(),
                step("\n\n\n", "").slowly(),
                line("AT", "OK\r\n"),
            ],
        },
    ]);
}
