//! The far side of a conversation: peers whose every byte tells whose it is and where it stands.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use atwifi_simulator::{DatagramService, MemoryNetwork, Peer, Sender, Service, services};

use crate::program::To;

/// The name that exists.
pub const NAME: &str = "example.test";
/// Where the peers of connections are.
pub const HOST: [u8; 4] = [10, 0, 0, 7];
/// Where those who connect come from.
pub const DIALLER: [u8; 4] = [10, 0, 0, 9];
/// Where the peers of datagrams are.
pub const DATAGRAM_HOST: [u8; 4] = [10, 0, 0, 8];
/// How many connections one conversation can have.
const PORTS: usize = 100;
/// The peers of datagrams.
pub const DATAGRAM_PEERS: usize = 3;

/// Ports of which any two differ in two digits, so that no flipped bit leads from one to another.
#[must_use]
pub fn port(base: u16, number: usize) -> u16 {
    let number = (number % PORTS) as u16;
    let (tens, ones) = (number / 10, number % 10);
    base + tens * 100 + ones * 10 + (tens + ones) % 10
}

/// What byte stands where in the stream with this key. Streams that talk are full of what a module
/// could say.
#[must_use]
pub fn text(key: u64, talks: bool, from: usize, count: usize) -> Vec<u8> {
    const WORDS: [&[u8]; 8] = [
        b"\r\nOK\r\n",
        b"\r\nready\r\n",
        b"+IPD:0,5\r\n",
        b"+CIP:0,DISCONNECTED\r\n",
        b"\r+SOCKCL:53102\r\n",
        b"\r\nERROR\r\n",
        b"\r\n#",
        b"\r\n>",
    ];
    let byte = |place: usize| {
        let block = mix(key ^ (place as u64 / 32).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let word = WORDS[(block >> 32) as usize % WORDS.len()];
        match (talks && block.is_multiple_of(2), word.get(place % 32)) {
            (true, Some(&byte)) => byte,
            _ => mix(block.wrapping_add(place as u64)) as u8,
        }
    };
    (from..from + count).map(byte).collect()
}

/// A well-known mixer (splitmix64).
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One connection, as its peer sees it.
#[derive(Debug)]
pub struct Line {
    /// The port of the peer that it goes to or comes from.
    pub port: u16,
    /// What it talks like.
    pub manner: To,
    /// How many bytes the peer has sent.
    pub sent: usize,
    /// What the peer has received.
    pub received: Vec<u8>,
    /// The connection stands, as far as the peer knows.
    pub is_open: bool,
    /// The peer has closed it.
    pub peer_closed: bool,
    /// The peer has broken it off.
    pub peer_reset: bool,
    /// The module has closed it.
    pub module_closed: bool,
    /// It was begun by the peer.
    pub dialled: bool,
    orders: VecDeque<Order>,
}

/// What a peer is told to do.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Send so many bytes.
    Say(usize),
    /// Close.
    Close,
    /// Break it off.
    Reset,
}

impl Line {
    fn talks(&self) -> bool {
        matches!(self.manner, To::Talking)
    }

    /// What its peer has sent from this place on.
    #[must_use]
    pub fn sent_text(&self, number: usize, from: usize, count: usize) -> Vec<u8> {
        text(2 * number as u64 + 1, self.talks(), from, count)
    }

    /// What the host sends to it from this place on.
    #[must_use]
    pub fn own_text(number: usize, from: usize, count: usize) -> Vec<u8> {
        text(2 * number as u64, false, from, count)
    }
}

/// A datagram.
#[derive(Clone, Debug)]
pub struct Note {
    /// Who has sent it.
    pub from: SocketAddr,
    /// Where it was sent.
    pub to: SocketAddr,
    /// How long it is.
    pub size: usize,
    /// How often it has been handed out, or has arrived.
    pub times: usize,
    /// Its sender was told that it has gone out.
    pub is_sure: bool,
}

/// The bytes of a datagram, which tell its number.
#[must_use]
pub fn datagram(number: usize, size: usize) -> Vec<u8> {
    let mut bytes = (number as u32 ^ 0x5a5a_0000).to_be_bytes().to_vec();
    bytes.extend(text(
        number as u64 | 1 << 40,
        false,
        0,
        size.saturating_sub(4),
    ));
    bytes.truncate(size);
    bytes
}

/// The number that a datagram tells.
#[must_use]
pub fn datagram_number(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<4>()?;
    let number = u32::from_be_bytes(*head) ^ 0x5a5a_0000;
    (number < 0x1_0000).then_some(number as usize)
}

/// All that the peers know.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// The connections, in the order in which they were begun.
    pub lines: Vec<Line>,
    /// What a peer at this port is like.
    manners: BTreeMap<u16, To>,
    /// The datagrams of both directions, by their number.
    pub notes: Vec<Note>,
    /// Datagrams that arrived at a peer and are none of those that were sent, with their size.
    pub strange: Vec<usize>,
    /// Datagrams that arrived at another peer than that they were sent to.
    pub astray: Vec<usize>,
    /// The ports of the module that the peers of datagrams have seen last, by peer.
    pub seen: BTreeMap<u16, SocketAddr>,
}

/// What the peers know, in the hands of peers and players.
#[derive(Clone, Debug, Default)]
pub struct World(Rc<RefCell<Knowledge>>);

impl World {
    /// What the peers know.
    #[must_use]
    pub fn knows(&self) -> RefMut<'_, Knowledge> {
        self.0.borrow_mut()
    }

    /// Chooses the place where a peer of this manner waits for its connection.
    #[must_use]
    pub fn place(&self, to: To) -> SocketAddr {
        let mut knows = self.knows();
        match to {
            To::Refusing => SocketAddr::from((HOST, 1)),
            To::Silent => SocketAddr::from((HOST, 4)),
            To::Secured => {
                let port = port(30_000, knows.manners.len());
                knows.manners.insert(port, to);
                SocketAddr::from((HOST, port))
            }
            to => {
                let port = port(20_000, knows.manners.len());
                knows.manners.insert(port, to);
                SocketAddr::from((HOST, port))
            }
        }
    }

    /// Tells a peer what to do.
    pub fn order(&self, line: usize, order: Order) {
        if let Some(line) = self.knows().lines.get_mut(line) {
            line.orders.push_back(order);
        }
    }

    /// A peer that begins a connection.
    #[must_use]
    pub fn dialler(&self, port: u16, manner: To) -> Box<dyn Service> {
        let service = self.serve(port, manner);
        if let Some(line) = self.knows().lines.last_mut() {
            line.dialled = true;
        }
        service
    }

    fn serve(&self, port: u16, manner: To) -> Box<dyn Service> {
        let mut knows = self.knows();
        let number = knows.lines.len();
        knows.lines.push(Line {
            port,
            manner,
            sent: 0,
            received: Vec::new(),
            is_open: false,
            peer_closed: false,
            peer_reset: false,
            module_closed: false,
            dialled: false,
            orders: VecDeque::new(),
        });
        Box::new(Far {
            world: self.clone(),
            number,
        })
    }

    /// A network with all of them.
    #[must_use]
    pub fn network(&self, delay: Duration) -> MemoryNetwork {
        let mut network = MemoryNetwork::default()
            .delay(delay)
            .host(NAME, IpAddr::from(HOST))
            .silent(SocketAddr::from((HOST, 4)));
        let broker = services::MqttBroker::new();
        network = network.serve(SocketAddr::from((HOST, BROKER)), move |_| broker.serve());
        for number in 0..PORTS {
            let open = port(20_000, number);
            let world = self.clone();
            network = network.serve(SocketAddr::from((HOST, open)), move |_| world.answer(open));
            let secured = port(30_000, number);
            let world = self.clone();
            network = network.serve(SocketAddr::from((HOST, secured)), move |_| {
                let service = world.answer(secured);
                tls().serve(service).expect("the certificate is good")
            });
        }
        for number in 0..DATAGRAM_PEERS {
            let at = datagram_peer(number);
            network = network.serve_udp(at, Box::new(FarDatagrams(self.clone(), at)));
        }
        network
    }

    fn answer(&self, port: u16) -> Box<dyn Service> {
        let manner = self.knows().manners.get(&port).copied();
        self.serve(port, manner.unwrap_or(To::Taking))
    }

    /// A new datagram.
    pub fn note(&self, from: SocketAddr, to: SocketAddr, size: usize) -> Vec<u8> {
        let mut knows = self.knows();
        let number = knows.notes.len();
        knows.notes.push(Note {
            from,
            to,
            size,
            times: 0,
            is_sure: false,
        });
        datagram(number, size)
    }
}

/// The port of the MQTT broker.
pub const BROKER: u16 = 1883;

/// Where a peer of datagrams is.
#[must_use]
pub fn datagram_peer(number: usize) -> SocketAddr {
    SocketAddr::from((DATAGRAM_HOST, port(40_000, number % DATAGRAM_PEERS)))
}

fn tls() -> &'static services::TlsServer {
    static SERVER: OnceLock<services::TlsServer> = OnceLock::new();
    SERVER.get_or_init(|| {
        let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a name");
        let key = certified.signing_key.serialize_pem();
        services::TlsServer::new(certified.cert.pem(), key)
    })
}

/// The far end of a connection.
struct Far {
    world: World,
    number: usize,
}

impl Far {
    fn say(&self, count: usize, peer: &mut Peer) {
        let mut knows = self.world.knows();
        let line = &mut knows.lines[self.number];
        if line.peer_closed || line.peer_reset || count == 0 {
            return;
        }
        let bytes = line.sent_text(self.number, line.sent, count);
        line.sent += count;
        peer.send(&bytes);
    }

    fn close(&self, peer: &mut Peer) {
        let mut knows = self.world.knows();
        let line = &mut knows.lines[self.number];
        line.peer_closed = true;
        peer.close();
    }
}

impl Service for Far {
    fn connected(&mut self, peer: &mut Peer) {
        let manner = {
            let mut knows = self.world.knows();
            let line = &mut knows.lines[self.number];
            line.is_open = true;
            line.manner
        };
        if let To::Sending(count) = manner {
            self.say(count, peer);
        }
    }

    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        let manner = {
            let mut knows = self.world.knows();
            let line = &mut knows.lines[self.number];
            line.received.extend_from_slice(data);
            line.manner
        };
        match manner {
            To::Answering | To::Talking | To::Secured => self.say(data.len(), peer),
            To::Closing(count) => {
                self.say(count, peer);
                self.close(peer);
            }
            _ => {}
        }
    }

    fn has_something_to_say(&self) -> bool {
        let knows = self.world.knows();
        let line = &knows.lines[self.number];
        line.is_open && !line.orders.is_empty()
    }

    fn speak(&mut self, peer: &mut Peer) {
        loop {
            let order = self.world.knows().lines[self.number].orders.pop_front();
            match order {
                None => return,
                Some(Order::Say(count)) => self.say(count, peer),
                Some(Order::Close) => self.close(peer),
                Some(Order::Reset) => {
                    self.world.knows().lines[self.number].peer_reset = true;
                    peer.reset();
                }
            }
        }
    }

    fn closed(&mut self) {
        let mut knows = self.world.knows();
        let line = &mut knows.lines[self.number];
        line.is_open = false;
        line.module_closed = true;
    }
}

/// The far end of datagrams: answers each with one of the same size.
struct FarDatagrams(World, SocketAddr);

impl DatagramService for FarDatagrams {
    fn received(&mut self, _now: Duration, from: SocketAddr, data: &[u8], sender: &mut Sender) {
        {
            let mut knows = self.0.knows();
            knows.seen.insert(self.1.port(), from);
            let found = datagram_number(data).filter(|&number| {
                let note = knows.notes.get(number);
                note.is_some_and(|note| data == datagram(number, note.size))
            });
            match found {
                None => knows.strange.push(data.len()),
                Some(number) if knows.notes[number].to != self.1 => {
                    knows.notes[number].times += 1;
                    // Firmware sends to whom it has heard last.
                    if !knows.notes.iter().any(|note| note.from == self.1) {
                        knows.astray.push(number);
                    }
                }
                Some(number) => knows.notes[number].times += 1,
            }
        }
        let answer = self.0.note(self.1, from, data.len());
        sender.send(from, &answer);
    }
}
