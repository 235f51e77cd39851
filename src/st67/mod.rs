//! The dialect of ST's ST67W611M1.
//!
//! Sources: the vendor's AT command reference ("reference") and notes on what the firmware really
//! sends ("wire notes"); where the two differ, both are understood. Commands are in
//! [`command`], one file a chapter.

pub mod command;
mod event;
mod events;
mod passthrough;
mod payload;
mod socket;
mod status;
mod text;
mod tls;
mod wifi;

use core::net::{IpAddr, SocketAddr};

use embedded_nal::AddrType;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Incoming, Purpose, Setting, Words, private};
use crate::driver::{ErrorOf, Session, Timeouts};
use crate::engine::protocol::{Escape, Line, Payload};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::Ranged;
use crate::value::{Addresses, LinkState};

pub use event::{AddressKind, BlePeer, Event, LinkDetails};
pub use passthrough::Passthrough;
pub use status::{ErrorCode, JoinError, Reason, Status, Subcategory};
pub use text::{Secret, Text};

/// The ST67W611M1's dialect.
#[derive(Clone, Copy, Debug)]
pub struct St67;

/// An ST67W611M1 on transport `T`, watched by clock `C`.
pub type Module<'b, T, C> = crate::Module<'b, St67, T, C>;

/// The error of an ST67W611M1 on a transport whose error is `E`.
pub type Error<E> = crate::Error<E, Status>;

/// Links are 0 to 4 (reference 4.1.7).
const LINKS: u8 = 5;

/// What the dialect remembers between two lines.
#[derive(Debug, Default)]
pub struct Memory {
    /// The code of an `ERROR` that is about to come.
    error_code: Option<ErrorCode>,
    /// The join error of an `ERROR` that is about to come.
    join_error: Option<JoinError>,
    /// Links that the driver has closed, whose notice is still to come.
    closing: LinkSet,
    /// Links that peers have opened and nobody has accepted yet.
    incoming: LinkSet,
    /// Links that the user has opened with commands.
    foreign: LinkSet,
    /// The one server runs.
    listens: bool,
    /// Where the search for a free link begins: a link just closed is used last.
    next_link: u8,
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
#[derive(Clone, Copy, Debug, Default)]
struct LinkSet(u8);

impl LinkSet {
    fn is_empty(&self) -> bool {
        self.0 == 0
    }

    fn insert(&mut self, link: u8) {
        self.0 |= 1 << (link % 8);
    }

    fn contains(&self, link: u8) -> bool {
        self.0 & (1 << (link % 8)) != 0
    }

    fn take(&mut self, link: u8) -> bool {
        let was = self.contains(link);
        self.0 &= !(1 << (link % 8));
        was
    }
}

impl<T, C> Module<'_, T, C> {
    /// How the module tells what it has received, for [`Event::parse_delivered`].
    pub fn delivery(&self) -> Delivery {
        self.session.vendor.delivery
    }
}

impl private::Sealed for St67 {}

impl Words for St67 {
    type Status = Status;
    type State = Memory;

    const PROMPT: u8 = b'>';
    const READY_PROMPT: Option<u8> = None;
    const OWED_PACE: u32 = 0;
    /// `AT+CIPSEND` without its length begins one, which firmware does with several links too.
    const ESCAPE: Option<Escape> = Some(passthrough::ESCAPE);
    const BOOT: &'static str = "ready";
    const RESTART: &'static str = "AT+RST\r\n";
    /// Reference 1: "should not exceed 256 bytes"; the firmware counts CR LF in (wire notes 1).
    const COMMAND_MAX: usize = 256;

    // Not `AT+SYSLOG?`: it may be on after a restart too, from flash.
    const SETTINGS: &'static [Setting] = &[
        Setting {
            query: "AT+CIPMUX?\r\n",
            answer: "+CIPMUX:",
            value: Some("1"),
        },
        Setting {
            query: "AT+CIPDINFO?\r\n",
            answer: "+CIPDINFO:",
            value: Some("true"),
        },
        Setting {
            query: "AT+CIPRECVMODE?\r\n",
            answer: "+CIPRECVMODE:",
            value: Some("1"),
        },
        Setting {
            query: "AT+SYSSTORE?\r\n",
            answer: "+SYSSTORE:",
            value: Some("0"),
        },
    ];

    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line<Status> {
        events::line(session, command, line)
    }

    fn payload(session: &Session<'_, Self>, command: &[u8], pending: &[u8]) -> Payload {
        payload::payload(&session.vendor, command, pending)
    }

    fn event(line: &[u8]) -> crate::Event<'_> {
        events::event(line)
    }
}

impl Dialect for St67 {
    const LINKS: usize = LINKS as usize;
    /// The firmware's limit; the reference says 8192 (wire notes 2).
    const SEND_MAX: usize = 6144;
    /// Firmware cuts what is longer into several datagrams.
    const DATAGRAM_MAX: usize = 1470;
    /// The reference's receive buffer; the firmware's is 4608 and refuses to be asked for more
    /// (wire notes 2).
    const RECEIVE_MAX: usize = 2920;

    /// Wire notes 9, ST's own host driver, unless said otherwise.
    const TIMEOUTS: Timeouts = Timeouts {
        command: 6000,
        boot: 4000,
        // Reference 3.1.5: "The default value is 15 seconds"; DHCP comes on top.
        join: 20_000,
        resolve: 20_000,
        // Sent as the command's own timeout parameter; reference 4.1.7: at most 20000.
        connect: 10_000,
        // The prompt's 5000 and the command class's 6000.
        send: 11_000,
        receive: 6000,
        close: 6000,
    };

    fn set_up<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<(), ErrorOf<Self, T>> {
        wifi::set_up(module)
    }

    fn reconcile<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<(), ErrorOf<Self, T>> {
        socket::reconcile(module)
    }

    fn join<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        ssid: &[u8],
        password: &[u8],
    ) -> Result<(), ErrorOf<Self, T>> {
        wifi::join(module, ssid, password)
    }

    fn leave<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<(), ErrorOf<Self, T>> {
        wifi::leave(module)
    }

    fn link_state<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<LinkState, ErrorOf<Self, T>> {
        let timeout = module.timeouts.command;
        Ok(module.execute(&command::wifi::GetState, timeout)?.state)
    }

    fn addresses<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<Addresses, ErrorOf<Self, T>> {
        let timeout = module.timeouts.command;
        Ok(module.execute(&command::wifi::GetAddresses, timeout)?.ipv4)
    }

    fn resolve<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
        kind: AddrType,
    ) -> Result<IpAddr, ErrorOf<Self, T>> {
        socket::resolve(module, name, kind)
    }

    fn open<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        purpose: Purpose<'_>,
    ) -> Result<(), ErrorOf<Self, T>> {
        socket::open(module, socket, purpose)
    }

    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        port: u16,
    ) -> Result<Option<Incoming>, ErrorOf<Self, T>> {
        socket::accept(module, port)
    }

    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        to: Option<SocketAddr>,
        payload: &[u8],
    ) -> Result<(), ErrorOf<Self, T>> {
        socket::send(module, link as u8, to, payload)
    }

    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Result<usize, ErrorOf<Self, T>> {
        let usage = crate::Error::Usage;
        let command = command::net::Receive {
            link: Ranged::new(link).map_err(usage)?,
            length: Ranged::new(length as u32).map_err(usage)?,
        };
        let timeout = module.timeouts.receive;
        module.download(&command, length, into, timeout)
    }

    fn close<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
    ) -> Result<(), ErrorOf<Self, T>> {
        socket::close(module, link)
    }
}
