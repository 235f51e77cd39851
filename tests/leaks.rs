//! A socket that the driver has given up is closed in the module, too.

use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::{Tls, TlsConfig};
use atwifi_simulator::{Fault, FaultKind, Faults, Profile, Simulation};
use embedded_nal::TcpClientStack;

/// Wire notes 12: by Microchip's reference a socket whose `AT+SOCKBR` has failed stays, until
/// `AT+SOCKCL`.
#[test]
fn a_connection_that_fails_leaves_no_socket() {
    each_joined::<Microchip>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        assert!(module.connect(&mut socket, at(REFUSED)).is_err());
        module.close(socket).unwrap();
        assert_eq!(simulation.links_open(), 0, "{}", simulation.transcript());
    });
}

/// Wire notes 6: in the firmware `+SOCKERR:<id>,15` is the end of the socket; by the reference
/// (7.6.4) it tells of TLS alone.
#[test]
fn tls_that_fails_leaves_no_socket() {
    each_joined::<Microchip>(|simulation, module| {
        let config = TlsConfig::new().with_vouched_ca("nobody.crt");
        // The firmware goes on without a certificate that is not there.
        let mut tls = Tls::new(&mut *module, config);
        let mut socket = tls.socket().unwrap();
        let _ = flat(tls.connect(&mut socket, at(TLS)));
        tls.close(socket).unwrap();
        assert_eq!(simulation.links_open(), 0, "{}", simulation.transcript());
    });
}

/// The module has twenty sockets.
#[test]
fn connections_may_fail_again_and_again() {
    each_joined::<Microchip>(|simulation, module| {
        for _ in 0..25 {
            let mut socket = module.socket().unwrap();
            assert!(module.connect(&mut socket, at(REFUSED)).is_err());
            module.close(socket).unwrap();
        }
        let mut socket = module.socket().unwrap();
        let connected = flat(module.connect(&mut socket, at(ECHO)));
        assert_eq!(connected, Ok(()), "{}", simulation.transcript());
    });
}

/// A byte is lost on the way, in turn each of those that a connection takes: what was opened
/// is closed, at the latest when another connection is made, and nobody else's socket is.
#[test]
fn no_spoilt_byte_leaves_a_socket() {
    for profile in Profile::MICROCHIP {
        for port in [ECHO, REFUSED] {
            for is_to_module in [true, false] {
                let mut at_byte = 0;
                let fault = |at_byte| Fault::new(at_byte, FaultKind::Drop(1));
                while spoil_one(profile, port, is_to_module, fault(at_byte)) {
                    at_byte += 1;
                }
                assert!(at_byte > 10);
            }
            // The name of the new socket becomes that of the other one.
            for at_byte in 0.."+SOCKO:5203\r\n".len() as u64 {
                spoil_one(
                    profile,
                    port,
                    false,
                    Fault::new(at_byte, FaultKind::Corrupt(1)),
                );
            }
        }
    }
}

/// Makes a connection and closes it while a byte is spoilt; `false` if so many do not cross.
fn spoil_one(profile: Profile, port: u16, is_to_module: bool, fault: Fault) -> bool {
    let what = format!("{profile}, port {port}, to module: {is_to_module}, {fault:?}");
    let simulation = Simulation::new(config(profile), Network::default().build());
    with_joined::<Microchip, _>(&simulation, |module| {
        let mut other = module.socket().unwrap();
        flat(module.connect(&mut other, at(ECHO))).unwrap();
        let (to_module, to_host) = (simulation.to_module(), simulation.to_host());
        let first = if is_to_module { to_module } else { to_host };
        let fault = Fault::new(first + fault.at, fault.kind);
        let at_byte = fault.at;
        let mut faults = Faults::default();
        match is_to_module {
            true => faults.to_module.push(fault),
            false => faults.to_host.push(fault),
        }
        simulation.set_faults(faults);
        let mut socket = module.socket().unwrap();
        let _ = module.connect(&mut socket, at(port));
        let _ = module.close(socket);
        let crossed = match is_to_module {
            true => simulation.to_module(),
            false => simulation.to_host(),
        };
        simulation.set_faults(Faults::default());
        let context = || format!("{what}\n{}", simulation.transcript());
        let mut again = module.socket().unwrap();
        let connected = flat(module.connect(&mut again, at(ECHO)))
            .or_else(|_| flat(module.connect(&mut again, at(ECHO))));
        assert_eq!(connected, Ok(()), "{}", context());
        assert_eq!(simulation.links_open(), 2, "{}", context());
        let mut got = Vec::new();
        flat(module.send(&mut other, b"still mine"))
            .unwrap_or_else(|e| panic!("{e:?}, {}", context()));
        receive_until(module, &simulation, &mut other, 64, &mut got, |got| {
            got.len() >= 10
        })
        .unwrap_or_else(|error| panic!("{error:?}, {}", context()));
        assert_eq!(got, b"still mine", "{}", context());
        at_byte < crossed
    })
}
