//! Whatever a module says, at any fragmentation: no panic, no hang, no byte more than the slice.
#![no_main]

use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::rc::Rc;

use arbitrary::Arbitrary;
use atwifi::dialect::Dialect;
use atwifi::{
    Clock, Module, PingOptions, ScanOptions, SocketMemory, Strongest, microchip::Microchip, st67::St67,
};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpFullStack, UdpClientStack, UdpFullStack};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Story {
    /// It is a client.
    Client,
    /// It waits for others.
    Passive,
    /// It asks for what is around.
    Services,
}

#[derive(Arbitrary, Debug)]
struct Input {
    microchip: bool,
    /// What the driver does.
    story: Story,
    /// What the module says after each write of the driver, and in which pieces.
    answers: Vec<(Vec<u8>, u8)>,
}

/// A clock that runs fast while the driver waits.
#[derive(Clone, Default)]
struct Fast(Rc<Cell<u32>>);

impl Clock for Fast {
    fn now(&mut self) -> u32 {
        self.0.get()
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.set(self.0.get() + 250);
        ControlFlow::Continue(())
    }
}

struct Transport {
    answers: std::vec::IntoIter<(Vec<u8>, u8)>,
    incoming: VecDeque<u8>,
    fragment: usize,
}

impl embedded_io::ErrorType for Transport {
    type Error = core::convert::Infallible;
}

impl embedded_io::ReadReady for Transport {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.incoming.is_empty())
    }
}

impl embedded_io::Read for Transport {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        let n = into.len().min(self.incoming.len()).min(self.fragment);
        into.iter_mut().zip(self.incoming.drain(..n)).for_each(|(place, byte)| *place = byte);
        Ok(n)
    }
}

impl embedded_io::Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        if let Some((answer, fragment)) = self.answers.next() {
            self.incoming.extend(answer);
            self.fragment = usize::from(fragment).max(1);
        }
        Ok(())
    }
}

fn story<D: Dialect>(answers: Vec<(Vec<u8>, u8)>) {
    let transport =
        Transport { answers: answers.into_iter(), incoming: VecDeque::new(), fragment: 1 };
    let mut clock = Fast::default();
    let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<16>::new() }; 2]);
    let mut module = Module::<D, _, _>::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
    let _ = module.join("net", "password");
    let _ = module.get_host_by_name("example.test", AddrType::IPv4);
    let mut socket = TcpClientStack::socket(&mut module).unwrap();
    let _ = TcpClientStack::connect(&mut module, &mut socket, ([10, 0, 0, 7], 80).into());
    let _ = TcpClientStack::send(&mut module, &mut socket, b"hello");
    for size in [1, 8, 40] {
        if let Ok(n) = TcpClientStack::receive(&mut module, &mut socket, &mut vec![0; size]) {
            assert!(n <= size);
        }
    }
    while let Ok(Some(_)) = module.poll() {}
    let _ = TcpClientStack::close(&mut module, socket);
    assert!(clock.now() < 1_000_000, "took {} virtual ms", clock.now());
}

/// The same for datagrams and for connections that others make.
fn passive_story<D: Dialect>(answers: Vec<(Vec<u8>, u8)>) {
    let transport =
        Transport { answers: answers.into_iter(), incoming: VecDeque::new(), fragment: 1 };
    let mut clock = Fast::default();
    let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<64>::new() }; 3]);
    let mut module = Module::<D, _, _>::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
    let mut datagrams = UdpClientStack::socket(&mut module).unwrap();
    let _ = UdpFullStack::bind(&mut module, &mut datagrams, 5683);
    let mut listener = TcpClientStack::socket(&mut module).unwrap();
    let _ = TcpFullStack::bind(&mut module, &mut listener, 8080);
    for size in [0, 1, 40] {
        let peer = ([10, 0, 0, 7], 7 + size as u16).into();
        let _ = module.send_to(&mut datagrams, peer, &[0; 150]);
        let mut buffer = vec![0; size];
        if let Ok((n, _)) = UdpClientStack::receive(&mut module, &mut datagrams, &mut buffer) {
            assert!(n <= size);
        }
        if let Ok((mut socket, _)) = module.accept(&mut listener) {
            let _ = TcpClientStack::receive(&mut module, &mut socket, &mut [0; 8]);
            let _ = TcpClientStack::close(&mut module, socket);
        }
    }
    let _ = UdpClientStack::close(&mut module, datagrams);
    let _ = TcpClientStack::close(&mut module, listener);
    assert!(clock.now() < 2_000_000, "took {} virtual ms", clock.now());
}

/// The same for what is asked besides.
fn services_story<D: Dialect>(answers: Vec<(Vec<u8>, u8)>) {
    let transport =
        Transport { answers: answers.into_iter(), incoming: VecDeque::new(), fragment: 1 };
    let mut clock = Fast::default();
    let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<16>::new() }; 1]);
    let mut module = Module::<D, _, _>::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
    let mut strongest = Strongest::<3>::new();
    let _ = module.scan(&ScanOptions::new(), |found| {
        strongest.take(found);
        ControlFlow::Continue(())
    });
    let _ = module.ping("10.0.0.7", &PingOptions::new(), |_| ControlFlow::Continue(()));
    let _ = module.set_time_servers(&["pool.ntp.org"]);
    let _ = module.time();
    assert!(clock.now() < 1_000_000, "took {} virtual ms", clock.now());
}

fn play<D: Dialect>(input: Input) {
    match input.story {
        Story::Client => story::<D>(input.answers),
        Story::Passive => passive_story::<D>(input.answers),
        Story::Services => services_story::<D>(input.answers),
    }
}

fuzz_target!(|input: Input| match input.microchip {
    true => play::<Microchip>(input),
    false => play::<St67>(input),
});
