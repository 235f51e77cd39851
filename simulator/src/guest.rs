//! Somebody on the access point that a module is, who tells it which network to join.

use std::cell::RefCell;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use crate::{Client, Profile, Simulation, services};

/// The first port from which he speaks.
const PORT: u16 = 50_000;
/// How much of a form is said at once.
const PIECE: usize = 40;

/// A client of the access point that the module is: it says one thing after the other, through connections
/// that it begins.
pub struct Guest {
    simulation: Simulation,
    at: SocketAddr,
    port: u16,
    says: Vec<Vec<u8>>,
    client: Option<Client>,
    heard: Rc<RefCell<Vec<u8>>>,
}

impl Guest {
    /// Who is to say all this through one connection, piece by piece, to what the module provisions with: TCP
    /// port 80 of an ST67W611M1, on which its host is expected to serve a page, 7777 of a PIC32MZW1.
    #[must_use]
    pub fn new(simulation: &Simulation, profile: Profile, says: Vec<Vec<u8>>) -> Self {
        let (own, port) = match profile.module() {
            "st67" => (Ipv4Addr::new(192, 168, 4, 1), 80),
            _ => (Ipv4Addr::new(192, 168, 0, 1), 7777),
        };
        Guest {
            simulation: simulation.clone(),
            at: (own, port).into(),
            port: PORT,
            says: says.into_iter().rev().collect(),
            client: None,
            heard: Rc::default(),
        }
    }

    /// Who is to name this network: by the form of a page, or by the commands of a PIC32MZW1.
    #[must_use]
    pub fn naming(simulation: &Simulation, profile: Profile, ssid: &[u8], password: &[u8]) -> Self {
        let says = match profile.module() {
            "st67" => post(ssid, password)
                .chunks(PIECE)
                .map(<[u8]>::to_vec)
                .collect(),
            _ => vec![
                format!("AT+WSTAC=1,[{}]\r\n", hexadecimal(ssid, "")).into_bytes(),
                b"AT+WSTAC=2,3\r\n".to_vec(),
                format!("AT+WSTAC=3,[{}]\r\n", hexadecimal(password, "")).into_bytes(),
                b"AT+WPROV=0\r\n".to_vec(),
            ],
        };
        Guest::new(simulation, profile, says)
    }

    /// Says the next piece, through a connection that is begun with the first. Whether there was one.
    pub fn go_on(&mut self) -> bool {
        let Some(piece) = self.says.pop() else {
            return false;
        };
        if self.client.is_none() {
            self.connect();
        }
        if let Some(client) = &self.client {
            client.send(&piece);
        }
        true
    }

    /// Begins a new connection, through which he is to say all this.
    pub fn say(&mut self, says: &[&[u8]]) {
        self.says = says.iter().rev().map(|piece| piece.to_vec()).collect();
        self.client = None;
        self.heard = Rc::default();
    }

    /// Begins a connection, and says nothing yet.
    pub fn connect(&mut self) {
        self.port += 1;
        let mut octets = match self.at.ip() {
            std::net::IpAddr::V4(ip) => ip.octets(),
            std::net::IpAddr::V6(_) => [0; 4],
        };
        octets[3] = 100;
        let from = SocketAddr::from((octets, self.port));
        let service = services::record(Rc::clone(&self.heard));
        self.client = Some(self.simulation.dial(from, self.at, service));
    }

    /// What the module has said in the last connection.
    #[must_use]
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.borrow()).into_owned()
    }

    /// The last connection.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("at", &self.at)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// The form of a page, filled in and posted.
fn post(ssid: &[u8], password: &[u8]) -> Vec<u8> {
    let form = format!(
        "ssid={}&password={}",
        hexadecimal(ssid, "%"),
        hexadecimal(password, "%")
    );
    let length = form.len();
    format!("POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: {length}\r\n\r\n{form}")
        .into_bytes()
}

fn hexadecimal(text: &[u8], before: &str) -> String {
    let digits = text.iter().map(|byte| format!("{before}{byte:02X}"));
    digits.collect()
}
