//! A module that speaks as much ESP-AT as a TCP client needs (ESP-AT User Guide, "TCP/IP AT
//! Commands"): passive receive mode, several links, and the echo, which is on by default and which
//! esp-at-nal never switches off: `atat` would take its first event lines for an echo without it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use atwifi_simulator::{Connection, Module, Network, Output, Received};

/// Links that the firmware has.
const LINKS: usize = 5;
/// The default receive window of the firmware's TCP.
const WINDOW: usize = 5760;

#[derive(Default)]
struct Link {
    connection: Option<Connection>,
    /// The answer to the connect command is due.
    connecting: bool,
    received: VecDeque<u8>,
    /// What waits has been told.
    announced: bool,
}

/// Payload that the host sends.
struct Payload {
    link: usize,
    length: usize,
    data: Vec<u8>,
}

pub struct EspAt {
    latency: Duration,
    now: Duration,
    line: Vec<u8>,
    payload: Option<Payload>,
    links: [Link; LINKS],
    /// What will be said, and when.
    answers: VecDeque<(Duration, Vec<u8>)>,
    output: Output,
    commands: u64,
}

impl EspAt {
    pub fn new(latency: Duration) -> Self {
        EspAt {
            latency,
            now: Duration::ZERO,
            line: Vec::new(),
            payload: None,
            links: Default::default(),
            answers: VecDeque::new(),
            output: Output::default(),
            commands: 0,
        }
    }

    fn answer(&mut self, bytes: impl Into<Vec<u8>>) {
        self.answers
            .push_back((self.now + self.latency, bytes.into()));
    }

    fn execute(&mut self, line: &str, network: &mut dyn Network) {
        self.commands += 1;
        self.output.write(&[line.as_bytes(), b"\r\n"]);
        let (name, arguments) = line.split_once('=').unwrap_or((line, ""));
        let arguments: Vec<&str> = arguments.split(',').collect();
        let number = |n: usize| arguments.get(n).and_then(|text| text.parse::<usize>().ok());
        let link = number(0).filter(|link| *link < LINKS);
        match (name, link) {
            ("AT+CWMODE" | "AT+CIPMUX" | "AT+CIPRECVMODE", _) => self.answer("\r\nOK\r\n"),
            ("AT+CWJAP", _) => self.answer("WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n"),
            ("AT+CIPSTART", Some(link)) => {
                let address = arguments
                    .get(2)
                    .and_then(|text| text.trim_matches('"').parse().ok());
                let to = address
                    .zip(number(3))
                    .map(|(address, port): (IpAddr, usize)| SocketAddr::new(address, port as u16));
                self.connect(link, to, network);
            }
            ("AT+CIPSEND", Some(link)) => {
                self.payload = Some(Payload {
                    link,
                    length: number(1).unwrap_or(0),
                    data: Vec::new(),
                });
                self.answer("\r\nOK\r\n\r\n>");
            }
            ("AT+CIPRECVDATA", Some(link)) => self.hand_out(link, number(1).unwrap_or(0)),
            ("AT+CIPCLOSE", Some(link)) => {
                if let Some(connection) = self.links[link].connection.take() {
                    network.close(self.now, connection);
                }
                self.answer(format!("{link},CLOSED\r\n\r\nOK\r\n"));
            }
            _ => self.answer("\r\nERROR\r\n"),
        }
    }

    fn connect(&mut self, link: usize, to: Option<SocketAddr>, network: &mut dyn Network) {
        let Some(to) = to else {
            return self.answer("\r\nERROR\r\n");
        };
        let own = SocketAddr::from((Ipv4Addr::new(192, 168, 1, 50), 50_000));
        self.links[link] = Link {
            connection: Some(network.connect(self.now, own, to)),
            connecting: true,
            ..Link::default()
        };
    }

    fn hand_out(&mut self, link: usize, limit: usize) {
        let received = &mut self.links[link].received;
        let count = received.len().min(limit);
        let mut answer = format!("+CIPRECVDATA:{count},").into_bytes();
        answer.extend(received.drain(..count));
        answer.extend(b"\r\nOK\r\n");
        self.links[link].announced = false;
        self.answer(answer);
    }

    fn serve(&mut self, id: usize, network: &mut dyn Network) {
        let now = self.now;
        let link = &mut self.links[id];
        let Some(connection) = link.connection else {
            return;
        };
        if link.connecting {
            match network.connected(now, connection) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => {
                    link.connecting = false;
                    self.answer(format!("{id},CONNECT\r\n\r\nOK\r\n"));
                }
                Poll::Ready(Err(_)) => {
                    self.links[id] = Link::default();
                    self.answer("\r\nERROR\r\n");
                }
            }
            return;
        }
        let room = WINDOW.saturating_sub(link.received.len());
        if room > 0
            && let Received::Data(data) = network.receive(now, connection, room)
        {
            link.received.extend(data);
        }
        // Told once until it is read, and not between a command and its answer.
        let waiting = link.received.len();
        if waiting > 0 && !link.announced && self.answers.is_empty() {
            link.announced = true;
            let event = format!("\r\n+IPD,{id},{waiting}\r\n");
            self.output.write(&[event.as_bytes()]);
        }
    }
}

impl Module for EspAt {
    fn input(&mut self, now: Duration, bytes: &[u8], _joined: bool) {
        self.now = now;
        for &byte in bytes {
            match &mut self.payload {
                Some(payload) if payload.data.len() < payload.length => payload.data.push(byte),
                // ESP-AT asks for CR LF; esp-at-nal 0.5 sends CR alone, as atat 0.24 has it.
                _ if byte == b'\n' => {}
                _ => self.line.push(byte),
            }
        }
    }

    fn poll(&mut self, now: Duration, network: &mut dyn Network) {
        self.now = now;
        self.output.at(now);
        if let Some(payload) = self
            .payload
            .take_if(|payload| payload.data.len() == payload.length)
        {
            if let Some(connection) = self.links[payload.link].connection {
                network.send(now, connection, &payload.data);
            }
            self.answer(format!(
                "\r\nRecv {} bytes\r\n\r\nSEND OK\r\n",
                payload.length
            ));
        }
        while let Some(end) = self.line.iter().position(|&byte| byte == b'\r') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            self.execute(&String::from_utf8_lossy(&line[..end]), network);
        }
        while self.answers.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, answer)) = self.answers.pop_front() {
                self.output.write(&[&answer]);
            }
        }
        for id in 0..LINKS {
            self.serve(id, network);
        }
    }

    fn next(&self) -> Option<Duration> {
        self.answers.front().map(|(at, _)| *at)
    }

    fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    fn awaits_payload(&self) -> bool {
        self.payload.is_some()
    }

    fn commands(&self) -> u64 {
        self.commands
    }

    fn links_open(&self) -> usize {
        self.links
            .iter()
            .filter(|link| link.connection.is_some())
            .count()
    }

    fn joined(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        None
    }
}
