//! A socket that the driver has given up is closed in the module, too.

mod common;

use atwifi::microchip::Microchip;
use atwifi::{Tls, TlsConfig};
use common::*;
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
        let config = TlsConfig::new().with_ca("nobody.crt");
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
