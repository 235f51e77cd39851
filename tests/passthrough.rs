//! The passthrough mode of the ST67: what is written goes to the peer, whatever it is.

use crate::common::{
    ADDRESS, Driver, ECHO, Network, PASSWORD, RECORD, SSID, SimClock, UnderTest, Wire, at, config,
    each_joined, flat, payload, receive_until, with_driver, with_joined,
};
use atwifi::st67::command::basic::Test;
use atwifi::st67::command::net::single::Connect;
use atwifi::st67::command::net::{Host, Protocol};
use atwifi::st67::{Passthrough, St67, Status};
use atwifi::{Error, Ranged, Resource};
use atwifi_simulator::{Fault, FaultKind, Faults, Simulation};
use embedded_io::{Read, ReadReady, Write};
use embedded_nal::TcpClientStack;
use std::time::Duration;

type Mode<'m, 'b> = Passthrough<'m, 'b, Wire, SimClock>;

fn to(port: u16) -> Connect<'static> {
    Connect {
        protocol: Protocol::Tcp,
        host: Host::Address(ADDRESS.into()),
        remote_port: Ranged::new(port).unwrap(),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    }
}

/// What the echo server sends back, read in pieces.
fn echo(mode: &mut Mode<'_, '_>, bytes: &[u8]) {
    mode.write_all(bytes).unwrap();
    mode.flush().unwrap();
    let mut got = vec![0; bytes.len()];
    mode.read_exact(&mut got).unwrap();
    assert_eq!(got, bytes);
}

#[test]
fn every_byte_goes_through_and_sockets_work_before_and_after() {
    each_joined::<St67>(|simulation, module| {
        talk_on_a_socket(module, simulation);
        let mut mode = module.passthrough(&to(ECHO)).unwrap();
        assert_eq!(mode.read_ready(), Ok(false));
        echo(&mut mode, b"ping");
        echo(&mut mode, &payload());
        echo(&mut mode, b"AT+CIPMUX?\r\nAT+RST\r\n");
        assert_eq!(mode.read(&mut []), Ok(0));
        mode.leave().unwrap();
        assert_eq!(simulation.links_open(), 0, "leaving closes");
        talk_on_a_socket(module, simulation);
    });
}

fn talk_on_a_socket(module: &mut Driver<'_, St67>, simulation: &Simulation) {
    let mut socket = module.socket().unwrap();
    flat(module.connect(&mut socket, at(ECHO))).unwrap();
    flat(module.send(&mut socket, b"hello")).unwrap();
    let mut got = Vec::new();
    receive_until(module, simulation, &mut socket, 8, &mut got, |got| {
        got.len() == 5
    })
    .unwrap();
    assert_eq!(got, b"hello");
    module.close(socket).unwrap();
}

#[test]
fn no_data_ends_the_mode() {
    // At once, and at the pace of a UART.
    for baud in [None, Some(115_200)] {
        for &profile in St67::PROFILES {
            let config = match baud {
                None => config(profile),
                Some(baud) => config(profile).with_baud(baud),
            };
            let network = Network::default();
            let simulation = Simulation::new(config, network.build());
            with_joined::<St67, _>(&simulation, |module| {
                let mut mode = module.passthrough(&to(RECORD)).unwrap();
                let mut all = Vec::new();
                let pieces: [&[u8]; 8] = [
                    b"+++", b"+", b"++", b"+++++++", b"a+++", b"++", b"+b+++", b"end",
                ];
                for (n, piece) in pieces.iter().enumerate() {
                    mode.write_all(piece).unwrap();
                    all.extend_from_slice(piece);
                    if n % 2 == 0 {
                        simulation.advance(std::time::Duration::from_millis(100));
                    }
                }
                let big = b"+".repeat(50);
                mode.write_all(&big).unwrap();
                all.extend_from_slice(&big);
                mode.leave().unwrap();
                let recorded = network.recorded.borrow();
                assert_eq!(
                    recorded.escape_ascii().to_string(),
                    all.escape_ascii().to_string()
                );
            });
        }
    }
}

#[test]
fn a_mode_that_nobody_left_is_left_by_the_next_call() {
    each_joined::<St67>(|simulation, module| {
        module.passthrough(&to(ECHO)).unwrap();
        assert!(module.poll().is_ok());
        assert!(module.command(&Test).is_ok());
        talk_on_a_socket(module, simulation);

        module.passthrough(&to(ECHO)).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        talk_on_a_socket(module, simulation);
    });
}

#[test]
fn the_mode_needs_the_module_for_itself() {
    each_joined::<St67>(|_, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(ECHO))).unwrap();
        let refused = module.passthrough(&to(ECHO)).err();
        assert_eq!(refused, Some(Error::Resource(Resource::Sockets)));
        flat(module.send(&mut socket, b"hello")).unwrap();
        module.close(socket).unwrap();
        module.passthrough(&to(ECHO)).unwrap().leave().unwrap();
    });
}

#[test]
fn nothing_is_lost_where_there_is_no_connection() {
    each_joined::<St67>(|simulation, module| {
        let refused = module.passthrough(&to(crate::common::REFUSED)).err();
        assert!(matches!(refused, Some(Error::Module(_))), "{refused:?}");
        talk_on_a_socket(module, simulation);
    });
    for simulation in crate::common::simulations::<St67>(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            assert!(module.passthrough(&to(ECHO)).is_err(), "not joined");
            assert!(module.command(&Test).is_ok());
        });
    }
}

/// What the wire makes of `AT+CIPSEND=0,100` when it inserts a line end.
#[derive(atat::atat_derive::AtatCmd)]
#[at_cmd(
    "+CIPSEND",
    atwifi::st67::command::Done,
    timeout_ms = 1000,
    termination = "\r\n"
)]
struct WithoutLength;

#[test]
fn a_mode_that_nobody_wanted_is_left() {
    for simulation in crate::common::simulations::<St67>(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            // The reference's module refuses it while there may be several links; firmware begins,
            // takes the first command for data, and is told to leave before the second.
            let _ = module.command(&WithoutLength);
            let _ = module.link_state();
            let state = module.link_state();
            let up = Ok(atwifi::LinkState::Up);
            assert_eq!(state, up, "{}", simulation.transcript());
        });
    }
}

#[test]
fn what_comes_while_a_write_pauses_is_not_lost() {
    each_joined::<St67>(|simulation, module| {
        let mut mode = module.passthrough(&to(ECHO)).unwrap();
        // On an SPI, what comes while the host writes is kept in the memory lent.
        let count = if simulation.has_spi() { 2000 } else { 6000 };
        let mut expected = crate::common::download()[..count].to_vec();
        mode.write_all(&expected).unwrap();
        for _ in 0..4 {
            mode.write_all(b"+++").unwrap();
            expected.extend_from_slice(b"+++");
        }
        let mut got = vec![0; expected.len()];
        let read = mode.read_exact(&mut got);
        assert!(read.is_ok(), "{read:?}");
        assert!(got == expected);
        mode.leave().unwrap();
    });
}

#[test]
fn a_mode_that_fails_on_its_way_in_leaves_sockets_usable() {
    let cut = |n: u64| (n, FaultKind::Cut(Duration::from_millis(50)));
    let faults = (0..80).map(|n| (n, FaultKind::Drop(1)));
    for (n, kind) in faults.chain([cut(0), cut(6), cut(12)]) {
        each_joined::<St67>(|simulation, module| {
            talk_on_a_socket(module, simulation);
            simulation.advance(Duration::from_millis(100));
            let at = simulation.to_host() + n;
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(at, kind.clone())],
                ..Faults::default()
            });
            match module.passthrough(&to(ECHO)) {
                Ok(mode) => drop(mode.leave()),
                Err(error) => assert!(!matches!(error, Error::Usage(_)), "{n}: {error:?}"),
            }
            simulation.set_faults(Faults::default());
            talk_on_a_socket(module, simulation);
            assert!(simulation.links_open() <= 1, "{n}: {kind:?}");
        });
    }
}

#[test]
fn behind_a_long_send_that_was_completed_the_mode_is_refused() {
    use atwifi::st67::command::net::{self, Close, SendLong};
    for simulation in crate::common::simulations::<St67>(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let link = Ranged::constant::<3>();
            let open = net::Connect {
                link,
                protocol: Protocol::Tcp,
                host: Host::Address(ADDRESS.into()),
                remote_port: Ranged::constant::<9>(),
                keep_alive_s: None,
                local_ip: None,
                timeout_ms: None,
            };
            module.command(&open).unwrap();
            let length = Ranged::constant::<200>();
            let long = SendLong { link, length };
            module.command_with_data(&long, &[b'x'; 200]).unwrap();
            module
                .command(&Close {
                    link: Ranged::constant::<3>(),
                })
                .unwrap();
            simulation.advance(Duration::from_millis(100));
            // The reference's module does not care.
            match module.passthrough(&to(ECHO)) {
                Ok(mut mode) => {
                    echo(&mut mode, b"ping");
                    mode.leave().unwrap();
                }
                Err(error) => assert_eq!(error, Error::Module(Status::SendCancelled)),
            }
            talk_on_a_socket(module, &simulation);
        });
    }
}

/// On an SPI the module takes 3072 bytes of a frame in this mode.
#[test]
fn a_long_write_arrives_whole() {
    for &profile in St67::SPI_PROFILES {
        let network = Network::default();
        let simulation = Simulation::new(crate::common::spi_config(profile), network.build());
        with_joined::<St67, _>(&simulation, |module| {
            let mut mode = module.passthrough(&to(RECORD)).unwrap();
            let sent: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
            mode.write_all(&sent).unwrap();
            simulation.advance(Duration::from_secs(1));
            assert!(*network.recorded.borrow() == sent);
            mode.leave().unwrap();
        });
    }
}
