//! A serial port of this machine as a transport.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use anyhow::{Context, Result};
use embedded_io::{ErrorType, Read, ReadReady, Write};
use serialport::SerialPort;

pub struct Serial(pub Box<dyn SerialPort>);

pub fn open(port: &str, baud: u32) -> Result<Serial> {
    let port = serialport::new(port, baud)
        .timeout(Duration::from_secs(1))
        .open()
        .with_context(|| format!("cannot open the serial port {port}"))?;
    Ok(Serial(port))
}

impl ErrorType for Serial {
    type Error = io::Error;
}

impl ReadReady for Serial {
    fn read_ready(&mut self) -> io::Result<bool> {
        Ok(self.0.bytes_to_read()? > 0)
    }
}

impl Read for Serial {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
