//! The dialect of Microchip's PIC32MZW1 and WFI32, with WINC-style AT commands.
//!
//! Sources: the vendor's AT command reference ("reference") and notes on what the firmware really
//! sends ("wire notes"); where the two differ, both are understood. Commands are in
//! [`command`], one file a chapter.

mod about;
mod access_point;
mod certificates;
pub mod command;
mod datagram;
mod event;
mod join;
mod literal;
mod mqtt;
mod others;
mod payload;
mod ping;
mod power;
mod provisioning;
mod scan;
mod server;
mod station;
mod status;
mod stream;
#[cfg(test)]
mod templates;
mod text;
mod time;
mod tls;
mod words;

use core::net::Ipv4Addr;

use crate::driver::Session;
use crate::driver::dialect::{Setting, Words, private};
use crate::engine::protocol::{Escape, Header, Line, Payload};

pub use event::{Event, ScanResult};
pub use literal::{Literal, SecretLiteral};
pub use status::Status;
pub use text::{Secret, Text};

/// The dialect of the PIC32MZW1 and WFI32.
#[derive(Clone, Copy, Debug)]
pub struct Microchip;

/// A PIC32MZW1 or WFI32 on transport `T`, watched by clock `C`.
pub type Module<'b, T, C> = crate::Module<'b, Microchip, T, C>;

/// The error of a PIC32MZW1 or WFI32 on a transport whose error is `E`.
pub type Error<E> = crate::Error<E, Status>;

/// Something whose result comes as an event.
#[derive(Clone, Copy, Debug, Default)]
enum Attempt<R> {
    /// Nobody waits.
    #[default]
    None,
    /// The result is still to come.
    Open,
    /// It has come.
    Settled(Result<R, Status>),
}

/// The line of firmware 0.2.0 (wire notes 1).
const COMMAND_MAX: usize = 255;

/// What the dialect remembers between two lines.
#[derive(Debug, Default)]
// What is used most is within reach of a short instruction.
#[repr(C)]
pub struct Memory {
    /// The station's address, as the module told it: there is no command to ask for it.
    address: Option<Ipv4Addr>,
    /// There may be sockets of which the driver does not know.
    lost: bool,
    /// The socket that could not be closed last.
    unclosed: Option<u32>,
    /// Peers may have made connections of which nothing was told.
    untold_children: bool,
    /// They have ended with the station.
    untold_ended: bool,
    /// The socket that is being connected.
    connecting: Option<u32>,
    /// The socket on which TLS is being started.
    securing: Option<u32>,
    /// That of the socket, or of provisioning or loading a certificate, which go on while no socket is being
    /// connected.
    connection: Attempt<()>,
    /// The name that is being resolved, as a fingerprint.
    name_asked: u32,
    name: Attempt<Ipv4Addr>,
    /// The socket to which binary data was sent last.
    sent_binary: Option<u32>,
    /// What it has for TLS, if anything.
    tls: Option<Known>,
    /// The address that the station was given instead of DHCP's; unspecified if there is none.
    fixed: u32,
}

/// What a module has for TLS, as fingerprints that are odd; 0 is nothing.
#[derive(Debug, Default)]
struct Known {
    configuration: u32,
    /// The name of the certificate that was loaded.
    certificate: u32,
}

impl Memory {
    fn known(&mut self) -> &mut Known {
        self.tls.get_or_insert_default()
    }
}

/// FNV-1a, for telling whether two names are the same without keeping them.
fn fingerprint(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl private::Sealed for Microchip {}

impl Words for Microchip {
    type Status = Status;
    type State = Memory;
    type Datagrams = datagram::Taken;
    type Peers = &'static server::Taken;
    type Mqtt = mqtt::Memory;

    const MQTT: mqtt::Memory = mqtt::Memory::NEW;
    const PROMPT: u8 = b'#';
    const READY_PROMPT: Option<u8> = Some(b'>');
    /// More bytes than announced wedge the module for good; it looks at its input every 50 ms
    /// (wire notes 1 and 2).
    const OWED_PACE: u32 = 60;
    /// `AT+SOCKRD`; it takes less (wire notes 2 and 3).
    const PAYLOAD_MAX: usize = 2048;
    const ENDS_PAYLOAD: bool = false;
    const BUSY_RETRIES: usize = 0;
    const ESCAPE: Option<Escape> = Some(certificates::ESCAPE);
    const VERBOSE: &'static str = "ATV5\r\n";
    const BOOT: &'static str = "OK";
    const RESTART: &'static str = "AT+RST\r\n";
    const COMMAND_MAX: usize = COMMAND_MAX;

    const SETTINGS: &'static [Setting] = &[
        Setting {
            query: "AT+GMM\r\n",
            value: None,
        },
        Setting {
            query: "AT+GMI\r\n",
            value: None,
        },
        Setting {
            query: "AT+GMR\r\n",
            value: None,
        },
        Setting {
            query: "AT+WAP\r\n",
            value: None,
        },
    ];

    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line {
        words::line(session, command, line)
    }

    fn payload(_: &Session<'_, Self>, pending: &[u8], header: &mut Header) -> Payload {
        payload::payload(pending, header)
    }

    fn other_line(
        session: &mut Session<'_, Self>,
        command: &[u8],
        line: &[u8],
        kind: Line,
    ) -> Line {
        others::line(session, command, line, kind)
    }

    fn other_payload(
        _: &Session<'_, Self>,
        command: &[u8],
        pending: &[u8],
        header: &mut Header,
    ) -> Payload {
        payload::other_payload(command, pending, header)
    }

    fn event(line: &[u8]) -> crate::Event<'_> {
        others::event(line)
    }
}
