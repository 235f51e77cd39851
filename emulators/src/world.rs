//! What the firmware meets: the access point, and servers of this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{iter, thread};

use anyhow::{Context, Result};
use atwifi_consumers::{Chrony, Mosquitto};
use atwifi_selftest::peer::Peer;
use atwifi_simulator::{AccessPoint, HostNetwork};
use sha2::{Digest, Sha256};

use crate::bluetooth::Devices;
use crate::board::Dialect;
use crate::tls::TlsServers;

pub const SSID: &str = "emulated";
pub const PASSWORD: &str = "correct horse";
/// The name of this machine in the simulated network.
pub const HOST: &str = "server.test";
/// The length of what is transferred, in bytes.
const LENGTH: usize = 100_000;
/// Where the image of a module's firmware is, what version it tells, and how long its body is.
const IMAGE_PATH: &str = "/firmware.xz.ota";
pub const IMAGE_VERSION: &str = "2.0.106";
const IMAGE_BODY: usize = 60_000;
/// What the ST67 tells of at most.
const ACCESS_POINTS: usize = 50;

/// Servers that run until this is dropped. Those that are not installed are not there.
pub struct World {
    pub http: HttpServer,
    pub broker: Option<Mosquitto>,
    pub time: Option<Chrony>,
    pub tls: TlsServers,
    /// What `selftest` talks to.
    pub peer: Peer,
    /// The port on which `tcp_server` and `selftest` listen.
    pub echo_port: u16,
    /// The ports of the page and of the names of `setup_page`.
    pub setup_ports: [u16; 2],
    /// What is around by Bluetooth LE in the run at hand.
    pub devices: Devices,
}

impl World {
    pub fn new() -> Result<World> {
        // All at once, so that they differ.
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port");
        let free = [bind()?, bind()?, bind()?];
        let port = |n: usize| anyhow::Ok(free[n].local_addr()?.port());
        Ok(World {
            http: HttpServer::start()?,
            broker: Mosquitto::start(),
            time: Chrony::start(),
            tls: TlsServers::start()?,
            peer: Peer::start(Ipv4Addr::LOCALHOST, 0, |_| {})?,
            echo_port: port(0)?,
            setup_ports: [port(1)?, port(2)?],
            devices: Devices::new(),
        })
    }

    /// What the firmware has to know when it is built.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let port = |address: Option<SocketAddr>| address.map_or(1, |address| address.port());
        let ports = [
            ("HTTP_PORT", self.http.address.port()),
            (
                "MQTT_PORT",
                port(self.broker.as_ref().map(Mosquitto::address)),
            ),
            ("NTP_PORT", port(self.time.as_ref().map(Chrony::address))),
            ("ECHO_PORT", self.echo_port),
            ("PEER_PORT", self.peer.port),
            ("SETUP_HTTP_PORT", self.setup_ports[0]),
            ("SETUP_DNS_PORT", self.setup_ports[1]),
        ];
        let [server, stranger, expired] = self.tls.ports;
        let ports = ports.into_iter().chain([
            ("TLS_PORT", server),
            ("TLS_STRANGER_PORT", stranger),
            ("TLS_EXPIRED_PORT", expired),
        ]);
        let hosts = [
            "HTTP_HOST",
            "MQTT_HOST",
            "NTP_HOST",
            "PEER_HOST",
            "TLS_HOST",
            "TLS_STRANGER_HOST",
            "TLS_EXPIRED_HOST",
        ];
        let mut settings = vec![
            ("WIFI_SSID", SSID.to_owned()),
            ("WIFI_PASSWORD", PASSWORD.to_owned()),
            ("UPDATE_PATH", IMAGE_PATH.to_owned()),
            ("TLS_CA", self.tls.ca.clone()),
        ];
        settings.extend(hosts.map(|name| (name, HOST.to_owned())));
        settings.extend(ports.map(|(name, port)| (name, port.to_string())));
        settings
    }

    /// The access point of the firmware, and as many others as a module tells of.
    pub fn access_points(&self) -> Vec<AccessPoint> {
        let own = AccessPoint::new(SSID, PASSWORD).heard_at(-30);
        let others = (1..ACCESS_POINTS).map(|n| {
            let strength = -40 - i8::try_from(n).unwrap_or(0);
            AccessPoint::new(format!("neighbour {n:02}"), "12345678")
                .numbered(n)
                .heard_at(strength)
        });
        iter::once(own).chain(others).collect()
    }

    /// The network in which the module finds this machine, or an address of it without servers, and whose guest
    /// it is at the module's access point.
    pub fn network(&self, dialect: Dialect, is_alone: bool) -> HostNetwork {
        let address = match is_alone {
            true => Ipv4Addr::new(127, 0, 0, 2),
            false => Ipv4Addr::LOCALHOST,
        };
        let guest = match dialect {
            Dialect::St67 | Dialect::St67Spi | Dialect::St67Dma => Ipv4Addr::new(192, 168, 4, 2),
            Dialect::Microchip => Ipv4Addr::new(192, 168, 0, 2),
        };
        HostNetwork::new()
            .host(HOST, IpAddr::V4(address))
            .peers_from(guest.into())
    }
}

/// Bytes without a pattern, and among them words that a module says.
pub fn payload() -> Vec<u8> {
    let words = b"\r\nOK\r\n+CIP:0,DISCONNECTED\r\n>+SOCKCL:1\r\nERROR\r\nready\r\n#";
    let (mut payload, mut state) = (Vec::new(), 1_u32);
    while payload.len() < LENGTH {
        payload.extend_from_slice(words);
        for _ in 0..1000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            payload.push((state >> 24) as u8);
        }
    }
    payload.truncate(LENGTH);
    payload
}

/// An image of firmware as an ST67W611M1 takes it: a header, and what follows with its hash.
pub fn image() -> Vec<u8> {
    let body = &payload()[..IMAGE_BODY];
    let mut image = vec![0; 512];
    image[..10].copy_from_slice(b"QCC74X_OTA");
    image[16..18].copy_from_slice(b"XZ");
    image[20..24].copy_from_slice(&(IMAGE_BODY as u32).to_le_bytes());
    image[48..48 + IMAGE_VERSION.len()].copy_from_slice(IMAGE_VERSION.as_bytes());
    image[64..96].copy_from_slice(&Sha256::digest(body));
    [&image, body].concat()
}

/// Answers every request with the payload, or the image, and closes.
pub struct HttpServer {
    pub address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl HttpServer {
    fn start() -> Result<HttpServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                // A client that goes away is no concern of the server's.
                thread::spawn(move || serve(client, &count));
            }
        });
        Ok(HttpServer { address, requests })
    }

    /// How many requests have come so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

fn serve(mut client: TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let host = format!("\r\nHost: {HOST}\r\n").into_bytes();
    let asks_for = |path: &str| {
        let line = format!("GET {path} HTTP/1.0\r\n");
        request.starts_with(line.as_bytes()) && request.windows(host.len()).any(|line| line == host)
    };
    let body = match (asks_for("/"), asks_for(IMAGE_PATH)) {
        (true, _) => {
            count.fetch_add(1, Ordering::Relaxed);
            payload()
        }
        (_, true) => image(),
        _ => return client.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n"),
    };
    write!(
        client,
        "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    client.write_all(&body)
}
