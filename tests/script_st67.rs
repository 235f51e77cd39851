//! The ST67's dialect against scripted bytes: what cannot be simulated, or is clearer as bytes.

use crate::common::*;
use atwifi::st67::command::{basic::Test, wifi::GetState};
use atwifi::st67::{Reason, St67, Status};
use atwifi::{Error, Resource, mock};
use atwifi_simulator::{AccessPoint, Config, Faults, Profile, Simulation};
use embedded_nal::{TcpClientStack, nb};

#[test]
fn a_line_longer_than_the_buffer_is_a_typed_error_and_the_link_stays_in_step() {
    let long = format!("+CWSTATE:2,\"{}\"\r\n\r\nOK\r\n", "x".repeat(900));
    let uart = met::<St67>()
        .answer("AT+CWSTATE?\r\n", long)
        .answer("AT\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        let told = module.command(&GetState);
        assert_eq!(told, Err(Error::Resource(Resource::LineBuffer)));
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
        let uart = met::<St67>()
            .answer("AT+CWSTATE?\r\n", format!("{reply}\r\nOK\r\n"))
            // Nobody knows what else is wrong: the next command gets into step first.
            .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
            .answer("AT+CIPSTATE?\r\n", "\r\nOK\r\n")
            .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
            .answer("AT\r\n", "\r\nOK\r\n");
        with_mock::<St67, _>(&uart, |module| {
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
        let uart = met::<St67>()
            .answer(
                "AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
                "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
            )
            .say("+IPD:0,10,\"10.0.0.7\",7\r\n")
            .answer("AT+CIPRECVDATA=0,64\r\n", lie)
            .fragment(fragment);
        with_mock::<St67, _>(&uart, |module| {
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
                met::<St67>().fail_read_after(budget)
            } else {
                met::<St67>().fail_write_after(budget)
            };
            let uart = uart.answer("AT\r\n", "\r\nOK\r\n");
            with_mock::<St67, _>(&uart, |module| match module.command(&Test) {
                Ok(_) => {}
                Err(error) => assert_eq!(error, Error::Transport(mock::Failure)),
            });
        }
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
        let access_point = AccessPoint::new("net", "12345678").refusing(reason);
        let mut config = Config::new(Profile::St67Fw2_0_75);
        config.access_points.push(access_point);
        let simulation = Simulation::new(config, network);
        with_driver::<St67, _>(&simulation, |module| {
            let expected = Status::Join(Reason::from(u16::from(reason)));
            assert_eq!(module.join("net", "12345678"), Err(Error::Module(expected)));
        });
    }
    for simulation in simulations::<St67>(|config| config) {
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
fn a_busy_module_is_asked_again() {
    for simulation in simulations::<St67>(|config| config) {
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
