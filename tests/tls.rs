//! TLS in the module: what it is told, and what it may answer.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::microchip::{Microchip, Status as MicrochipStatus};
use atwifi::st67::{St67, Status as St67Status};
use atwifi::{Cause, Error, Psk, Tls, TlsConfig, Usage, mock};
use atwifi_simulator::services::TlsServer;
use atwifi_simulator::{MemoryNetwork, Profile, Simulation, services};
use embedded_nal::{TcpClientStack, nb};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

const CONFIG: TlsConfig<'static> = TlsConfig::new()
    .with_ca("ca_01.crt")
    .with_certificate("cert_01.crt", "private_01.key")
    .with_server_name("example.com");

/// The same on a module that cannot be asked for what is built into it.
const VOUCHED: TlsConfig<'static> = CONFIG.with_vouched_ca("ca_01.crt");

#[test]
fn the_st67_is_told_before_it_connects() {
    let config = CONFIG.with_alpn(&["h2", "http/1.1"]).with_psk(Psk {
        identity: "myhint",
        key: b"psk",
    });
    let uart = met::<St67>()
        // Is it there, and whole?
        .answer(
            "AT+FS=0,3,\"ca_01.crt\",0,1\r\n",
            "+FS:READ,1,-\r\n\r\nOK\r\n",
        )
        .answer(
            "AT+CIPSSLCCONF=0,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"\r\n",
            "\r\nOK\r\n",
        )
        .answer("AT+CIPSSLCSNI=0,\"example.com\"\r\n", "\r\nOK\r\n")
        .answer("AT+CIPSSLCALPN=0,2,\"h2\",\"http/1.1\"\r\n", "\r\nOK\r\n")
        .answer("AT+CIPSSLCPSK=0,\"psk\",\"myhint\"\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CIPSTART=0,\"SSL\",\"10.0.0.7\",443,,,10000\r\n",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        );
    with_mock::<St67, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, config);
        let mut socket = tls.socket().unwrap();
        flat(tls.connect(&mut socket, at(443))).unwrap();
    });
    uart.assert_done();
}

#[test]
fn the_st67_forgets_what_is_not_named() {
    let uart = met::<St67>()
        .answer("AT+CIPSSLCCONF=0,0,\"\",\"\",\"\"\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CIPSSLCSNI=0,\"\"\r\n",
            "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
        )
        .answer("AT+CIPSSLCALPN=0,0\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CIPSTART=0,\"SSL\",\"10.0.0.7\",443,,,10000\r\n",
            "ERR CODE:0x010a0000\r\n\r\nERROR\r\n",
        );
    with_mock::<St67, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, TlsConfig::default());
        let mut socket = tls.socket().unwrap();
        let refused = flat(tls.connect(&mut socket, at(443)));
        assert!(matches!(
            refused,
            Err(Error::Unconnected(St67Status::Unsecured(_)))
        ));
    });
    uart.assert_done();
}

/// A connection up to the command that starts TLS.
fn microchip_connects(uart: mock::Uart, id: u32) -> mock::Uart {
    uart.answer("AT+SOCKO=2\r\n", format!("+SOCKO:{id}\r\nOK\r\n"))
        .answer(
            format!("AT+SOCKBR={id},\"10.0.0.7\",443\r\n"),
            format!("OK\r\n\r+SOCKIND:{id},\"192.168.1.50\",1024,\"10.0.0.7\",443\r\n"),
        )
}

fn microchip_is_told(uart: mock::Uart) -> mock::Uart {
    let values = [
        (1, "ca_01.crt"),
        (2, "cert_01.crt"),
        (3, "private_01.key"),
        (5, "example.com"),
    ];
    values.iter().fold(uart, |uart, (parameter, value)| {
        uart.answer(format!("AT+TLSC=1,{parameter},\"{value}\"\r\n"), "OK\r\n")
    })
}

#[test]
fn the_microchip_module_upgrades_a_connection() {
    let uart = microchip_is_told(microchip_connects(met::<Microchip>(), 7))
        .answer("AT+SOCKTLS=7,1\r\n", "OK\r\n\r+SOCKTLS:7\r\n");
    // Another one with the same configuration, and one with another, while it is in use.
    let uart = microchip_connects(uart, 8)
        .answer("AT+SOCKTLS=8,1\r\n", "OK\r\n\r+SOCKTLS:8\r\n")
        .answer("AT+SOCKCL=8\r\n", "OK\r\n");
    let uart = microchip_connects(uart, 9)
        .answer(
            "AT+TLSC=1,1,\"other.crt\"\r\n",
            "ERROR:6,\"Configuration Update Blocked\"\r\n",
        )
        .answer("AT+GMI\r\n", "+GMI=\"Microchip\"\r\nOK\r\n")
        .answer("AT+SOCKCL=9\r\n", "OK\r\n");
    with_mock::<Microchip, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, VOUCHED);
        let mut socket = tls.socket().unwrap();
        flat(tls.connect(&mut socket, at(443))).unwrap();
        let mut second = tls.socket().unwrap();
        flat(tls.connect(&mut second, at(443))).unwrap();
        tls.close(second).unwrap();
        let config = CONFIG.with_vouched_ca("other.crt");
        let mut tls = Tls::new(&mut *module, config);
        let mut third = tls.socket().unwrap();
        assert_eq!(
            flat(tls.connect(&mut third, at(443))),
            Err(Error::Unconnected(MicrochipStatus::ConfigurationBlocked))
        );
    });
    uart.assert_done();
}

#[test]
fn a_handshake_that_fails_says_so() {
    let uart = microchip_is_told(microchip_connects(met::<Microchip>(), 7))
        .answer(
            "AT+SOCKTLS=7,1\r\n",
            "OK\r\n\r+SOCKERR:7,15,Socket TLS Failed\r\n",
        )
        // Firmware has closed it, the reference's module has not.
        .answer("AT+SOCKCL=7\r\n", "ERROR:10,\"Socket ID Not Found\"\r\n")
        // Or it was told to close another one, of which a digit was lost.
        .answer("AT+SOCKCL=7\r\n", "ERROR:10,\"Socket ID Not Found\"\r\n");
    with_mock::<Microchip, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, VOUCHED);
        let mut socket = tls.socket().unwrap();
        assert_eq!(
            flat(tls.connect(&mut socket, at(443))),
            Err(Error::Unconnected(MicrochipStatus::TlsFailed))
        );
    });
    uart.assert_done();
}

#[test]
fn what_the_module_does_not_have_is_refused_before_a_byte() {
    let uart = met::<Microchip>();
    with_mock::<Microchip, _>(&uart, |module| {
        let long = "x".repeat(33);
        let refused = [
            CONFIG.with_alpn(&["h2"]),
            CONFIG.with_psk(Psk {
                identity: "a",
                key: b"b",
            }),
            CONFIG.with_server_name(&long),
        ];
        for (config, usage) in refused.into_iter().zip([
            Usage::Unsupported("ALPN"),
            Usage::Unsupported("a pre-shared key"),
            Usage::TooLong(32),
        ]) {
            let mut tls = Tls::new(&mut *module, config);
            let mut socket = tls.socket().unwrap();
            assert_eq!(
                tls.connect(&mut socket, at(443)),
                Err(nb::Error::Other(Error::Usage(usage)))
            );
            tls.close(socket).unwrap();
        }
    });
    uart.assert_done();
}

/// A certificate authority.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// The years in which a certificate is good.
type Years = (i32, i32);

/// The simulated time servers say that it is 2022.
const NOW: Years = (2020, 2030);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Authority { pem, issuer }
    }

    /// A server with a certificate from it for `NAME`.
    fn server(&self, (from, to): Years) -> TlsServer {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        TlsServer::new(certificate.pem(), key.serialize_pem())
    }
}

/// Servers: a good one, one of another authority's, one whose certificate has expired, one whose
/// certificate is not good yet.
const GOOD: u16 = 443;
const STRANGER: u16 = 444;
const EXPIRED: u16 = 445;
const EARLY: u16 = 446;

/// What the module says its firmware is; and those of a PIC32MZW1 that look for authorities only in their
/// own image.
fn looks_at_what_is_loaded(profile: Profile) -> bool {
    !matches!(
        profile,
        Profile::MicrochipFw0_2_0 | Profile::MicrochipFw0_3_2
    )
}

/// Each firmware in front of these servers, with the authority of all but one, and another, in its files, or
/// built in. And how many have connected to the servers.
fn each_firmware<D: UnderTest>(
    test: impl Fn(Profile, &Simulation, &mut Driver<'_, D>, &str, &Cell<usize>),
) {
    let (ours, other) = (Authority::new(), Authority::new());
    for config in configs::<D>() {
        let profile = config.profile;
        let connections = Rc::new(Cell::new(0));
        let servers = [
            (GOOD, ours.server(NOW)),
            (STRANGER, other.server(NOW)),
            (EXPIRED, ours.server((2015, 2020))),
            (EARLY, ours.server((2028, 2030))),
        ];
        let mut network = MemoryNetwork::default();
        for (port, server) in servers {
            let connections = connections.clone();
            network = network.serve(at(port), move |_| {
                connections.set(connections.get() + 1);
                server.serve(services::echo()).unwrap()
            });
        }
        let config = config
            .with_file("ca.crt", ours.pem.clone())
            .with_file("other.crt", other.pem.clone())
            .with_file("cut.crt", ours.pem.replacen('-', "\0", 1));
        let simulation = Simulation::new(config, network);
        with_joined::<D, _>(&simulation, |module| {
            test(profile, &simulation, module, &ours.pem, &connections);
        });
    }
}

fn each<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>)) {
    each_firmware::<D>(|_, simulation, module, _, _| test(simulation, module));
}

/// A Microchip module cannot be asked whether it is there.
fn trusting<D: UnderTest>(ca: &str) -> TlsConfig<'_> {
    let config = TlsConfig::new().with_server_name(NAME);
    match D::HAS_FILES {
        true => config.with_ca(ca),
        false => config.with_vouched_ca(ca),
    }
}

/// What comes of a connection.
fn connect<D: UnderTest>(
    module: &mut Driver<'_, D>,
    port: u16,
    config: TlsConfig<'_>,
) -> Result<(), Failure<D>> {
    let mut tls = Tls::new(&mut *module, config);
    let mut socket = tls.socket().unwrap();
    let connected = flat(tls.connect(&mut socket, at(port)));
    tls.close(socket).unwrap();
    connected
}

fn bytes_go_through_a_tls_connection<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut tls = Tls::new(&mut *module, trusting::<D>("ca.crt"));
        for round in 0..3_u8 {
            let mut socket = tls.socket().unwrap();
            flat(tls.connect(&mut socket, at(GOOD)))
                .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
            let sent: Vec<u8> = payload().repeat(5).iter().map(|b| b ^ round).collect();
            flat(tls.send(&mut socket, &sent)).unwrap();
            let mut got = Vec::new();
            let stack = tls.into_stack();
            receive_until(stack, simulation, &mut socket, 300, &mut got, |got| {
                got.len() >= sent.len()
            })
            .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
            assert_eq!(got, sent);
            tls = Tls::new(stack, trusting::<D>("ca.crt"));
            tls.close(socket).unwrap();
        }
    });
}

fn a_server_that_is_not_trusted_is_refused<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut tls = Tls::new(&mut *module, trusting::<D>("other.crt"));
        let mut socket = tls.socket().unwrap();
        let refused = flat(tls.connect(&mut socket, at(GOOD)));
        let refused = refused.expect_err("it is of another authority's");
        assert_eq!(
            refused.cause(),
            Some(Cause::Tls),
            "{refused:?}\n{}",
            simulation.transcript()
        );
        // The same socket can be connected again.
        let mut tls = Tls::new(tls.into_stack(), trusting::<D>("ca.crt"));
        flat(tls.connect(&mut socket, at(GOOD))).unwrap();
        tls.close(socket).unwrap();
        let refused = connect(module, STRANGER, trusting::<D>("ca.crt"));
        assert!(matches!(refused, Err(Error::Unconnected(_))), "{refused:?}");
        simulation.advance(Duration::from_secs(1));
        assert_eq!(simulation.links_open(), 0);
    });
}

/// Firmware would take anybody for the server.
fn without_its_authority_nothing_is_connected<D: UnderTest>() {
    each_firmware::<D>(|profile, simulation, module, _, connections| {
        let missing = TlsConfig::new()
            .with_ca("nobody.crt")
            .with_server_name(NAME);
        let refused = connect(module, GOOD, missing).unwrap_err();
        assert!(matches!(refused, Error::Unconnected(_)), "{refused:?}");
        assert_eq!(
            refused.cause(),
            Some(Cause::NoAuthority),
            "{profile}: {refused:?}"
        );
        assert_eq!(connections.get(), 0, "{}", simulation.transcript());
        assert_eq!(simulation.links_open(), 0);
        let empty = connect(module, GOOD, missing.with_ca(""));
        assert_eq!(empty, Err(Error::Usage(Usage::Empty)));
        // Who vouches for it is believed, and firmware does not look.
        let vouched = connect(module, STRANGER, missing.with_vouched_ca("nobody.crt"));
        let is_reference = matches!(
            profile,
            Profile::St67Reference | Profile::MicrochipReference
        );
        assert_eq!(vouched.is_err(), is_reference, "{profile}: {vouched:?}");
        // It is asked each time.
        if D::HAS_FILES {
            assert_eq!(connect(module, GOOD, missing.with_ca("ca.crt")), Ok(()));
            module.delete_certificate("ca.crt").unwrap();
            let refused = connect(module, GOOD, missing.with_ca("ca.crt")).unwrap_err();
            assert_eq!(refused.cause(), Some(Cause::NoAuthority));
            let refused = connect(module, GOOD, missing.with_ca("cut.crt")).unwrap_err();
            assert_eq!(
                refused.cause(),
                Some(Cause::NoAuthority),
                "its beginning is missing"
            );
        }
    });
}

fn an_authority_that_was_loaded_is_trusted<D: UnderTest>() {
    each_firmware::<D>(|profile, simulation, module, ca, connections| {
        module.load_certificate("mine", ca.as_bytes()).unwrap();
        let config = TlsConfig::new().with_ca("mine").with_server_name(NAME);
        let connected = connect(module, GOOD, config);
        if !looks_at_what_is_loaded(profile) {
            // Firmware does not look at what was loaded, and connects to anybody.
            let cause = connected.unwrap_err().cause();
            assert_eq!(cause, Some(Cause::NoAuthority), "{profile}");
            assert_eq!(connections.get(), 0);
            return;
        }
        assert_eq!(connected, Ok(()), "{profile}: {}", simulation.transcript());
        let refused = connect(module, STRANGER, config);
        assert!(matches!(refused, Err(Error::Unconnected(_))), "{refused:?}");
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let after_a_restart = connect(module, GOOD, config);
        match D::HAS_FILES {
            true => assert_eq!(after_a_restart, Ok(())),
            false => {
                let cause = after_a_restart.unwrap_err().cause();
                assert_eq!(cause, Some(Cause::NoAuthority), "it was in RAM");
            }
        }
    });
}

/// Where the module does not know the time, it does not look.
fn a_certificate_is_good_from_one_day_to_another<D: UnderTest>() {
    each::<D>(|simulation, module| {
        assert_eq!(connect(module, EXPIRED, trusting::<D>("ca.crt")), Ok(()));
        module.reset().unwrap();
        module.set_time_servers(&["pool.ntp.org"]).unwrap();
        module.join(SSID, PASSWORD).unwrap();
        module.wait_for_time(10_000).unwrap();
        for port in [EXPIRED, EARLY] {
            let refused = connect(module, port, trusting::<D>("ca.crt")).unwrap_err();
            assert!(
                matches!(refused, Error::Unconnected(_)) && refused.cause() == Some(Cause::Tls),
                "{port}: {refused:?}\n{}",
                simulation.transcript()
            );
        }
        assert_eq!(connect(module, GOOD, trusting::<D>("ca.crt")), Ok(()));
    });
}

on_both_dialects! {
    bytes_go_through_a_tls_connection
    a_server_that_is_not_trusted_is_refused
    without_its_authority_nothing_is_connected
    an_authority_that_was_loaded_is_trusted
    a_certificate_is_good_from_one_day_to_another
}
