//! A module on a serial port of this machine, or behind a TCP port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use atwifi::transport::Std;
use serialport::SerialPort;

/// What is there is handed out at once; nothing comes after this long.
const PATIENCE: Duration = Duration::from_millis(1);

pub trait Line: Read + Write + Send {}

impl<S: Read + Write + Send> Line for S {}

/// The line to a module, and the modem lines beside it, if there are any.
pub struct Port {
    pub line: Std<Box<dyn Line>>,
    #[allow(dead_code, reason = "not every example has a module that sleeps")]
    pub signals: Option<Box<dyn SerialPort>>,
}

/// Opens `/dev/ttyACM0`, `COM3`, or `127.0.0.1:5000`.
pub fn open(port: &str, baud: u32) -> Result<Port> {
    if let Ok(address) = port.parse::<SocketAddr>() {
        return Ok(Port {
            line: Std::new(Box::new(connect(address)?)),
            signals: None,
        });
    }
    let serial = serialport::new(port, baud)
        .timeout(PATIENCE)
        .open()
        .with_context(|| format!("cannot open the serial port {port}"))?;
    Ok(Port {
        signals: Some(serial.try_clone()?),
        line: Std::new(Box::new(serial)),
    })
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("nobody is at {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}
