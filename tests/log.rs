//! What the driver logs: the story, and never a secret.

mod common;

use std::cell::RefCell;

use atwifi::Error;
use atwifi::st67::St67;
use atwifi::st67::command::basic::Test;
use atwifi::st67::command::ble::{Connection, EnterPasskey, Passkey};
use common::*;
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

on_both_dialects! {
    info_tells_the_story
    debug_tells_each_exchange_and_trace_each_line
    no_text_and_no_payload_is_logged
}
