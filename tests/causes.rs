//! Why a call has failed, in words that all modules share.

use crate::common::*;
use atwifi::dialect::{Dialect, Refusal};
use atwifi::microchip::Status as MicrochipStatus;
use atwifi::st67::{ErrorCode, Status as St67Status};
use atwifi::{Cause, Closed, Error};
use embedded_io::{Error as _, ErrorKind};
use embedded_nal::{AddrType, Dns, TcpClientStack};

/// What comes of connecting to a port of the simulated network.
fn failure<D: Dialect>(module: &mut Driver<'_, D>, port: u16) -> Failure<D> {
    let mut socket = module.socket().unwrap();
    let failed = flat(module.connect(&mut socket, at(port))).unwrap_err();
    module.close(socket).unwrap();
    failed
}

/// A Microchip module takes as long to find out and says the same, whoever does not answer.
fn a_refused_connection_is_told_from_one_that_nobody_answers<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let refused = failure(module, REFUSED);
        let silent = failure(module, SILENT);
        let tells_apart = D::TELLS_REFUSAL;
        let expected = match tells_apart {
            true => [Cause::ConnectionRefused, Cause::TimedOut],
            false => [Cause::RefusedOrUnreachable; 2],
        };
        let context = simulation.transcript();
        assert_eq!(
            [refused, silent].map(|e| e.cause().unwrap()),
            expected,
            "{context}"
        );
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{context}");
        if tells_apart {
            assert_eq!(silent.kind(), ErrorKind::TimedOut, "{context}");
        }
    });
}

fn without_a_wifi_link_there_is_no_network<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let never_joined = failure(module, ECHO);
            let unknown = flat(module.get_host_by_name(NAME, AddrType::IPv4)).unwrap_err();
            assert_eq!(unknown.cause(), Some(Cause::NetworkUnreachable));
            module.join(SSID, PASSWORD).unwrap();
            assert_eq!(
                failure(module, REFUSED).kind(),
                ErrorKind::ConnectionRefused
            );
            module.leave().unwrap();
            for error in [never_joined, failure(module, ECHO)] {
                assert_eq!(
                    error,
                    Error::Closed(Closed::NoNetwork),
                    "{}",
                    simulation.transcript()
                );
                assert_eq!(error.cause(), Some(Cause::NetworkUnreachable));
                assert_eq!(error.kind(), ErrorKind::NotConnected);
            }
        });
    }
}

/// A host that restarts finds a module that has joined long ago.
fn who_has_not_seen_the_module_join_does_not_say_that_it_has_not<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |_| {});
        with_driver::<D, _>(&simulation, |module| {
            let refused = failure(module, REFUSED);
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{refused:?}");
        });
    }
}

fn a_name_that_nobody_knows_is_not_found<D: UnderTest>() {
    each_joined::<D>(|_, module| {
        let unknown = flat(module.get_host_by_name("nobody.test", AddrType::IPv4)).unwrap_err();
        assert_eq!(unknown.cause(), Some(Cause::NameNotFound));
        assert_eq!(unknown.kind(), ErrorKind::NotFound);
    });
}

fn an_access_point_that_is_not_there_or_a_wrong_password_is_told<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let absent = module.join("nobody", "12345678").unwrap_err().cause();
            let wrong = module.join(SSID, "wrong password").unwrap_err().cause();
            // Firmware of the Microchip module is silent about both.
            let expected = [
                [Some(Cause::NoAccessPoint), Some(Cause::Authentication)],
                [Some(Cause::NotJoined); 2],
            ];
            assert!(expected.contains(&[absent, wrong]), "{absent:?} {wrong:?}");
        });
    }
}

on_both_dialects! {
    a_refused_connection_is_told_from_one_that_nobody_answers
    without_a_wifi_link_there_is_no_network
    who_has_not_seen_the_module_join_does_not_say_that_it_has_not
    a_name_that_nobody_knows_is_not_found
    an_access_point_that_is_not_there_or_a_wrong_password_is_told
}

#[test]
fn codes_are_shown_as_the_reference_writes_them() {
    let code = ErrorCode(0x010a_0000);
    assert_eq!(
        format!("{:?}", St67Status::Code(code)),
        "Code(ErrorCode(0x010A0000))"
    );
    assert!(code.to_string().contains("0x010A0000"), "{code}");
    assert_eq!(MicrochipStatus::from(14).to_string(), "Socket Bind Failed");
    assert_eq!(MicrochipStatus::from(99).to_string(), "error 99");
}

#[test]
fn what_a_table_tells_apart_is_told_apart() {
    for (code, cause) in [
        (0x0106_0201, Cause::InvalidParameter),
        (0x0109_0000, Cause::Unsupported),
        (0x010d_0000, Cause::OutOfMemory),
        (0x010e_0000, Cause::OutOfResources),
        (0x010f_0000, Cause::TimedOut),
        (0x0110_0000, Cause::NotNow),
    ] {
        assert_eq!(St67Status::Code(ErrorCode(code)).cause(), cause);
    }
    for (code, cause) in [
        (3, Cause::Unsupported),
        (5, Cause::InvalidParameter),
        (9, Cause::NetworkUnreachable),
        (11, Cause::OutOfResources),
        (14, Cause::AddressInUse),
        (15, Cause::Tls),
        (17, Cause::NotSent),
        (23, Cause::NotNow),
        (42, Cause::NameNotFound),
    ] {
        assert_eq!(MicrochipStatus::from(code).cause(), cause);
    }
}
