//! Prints what crosses a transport, line by line, without passwords.

use std::time::Instant;

use atwifi::Transport;
use embedded_io::{ErrorType, Read, Write};

/// A transport that is watched.
pub struct Traced<T> {
    transport: T,
    start: Instant,
    out: Vec<u8>,
    heard: Vec<u8>,
}

/// More of a line than this is not shown.
const SHOWN: usize = 100;

impl<T> Traced<T> {
    pub fn new(transport: T) -> Self {
        Traced {
            transport,
            start: Instant::now(),
            out: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn print(&self, arrow: &str, bytes: &[u8]) {
        let text = without_secret(bytes)
            .escape_ascii()
            .to_string()
            .replace("\\\"", "\"");
        let time = self.start.elapsed().as_secs_f64();
        match text.char_indices().nth(SHOWN) {
            Some((cut, _)) => eprintln!(
                "{time:8.3} {arrow} {} ... ({} bytes)",
                &text[..cut],
                bytes.len()
            ),
            None => eprintln!("{time:8.3} {arrow} {text}"),
        }
    }

    /// Prints the lines that are complete, and all of it when the direction changes.
    fn flush_heard(&mut self, all: bool) {
        let end = self
            .heard
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |at| at + 1);
        let rest = self
            .heard
            .split_off(if all { self.heard.len() } else { end });
        let heard = std::mem::replace(&mut self.heard, rest);
        let mut line_start = 0;
        for (at, _) in heard.iter().enumerate().filter(|&(_, &b)| b == b'\n') {
            if at - line_start > 1 {
                self.print("<-", &heard[line_start..=at]);
            }
            line_start = at + 1;
        }
        if line_start < heard.len() {
            self.print("<-", &heard[line_start..]);
        }
    }
}

/// Behind the name that comes first, these have a password.
const NAMED: [&[u8]; 2] = [b"AT+CWJAP=", b"AT+CWSAP="];

/// What comes behind these is secret.
const SECRET: [&[u8]; 7] = [
    b"AT+WSTAC=3,",
    b"AT+WAPC=3,",
    b"AT+MQTTC=5,",
    b"AT+MQTTUSERCFG=",
    b"AT+CIPSSLCPSK=",
    b"AT+CIPSSLCPSKHEX=",
    b"AT+BLESECPASSKEY=",
];

/// The command as it is, but for its password.
fn without_secret(command: &[u8]) -> Vec<u8> {
    let begins = |name: &&&[u8]| command.starts_with(name);
    let secret = match NAMED.iter().find(begins) {
        Some(_) => command
            .windows(3)
            .position(|bytes| bytes == b"\",\"")
            .map(|at| at + 2),
        None => SECRET.iter().find(begins).map(|name| name.len()),
    };
    match secret {
        Some(at) => [&command[..at], b"\"***\"\r\n"].concat(),
        None => command.to_vec(),
    }
}

impl<T: ErrorType> ErrorType for Traced<T> {
    type Error = T::Error;
}

impl<T: Transport> Transport for Traced<T> {
    fn read_ready(&mut self) -> Result<bool, T::Error> {
        self.transport.read_ready()
    }

    fn restart(&mut self) -> Result<(), T::Error> {
        self.transport.restart()
    }

    fn trouble(&mut self) -> Result<(), T::Error> {
        self.transport.trouble()
    }

    fn rest(&mut self) {
        self.transport.rest();
    }
}

impl<T: Read> Read for Traced<T> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, T::Error> {
        let n = self.transport.read(into)?;
        self.heard.extend_from_slice(&into[..n]);
        self.flush_heard(false);
        Ok(n)
    }
}

impl<T: Write> Write for Traced<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        self.flush_heard(true);
        let n = self.transport.write(bytes)?;
        self.out.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> Result<(), T::Error> {
        let out = std::mem::take(&mut self.out);
        if !out.is_empty() {
            self.print("->", &out);
        }
        self.transport.flush()
    }
}
