//! The dialect of ST's ST67W611M1.
//!
//! Sources: the vendor's AT command reference ("reference") and notes on what the firmware really
//! sends ("wire notes"); where the two differ, both are understood. Commands are in
//! [`command`], one file a chapter.

mod about;
mod access_point;
pub mod ble;
pub mod command;
mod datagram;
mod event;
mod file;
mod files;
mod join;
mod mqtt;
mod others;
mod passthrough;
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
mod update;
mod words;
mod wps;

use crate::driver::Session;
use crate::driver::dialect::{Setting, Words, private};
use crate::engine::protocol::{Escape, Header, Line, Payload};

pub use event::{AddressKind, BlePeer, Event, LinkDetails};
pub use file::{File, Files};
pub use passthrough::Passthrough;
pub use status::{ErrorCode, JoinError, Reason, Status, Subcategory};
pub use text::{Secret, Text};
pub use update::{Update, UpdateError, UpdateWriter, Updated};

/// The ST67W611M1's dialect.
#[derive(Clone, Copy, Debug)]
pub struct St67;

/// An ST67W611M1 on transport `T`, watched by clock `C`.
pub type Module<'b, T, C> = crate::Module<'b, St67, T, C>;

/// The error of an ST67W611M1 on a transport whose error is `E`.
pub type Error<E> = crate::Error<E, Status>;

/// Links are 0 to 4 (reference 4.1.7).
const LINKS: u32 = 5;

/// What the dialect remembers between two lines.
#[derive(Debug, Default)]
pub struct Memory {
    /// The code of an `ERROR` that is about to come.
    error_code: Option<ErrorCode>,
    /// The join error of an `ERROR` that is about to come.
    join_error: Option<JoinError>,
    /// Links that the driver has closed, or has tried to, whose notice is still to come.
    closing: LinkSet,
    /// Links of which the module has told that they are open, since a connection was asked for.
    opened: LinkSet,
    /// Links that peers have opened and nobody has accepted yet.
    incoming: LinkSet,
    /// Links that are let be: the user has opened them with commands, or the module did not close them
    /// when it was told to; that is tried again when a peer was accepted or no other link is left.
    foreign: LinkSet,
    /// What the module is besides a station, as `AT+CWMODE` counts: 2 is an access point.
    soft_ap: u32,
    /// How often in a row a peer has got the link that was chosen.
    races_lost: u8,
    /// Where the search for a free link begins: a link just closed is used last.
    next_link: u32,
    /// Links that peers have opened while they were read for somebody else: what was read may be theirs,
    /// and is nobody's.
    tainted: LinkSet,
    /// How arriving data is told.
    delivery: Delivery,
}

/// How the module tells what it has received, as far as it is not as the driver sets it up.
///
/// The driver learns it from the commands that you send with it:
/// [`SetReceiveMode`](command::net::SetReceiveMode), [`SetMultiple`](command::net::SetMultiple),
/// [`SetSenderInfo`](command::net::SetSenderInfo), and the version that the module tells when it
/// is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The data itself comes with the event, not when it is asked for.
    pub is_active: bool,
    /// There is one link, without a number.
    pub is_single: bool,
    /// Who has sent it is not told.
    pub has_no_sender: bool,
    /// BLE notifications name their handle: firmware 2.0.89 and later. Ask such firmware for its
    /// version (`AT+GMR`) after each start, before you subscribe to anything.
    pub has_notify_handle: bool,
}

/// A set of links.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct LinkSet(u32);

impl LinkSet {
    fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The links of both.
    fn and(self, other: LinkSet) -> LinkSet {
        LinkSet(self.0 | other.0)
    }

    fn without(self, other: LinkSet) -> LinkSet {
        LinkSet(self.0 & !other.0)
    }

    fn insert(&mut self, link: u32) {
        self.0 |= 1 << (link % 8);
    }

    fn contains(self, link: u32) -> bool {
        self.0 & (1 << (link % 8)) != 0
    }

    fn take(&mut self, link: u32) -> bool {
        let was = self.contains(link);
        self.0 &= !(1 << (link % 8));
        was
    }
}

impl<T: crate::Transport, C> Module<'_, T, C> {
    /// How the module tells what it has received, for [`Event::parse_delivered`].
    pub fn delivery(&self) -> Delivery {
        self.engine.session.vendor.delivery
    }
}

impl private::Sealed for St67 {}

impl Words for St67 {
    type Status = Status;
    type State = Memory;
    type Datagrams = datagram::Taken;
    type Peers = server::Taken;
    type Mqtt = mqtt::Memory;

    const MQTT: mqtt::Memory = mqtt::Memory::NEW;
    const PROMPT: u8 = b'>';
    const READY_PROMPT: Option<u8> = None;
    const OWED_PACE: u32 = 0;
    /// `AT+CIPSEND` (reference 4.1.13); firmware takes and gives less.
    const PAYLOAD_MAX: usize = 8192;
    const ENDS_PAYLOAD: bool = true;
    const BUSY_RETRIES: usize = 3;
    /// `AT+CIPSEND` without its length begins one, which firmware does with several links too.
    const ESCAPE: Option<Escape> = Some(passthrough::ESCAPE);
    const VERBOSE: &'static str = "";
    const BOOT: &'static str = "ready";
    const RESTART: &'static str = "AT+RST\r\n";
    /// Reference 1: "should not exceed 256 bytes"; the firmware counts CR LF in (wire notes 1).
    const COMMAND_MAX: usize = 256;

    // Not `AT+SYSLOG?`: it may be on after a restart too, from flash.
    const SETTINGS: &'static [Setting] = &[
        Setting {
            query: "AT+CIPMUX?\r\n",
            value: Some("1"),
        },
        Setting {
            query: "AT+CIPDINFO?\r\n",
            value: Some("true"),
        },
        Setting {
            query: "AT+CIPRECVMODE?\r\n",
            value: Some("1"),
        },
        Setting {
            query: "AT+SYSSTORE?\r\n",
            value: Some("0"),
        },
        Setting {
            query: "AT+CWMODE?\r\n",
            value: None,
        },
    ];

    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line {
        words::line(session, command, line)
    }

    fn payload(session: &Session<'_, Self>, pending: &[u8], header: &mut Header) -> Payload {
        payload::payload(session.vendor.delivery, pending, header)
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
        session: &Session<'_, Self>,
        command: &[u8],
        pending: &[u8],
        header: &mut Header,
    ) -> Payload {
        payload::other_payload(session.vendor.delivery, command, pending, header)
    }

    fn event(line: &[u8]) -> crate::Event<'_> {
        others::event(line)
    }

    fn is_mqtt(header: &[u8]) -> bool {
        header.starts_with(b"+MQTT:")
    }
}
