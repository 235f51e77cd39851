//! TLS: embedded-tls over a socket as a stream, against nginx, and in the module, against Mosquitto.

use std::time::SystemTime;

use atwifi::{Stream, Tls};
use atwifi_consumers::{
    Board, Certificates, Firmware, Mosquitto, NAME, Nginx, UnderTest, on_every_firmware,
};
use embedded_io::Write;
use embedded_nal::{TcpClientStack, nb};
use embedded_tls::blocking::{Aes128GcmSha256, Certificate, TlsConfig, TlsConnection, TlsContext};
use embedded_tls::pki::CertVerifier;
use embedded_tls::{CryptoProvider, CryptoRngCore, TlsError, TlsVerifier};
use rand_core::OsRng;

#[allow(dead_code)]
#[path = "../examples/mqtt.rs"]
mod example;

/// Longer than the longest record.
const LENGTH: usize = 20_000;
/// A record with all that belongs to it.
const RECORD: usize = 16_640;

/// What the client trusts.
struct Trust<'a> {
    random: OsRng,
    verifier: CertVerifier<'a, Aes128GcmSha256, SystemTime, 2048>,
}

impl<'a> Trust<'a> {
    fn in_authority(certificate: &'a [u8]) -> Self {
        Trust {
            random: OsRng,
            verifier: CertVerifier::new(Certificate::X509(certificate)),
        }
    }
}

impl CryptoProvider for Trust<'_> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

fn page() -> Vec<u8> {
    let words = b"\r\nOK\r\n+SOCKCL:1\r\n>\x17\x03\x03";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(LENGTH).collect()
}

/// Asks a server for `/page`, and returns all that it answers.
fn get<D: UnderTest>(
    firmware: Firmware,
    server: &Nginx,
    trust: Trust,
) -> Result<Vec<u8>, TlsError> {
    let (_board, mut network) = Board::joined::<D>(firmware);
    let mut socket = TcpClientStack::socket(&mut network).expect("a socket");
    nb::block!(network.connect(&mut socket, server.address())).expect("connect");
    let mut gathered = [0; 512];
    let stream = Stream::new(&mut network, socket, &mut gathered);

    let (mut incoming, mut outgoing) = ([0; RECORD], [0; 1024]);
    let mut tls = TlsConnection::new(stream, &mut incoming, &mut outgoing);
    let settings = TlsConfig::new().with_server_name(NAME);
    let mut answer = Vec::new();
    let result = tls
        .open(TlsContext::new(&settings, trust))
        .and_then(|()| tls.write_all(b"GET /page HTTP/1.0\r\n\r\n"))
        .and_then(|()| tls.flush())
        .and_then(|()| read_to_end(&mut tls, &mut answer));
    let (Ok(stream) | Err((stream, _))) = tls.close();
    let (network, socket) = stream.into_parts();
    network.close(socket).expect("close");
    result.map(|()| answer)
}

fn read_to_end<S: embedded_io::Read + Write>(
    tls: &mut TlsConnection<'_, S, Aes128GcmSha256>,
    into: &mut Vec<u8>,
) -> Result<(), TlsError> {
    let mut buffer = [0; 300];
    loop {
        match tls.read(&mut buffer) {
            Ok(n) => into.extend_from_slice(&buffer[..n]),
            // The server has said that this is the end.
            Err(TlsError::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn a_page_comes_whole<D: UnderTest>(firmware: Firmware) {
    let Some(certificates) = Certificates::new(NAME) else {
        return;
    };
    let Some(server) = Nginx::start_secured(&certificates, [("page", page())]) else {
        return;
    };
    let authority = certificates.authority();
    let answer = get::<D>(firmware, &server, Trust::in_authority(&authority)).expect("a page");
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(answer.ends_with(&page()));
}

/// Asks a server that has one certificate, trusting the authority behind another.
fn is_refused<D: UnderTest>(firmware: Firmware, of_server: &Certificates, trusted: &Certificates) {
    let Some(server) = Nginx::start_secured(of_server, [("page", page())]) else {
        return;
    };
    let authority = trusted.authority();
    let answer = get::<D>(firmware, &server, Trust::in_authority(&authority));
    assert!(
        matches!(answer, Err(TlsError::InvalidCertificate)),
        "{answer:?}"
    );
}

fn a_server_with_another_name_is_refused<D: UnderTest>(firmware: Firmware) {
    if let Some(other) = Certificates::new("other.test") {
        is_refused::<D>(firmware, &other, &other);
    }
}

fn a_server_of_another_authority_is_refused<D: UnderTest>(firmware: Firmware) {
    if let (Some(its), Some(ours)) = (Certificates::new(NAME), Certificates::new(NAME)) {
        is_refused::<D>(firmware, &its, &ours);
    }
}

/// minimq does not know that it speaks TLS: the module does.
fn a_client_that_knows_nothing_of_tls<D: UnderTest>(firmware: Firmware) {
    let Some(certificates) = Certificates::new(NAME) else {
        return;
    };
    let Some(broker) = Mosquitto::start_secured(&certificates) else {
        return;
    };
    let files = [("ca.crt", certificates.authority())];
    let (_board, mut network) = Board::with_files::<D>(firmware, files);
    let config = atwifi::TlsConfig::new()
        .with_vouched_ca("ca.crt")
        .with_server_name(NAME);
    let greeting = example::greet(Tls::new(&mut network, config), broker.address());
    assert_eq!(greeting.as_deref(), Ok("hello from the module"));
}

on_every_firmware! {
    a_client_that_knows_nothing_of_tls
    a_page_comes_whole
    a_server_with_another_name_is_refused
    a_server_of_another_authority_is_refused
}
