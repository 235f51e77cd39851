//! What the driver logs: the story, and never a secret.

use std::cell::RefCell;

use crate::common::service::spoilt;
use crate::common::*;
use atwifi::Error;
use atwifi::st67::St67;
use atwifi::st67::command::basic::Test;
use atwifi::st67::command::ble::{Connection, EnterPasskey, Passkey};
use atwifi_simulator::{FaultKind, Faults, Profile, Simulation};
use log::{Level, LevelFilter, Log, Metadata, Record};

thread_local! {
    static LOGGED: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread, that is each test, logs.
struct Keep;

impl Log for Keep {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.target().starts_with("atwifi::")
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LOGGED.with_borrow_mut(|logged| logged.push(line));
        }
    }

    fn flush(&self) {}
}

/// What the story logs, on each firmware of a dialect.
fn logs<D: UnderTest>() -> impl Iterator<Item = Vec<(Level, String)>> {
    let _ = log::set_logger(&Keep);
    log::set_max_level(LevelFilter::Trace);
    simulations::<D>(|config| config).map(|simulation| {
        LOGGED.take();
        with_driver::<D, _>(&simulation, |module| {
            let told = story(module, &simulation, 300);
            assert_eq!(told.error, None);
        });
        LOGGED.take()
    })
}

fn at_level(logged: &[(Level, String)], level: Level) -> Vec<&str> {
    let lines = logged.iter().filter(|(l, _)| *l == level);
    lines.map(|(_, line)| line.as_str()).collect()
}

fn info_tells_the_story<D: UnderTest>() {
    for logged in logs::<D>() {
        let story = at_level(&logged, Level::Info);
        let link = story[3].split(':').next().unwrap();
        let expected = [
            "joining",
            "joined: 192.168.1.50",
            "resolved: 10.0.0.7",
            &format!("{link}: connected to 10.0.0.7:7"),
            &format!("{link}: closed"),
        ];
        assert_eq!(story, expected);
    }
}

fn debug_tells_each_exchange_and_trace_each_line<D: UnderTest>() {
    for logged in logs::<D>() {
        let exchanges = at_level(&logged, Level::Debug);
        let commands = exchanges.iter().filter(|line| line.starts_with("> AT"));
        let results = exchanges.iter().filter(|line| line.starts_with("< "));
        assert!(commands.clone().count() >= 8);
        assert_eq!(commands.count(), results.count());
        let lines = at_level(&logged, Level::Trace);
        let sent = lines.iter().filter_map(|line| {
            let length = line.strip_prefix("> payload: ")?.strip_suffix(" bytes")?;
            length.parse::<usize>().ok()
        });
        assert_eq!(sent.sum::<usize>(), payload().len());
        assert!(lines.contains(&"< OK"));
    }
}

fn no_text_and_no_payload_is_logged<D: UnderTest>() {
    for logged in logs::<D>() {
        for (_, line) in &logged {
            for secret in ["home", "sweet", "12345678", "IPD:0,5", "example"] {
                assert!(!line.contains(secret), "{line}");
            }
        }
    }
}

/// Collects what is logged meanwhile.
fn logged(call: impl FnOnce()) -> Vec<(Level, String)> {
    let _ = log::set_logger(&Keep);
    log::set_max_level(LevelFilter::Trace);
    LOGGED.take();
    call();
    LOGGED.take()
}

#[test]
fn a_passkey_is_not_logged() {
    let uart = met::<St67>()
        .answer("AT+BLESECPASSKEY=0,731946\r\n", "\r\nOK\r\n")
        .say("+BLE:PASSKEYDISPLAY:731946\r\n");
    let logged = logged(|| {
        with_mock::<St67, _>(&uart, |module| {
            let enter = EnterPasskey {
                connection: Connection::new(0).unwrap(),
                passkey: Passkey::new(731_946).unwrap(),
            };
            module.command(&enter).unwrap();
            let event = format!("{:?}", module.poll().unwrap());
            assert!(!event.contains("731946"), "{event}");
        });
    });
    assert!(at_level(&logged, Level::Debug).contains(&"> AT+BLESECPASSKEY"));
    for (_, line) in logged {
        assert!(!line.contains("731946"), "{line}");
    }
}

#[test]
fn what_is_left_of_a_line_is_not_logged() {
    let uart = met::<St67>()
        .answer("AT\r\n", "\r\nOK\r\n")
        .answer("AT+CWSTATE?\r\n", "+CWSTATE:2,\"")
        // Its beginning is lost.
        .answer(
            "AT+CIPDINFO?\r\n",
            "+HOME:4711\"\r\n+CIPDINFO:true\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPSTATE?\r\n", "\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT+CWSTATE?\r\n", "+CWSTATE:0,\"\"\r\n\r\nOK\r\n");
    let logged = logged(|| {
        with_mock::<St67, _>(&uart, |module| {
            module.command(&Test).unwrap();
            let _ = uart.clone().fail_read_after(4);
            assert!(matches!(module.link_state(), Err(Error::Transport(_))));
            module.link_state().unwrap();
        });
    });
    assert!(at_level(&logged, Level::Trace).contains(&"< ?"));
    for (_, line) in logged {
        assert!(!line.contains("4711"), "{line}");
    }
}

/// A private key, and a certificate, in lines that begin like events and results; a name of a file.
fn pem() -> String {
    let lines = [
        "-----BEGIN PRIVATE KEY-----",
        "+MIIEVQIBADANBGKQHKIG9W0BAQEFAASCBKCWGGSJAGEAAOIBAQC7VJTUT9US8CKJ",
        "+IPD4711KEYMATERIALKEYMATERIALKEYMATERIALKEYMATERIALKEYMATERIALK",
        "OK4711KEYMATERIAL",
        "ERROR4711",
        "+KEY4711Q=",
        "-----END PRIVATE KEY-----",
        "",
    ];
    lines.join("\r\n")
}

/// What may not be seen: what only the key, the certificate and the names have.
const SECRETS: [&str; 6] = ["MII", "4711", "MATERIAL", "BAQEFAASC", "secret.pem", "KEY"];

/// Written, read back, and with a byte lost, changed or added anywhere, so that what is read back is taken
/// for lines.
#[test]
fn no_key_is_logged_whatever_becomes_of_it() {
    let load =
        |module: &mut Driver<'_, St67>| module.load_certificate("secret.pem", pem().as_bytes());
    let simulation = Simulation::new(config(Profile::St67Fw2_0_75), Network::default().build());
    with_joined::<St67, _>(&simulation, |module| {
        let before = (simulation.to_module(), simulation.to_host());
        let whole = logged(|| load(module).unwrap());
        assert!(!whole.is_empty());
        let cost = (
            simulation.to_module() - before.0,
            simulation.to_host() - before.1,
        );
        let mut all = whole;
        for kind in [
            FaultKind::Drop(1),
            FaultKind::Drop(9),
            FaultKind::Corrupt(0x04),
            FaultKind::Insert(b"\r\n".to_vec()),
        ] {
            for (is_to_module, bytes) in [(true, cost.0), (false, cost.1)] {
                for at in (0..bytes).step_by(2) {
                    let now = match is_to_module {
                        true => simulation.to_module(),
                        false => simulation.to_host(),
                    };
                    simulation.set_faults(spoilt(is_to_module, now + at, kind.clone()));
                    all.extend(logged(|| {
                        let _ = load(module);
                    }));
                    simulation.set_faults(Faults::default());
                    // What was left open is found here.
                    all.extend(logged(|| {
                        let _ = module.link_state();
                    }));
                }
            }
        }
        for (_, line) in all {
            for secret in SECRETS {
                assert!(!line.contains(secret), "{line}");
            }
        }
    });
}

on_both_dialects! {
    info_tells_the_story
    debug_tells_each_exchange_and_trace_each_line
    no_text_and_no_payload_is_logged
}
