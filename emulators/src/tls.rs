//! Servers behind TLS: one to be trusted, and two that are not.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use atwifi_simulator::services::TlsServer;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::world::HOST;

/// The years in which a certificate is good: the module's time is one of 2022.
const GOOD: (i32, i32) = (2020, 2040);
const EXPIRED: (i32, i32) = (2015, 2020);

/// Servers that answer every request with the same text, until the process ends.
pub struct TlsServers {
    /// The authority of the first and the last of them, in PEM.
    pub ca: String,
    /// The ports of one that is to be trusted, one of another authority's, and one whose certificate has
    /// expired.
    pub ports: [u16; 3],
    requests: Arc<AtomicUsize>,
}

impl TlsServers {
    pub fn start() -> Result<TlsServers> {
        let (ours, other) = (Authority::new()?, Authority::new()?);
        let requests = Arc::new(AtomicUsize::new(0));
        let ports = [
            serve(ours.issue(GOOD)?, &requests)?,
            serve(other.issue(GOOD)?, &requests)?,
            serve(ours.issue(EXPIRED)?, &requests)?,
        ];
        Ok(TlsServers {
            ca: ours.pem,
            ports,
            requests,
        })
    }

    /// How many requests have come so far, to whichever.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many bytes an answer has.
    pub fn answer_length(&self) -> usize {
        answer().len()
    }
}

fn answer() -> Vec<u8> {
    let line = "nobody else can read this\r\nOK\r\n";
    format!("HTTP/1.0 200 OK\r\n\r\n{}", line.repeat(200)).into_bytes()
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Authority> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Authority { pem, issuer })
    }

    fn issue(&self, (from, to): (i32, i32)) -> Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![HOST.to_owned()])?;
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(TlsServer::new(certificate.pem(), key.serialize_pem()).config()?)
    }
}

/// Starts a server; its port.
fn serve(config: Arc<ServerConfig>, requests: &Arc<AtomicUsize>) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    let port = listener.local_addr()?.port();
    let requests = Arc::clone(requests);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (config, requests) = (Arc::clone(&config), Arc::clone(&requests));
            // Who does not trust the server goes away.
            thread::spawn(move || talk(client, config, &requests));
        }
    });
    Ok(port)
}

fn talk(client: TcpStream, config: Arc<ServerConfig>, requests: &AtomicUsize) -> Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, client);
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    requests.fetch_add(1, Ordering::Relaxed);
    stream.write_all(&answer())?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(())
}
