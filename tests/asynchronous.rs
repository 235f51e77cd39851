//! The async traits, on a module that two tasks share.

use std::cell::RefCell;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::common::*;
use atwifi::transport::{Awaited, Signal};
use atwifi::{Closed, Error, Module, Shared, SocketMemory, Usage};
use atwifi_simulator::{Dialled, Simulation, services};
use edge_nal::{
    Close, MulticastV4, Readable, TcpAccept, TcpBind, TcpShutdown, TcpSplit, UdpReceive, UdpSend,
    UdpSplit,
};
use embedded_hal::digital::InputPin;
use embedded_io::ReadReady;
use embedded_io_async::{Read, Write};
use embedded_nal::AddrType;
use embedded_nal_async::{ConnectedUdp, Dns, TcpConnect, UdpStack, UnconnectedUdp};

/// Runs futures in turn until all are done; time passes when each has had its turn.
fn run(simulation: &Simulation, mut tasks: Vec<std::pin::Pin<&mut dyn Future<Output = ()>>>) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        tasks.retain_mut(|task| task.as_mut().poll(&mut context) == Poll::Pending);
        if tasks.is_empty() {
            return;
        }
        simulation.idle();
    }
    panic!("not done\n{}", simulation.transcript());
}

fn each<D: UnderTest>(test: impl Fn(&Simulation, Shared<'_, '_, D, Wire, SimClock>)) {
    for simulation in simulations::<D>(|config| config) {
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 2]);
        let clock = SimClock::new(&simulation);
        let mut module = Module::new(wire_of(&simulation), clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let module = RefCell::new(module);
        test(&simulation, Shared::new(&module));
    }
}

fn two_tasks_take_turns<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let echo = |fill: u8| async move {
            let address = shared.get_host_by_name(NAME, AddrType::IPv4).await.unwrap();
            let mut connection = TcpConnect::connect(&shared, (address, ECHO).into())
                .await
                .unwrap();
            for round in 0..10 {
                let sent = [fill + round; 50];
                for byte in sent {
                    connection.write_all(&[byte]).await.unwrap();
                }
                let mut got = [0; 50];
                // A read sends what was gathered.
                connection.read_exact(&mut got).await.unwrap();
                assert_eq!(got, sent);
            }
        };
        let (one, two) = (pin!(echo(0)), pin!(echo(100)));
        run(simulation, vec![one, two]);
        assert_eq!(
            simulation.links_open(),
            0,
            "dropping a connection closes it"
        );
    });
}

fn one_task_reads_and_another_writes<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let task = pin!(async move {
            let mut connection = TcpConnect::connect(&shared, at(ECHO)).await.unwrap();
            {
                let (mut reader, mut writer) = connection.split();
                let read = pin!(async {
                    let mut got = [0; 300];
                    reader.read_exact(&mut got).await.unwrap();
                    got
                });
                let write = pin!(async {
                    for round in 0..30 {
                        writer.write_all(&[round; 10]).await.unwrap();
                        writer.flush().await.unwrap();
                    }
                });
                let (got, ()) = join(read, write).await;
                let sent: Vec<u8> = (0..30).flat_map(|round| [round; 10]).collect();
                assert_eq!(&got[..], &sent[..]);
            }
            connection.close().await.unwrap();
        });
        run(simulation, vec![task]);
        assert_eq!(simulation.links_open(), 0);
    });
}

/// Polls both until both are done.
async fn join<A: Future, B: Future>(
    mut one: std::pin::Pin<&mut A>,
    mut two: std::pin::Pin<&mut B>,
) -> (A::Output, B::Output) {
    let (mut a, mut b) = (None, None);
    std::future::poll_fn(|context| {
        if a.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(context)
        {
            a = Some(done);
        }
        if b.is_none()
            && let Poll::Ready(done) = two.as_mut().poll(context)
        {
            b = Some(done);
        }
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            rest => {
                (a, b) = rest;
                Poll::Pending
            }
        }
    })
    .await
}

fn errors_and_the_end_are_told<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let task = pin!(async move {
            let unknown = shared.get_host_by_name("nobody.test", AddrType::IPv4).await;
            assert!(matches!(unknown, Err(Error::Module(_))));
            let backwards = shared.get_host_by_address(ADDRESS.into(), &mut []).await;
            let part = "names of addresses";
            assert_eq!(backwards, Err(Error::Usage(Usage::Unsupported(part))));
            for _ in 0..3 {
                let refused = TcpConnect::connect(&shared, at(REFUSED)).await;
                assert!(matches!(refused.map(drop), Err(Error::Unconnected(_))));
            }
            let mut connection = TcpConnect::connect(&shared, at(SHORT)).await.unwrap();
            connection.write_all(b"\r\n\r\n").await.unwrap();
            connection.flush().await.unwrap();
            let mut got = [0; 8];
            assert_eq!(connection.read(&mut got).await, Ok(3));
            assert_eq!(&got[..3], b"bye");
            assert_eq!(connection.read(&mut got).await, Ok(0));
        });
        run(simulation, vec![task]);
    });
}

fn datagrams_are_awaited<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let task = pin!(async move {
            let (_, mut connected) = UdpStack::connect(&shared, at(ECHO)).await.unwrap();
            ConnectedUdp::send(&mut connected, b"datagram")
                .await
                .unwrap();
            let mut got = [0; 4];
            // It does not fit: the whole length tells.
            assert_eq!(
                ConnectedUdp::receive_into(&mut connected, &mut got).await,
                Ok(8)
            );
            assert_eq!(&got, b"data");
            drop(connected);
            let any = "0.0.0.0:0".parse().unwrap();
            let (_, mut bound) = shared.bind_single(any).await.unwrap();
            UnconnectedUdp::send(&mut bound, any, at(ECHO), b"to and fro")
                .await
                .unwrap();
            let mut got = [0; 16];
            let received = UnconnectedUdp::receive_into(&mut bound, &mut got).await;
            // The reference of the ST67 does not tell the sender of a datagram.
            match received {
                Err(Error::Usage(Usage::Unsupported(_))) => {}
                other => assert_eq!(other, Ok((10, any, at(ECHO)))),
            }
        });
        run(simulation, vec![task]);
        assert_eq!(simulation.links_open(), 0, "dropping a socket closes it");
    });
}

/// What the interrupt sees: a byte in the UART, or the level of RDY.
fn line_of(simulation: &Simulation) -> Box<dyn FnMut() -> bool> {
    match simulation.has_spi() {
        true => {
            let mut rdy = simulation.spi().rdy();
            let mut was_high = rdy.is_high().unwrap();
            Box::new(move || {
                let is_high = rdy.is_high().unwrap();
                std::mem::replace(&mut was_high, is_high) != is_high
            })
        }
        false => {
            let mut port = simulation.port();
            Box::new(move || port.read_ready().unwrap())
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn a_read_that_waits_sleeps_until_the_module_speaks<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        let heard = Signal::<1>::new();
        let transport = Awaited::new(wire_of(&simulation), &heard);
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 2]);
        let clock = SimClock::new(&simulation);
        let mut module = Module::<D, _, _>::new(transport, clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let module = RefCell::new(module);
        let shared = Shared::new(&module);

        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut interrupt = line_of(&simulation);
        let task = pin!(async {
            let mut connection = TcpConnect::connect(&shared, at(ECHO)).await.unwrap();
            let (mut reader, mut writer) = connection.split();
            let mut got = [0; 5];
            let mut read = pin!(reader.read_exact(&mut got));
            let mut polls = 0;
            let mut poll = |context: &mut Context<'_>| {
                polls += 1;
                woken.0.store(false, Ordering::Relaxed);
                read.as_mut().poll(context).is_ready()
            };

            // Nobody says anything, but for how a connection settles.
            assert!(!poll(&mut context));
            for _ in 0..300 {
                simulation.idle();
                if interrupt() {
                    heard.wake();
                }
                if woken.0.load(Ordering::Relaxed) {
                    assert!(!poll(&mut context));
                }
            }
            writer.write_all(b"hello").await.unwrap();
            writer.flush().await.unwrap();
            // As the interrupt has done while the call took the answer in.
            heard.wake();
            let mut is_done = false;
            for _ in 0..300 {
                if woken.0.load(Ordering::Relaxed) && poll(&mut context) {
                    is_done = true;
                    break;
                }
                simulation.idle();
                if interrupt() {
                    heard.wake();
                }
            }
            assert!(is_done, "not woken\n{}", simulation.transcript());
            assert!(polls < 60, "{polls} polls: it does not sleep");
        });
        assert_eq!(
            task.poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(())
        );
    }
}

fn edge_nal_closes_and_listens<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let task = pin!(async move {
            let resolved = edge_nal::Dns::get_host_by_name(&shared, NAME, edge_nal::AddrType::IPv4);
            let address = resolved.await.unwrap();
            let connected = edge_nal::TcpConnect::connect(&shared, (address, ECHO).into());
            let mut connection = connected.await.unwrap();
            connection.write_all(b"what is gathered").await.unwrap();
            // The peer has something to answer: it was sent.
            connection.readable().await.unwrap();
            let half = TcpShutdown::close(&mut connection, Close::Write).await;
            let part = "closing one direction";
            assert_eq!(half, Err(Error::Usage(Usage::Unsupported(part))));
            let mut got = [0; 16];
            connection.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, b"what is gathered");
            TcpShutdown::close(&mut connection, Close::Both)
                .await
                .unwrap();
            assert_eq!(simulation.links_open(), 0);
            assert_eq!(connection.read(&mut got).await, Ok(0));
            connection.readable().await.unwrap();
            let written = connection.write(b"x").await;
            assert_eq!(written, Err(Error::Closed(Closed::NotConnected)));

            let listener = TcpBind::bind(&shared, module_at(8080)).await.unwrap();
            for round in 0..3 {
                let client = simulation.dial(peer(5000 + round), module_at(8080), services::echo());
                let (remote, mut accepted) = listener.accept().await.unwrap();
                assert_eq!(remote, peer(5000 + round));
                let (mut reader, mut writer) = TcpSplit::split(&mut accepted);
                writer.write_all(b"to and fro").await.unwrap();
                reader.readable().await.unwrap();
                let mut got = [0; 10];
                reader.read_exact(&mut got).await.unwrap();
                assert_eq!(&got, b"to and fro");
                match round {
                    0 => {
                        client.close();
                        TcpShutdown::close(&mut accepted, Close::Read)
                            .await
                            .unwrap();
                        assert_eq!(accepted.read(&mut got).await, Ok(0));
                    }
                    1 => accepted.abort().await.unwrap(),
                    _ => {}
                }
            }
        });
        run(simulation, vec![task]);
        assert_eq!(simulation.links_open(), 0);
        let refused = simulation.dial(peer(6000), module_at(8080), services::echo());
        simulation.advance(std::time::Duration::from_millis(200));
        assert_eq!(refused.state(), Dialled::Refused, "nobody listens any more");
    });
}

fn edge_nal_receives_datagrams<D: UnderTest>() {
    each::<D>(|simulation, shared| {
        let task = pin!(async move {
            let any = "0.0.0.0:0".parse().unwrap();
            let connected = edge_nal::UdpConnect::connect(&shared, any, at(ECHO)).await;
            let mut connected = connected.unwrap();
            {
                let (mut receiver, mut sender) = UdpSplit::split(&mut connected);
                let receive = pin!(async {
                    let mut got = [0; 4];
                    receiver.readable().await.unwrap();
                    (receiver.receive(&mut got).await.unwrap(), got)
                });
                let send = pin!(async { sender.send(at(ECHO), b"datagram").await.unwrap() });
                // It does not fit: the whole length tells.
                let received = join(receive, send).await.0;
                assert_eq!(received, ((8, at(ECHO)), *b"data"));
            }
            drop(connected);

            let group: SocketAddrV4 = "224.0.0.251:5353".parse().unwrap();
            let local = (Ipv4Addr::UNSPECIFIED, group.port()).into();
            let mut bound = edge_nal::UdpBind::bind(&shared, local).await.unwrap();
            let joined = bound.join_v4(*group.ip(), Ipv4Addr::UNSPECIFIED);
            joined.await.unwrap();
            simulation.send_datagram(peer(5353), group, b"who is there?");
            bound.readable().await.unwrap();
            let mut got = [0; 16];
            let (length, _) = bound.receive(&mut got).await.unwrap();
            assert_eq!(&got[..length], b"who is there?");
            let left = bound.leave_v4(*group.ip(), Ipv4Addr::UNSPECIFIED).await;
            let part = "leaving a group";
            assert_eq!(left, Err(Error::Usage(Usage::Unsupported(part))));
        });
        run(simulation, vec![task]);
        assert_eq!(simulation.links_open(), 0, "dropping a socket closes it");
    });
}

on_both_dialects! {
    edge_nal_closes_and_listens
    edge_nal_receives_datagrams
    a_read_that_waits_sleeps_until_the_module_speaks
    datagrams_are_awaited
    two_tasks_take_turns
    errors_and_the_end_are_told
    one_task_reads_and_another_writes
}
