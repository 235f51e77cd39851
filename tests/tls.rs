//! TLS in the module: what it is told, and what it may answer.

mod common;

use atwifi::microchip::{self, Microchip};
use atwifi::st67::{self, St67};
use atwifi::{Error, Psk, Tls, TlsConfig, Usage};
use common::*;
use embedded_nal::{TcpClientStack, nb};

const CONFIG: TlsConfig<'static> = TlsConfig {
    ca: Some("ca_01.crt"),
    certificate: Some(("cert_01.crt", "private_01.key")),
    server_name: Some("example.com"),
    alpn: &[],
    psk: None,
};

#[test]
fn the_st67_is_told_before_it_connects() {
    let config = TlsConfig {
        alpn: &["h2", "http/1.1"],
        psk: Some(Psk {
            identity: "myhint",
            key: b"psk",
        }),
        ..CONFIG
    };
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
        .answer("AT+CIPSSLCSNI=0,\"\"\r\n", "\r\nERROR\r\n")
        .answer("AT+CIPSSLCALPN=0,0\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CIPSTART=0,\"SSL\",\"10.0.0.7\",443,,,10000\r\n",
            "ERR CODE:0x010a0000\r\n\r\nERROR\r\n",
        );
    with_mock::<St67, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, TlsConfig::default());
        let mut socket = tls.socket().unwrap();
        let refused = flat(tls.connect(&mut socket, at(443)));
        assert!(matches!(refused, Err(Error::Module(st67::Status::Code(_)))));
    });
    uart.assert_done();
}

/// Up to the TCP connection, and the command that starts TLS.
fn microchip_connects(index: u8) -> atwifi::mock::Uart {
    let mut uart = met::<Microchip>()
        .answer("AT+SOCKO=2\r\n", "+SOCKO:7\r\nOK\r\n")
        .answer(
            "AT+SOCKBR=7,\"10.0.0.7\",443\r\n",
            "OK\r\n\r+SOCKIND:7,\"192.168.1.50\",1024,\"10.0.0.7\",443\r\n",
        );
    for busy in 1..index {
        uart = uart
            .answer(
                format!("AT+TLSC={busy},1,\"ca_01.crt\"\r\n"),
                "ERROR:6,\"Configuration Update Blocked\"\r\n",
            )
            .answer("AT+GMI\r\n", "+GMI=\"Microchip\"\r\nOK\r\n");
    }
    for (parameter, value) in [
        (1, "ca_01.crt"),
        (2, "cert_01.crt"),
        (3, "private_01.key"),
        (5, "example.com"),
    ] {
        uart = uart.answer(
            format!("AT+TLSC={index},{parameter},\"{value}\"\r\n"),
            "OK\r\n",
        );
    }
    uart
}

#[test]
fn the_microchip_module_upgrades_a_connection() {
    // The first configuration may be in use by another connection.
    for index in [1, 2] {
        let uart = microchip_connects(index).answer(
            format!("AT+SOCKTLS=7,{index}\r\n"),
            "OK\r\n\r+SOCKTLS:7\r\n",
        );
        with_mock::<Microchip, _>(&uart, |module| {
            let mut tls = Tls::new(&mut *module, CONFIG);
            let mut socket = tls.socket().unwrap();
            flat(tls.connect(&mut socket, at(443))).unwrap();
        });
        uart.assert_done();
    }
}

#[test]
fn a_handshake_that_fails_says_so() {
    let uart = microchip_connects(1).answer(
        "AT+SOCKTLS=7,1\r\n",
        "OK\r\n\r+SOCKERR:7,15,Socket TLS Failed\r\n",
    );
    with_mock::<Microchip, _>(&uart, |module| {
        let mut tls = Tls::new(&mut *module, CONFIG);
        let mut socket = tls.socket().unwrap();
        assert_eq!(
            flat(tls.connect(&mut socket, at(443))),
            Err(Error::Module(microchip::Status::TlsFailed))
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
            TlsConfig {
                alpn: &["h2"],
                ..CONFIG
            },
            TlsConfig {
                psk: Some(Psk {
                    identity: "a",
                    key: b"b",
                }),
                ..CONFIG
            },
            TlsConfig {
                server_name: Some(&long),
                ..CONFIG
            },
        ];
        for (config, usage) in
            refused
                .into_iter()
                .zip([Usage::Unsupported, Usage::Unsupported, Usage::TooLong(32)])
        {
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
