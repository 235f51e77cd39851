//! A conversation as data: what it is played on, what is done, and what goes wrong.
//!
//! Every number stands for something that exists whatever else is left out: a socket is one of those
//! that are open, a place in the traffic is counted from the beginning of its step. So any part can
//! be dropped from a conversation that found something.

use atwifi_simulator::Profile;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;

use crate::evil::Vices;
use crate::flash::{self, Flash};
use crate::service::{self, Service};

/// The most faults of one conversation.
pub const FAULTS_MAX: usize = 8;

/// One conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// The firmware.
    pub profile: Profile,
    /// It hangs on an SPI, not on a serial line.
    pub is_on_spi: bool,
    /// What its surroundings are like.
    pub surroundings: Surroundings,
    /// What the host is like.
    pub host: Host,
    /// What is evil about the line.
    pub vices: Vices,
    /// What is done.
    pub steps: Vec<Step>,
}

/// The module, its wire and its network.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// How long a command takes, in milliseconds.
    pub latency_ms: u64,
    /// How long the network takes in one direction, in milliseconds.
    pub network_ms: u64,
    /// The bit rate of the wire, if it takes any time.
    pub baud: Option<u32>,
    /// The largest piece that a read returns is random, up to so many bytes; 0 is all there is.
    pub fragment: usize,
    /// Each write of the firmware is a piece of its own.
    pub split_writes: bool,
    /// A peer's close arrives right behind its last data.
    pub close_behind_data: bool,
    /// What a peer has sent before it closed is thrown away.
    pub clear_on_close: bool,
    /// The module notices nothing while it prints.
    pub deaf_while_reading: bool,
    /// How many access points there are besides the one that is joined.
    pub neighbours: usize,
}

/// The program that uses the driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// How many sockets it lends memory for.
    pub sockets: usize,
    /// Which of [`MEMORY`] each of them has.
    pub memory: usize,
    /// How much longer the line buffer is than it must be.
    pub spare: usize,
    /// How long it sleeps when there is nothing to do, in milliseconds.
    pub tick_ms: u64,
    /// Whether it resets the module first.
    pub resets_first: bool,
}

/// The sizes of the memory of a socket, in bytes.
pub const MEMORY: [usize; 6] = [1, 32, 64, 256, 1024, 4096];

/// One step, and what goes wrong from it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub deed: Deed,
    /// What goes wrong.
    pub strike: Option<Strike>,
}

/// What the host, a peer or the surroundings do. A `socket` is one of those that are open, counted
/// round and round.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each line names what is in it")]
pub enum Deed {
    /// Join the access point; only if the link is down, if so wished.
    Join { if_down: bool },
    /// Leave it.
    Leave,
    /// Ask for the state of the link.
    LinkState,
    /// Ask for the addresses.
    Addresses,
    /// Resolve a name that exists, or one that does not.
    Resolve { known: bool },
    /// Take a socket and connect it.
    Connect { to: To },
    /// Connect a socket again.
    Reconnect { socket: usize, to: To },
    /// Send so many bytes.
    Send { socket: usize, size: usize },
    /// Receive so many times with a buffer of that size, waiting up to so long for each.
    Receive {
        socket: usize,
        buffer: usize,
        times: usize,
        wait_ms: u64,
    },
    /// Write and read as a stream.
    Stream {
        socket: usize,
        gather: usize,
        write: usize,
        pieces: usize,
        read: usize,
        wait_ms: u32,
    },
    /// Wait for something to read.
    Wait { socket: usize, ms: u32 },
    /// Close a socket.
    Close { socket: usize },
    /// Listen on one of two ports.
    Listen { port: usize },
    /// Ask the listener for a connection.
    Accept { wait_ms: u64 },
    /// Stop to listen.
    CloseListener,
    /// Somebody connects to the port that listens.
    Dial { says: usize },
    /// The peer of a socket sends so many bytes.
    PeerSays { socket: usize, size: usize },
    /// The peer of a socket closes.
    PeerCloses { socket: usize },
    /// The peer of a socket breaks it off.
    PeerResets { socket: usize },
    /// Take a socket for datagrams; bind it, or connect it to a peer.
    OpenDatagrams { bound: bool, peer: usize },
    /// Send a datagram to a peer.
    SendDatagram {
        socket: usize,
        peer: usize,
        size: usize,
    },
    /// Receive datagrams.
    ReceiveDatagrams {
        socket: usize,
        buffer: usize,
        times: usize,
        wait_ms: u64,
    },
    /// A peer sends datagrams of its own accord.
    PeerSendsDatagrams {
        socket: usize,
        peer: usize,
        sizes: Vec<usize>,
    },
    /// Close a socket for datagrams.
    CloseDatagrams { socket: usize },
    /// Take so many events.
    Poll { times: usize },
    /// The module tells something that nobody knows.
    Tell { lines: usize },
    /// Send one of the dialect's own commands.
    Command { which: usize },
    /// What the dialect has besides: a passthrough, if any.
    Passthrough {
        write: usize,
        read: usize,
        wait_ms: u32,
    },
    /// Do nothing for so long.
    Pause { ms: u64 },
    /// Reset the module by its command.
    Reset,
    /// Reset it by its pin.
    ResetByPin,
    /// Take all sockets from their owners.
    ReleaseSockets,
    /// The host restarts, and knows nothing any more.
    RestartHost,
    /// The access point is gone for a moment.
    LoseLink,
    /// The module restarts by itself.
    RestartModule,
    /// Let the module sleep whenever it has nothing to do.
    Sleep,
    /// Use a service, or a client of the module's access point does something.
    Service(Service),
    /// Serve a phone over Bluetooth LE, which writes so many values of this size, and is sent each.
    Ble {
        /// How many.
        values: usize,
        /// How long each is, in bytes.
        size: usize,
    },
    /// Do something with the flash.
    Flash(Flash),
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum To {
    /// A peer that answers as many bytes as it gets.
    Answering,
    /// One whose bytes look like a module talking.
    Talking,
    /// A peer that only takes.
    Taking,
    /// A peer that sends so many bytes at once.
    Sending(usize),
    /// A peer that answers with so many bytes, and closes.
    Closing(usize),
    /// A peer behind TLS that answers.
    Secured,
    /// Nobody.
    Refusing,
    /// Somebody who never answers.
    Silent,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Strike {
    /// How far into its step, in what is counted there: bytes, gaps, commands, sleeps.
    pub after: u64,
    /// What it is.
    pub kind: Kind,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Something happens to a byte on its way to the host.
    ToHost(Wire),
    /// Something happens to a byte on its way to the module.
    ToModule(Wire),
    /// One of [`GAP_LINES`] is printed in a gap.
    Gap(usize),
    /// A command is dropped.
    Busy,
    /// A command is answered so much later, in milliseconds.
    Late(u64),
    /// The host can hold so many bytes until the next strike.
    Fifo(usize),
    /// The host's idle hook breaks a wait off.
    Interrupt,
    /// The transport fails until the next step.
    Unplug,
}

/// What happens to a byte.
#[derive(Clone, Debug, PartialEq)]
pub enum Wire {
    /// So many bytes are lost.
    Drop(usize),
    /// These bits are flipped.
    Flip(u8),
    /// It comes so many milliseconds later.
    Delay(u64),
    /// One of [`INSERTS`] comes before it.
    Insert(usize),
    /// The module resets behind it.
    Reset,
    /// Everything is lost for so many milliseconds.
    Cut(u64),
}

/// What may be inserted.
pub const INSERTS: [&[u8]; 7] = [
    b"\r\n",
    b"x",
    b"\xff\x00>",
    b"OK\r\n",
    b"x\r\n",
    b">",
    b"\r\nready\r\n",
];

/// How many lines may come in a gap: see `Target::gap_line`.
pub const GAP_LINES: usize = 5;

/// Which conversations there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// On an SPI.
    pub is_on_spi: bool,
    /// On an evil line.
    pub is_evil: bool,
    /// With services besides sockets.
    pub has_services: bool,
    /// The module is put to sleep every now and then.
    pub sleeps: bool,
    /// With certificates, files and updates of the firmware.
    pub has_flash: bool,
    /// With a phone that is served over Bluetooth LE.
    pub has_ble: bool,
}

/// Any conversation with this firmware within these bounds.
pub fn conversation(profile: Profile, bounds: Bounds) -> impl Strategy<Value = Conversation> {
    let Bounds {
        is_on_spi,
        is_evil,
        has_services,
        ..
    } = bounds;
    let deed = || match has_services {
        true => prop_oneof![1 => deed(), 1 => service::any().prop_map(Deed::Service)].boxed(),
        false => deed().boxed(),
    };
    let neighbours = match has_services {
        true => prop_oneof![2 => 1..8_usize, 1 => 8..48_usize].boxed(),
        false => Just(0).boxed(),
    };
    let steps = prop_oneof![
        1 => vec(step(deed(), Just(None)), 1..40),
        4 => vec(step(deed(), weighted(0.12, strike())), 1..40),
        2 => vec(step(deed(), weighted(0.5, strike())), 1..14),
    ];
    let one_in = || prop_oneof![Just(0), 2..10_u64, 10..100_u64];
    let vices = (one_in(), one_in(), any::<u64>()).prop_map(move |(module, transport, seed)| {
        let vices = Vices {
            module,
            transport,
            seed,
        };
        if is_evil { vices } else { Vices::default() }
    });
    let all = (surroundings(), host(), vices, steps, neighbours);
    all.prop_map(move |(surroundings, host, vices, steps, neighbours)| {
        let baud = surroundings.baud.filter(|_| !is_evil && !is_on_spi);
        let surroundings = Surroundings {
            baud,
            neighbours,
            ..surroundings
        };
        Conversation {
            profile,
            is_on_spi,
            surroundings,
            host,
            vices,
            steps,
        }
    })
}

/// The same, in which the module is put to sleep every now and then.
pub fn sleepy(profile: Profile, bounds: Bounds) -> impl Strategy<Value = Conversation> {
    let nap = step(Just(Deed::Sleep), Just(None));
    with(conversation(profile, bounds), 0.2, nap)
}

/// The same, in which something is done with the flash every now and then.
pub fn with_flash(
    conversation: impl Strategy<Value = Conversation>,
) -> impl Strategy<Value = Conversation> {
    let deed = flash::any().prop_map(Deed::Flash);
    with(conversation, 0.5, step(deed, weighted(0.3, strike())))
}

/// The same, in which a phone is served over Bluetooth LE every now and then.
pub fn with_ble(
    conversation: impl Strategy<Value = Conversation>,
) -> impl Strategy<Value = Conversation> {
    let deed = (1..5_usize, 1..200_usize).prop_map(|(values, size)| Deed::Ble { values, size });
    with(conversation, 0.4, step(deed, weighted(0.4, strike())))
}

/// The same, and with this probability one more step before each that it has.
fn with(
    conversation: impl Strategy<Value = Conversation>,
    probability: f64,
    step: impl Strategy<Value = Step>,
) -> impl Strategy<Value = Conversation> {
    let more = vec(weighted(probability, step), 1..40);
    (conversation, more).prop_map(|(mut conversation, more)| {
        let steps = conversation
            .steps
            .into_iter()
            .zip(more.into_iter().chain(std::iter::repeat(None)));
        conversation.steps = steps
            .flat_map(|(step, more)| more.into_iter().chain([step]))
            .collect();
        conversation
    })
}

fn surroundings() -> impl Strategy<Value = Surroundings> {
    let latency =
        prop_oneof![4 => Just(1_u64), 2 => 1..100_u64, 1 => 100..600_u64, 1 => 600..2000_u64];
    let network = prop_oneof![3 => Just(1_u64), 2 => 1..60_u64, 1 => 60..500_u64];
    let baud = prop_oneof![8 => Just(None), 1 => Just(Some(921_600)), 1 => Just(Some(115_200))];
    let fragment = prop_oneof![2 => Just(0), 1 => 1..8_usize, 1 => 8..200_usize];
    let seldom = || proptest::bool::weighted(0.1);
    (
        latency,
        network,
        baud,
        fragment,
        any::<bool>(),
        any::<bool>(),
        seldom(),
        seldom(),
    )
        .prop_map(
            |(latency_ms, network_ms, baud, fragment, split, behind, clear, deaf)| Surroundings {
                latency_ms,
                network_ms,
                baud,
                fragment,
                split_writes: split,
                close_behind_data: behind,
                clear_on_close: clear,
                deaf_while_reading: deaf,
                neighbours: 0,
            },
        )
}

fn host() -> impl Strategy<Value = Host> {
    let spare = prop_oneof![Just(0_usize), 1..600_usize, 600..4000_usize];
    let tick = prop_oneof![Just(1_u64), 1..20_u64];
    (1..=5_usize, 0..MEMORY.len(), spare, tick, any::<bool>()).prop_map(
        |(sockets, memory, spare, tick_ms, resets_first)| Host {
            sockets,
            memory,
            spare,
            tick_ms,
            resets_first,
        },
    )
}

fn step(
    deed: impl Strategy<Value = Deed>,
    strike: impl Strategy<Value = Option<Strike>>,
) -> impl Strategy<Value = Step> {
    (deed, strike).prop_map(|(deed, strike)| Step { deed, strike })
}

fn size() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => 1..40_usize, 3 => 40..1500_usize, 1 => 1500..7000_usize]
}

fn wait() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![1 => Just(0_u64), 3 => 1..300_u64, 1 => 300..4000_u64]
}

fn socket() -> impl Strategy<Value = usize> + Clone {
    0..5_usize
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        9 => station(),
        30 => connection(),
        8 => listening(),
        10 => peer(),
        16 => datagrams(),
        6 => others(),
        4 => fate(),
    ]
}

fn station() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => any::<bool>().prop_map(|if_down| Deed::Join { if_down: !if_down }),
        1 => Just(Deed::LinkState),
        1 => Just(Deed::Addresses),
        2 => any::<bool>().prop_map(|known| Deed::Resolve { known }),
        1 => Just(Deed::Leave),
    ]
}

fn to() -> impl Strategy<Value = To> {
    prop_oneof![
        6 => Just(To::Answering),
        1 => Just(To::Talking),
        2 => Just(To::Taking),
        2 => size().prop_map(To::Sending),
        2 => size().prop_map(To::Closing),
        1 => Just(To::Secured),
        1 => Just(To::Refusing),
        1 => Just(To::Silent),
    ]
}

fn connection() -> impl Strategy<Value = Deed> {
    let stream = (
        socket(),
        prop_oneof![Just(0_usize), 1..300_usize],
        size(),
        1..6_usize,
        size(),
        1..2000_u32,
    );
    prop_oneof![
        7 => to().prop_map(|to| Deed::Connect { to }),
        1 => (socket(), to()).prop_map(|(socket, to)| Deed::Reconnect { socket, to }),
        8 => (socket(), size()).prop_map(|(socket, size)| Deed::Send { socket, size }),
        10 => (socket(), size(), 1..6_usize, wait())
            .prop_map(|(socket, buffer, times, wait_ms)| Deed::Receive { socket, buffer, times, wait_ms }),
        2 => stream.prop_map(|(socket, gather, write, pieces, read, wait_ms)| Deed::Stream {
            socket, gather, write, pieces, read, wait_ms,
        }),
        1 => (socket(), 0..3000_u32).prop_map(|(socket, ms)| Deed::Wait { socket, ms }),
        3 => socket().prop_map(|socket| Deed::Close { socket }),
    ]
}

fn listening() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (0..2_usize).prop_map(|port| Deed::Listen { port }),
        3 => size().prop_map(|says| Deed::Dial { says }),
        3 => wait().prop_map(|wait_ms| Deed::Accept { wait_ms }),
        1 => Just(Deed::CloseListener),
    ]
}

fn peer() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (socket(), size()).prop_map(|(socket, size)| Deed::PeerSays { socket, size }),
        2 => socket().prop_map(|socket| Deed::PeerCloses { socket }),
        1 => socket().prop_map(|socket| Deed::PeerResets { socket }),
    ]
}

fn datagrams() -> impl Strategy<Value = Deed> {
    let size = || prop_oneof![4 => 8..512_usize, 2 => 512..1470_usize, 1 => 1470..3500_usize];
    let peer = || 0..3_usize;
    prop_oneof![
        3 => (any::<bool>(), peer()).prop_map(|(bound, peer)| Deed::OpenDatagrams { bound, peer }),
        4 => (socket(), peer(), size())
            .prop_map(|(socket, peer, size)| Deed::SendDatagram { socket, peer, size }),
        4 => (socket(), prop_oneof![1 => 0..40_usize, 4 => 1470..4000_usize], 1..5_usize, wait())
            .prop_map(|(socket, buffer, times, wait_ms)| Deed::ReceiveDatagrams { socket, buffer, times, wait_ms }),
        3 => (socket(), peer(), vec(size(), 1..4))
            .prop_map(|(socket, peer, sizes)| Deed::PeerSendsDatagrams { socket, peer, sizes }),
        1 => socket().prop_map(|socket| Deed::CloseDatagrams { socket }),
    ]
}

fn others() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1..20_usize).prop_map(|times| Deed::Poll { times }),
        2 => (1..4_usize).prop_map(|lines| Deed::Tell { lines }),
        2 => (0..3_usize).prop_map(|which| Deed::Command { which }),
        1 => (size(), size(), 1..2000_u32).prop_map(|(write, read, wait_ms)| Deed::Passthrough { write, read, wait_ms }),
        3 => prop_oneof![4 => 1..2000_u64, 1 => 2000..60_000_u64].prop_map(|ms| Deed::Pause { ms }),
    ]
}

fn fate() -> impl Strategy<Value = Deed> {
    prop_oneof![
        1 => Just(Deed::Reset),
        1 => Just(Deed::ResetByPin),
        1 => Just(Deed::ReleaseSockets),
        1 => Just(Deed::RestartHost),
        1 => Just(Deed::LoseLink),
        1 => Just(Deed::RestartModule),
    ]
}

fn strike() -> impl Strategy<Value = Strike> {
    let after = prop_oneof![3 => 0..30_u64, 3 => 30..300_u64, 2 => 300..3000_u64];
    let few = 0..12_u64;
    prop_oneof![
        5 => (after.clone(), wire().prop_map(Kind::ToHost)),
        5 => (after, wire().prop_map(Kind::ToModule)),
        4 => (few.clone(), (0..GAP_LINES).prop_map(Kind::Gap)),
        1 => (0..4_u64, Just(Kind::Busy)),
        2 => (0..4_u64, prop_oneof![1..3000_u64, 3000..25_000_u64].prop_map(Kind::Late)),
        1 => (Just(0_u64), (1..200_usize).prop_map(Kind::Fifo)),
        1 => (0..200_u64, Just(Kind::Interrupt)),
        1 => (Just(0_u64), Just(Kind::Unplug)),
    ]
    .prop_map(|(after, kind)| Strike { after, kind })
}

fn wire() -> impl Strategy<Value = Wire> {
    prop_oneof![
        5 => prop_oneof![4 => Just(1_usize), 2 => 2..30_usize, 1 => 30..2000_usize].prop_map(Wire::Drop),
        3 => (0..8_u32).prop_map(|bit| Wire::Flip(0x80 >> bit)),
        3 => prop_oneof![1..2000_u64, 2000..20_000_u64].prop_map(Wire::Delay),
        2 => (0..INSERTS.len()).prop_map(Wire::Insert),
        2 => Just(Wire::Reset),
        4 => prop_oneof![3 => 1..3000_u64, 1 => 3000..60_000_u64].prop_map(Wire::Cut),
    ]
}
