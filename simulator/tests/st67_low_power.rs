//! Chapter 7 of the ST67W611M1's reference.

use std::time::Duration;

use crate::support::Host;
use atwifi_simulator::{Config, MemoryNetwork, Profile};

fn host(profile: Profile) -> Host {
    Host::new(Config::new(profile), MemoryNetwork::new())
}

/// 7.1.1 to 7.1.11
#[test]
fn the_examples_of_the_reference() {
    host(Profile::St67Reference).play(&[
        ("AT+PWR=0", "OK\r\n"),
        ("AT+SLWKIO=28,0", "OK\r\n"),
        ("AT+DEWKIO=28", "OK\r\n"),
        ("AT+SLWKTIMER=0,5000", "OK\r\n"),
        ("AT+SLWKDTIM=10", "OK\r\n"),
        ("AT+SLCLDTIM", "OK\r\n"),
        ("AT+TWT_PARAM=1,1,13,128,1000", "OK\r\n"),
        ("AT+TWT_TEARDOWN=0,1", "ERROR\r\n"),
        ("AT+GET_CLOCK", "+GET_CLOCK:1\r\nOK\r\n"),
        ("AT+SET_CLOCK=2", "OK\r\n"),
        ("AT+GET_CLOCK", "+GET_CLOCK:2\r\nOK\r\n"),
    ]);
    let mut host = held_awake(Profile::St67Reference);
    host.play(&[
        ("AT+PWR=2", "OK\r\n"),
        ("AT+PWR=2,1", "OK\r\n"),
        ("AT+TWT_SLEEP", "OK\r\n"),
        ("AT+TWT_TEARDOWN=0,0,1", "OK\r\n"),
        ("AT+TWT_SLEEP", "OK\r\n"),
        ("AT+TWT_TEARDOWN=0,1", "OK\r\n"),
    ]);
}

/// A module that is kept awake by its pin.
fn held_awake(profile: Profile) -> Host {
    let mut host = host(profile);
    let ok = match profile {
        Profile::St67Reference => "OK\r\n",
        _ => "\r\nOK\r\n",
    };
    host.play(&[("AT+SLWKIO=28,0", ok)]);
    host.simulation.wake_pin(true);
    host
}

/// 7.1.1, 7.1.2, 7.1.4
#[test]
fn in_standby_it_hears_nothing_until_it_is_woken() {
    let mut host = host(Profile::St67Fw2_0_75);
    host.play(&[("AT+PWR=2", "\r\nOK\r\n")]);
    assert!(host.simulation.sleeps());
    host.simulation.wake_pin(true);
    assert!(host.simulation.sleeps(), "no pin wakes it");
    host.play(&[("AT", "")]);
    host.simulation.wake();
    host.simulation.advance(Duration::from_millis(19));
    host.write(b"AT\r\n");
    host.simulation.advance(Duration::from_millis(1));
    host.play(&[("AT+SLWKIO=28,0", "\r\nOK\r\n"), ("AT", "")]);
    host.simulation.wake_pin(false);
    host.simulation.wake_pin(true);
    host.simulation.advance(Duration::from_millis(20));
    host.play(&[("AT", "\r\nOK\r\n"), ("AT", "\r\nOK\r\n")]);
    host.simulation.wake_pin(false);
    host.simulation.emit(b"+CW:SCAN_DONE\r\n");
    assert_eq!(host.read(), b"+CW:SCAN_DONE\r\n");
    assert!(!host.simulation.sleeps(), "it has just spoken");
    host.simulation.advance(Duration::from_millis(10));
    assert!(host.simulation.sleeps());
    host.simulation.wake_pin(true);
    host.simulation.advance(Duration::from_millis(20));
    host.play(&[
        ("AT+SLWKTIMER=0,60000", "\r\nOK\r\n"),
        ("AT+PWR=2", "\r\nOK\r\n"),
    ]);
    host.simulation.wake_pin(false);
    host.play(&[("AT", "")]);
    host.simulation.advance(Duration::from_secs(60));
    host.play(&[
        ("AT", "\r\nOK\r\n"),
        ("AT+PWR=0", "\r\nOK\r\n"),
        ("AT", "\r\nOK\r\n"),
    ]);
}

#[test]
fn what_the_reference_refuses() {
    host(Profile::St67Reference).play(&[
        ("AT+PWR=1", "ERROR\r\n"),
        ("AT+PWR=2,2", "ERROR\r\n"),
        ("AT+SLWKIO=5,0", "ERROR\r\n"),
        ("AT+SLWKIO=28,1", "ERROR\r\n"),
        ("AT+SLWKTIMER=1,5000", "ERROR\r\n"),
        ("AT+TWT_PARAM=3,1,13,128,1000", "ERROR\r\n"),
        ("AT+TWT_PARAM=1,1,13,128", "ERROR\r\n"),
        ("AT+SET_CLOCK=4", "ERROR\r\n"),
    ]);
    held_awake(Profile::St67Reference).play(&[
        ("AT+TWT_SLEEP", "OK\r\n"),
        ("AT+TWT_TEARDOWN=0,0", "ERROR\r\n"),
        ("AT+TWT_TEARDOWN=1,1", "ERROR\r\n"),
    ]);
}

#[test]
fn the_firmware_restarts_for_a_new_clock() {
    host(Profile::St67Fw2_0_75).play(&[
        ("AT+SET_CLOCK=1", "\r\nOK\r\n"),
        ("AT+SET_CLOCK=9", "\r\nOK\r\n"),
        ("AT+SET_CLOCK=3", "\r\nready\r\n"),
        ("AT+GET_CLOCK", "+GET_CLOCK:3\r\n\r\nOK\r\n"),
    ]);
}

#[test]
fn the_firmware_hibernates_without_a_word() {
    let mut host = host(Profile::St67Fw2_0_75);
    host.play(&[("AT+PWR=1", ""), ("AT", "")]);
    host.simulation.wake();
    host.expect("\r\nready\r\n");
    host.play(&[
        ("AT", "\r\nOK\r\n"),
        ("AT+SLWKTIMER=1,60000", "\r\nOK\r\n"),
        ("AT+PWR=1", ""),
    ]);
    host.simulation.advance(Duration::from_secs(50));
    assert_eq!(host.read(), b"");
    host.simulation.advance(Duration::from_secs(10));
    assert_eq!(host.read(), b"\r\nready\r\n");
}
