//! TLS in the module: what it is told, and what it may answer.

mod common;

use atwifi::microchip::{Microchip, Status as MicrochipStatus};
use atwifi::st67::{St67, Status as St67Status};
use atwifi::{Error, Psk, Tls, TlsConfig, Usage, mock};
use atwifi_simulator::services::TlsServer;
use atwifi_simulator::{MemoryNetwork, Simulation, services};
use common::*;
use embedded_nal::{TcpClientStack, nb};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

const CONFIG: TlsConfig<'static> = TlsConfig::new()
    .with_ca("ca_01.crt")
    .with_certificate("cert_01.crt", "private_01.key")
    .with_server_name("example.com");

#[test]
fn the_st67_is_told_before_it_connects() {
    let config = CONFIG.with_alpn(&["h2", "http/1.1"]).with_psk(Psk {
        identity: "myhint",
        key: b"psk",
    });
    let uart = met::<St67>()
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
        let mut tls = Tls::new(&mut *module, CONFIG);
        let mut socket = tls.socket().unwrap();
        flat(tls.connect(&mut socket, at(443))).unwrap();
        let mut second = tls.socket().unwrap();
        flat(tls.connect(&mut second, at(443))).unwrap();
        tls.close(second).unwrap();
        let config = CONFIG.with_ca("other.crt");
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
        let mut tls = Tls::new(&mut *module, CONFIG);
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

/// A certificate authority: its certificate, and one that it has issued for `NAME`, with its key.
fn authority() -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (ca, certificate.pem(), key.serialize_pem())
}

/// A server with a certificate, and modules that know its authority and another one.
fn each<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>)) {
    let (ca, certificate, key) = authority();
    let (other, ..) = authority();
    for config in configs::<D>() {
        let server = TlsServer::new(certificate.clone(), key.clone());
        let network = MemoryNetwork::default()
            .serve(at(443), move |_| server.serve(services::echo()).unwrap());
        let config = config
            .with_file("ca.crt", ca.clone())
            .with_file("other.crt", other.clone());
        let simulation = Simulation::new(config, network);
        with_joined::<D, _>(&simulation, |module| test(&simulation, module));
    }
}

fn trusting(ca: &str) -> TlsConfig<'_> {
    TlsConfig::new().with_ca(ca).with_server_name(NAME)
}

fn bytes_go_through_a_tls_connection<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut tls = Tls::new(&mut *module, trusting("ca.crt"));
        for round in 0..3_u8 {
            let mut socket = tls.socket().unwrap();
            flat(tls.connect(&mut socket, at(443)))
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
            tls = Tls::new(stack, trusting("ca.crt"));
            tls.close(socket).unwrap();
        }
    });
}

fn a_server_that_is_not_trusted_is_refused<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut tls = Tls::new(&mut *module, trusting("other.crt"));
        let mut socket = tls.socket().unwrap();
        let refused = flat(tls.connect(&mut socket, at(443)));
        assert!(
            matches!(refused, Err(Error::Unconnected(_))),
            "{refused:?}\n{}",
            simulation.transcript()
        );
        // The same socket can be connected again.
        let mut tls = Tls::new(tls.into_stack(), trusting("ca.crt"));
        flat(tls.connect(&mut socket, at(443))).unwrap();
        tls.close(socket).unwrap();
        simulation.advance(std::time::Duration::from_secs(1));
        assert_eq!(simulation.links_open(), 0);
    });
}

on_both_dialects! {
    bytes_go_through_a_tls_connection
    a_server_that_is_not_trusted_is_refused
}
