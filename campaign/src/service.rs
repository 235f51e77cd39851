//! The services as data: what a host asks of a module besides sockets, and what the clients of the
//! module's access point do.

use proptest::option::weighted;
use proptest::prelude::*;

use crate::air::Network;

/// What is asked. A break comes behind so many rows, or replies.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each line names what is in it")]
pub enum Service {
    /// Scan.
    Scan {
        look: Look,
        break_behind: Option<usize>,
    },
    /// Be an access point, set up in one of three ways.
    StartAccessPoint { config: usize },
    /// Be none.
    StopAccessPoint,
    /// List who has joined it.
    Clients { room: Option<usize> },
    /// Send one of them away, where the module can.
    DisconnectClient { client: usize },
    /// A client comes.
    ClientComes { client: usize },
    /// A client goes.
    ClientGoes { client: usize },
    /// Name so many time servers.
    SetTimeServers { count: usize },
    /// Ask for the time.
    Time,
    /// Wait for the time.
    WaitForTime { ms: u32 },
    /// Ask for echoes.
    Ping {
        whom: Whom,
        count: u16,
        interval_ms: u16,
        timeout_ms: u16,
        break_behind: Option<usize>,
    },
    /// Ask for the versions.
    Versions,
    /// Ask for the hardware address.
    Mac,
    /// Ask which network the station is in.
    Station,
    /// Join with options.
    JoinWith { network: Network, how: How },
    /// Join with options, unless it is joined.
    Rejoin { network: Network, how: How },
    /// Leave, and forget.
    Forget,
    /// Have a session with the broker, and so many messages there and back.
    Mqtt { messages: usize },
    /// Be told of a network; a client tells of it, if so wished.
    Provision {
        tells: bool,
        wait_ms: u32,
        break_behind: Option<usize>,
    },
}

/// What a scan looks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// Everything.
    All,
    /// The same without asking.
    Passively,
    /// One channel.
    Channel(u8),
    /// One name.
    Named(Network),
    /// What is at least so strong.
    AtLeast(i8),
}

/// Who is asked for echoes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Whom {
    /// A host that answers, by its name.
    Name,
    /// The same by its address.
    Address,
    /// An address where nobody is.
    Nobody,
    /// A name that nobody has.
    Unknown,
}

/// How a network is joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// Without options.
    Plainly,
    /// With an address of its own.
    Fixed,
    /// With this protection, and no other.
    Protected,
    /// At one access point, or on one channel: what the module can.
    AtOne,
}

/// The shortest time that is given to an echo, in milliseconds.
pub const TIMEOUT_MIN: u16 = 100;

/// How many clients there are.
pub const CLIENTS: usize = 5;

/// Any of them.
pub fn any() -> impl Strategy<Value = Service> {
    let break_behind = || weighted(0.3, 1..6_usize);
    prop_oneof![
        5 => (look(), break_behind()).prop_map(|(look, break_behind)| Service::Scan { look, break_behind }),
        8 => access_point(),
        3 => time(),
        3 => ping(),
        3 => about(),
        6 => joining(),
        2 => (1..6_usize).prop_map(|messages| Service::Mqtt { messages }),
        1 => (any_bool(), 1..20_000_u32, weighted(0.3, 1..40_usize)).prop_map(
            |(tells, wait_ms, break_behind)| Service::Provision { tells, wait_ms, break_behind }
        ),
    ]
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.7)
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        4 => Just(Look::All),
        1 => Just(Look::Passively),
        1 => (1..14_u8).prop_map(Look::Channel),
        1 => network().prop_map(Look::Named),
        1 => (-90..-40_i8).prop_map(Look::AtLeast),
    ]
}

fn access_point() -> impl Strategy<Value = Service> {
    let client = || 0..CLIENTS;
    prop_oneof![
        3 => (0..3_usize).prop_map(|config| Service::StartAccessPoint { config }),
        2 => Just(Service::StopAccessPoint),
        3 => client().prop_map(|client| Service::ClientComes { client }),
        1 => client().prop_map(|client| Service::ClientGoes { client }),
        2 => weighted(0.3, 1..4_usize).prop_map(|room| Service::Clients { room }),
        1 => client().prop_map(|client| Service::DisconnectClient { client }),
    ]
}

fn time() -> impl Strategy<Value = Service> {
    prop_oneof![
        2 => (1..4_usize).prop_map(|count| Service::SetTimeServers { count }),
        2 => Just(Service::Time),
        1 => (1..20_000_u32).prop_map(|ms| Service::WaitForTime { ms }),
    ]
}

fn ping() -> impl Strategy<Value = Service> {
    let whom = prop_oneof![
        2 => Just(Whom::Name),
        4 => Just(Whom::Address),
        1 => Just(Whom::Nobody),
        1 => Just(Whom::Unknown),
    ];
    let times = (1..6_u16, 0..1500_u16, TIMEOUT_MIN..2500);
    (whom, times, weighted(0.3, 1..4_usize)).prop_map(|(whom, times, break_behind)| {
        let (count, interval_ms, timeout_ms) = times;
        Service::Ping {
            whom,
            count,
            interval_ms,
            timeout_ms,
            break_behind,
        }
    })
}

fn about() -> impl Strategy<Value = Service> {
    prop_oneof![
        1 => Just(Service::Versions),
        1 => Just(Service::Mac),
        2 => Just(Service::Station),
    ]
}

fn network() -> impl Strategy<Value = Network> {
    prop_oneof![
        4 => Just(Network::Home),
        2 => Just(Network::Other),
        1 => Just(Network::Nowhere),
    ]
}

fn joining() -> impl Strategy<Value = Service> {
    let how = || {
        prop_oneof![
            3 => Just(How::Plainly),
            1 => Just(How::Fixed),
            1 => Just(How::Protected),
            1 => Just(How::AtOne),
        ]
    };
    prop_oneof![
        3 => (network(), how()).prop_map(|(network, how)| Service::JoinWith { network, how }),
        4 => (network(), how()).prop_map(|(network, how)| Service::Rejoin { network, how }),
        1 => Just(Service::Forget),
    ]
}
