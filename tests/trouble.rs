//! Bad input, bad luck and hostile modules: typed errors, nothing lost, and a way back.

mod common;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use atwifi::st67::{Reason, St67, Status, command::basic::Test};
use atwifi::{Clock as _, Closed, Error, Event, Module, Resource, Usage, mock, st67};
use atwifi_simulator::{Config, Fault, FaultKind, Faults, PortError, Profile, Simulation};
use common::*;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use proptest::prelude::*;

fn simulation(change: impl Fn(Config) -> Config) -> impl Iterator<Item = Simulation> {
    Profile::ST67
        .into_iter()
        .map(move |profile| Simulation::new(change(config(profile)), Network::default().build()))
}

#[test]
fn every_byte_value_in_ssid_and_password_arrives_or_is_refused() {
    for simulation in simulation(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let mut refused = 0;
            for byte in 0..=255_u8 {
                for (ssid, password) in [
                    (vec![b'a', byte, b'z'], b"12345678".to_vec()),
                    (b"net".to_vec(), [byte; 9].to_vec()),
                ] {
                    let before = simulation.to_module();
                    match module.join(&ssid, &password) {
                        Err(Error::Usage(Usage::Byte(b))) => {
                            assert_eq!(
                                (b, simulation.to_module()),
                                (byte, before),
                                "refused after bytes were sent"
                            );
                            refused += 1;
                        }
                        _ => assert_eq!(
                            simulation.joined(),
                            Some((ssid, password)),
                            "byte {byte:#04x}"
                        ),
                    }
                }
            }
            assert_eq!(refused, 2 * 3, "NUL, CR and LF");
        });
    }
}

#[test]
fn text_over_its_limit_is_refused_before_a_byte_is_sent() {
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let before = simulation.to_module();
            assert_eq!(
                module.join([b'x'; 33], "password"),
                Err(Error::Usage(Usage::TooLong(32)))
            );
            assert_eq!(
                module.join("net", [b'x'; 65]),
                Err(Error::Usage(Usage::TooLong(64)))
            );
            assert_eq!(module.join("", "password"), Err(Error::Usage(Usage::Empty)));
            let long = "x".repeat(128);
            let name = module.get_host_by_name(&long, AddrType::IPv4);
            assert_eq!(
                name,
                Err(nb::Error::Other(Error::Usage(Usage::TooLong(127))))
            );
            let name = module.get_host_by_name("a\r\nAT+RESTORE", AddrType::IPv4);
            assert_eq!(
                name,
                Err(nb::Error::Other(Error::Usage(Usage::Byte(b'\r'))))
            );
            assert_eq!(simulation.to_module(), before);
            // The longest that is allowed arrives.
            module.join([b','; 32], [b'"'; 64]).unwrap_err();
            assert_eq!(simulation.joined(), Some((vec![b','; 32], vec![b'"'; 64])));
        });
    }
}

#[test]
fn joining_names_the_modules_own_reason() {
    for reason in 1..=25 {
        if matches!(reason, 19 | 20 | 25) {
            // The user left, or the station tries again: no failure to join.
            continue;
        }
        let network = Network::default().build();
        let access_point = atwifi_simulator::AccessPoint::new("net", "12345678").refusing(reason);
        let mut config = Config::new(Profile::St67Fw2_0_75);
        config.access_points.push(access_point);
        let simulation = Simulation::new(config, network);
        with_driver::<St67, _>(&simulation, |module| {
            let expected = Status::Join(Reason::from(u16::from(reason)));
            assert_eq!(module.join("net", "12345678"), Err(Error::Module(expected)));
        });
    }
    for simulation in simulation(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            for (ssid, password) in [(SSID, &b"wrong password"[..]), (b"nowhere", PASSWORD)] {
                match module.join(ssid, password) {
                    Err(Error::Module(Status::Join(_) | Status::JoinError(_))) => {}
                    other => panic!("{other:?}"),
                }
            }
            module.join(SSID, PASSWORD).unwrap();
        });
    }
}

#[test]
fn joining_without_dhcp_ends_at_the_deadline() {
    let mut config = Config::new(Profile::St67Fw2_0_75);
    config
        .access_points
        .push(atwifi_simulator::AccessPoint::new("net", "12345678").without_dhcp());
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<St67, _>(&simulation, |module| {
        module.reset().unwrap();
        let before = simulation.now();
        assert_eq!(module.join("net", "12345678"), Err(Error::Timeout));
        let taken = simulation.now() - before;
        assert!(
            taken < Duration::from_millis(u64::from(module.timeouts.join) + 100),
            "{taken:?}"
        );
        assert_eq!(module.link_state(), Ok(atwifi::LinkState::NoAddress));
    });
}

#[test]
fn state_and_addresses() {
    for simulation in simulation(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            assert_eq!(module.link_state(), Ok(atwifi::LinkState::Idle));
            let ip = module.join(SSID, PASSWORD).unwrap();
            assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
            let addresses = module.addresses().unwrap();
            assert_eq!(addresses.ip, ip);
            assert_eq!(
                addresses.netmask,
                Some(std::net::Ipv4Addr::new(255, 255, 255, 0))
            );
            module.leave().unwrap();
            assert_ne!(module.link_state(), Ok(atwifi::LinkState::Up));
        });
    }
}

#[test]
fn a_buffer_too_small_is_refused_when_it_is_lent() {
    let (mut line, mut ahead) = ([0; 100], [[0; 16]; 1]);
    let module = st67::Module::new(mock::Uart::new(), mock::Clock::new(), &mut line, &mut ahead);
    let needed = st67::Module::<mock::Uart, mock::Clock>::LINE_BUFFER;
    assert_eq!(
        module.err(),
        Some(Error::Usage(Usage::BufferTooSmall(needed)))
    );
    // The least that is allowed carries the whole story.
    for simulation in simulation(|config| config) {
        with_memory::<St67, _, 1>(&simulation, needed, &mut [[0; 1]; 1], |module| {
            module.reset().unwrap();
            let told = story(module, &simulation, 1);
            assert!(told.error.is_none(), "{:?}", told.error);
            assert_eq!(told.received, payload());
        });
    }
}

#[test]
fn events_wait_for_poll_and_the_lost_ones_are_counted() {
    for simulation in simulation(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let mut seen = Vec::new();
            while let Some(event) = module.poll().unwrap() {
                seen.push(format!("{event:?}"));
            }
            assert!(seen.contains(&"StationConnected".to_string()), "{seen:?}");
            assert!(
                seen.contains(&"StationAddress(None)".to_string()),
                "{seen:?}"
            );
            for _ in 0..500 {
                simulation.emit(b"+CW:SCAN_DONE\r\n");
                module.command(&Test).unwrap();
            }
            let Some(Event::Lost(lost)) = module.poll().unwrap() else {
                panic!("nothing lost?")
            };
            let mut kept = 0;
            while let Some(event) = module.poll().unwrap() {
                assert_eq!(event, Event::ScanDone);
                kept += 1;
            }
            assert_eq!(usize::from(lost) + kept, 500);
            assert!(kept > 5);
            simulation.emit(b"+NEW:\"thing\",1\r\n");
            assert_eq!(
                module.poll().unwrap(),
                Some(Event::Other(b"+NEW:\"thing\",1"))
            );
        });
    }
}

#[test]
fn a_restart_while_idle_is_told_and_survived() {
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            while module.poll().unwrap().is_some() {}
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            simulation.reset_module();
            simulation.advance(Duration::from_secs(2));
            assert_eq!(
                module.receive(&mut socket, &mut [0; 8]),
                Err(nb::Error::Other(Error::ModuleReset))
            );
            assert_eq!(
                module.send(&mut socket, b"x"),
                Err(nb::Error::Other(Error::ModuleReset))
            );
            assert_eq!(module.poll().unwrap(), Some(Event::ModuleReset));
            module.join(SSID, PASSWORD).unwrap();
            flat(module.connect(&mut socket, at(ECHO))).expect("the handle can be connected again");
            let mut got = Vec::new();
            flat(module.send(&mut socket, b"again")).unwrap();
            receive_until(module, &simulation, &mut socket, 9, &mut got, |got| {
                got.len() >= 5
            })
            .unwrap();
            assert_eq!(got, b"again");
        });
    }
}

#[test]
fn resets_by_pin() {
    struct Pin(Simulation);
    impl embedded_hal::digital::ErrorType for Pin {
        type Error = core::convert::Infallible;
    }
    impl embedded_hal::digital::OutputPin for Pin {
        fn set_low(&mut self) -> Result<(), Self::Error> {
            self.0.reset_pin(false);
            Ok(())
        }
        fn set_high(&mut self) -> Result<(), Self::Error> {
            self.0.reset_pin(true);
            Ok(())
        }
    }
    struct Delay(Simulation);
    impl embedded_hal::delay::DelayNs for Delay {
        fn delay_ns(&mut self, ns: u32) {
            self.0.advance(Duration::from_nanos(u64::from(ns)));
        }
    }
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let (mut pin, mut delay) = (Pin(simulation.clone()), Delay(simulation.clone()));
            module.reset_by_pin(&mut pin, &mut delay).unwrap();
            assert!(story(module, &simulation, 50).error.is_none());
        });
    }
}

#[test]
fn a_late_reply_never_answers_another_command() {
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            for late in [7, 9, 20] {
                let number = simulation.commands();
                simulation.set_faults(Faults {
                    late: vec![(number, Duration::from_secs(late))],
                    ..Faults::default()
                });
                assert_eq!(module.link_state(), Err(Error::Timeout));
                // Each of these has a reply of its own kind.
                assert_eq!(
                    module.addresses().unwrap().ip,
                    std::net::Ipv4Addr::new(192, 168, 1, 50)
                );
                assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
                module.command(&Test).unwrap();
            }
        });
    }
}

#[test]
fn a_busy_module_is_asked_again() {
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            for _ in 0..3 {
                let number = simulation.commands();
                simulation.set_faults(Faults {
                    busy: vec![number],
                    ..Faults::default()
                });
                assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
                let number = simulation.commands();
                simulation.set_faults(Faults {
                    busy: vec![number, number + 3],
                    ..Faults::default()
                });
                assert!(
                    story(module, &simulation, 50).error.is_none(),
                    "{}",
                    simulation.transcript()
                );
            }
        });
    }
}

#[test]
fn an_overrun_is_reported_and_what_it_hid_is_found() {
    for simulation in simulation(|config| config.with_baud(921_600)) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            flat(module.send(&mut socket, b"hidden")).unwrap();
            simulation.set_faults(Faults {
                fifo: Some(4),
                ..Faults::default()
            });
            // The firmware is busy elsewhere while the announcement comes.
            simulation.advance(Duration::from_millis(100));
            let lost = module.receive(&mut socket, &mut [0; 64]);
            assert_eq!(
                lost,
                Err(nb::Error::Other(Error::Transport(PortError::Overrun)))
            );
            simulation.set_faults(Faults::default());
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 64, &mut got, |got| {
                got.len() >= 6
            })
            .unwrap();
            assert_eq!(got, b"hidden");
        });
    }
}

#[test]
fn a_missed_close_is_found() {
    for simulation in simulation(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(SHORT))).unwrap();
            flat(module.send(&mut socket, b"\r\n\r\n")).unwrap();
            // The announcement and the notice of the close are lost on the wire.
            let next = simulation.to_host();
            let cut = Fault {
                at: next,
                kind: FaultKind::Cut(Duration::from_secs(1)),
            };
            simulation.set_faults(Faults {
                to_host: vec![cut],
                ..Faults::default()
            });
            simulation.advance(Duration::from_secs(2));
            simulation.set_faults(Faults::default());
            let refused = module.send(&mut socket, b"x");
            assert_eq!(
                refused,
                Err(nb::Error::Other(Error::Closed(Closed::ByPeer))),
                "{}",
                simulation.transcript()
            );
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 64, &mut got, |_| false).unwrap();
            assert_eq!(got, b"bye");
        });
    }
}

#[test]
fn the_idle_hook_runs_and_breaks_a_wait_off() {
    let simulation = Simulation::new(config(Profile::St67Fw2_0_75), Network::default().build());
    let (mut line, mut ahead) = ([0; 640], [[0; 64]; 1]);
    let budget = Rc::new(Cell::new(u32::MAX));
    let left = budget.clone();
    let clock = SimClock(simulation.clone()).on_idle(move || {
        left.set(left.get() - 1);
        if left.get() == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let mut module = st67::Module::new(simulation.port(), clock, &mut line, &mut ahead).unwrap();
    module.reset().unwrap();
    assert!(u32::MAX - budget.get() > 100, "the hook ran");
    for patience in [1, 2, 5, 10, 100, 700, 1000, 1900] {
        budget.set(patience);
        assert_eq!(
            module.join(SSID, PASSWORD),
            Err(Error::Interrupted),
            "after {patience} calls"
        );
        budget.set(u32::MAX);
        assert!(module.link_state().is_ok());
    }
    module.join(SSID, PASSWORD).unwrap();
}

/// What the driver does with a module it has not met, up to the first command of the test.
fn set_up_script() -> mock::Uart {
    [
        "ATE0",
        "AT+SYSLOG=1",
        "AT+SYSSTORE=0",
        "AT+CIPMUX=1",
        "AT+CIPRECVMODE=1",
        "AT+CIPDINFO=1",
    ]
    .iter()
    .fold(
        mock::Uart::new().answer("AT+CIPMUX?\r\n", "+CIPMUX:0\r\n\r\nOK\r\n"),
        |uart, command| uart.answer(format!("{command}\r\n"), "\r\nOK\r\n"),
    )
}

fn with_mock<R>(
    uart: &mock::Uart,
    test: impl FnOnce(&mut st67::Module<'_, mock::Uart, mock::Clock>) -> R,
) -> R {
    let (mut line, mut ahead) = ([0; 640], [[0; 64]; 2]);
    test(&mut Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut ahead).unwrap())
}

#[test]
fn a_line_longer_than_the_buffer_is_a_typed_error_and_the_link_stays_in_step() {
    let long = format!("+CWSTATE:2,\"{}\"\r\n\r\nOK\r\n", "x".repeat(700));
    let uart = set_up_script()
        .answer("AT+CWSTATE?\r\n", long)
        .answer("AT\r\n", "\r\nOK\r\n");
    with_mock(&uart, |module| {
        assert_eq!(
            module.link_state(),
            Err(Error::Resource(Resource::LineBuffer))
        );
        module.command(&Test).unwrap();
    });
    uart.assert_done();
}

#[test]
fn a_reply_that_makes_no_sense_is_malformed() {
    for reply in [
        "+CWSTATE:\r\n",
        "+CWSTATE:999\r\n",
        "\u{fffd}\r\n",
        "",
        "+CIPSTA:1\r\n",
    ] {
        let uart = set_up_script()
            .answer("AT+CWSTATE?\r\n", format!("{reply}\r\nOK\r\n"))
            // Nobody knows what else is wrong: the next command gets into step first.
            .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
            .answer("AT\r\n", "\r\nOK\r\n");
        with_mock(&uart, |module| {
            assert_eq!(module.link_state(), Err(Error::Malformed), "{reply:?}");
            module.command(&Test).unwrap();
        });
        uart.assert_done();
    }
}

#[test]
fn a_length_that_lies_spoils_the_stream_and_nothing_is_handed_out() {
    let truth = b"+CIPRECVDATA:10,0123456789\r\n\r\nOK\r\n";
    // One more, one less, too much for the request, and one byte or two missing from the data.
    let lies: [&[u8]; 6] = [
        b"+CIPRECVDATA:11,0123456789\r\n\r\nOK\r\n",
        b"+CIPRECVDATA:9,0123456789\r\n\r\nOK\r\n",
        b"+CIPRECVDATA:65,0123456789\r\n\r\nOK\r\n",
        b"+CIPRECVDATA:10,012345678\r\n\r\nOK\r\n",
        b"+CIPRECVDATA:10,01234567\r\n\r\nOK\r\n",
        b"+CIPRECVDATA:4294967295,0123456789\r\n\r\nOK\r\n",
    ];
    for (lie, fragment) in lies
        .iter()
        .chain([&&truth[..]])
        .flat_map(|lie| [(lie, 1), (lie, 7), (lie, 999)])
    {
        let uart = set_up_script()
            .answer(
                "AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
                "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
            )
            .say("+IPD:0,10,\"10.0.0.7\",7\r\n")
            .answer("AT+CIPRECVDATA=0,64\r\n", lie)
            .fragment(fragment);
        with_mock(&uart, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let mut buffer = [0; 64];
            let got = module.receive(&mut socket, &mut buffer);
            if *lie == truth {
                assert_eq!((got, &buffer[..10]), (Ok(10), &b"0123456789"[..]));
            } else {
                assert!(
                    matches!(
                        got,
                        Err(nb::Error::Other(Error::Malformed | Error::Timeout))
                    ),
                    "{got:?}"
                );
            }
        });
    }
}

#[test]
fn a_transport_that_fails_anywhere_is_a_typed_error() {
    for budget in 0..150 {
        for read in [true, false] {
            let uart = if read {
                set_up_script().fail_read_after(budget)
            } else {
                set_up_script().fail_write_after(budget)
            };
            let uart = uart.answer("AT\r\n", "\r\nOK\r\n");
            with_mock(&uart, |module| match module.command(&Test) {
                Ok(_) => {}
                Err(error) => assert_eq!(error, Error::Transport(mock::Failure)),
            });
        }
    }
}

#[test]
fn secrets_stay_out_of_errors_and_debug() {
    for simulation in simulation(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            let error = module.join(SSID, "hunter2hunter2").unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"));
            assert!(!simulation.transcript().to_string().contains("hunter2"));
        });
    }
}

/// Bytes that look like something a module could say, and some that do not.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            &b"\r\n"[..],
            b"OK\r\n",
            b"ERROR\r\n",
            b"ready\r\n",
            b"busy p...\r\n",
            b"> ",
            b"SEND OK\r\n",
            b"+IPD:0,99999999999\r\n",
            b"+IPD:0,5,\"1.2.3.4\",80\r\n",
            b"+CIPRECVDATA:",
            b"+CIPRECVDATA:4000000000,",
            b"+CIPRECVDATA:3,abc\r\n",
            b"+CIP:0,DISCONNECTED\r\n",
            b"+CW:GOTIP\r\n",
            b"+CW:ERROR,70000\r\n",
            b"+CIPMUX:1\r\n",
            b"+CIPDINFO:true\r\n",
            b"+CIPSTA:ip:\"1.2.3\"\r\n",
            b"+CWSTATE:-1\r\n",
            b"Recv 99999999999 bytes\r\n",
            b"ERR CODE:0xzz\r\n",
            b"+CIPRECVLEN:1,2,3\r\n",
            b",CLOSED\r\n",
            b"0,CLOSED\r\n",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(words, 0..30).prop_map(|words| words.concat())
}

/// A transport that says what it likes and swallows what it is told.
struct Hostile(std::collections::VecDeque<u8>, usize);

impl embedded_io::ErrorType for Hostile {
    type Error = core::convert::Infallible;
}

impl embedded_io::Read for Hostile {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        let n = into.len().min(self.0.len()).min(self.1);
        into.iter_mut()
            .zip(self.0.drain(..n))
            .for_each(|(place, byte)| *place = byte);
        Ok(n)
    }
}

impl embedded_io::ReadReady for Hostile {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.0.is_empty())
    }
}

impl embedded_io::Write for Hostile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever a module says, every call returns, within its deadlines.
    #[test]
    fn no_module_can_make_the_driver_panic_or_hang(bytes in hostile(), fragment in 1..50_usize) {
        let clock = mock::Clock::new();
        let (mut line, mut ahead) = ([0; 600], [[0; 32]; 2]);
        let mut module =
            st67::Module::new(Hostile(bytes.into(), fragment), clock.clone(), &mut line, &mut ahead).unwrap();
        let _ = module.reset();
        let _ = module.join("net", "password");
        let mut socket = module.socket().unwrap();
        let _ = module.connect(&mut socket, at(ECHO));
        let _ = module.send(&mut socket, b"hello");
        let _ = module.receive(&mut socket, &mut [0; 8]);
        let _ = module.poll();
        let _ = module.close(socket);
        let mut now = clock.clone();
        prop_assert!(atwifi::Clock::now(&mut now) < 300_000);
    }

    /// Whatever a user passes, it arrives as it is or is refused.
    #[test]
    fn any_ssid_and_password(
        ssid in proptest::collection::vec(any::<u8>(), 0..40),
        password in proptest::collection::vec(any::<u8>(), 0..70),
    ) {
        let simulation = Simulation::new(config(Profile::St67Fw2_0_75), Network::default().build());
        with_driver::<St67, _>(&simulation, |module| {
            match module.join(&ssid, &password) {
                Err(Error::Usage(_)) => prop_assert_eq!(simulation.joined(), None),
                _ => prop_assert_eq!(simulation.joined(), Some((ssid, password))),
            }
            Ok(())
        })?;
    }
}
