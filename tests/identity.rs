//! Bytes are those of the socket that they are read from, whatever is spoilt on the way.

use std::time::Duration;

use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi_simulator::{Fault, FaultKind, Faults, Profile, Simulation};
use embedded_nal::{TcpClientStack, nb};

/// Two sockets read what each has asked for, while a byte on the way is spoilt.
fn read_both(profile: Profile, is_to_module: bool, fault: Fault, what: &str) {
    let simulation = Simulation::new(config(profile), Network::default().build());
    with_joined::<Microchip, _>(&simulation, |module| {
        let asked = [b"first".as_slice(), b"another"];
        let mut sockets = asked.map(|asked| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            flat(module.send(&mut socket, asked)).unwrap();
            socket
        });
        simulation.advance(Duration::from_millis(200));
        let _ = module.poll();
        let mut faults = Faults::default();
        match is_to_module {
            true => {
                (faults.to_module).push(Fault::new(simulation.to_module() + fault.at, fault.kind))
            }
            false => (faults.to_host).push(Fault::new(simulation.to_host() + fault.at, fault.kind)),
        }
        simulation.set_faults(faults);
        let begin = simulation.now();
        let mut got = [Vec::new(), Vec::new()];
        let mut ends = [None, None];
        while simulation.now() - begin < Duration::from_secs(30) {
            for (n, socket) in sockets.iter_mut().enumerate() {
                let mut buffer = [0; 64];
                match module.receive(socket, &mut buffer) {
                    Ok(length) => got[n].extend(&buffer[..length]),
                    Err(nb::Error::WouldBlock) => {}
                    Err(nb::Error::Other(error)) => ends[n] = Some(error),
                }
            }
            let is_done = |n: usize| got[n].len() >= asked[n].len() || ends[n].is_some();
            if is_done(0) && is_done(1) {
                break;
            }
            simulation.idle();
        }
        for n in 0..2 {
            let context = || {
                format!(
                    "{profile}, {what}: {got:?} {ends:?}\n{}",
                    simulation.transcript()
                )
            };
            assert!(asked[n].starts_with(&got[n]), "{}", context());
            assert!(got[n] == asked[n] || ends[n].is_some(), "{}", context());
        }
    });
}

/// The id stands in the command and in the answer, which names whose bytes they are.
#[test]
fn a_spoilt_id_hands_out_nobody_elses_bytes() {
    for profile in Profile::MICROCHIP {
        for is_to_module in [true, false] {
            for at_byte in 0..20 {
                for kind in [
                    FaultKind::Corrupt(0x01),
                    FaultKind::Corrupt(0x02),
                    FaultKind::Drop(1),
                ] {
                    // A byte of payload that is altered in place nobody can tell.
                    let is_payload = !is_to_module && at_byte > 12;
                    if !(is_payload && matches!(kind, FaultKind::Corrupt(_))) {
                        let what = format!("to module: {is_to_module}, byte {at_byte}, {kind:?}");
                        read_both(profile, is_to_module, Fault::new(at_byte, kind), &what);
                    }
                }
            }
        }
    }
}
