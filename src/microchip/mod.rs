//! The dialect of Microchip's PIC32MZW1 and WFI32, with WINC-style AT commands.
//!
//! Sources: the vendor's AT command reference ("reference") and notes on what the firmware really
//! sends ("wire notes"); where the two differ, both are understood. Commands are in
//! [`command`], one file a chapter.

pub mod command;
mod event;
mod events;
mod literal;
mod payload;
mod socket;
mod status;
mod text;
mod tls;
mod wifi;

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use embedded_nal::AddrType;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Incoming, Purpose, Setting, Words, private};
use crate::driver::{ErrorOf, Session, Timeouts};
use crate::engine::protocol::{Escape, Line, Payload};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::{Addresses, LinkState};

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
pub struct Memory {
    /// The station's address, as the module told it: there is no command to ask for it.
    address: Option<Ipv4Addr>,
    /// The socket that is being connected.
    connecting: Option<u32>,
    /// The TLS configuration that the module has, as a fingerprint.
    tls: Option<u32>,
    /// The socket on which TLS is being started.
    securing: Option<u32>,
    connection: Attempt<()>,
    /// The name that is being resolved, as a fingerprint.
    name_asked: u32,
    name: Attempt<Ipv4Addr>,
    /// Connections that peers have made and nobody has accepted yet.
    children: [Option<Child>; CHILDREN],
    /// There may be others, of which nothing was told.
    untold_children: bool,
}

/// As many as firmware makes for each listening socket (wire notes 6).
const CHILDREN: usize = 5;

/// A connection that a peer has made.
#[derive(Clone, Copy, Debug)]
struct Child {
    socket: u32,
    local_port: u16,
    remote: SocketAddrV4,
    is_closed: bool,
}

impl Memory {
    /// Takes note of a connection that a peer has made.
    fn add_child(&mut self, child: Child) {
        if self.child(child.socket).is_some() {
            return;
        }
        match self.children.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(child),
            None => self.untold_children = true,
        }
    }

    /// The connection of this id, if a peer has made it and nobody has accepted it yet.
    fn child(&mut self, socket: u32) -> Option<&mut Child> {
        let mut children = self.children.iter_mut().flatten();
        children.find(|child| child.socket == socket)
    }

    /// Takes the next connection to a port.
    fn take_child(&mut self, port: u16) -> Option<Child> {
        self.children
            .iter_mut()
            .find(|place| place.is_some_and(|child| child.local_port == port))?
            .take()
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

    const PROMPT: u8 = b'#';
    const READY_PROMPT: Option<u8> = Some(b'>');
    /// More bytes than announced wedge the module for good; it looks at its input every 50 ms
    /// (wire notes 1 and 2).
    const OWED_PACE: u32 = 60;
    const ESCAPE: Option<Escape> = None;
    const BOOT: &'static str = "OK";
    const RESTART: &'static str = "AT+RST\r\n";
    const COMMAND_MAX: usize = COMMAND_MAX;

    const SETTINGS: &'static [Setting] = &[
        Setting {
            query: "AT+GMM\r\n",
            answer: "+GMM",
            value: None,
        },
        Setting {
            query: "AT+GMI\r\n",
            answer: "+GMI",
            value: None,
        },
        Setting {
            query: "AT+GMR\r\n",
            answer: "+GMR",
            value: None,
        },
    ];

    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line<Status> {
        events::line(session, command, line)
    }

    fn payload(_: &Session<'_, Self>, command: &[u8], pending: &[u8]) -> Payload {
        payload::payload(command, pending)
    }

    fn event(line: &[u8]) -> crate::Event<'_> {
        events::event(line)
    }
}

impl Dialect for Microchip {
    /// The stack's TCP sockets (wire notes 6).
    const LINKS: usize = 10;
    /// The firmware's buffer, which overflows unchecked; the reference says 1500 (wire notes 2).
    const SEND_MAX: usize = 1400;
    /// What the stack takes at once (wire notes 2).
    const DATAGRAM_MAX: usize = 512;
    /// More is refused (wire notes 3).
    const RECEIVE_MAX: usize = 2048;

    /// Wire notes 10, host drivers of the same family, unless said otherwise.
    const TIMEOUTS: Timeouts = Timeouts {
        command: 5000,
        boot: 10_000,
        join: 20_000,
        // A failed lookup takes firmware more than 5 s (wire notes 9).
        resolve: 15_000,
        // A refused connection takes firmware more than 10 s (wire notes 6).
        connect: 20_000,
        send: 10_000,
        receive: 5000,
        close: 5000,
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
        wifi::link_state(module)
    }

    fn addresses<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
    ) -> Result<Addresses, ErrorOf<Self, T>> {
        let ip = module
            .session
            .vendor
            .address
            .unwrap_or(Ipv4Addr::UNSPECIFIED);
        Ok(Addresses {
            ip,
            gateway: None,
            netmask: None,
        })
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
        socket::send(module, link, to, payload)
    }

    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Result<usize, ErrorOf<Self, T>> {
        socket::receive(module, link, length, into)
    }

    fn close<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
    ) -> Result<(), ErrorOf<Self, T>> {
        socket::close(module, link)
    }
}
