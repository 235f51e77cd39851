//! Corners: what happens to one socket, link or notice when another one fails, closes or comes in
//! the middle of a question.

use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{
    Closed, ConnectTls, Error, Module, Resource, Shared, SocketMemory, Stream, TcpSocket,
    TlsConfig, WaitTcp, mock,
};
use atwifi_simulator::{Fault, FaultKind, Faults, Profile, Simulation, services};
use embedded_io::Write;
use embedded_nal::{TcpClientStack, TcpFullStack, nb};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

fn closing_a_listener_closes_what_was_not_accepted<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let listener = listening(module, 8080);
        for n in 0..5 {
            simulation.dial(peer(4000 + n), module_at(8080), services::echo());
        }
        simulation.advance(Duration::from_millis(500));
        let _ = module.poll();
        module.close(listener).unwrap();
        simulation.advance(Duration::from_millis(500));
        let _ = module.poll();
        let open = simulation.links_open();
        module.release_sockets().unwrap();
        simulation.advance(Duration::from_millis(500));
        let after = simulation.links_open();
        let mut socket = module.socket().unwrap();
        let connected = module.connect(&mut socket, at(ECHO));
        assert!(
            open == 0 && after == 0 && connected.is_ok(),
            "open after close {open}, after release {after}, connect {connected:?}"
        );
    });
}

#[test]
fn one_listener_does_not_starve_the_other() {
    each_joined::<Microchip>(|simulation, module| {
        let _first = listening(module, 8080);
        let mut second = listening(module, 9090);
        for n in 0..5 {
            simulation.dial(peer(4000 + n), module_at(8080), services::echo());
        }
        simulation.advance(Duration::from_millis(500));
        let _ = module.poll();
        simulation.dial(peer(5000), module_at(9090), services::echo());
        simulation.advance(Duration::from_millis(500));
        let before = simulation.commands();
        for _ in 0..20 {
            if module.accept(&mut second).is_ok() {
                return;
            }
        }
        let commands = simulation.commands() - before;
        panic!("never accepted; {commands} commands for 20 empty accepts");
    });
}

#[test]
fn a_failed_connect_leaves_the_other_sockets_alone() {
    for simulation in simulations::<St67>(|c| c) {
        let brk = Rc::new(Cell::new(false));
        let (mut line, mut sockets) = (vec![0; 1024], [const { SocketMemory::<512>::new() }; 3]);
        let b = brk.clone();
        let clock = atwifi::Clock::on_idle(SimClock::new(&simulation), move || {
            if b.get() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let mut module =
            atwifi::st67::Module::new(wire_of(&simulation), clock, &mut line, &mut sockets)
                .unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let mut good = module.socket().unwrap();
        flat(module.connect(&mut good, at(ECHO))).unwrap();
        let mut bad = module.socket().unwrap();
        brk.set(true);
        let r = flat(module.connect_tls(&mut bad, at(443), &TlsConfig::default()));
        brk.set(false);
        assert_eq!(r, Err(Error::Interrupted));
        module.close(bad).unwrap();
        simulation.advance(Duration::from_secs(1));
        assert_eq!(
            simulation.links_open(),
            1,
            "the other's link was closed\n{}",
            simulation.transcript()
        );
        flat(module.send(&mut good, b"hello")).unwrap();
    }
}

/// An ST67 on a serial line and on the SPI.
fn on_each_wire(profile: Profile) -> [Simulation; 2] {
    [config(profile), spi_config(profile)]
        .map(|config| Simulation::new(config, Network::default().build()))
}

#[test]
fn a_reset_during_connect_leaves_no_claim_on_a_link() {
    for simulation in on_each_wire(Profile::St67Fw2_0_75) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut a = module.socket().unwrap();
            // the module resets while connecting
            let at_byte = simulation.to_module() + 5;
            simulation.set_faults(Faults {
                to_module: vec![Fault::new(at_byte, FaultKind::Reset)],
                ..Faults::default()
            });
            let r = flat(module.connect(&mut a, at(SILENT)));
            simulation.set_faults(Faults::default());
            assert_eq!(r, Err(Error::ModuleReset));
            module.join(SSID, PASSWORD).unwrap();
            let mut listener = listening(module, 8080);
            simulation.dial(peer(4000), module_at(8080), services::echo());
            simulation.advance(Duration::from_millis(500));
            let accepted = module.accept(&mut listener);
            assert!(
                accepted.is_ok(),
                "{accepted:?}\n{}",
                simulation.transcript()
            );
        });
    }
}

#[test]
fn a_new_peer_on_an_old_link_is_a_new_connection() {
    for simulation in simulations::<St67>(|c| c) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut listener = listening(module, 8080);
            let first = simulation.dial(peer(4000), module_at(8080), services::echo());
            let (mut one, _) = accept(module, &simulation, &mut listener);
            first.send(b"first");
            simulation.advance(Duration::from_millis(300));
            first.close();
            simulation.advance(Duration::from_millis(300));
            let _ = module.poll();
            let second = simulation.dial(peer(4001), module_at(8080), services::echo());
            simulation.advance(Duration::from_millis(300));
            second.send(b"SECOND");
            simulation.advance(Duration::from_millis(300));
            let mut got = Vec::new();
            let end = receive_until(module, &simulation, &mut one, 64, &mut got, |_| false);
            let other = module.accept(&mut listener);
            assert!(
                !got.windows(6).any(|w| w == b"SECOND") && other.is_ok(),
                "first socket got {:?} {end:?}; second {other:?}\n{}",
                String::from_utf8_lossy(&got),
                simulation.transcript()
            );
        });
    }
}

#[test]
fn a_failed_connect_reads_nobody_elses_data() {
    let uart = met::<St67>()
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CIPSTART=4,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
            "+CIP:4,CONNECTED\r\n+IPD:4,6,\"10.0.0.9\",4000\r\nERR CODE:0x01090000\r\n\r\nERROR\r\n",
        )
        // Another link is tried.
        .answer(
            "AT+CIPSTART=3,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
            "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
        )
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:4,\"TCP\",\"10.0.0.9\",4000,8080,1\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,6,\r\n\r\nOK\r\n")
        .answer(
            "AT+CIPRECVDATA=4,64\r\n",
            "+CIPRECVDATA:6,SECRET\r\n\r\nOK\r\n",
        );
    let (mut line, mut sockets) = ([0; 1400], [const { SocketMemory::<64>::new() }; 3]);
    let mut module =
        atwifi::st67::Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut sockets)
            .unwrap();
    let mut listener = module.socket().unwrap();
    module.bind(&mut listener, 8080).unwrap();
    module.listen(&mut listener).unwrap();
    let mut client = module.socket().unwrap();
    assert!(module.connect(&mut client, at(ECHO)).is_err());
    let mut b = [0; 64];
    let got = module.receive(&mut client, &mut b);
    assert!(
        got.is_err(),
        "the client socket read {:?}: {:?}",
        got,
        String::from_utf8_lossy(&b[..6])
    );
}

#[test]
fn who_comes_while_accept_asks_is_accepted() {
    let uart = met::<St67>()
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n+CIP:1,CONNECTED\r\n")
        .answer("AT+CIPSTATE?\r\n", "+CIPSTATUS:1,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n+CIP:0,CONNECTED\r\n\r\nOK\r\n")
        .answer("AT+CIPSTATE?\r\n", "+CIPSTATUS:0,\"TCP\",\"10.0.0.9\",4000,8080,1\r\n+CIPSTATUS:1,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n\r\nOK\r\n");
    let (mut line, mut sockets) = ([0; 1400], [const { SocketMemory::<64>::new() }; 3]);
    let mut module =
        atwifi::st67::Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut sockets)
            .unwrap();
    let mut listener = module.socket().unwrap();
    module.bind(&mut listener, 8080).unwrap();
    module.listen(&mut listener).unwrap();
    module.accept(&mut listener).unwrap();
    let second = module.accept(&mut listener);
    assert!(second.is_ok(), "{second:?}");
}

#[test]
fn a_datagram_that_comes_while_the_table_is_put_right_keeps_its_sender() {
    use embedded_nal::{UdpClientStack, UdpFullStack};
    let uart = met::<St67>()
        .answer("AT+CIPSTART=0,\"UDP\",\"0.0.0.0\",9,6000,2\r\n", "+CIP:0,CONNECTED\r\n\r\nOK\r\ngarbage\r\n")
        .answer("AT+CIPSTATE?\r\n", "+CIPSTATUS:0,\"UDP\",\"0.0.0.0\",9,6000,0\r\n\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n+IPD:0,4,\"10.0.0.7\",5000\r\n\r\nOK\r\n+IPD:0,4,\"10.0.0.9\",123\r\n")
        // One came meanwhile: it asks again.
        .answer("AT+CIPSTATE?\r\n", "+CIPSTATUS:0,\"UDP\",\"0.0.0.0\",9,6000,0\r\n\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:8,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT+CIPRECVDATA=0,4\r\n", "+CIPRECVDATA:4,from\r\n\r\nOK\r\n");
    let (mut line, mut sockets) = ([0; 1400], [const { SocketMemory::<64>::new() }; 3]);
    let mut module =
        atwifi::st67::Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut sockets)
            .unwrap();
    let mut socket = UdpClientStack::socket(&mut module).unwrap();
    UdpFullStack::bind(&mut module, &mut socket, 6000).unwrap();
    let mut got = Err(nb::Error::WouldBlock);
    for _ in 0..5 {
        got = UdpClientStack::receive(&mut module, &mut socket, &mut [0; 32]);
        if got != Err(nb::Error::WouldBlock) {
            break;
        }
    }
    assert_eq!(
        got,
        Ok((4, SocketAddr::from(([10, 0, 0, 7], 5000)))),
        "the first datagram is that of 10.0.0.7"
    );
}

#[test]
fn a_refused_certificate_authority_ends_the_connection() {
    let uart = met::<Microchip>()
        .answer("AT+SOCKO=2\r\n", "+SOCKO:7\r\nOK\r\n")
        .answer(
            "AT+SOCKBR=7,\"10.0.0.7\",443\r\n",
            "OK\r\n\r+SOCKIND:7,\"192.168.1.50\",1024,\"10.0.0.7\",443\r\n",
        )
        .answer(
            "AT+TLSC=1,1,\"ca\"\r\n",
            "ERROR:7,\"Configuration Access Failed\"\r\n",
        )
        .answer("AT+GMI\r\n", "+GMI=\"Microchip\"\r\nOK\r\n")
        .answer("AT+SOCKCL=7\r\n", "OK\r\n");
    with_mock::<Microchip, _>(&uart, |module| {
        let mut s = module.socket().unwrap();
        let r = flat(module.connect_tls(&mut s, at(443), &TlsConfig::new().with_vouched_ca("ca")));
        assert!(r.is_err(), "connected unchecked: {r:?}");
    });
}

fn a_failed_flush_can_be_repeated<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
        let mut module = Module::<D, _, _>::new(
            wire_of(&simulation),
            SimClock::new(&simulation),
            &mut line,
            &mut sockets,
        )
        .unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let module = RefCell::new(module);
        let mut shared = Shared::new(&module);
        let mut socket = shared.socket().unwrap();
        flat(shared.connect(&mut socket, at(ECHO))).unwrap();
        let mut stream = Stream::new(shared, socket, [0; 16]);
        stream.write_all(b"one").unwrap();
        {
            let _busy = module.borrow_mut();
            assert_eq!(stream.flush(), Err(Error::Resource(Resource::Module)));
        }
        let before = simulation.commands();
        assert_eq!(stream.flush(), Ok(()));
        assert_eq!(
            simulation.commands(),
            before + 1,
            "flush said Ok and sent nothing"
        );
    }
}

fn poll_finds_the_thread_again<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        while module.poll().unwrap().is_some() {}
        simulation.emit(b"gar\xffbage\r\n");
        simulation.advance(Duration::from_millis(10));
        for _ in 0..10 {
            let _ = module.poll().unwrap();
        }
        simulation.emit(D::SCAN_DONE);
        let mut seen = Vec::new();
        for _ in 0..5000 {
            if let Some(e) = module.poll().unwrap() {
                seen.push(format!("{e:?}"));
            }
            simulation.idle();
        }
        assert!(seen.iter().any(|e| e.contains("ScanDone")), "{seen:?}");
    });
}

#[test]
fn a_server_that_is_gone_can_be_closed() {
    let uart = met::<St67>()
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n")
        // It may have misheard.
        .answer(
            "AT+CIPSERVER=0,0\r\n",
            "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
        )
        .answer(
            "AT+CIPSERVER=0,0\r\n",
            "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
        )
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        let mut l = module.socket().unwrap();
        module.bind(&mut l, 8080).unwrap();
        module.listen(&mut l).unwrap();
        let closed = module.close(l);
        let mut l = module.socket().unwrap();
        module.bind(&mut l, 8080).unwrap();
        let again = module.listen(&mut l);
        assert!(
            closed.is_ok() && again.is_ok(),
            "close {closed:?}, listen {again:?}"
        );
    });
}

#[test]
fn a_closing_notice_that_never_came_hides_no_other() {
    let uart = met::<St67>()
        .answer(
            "AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPCLOSE=0\r\n", "\r\nOK\r\n")
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n+CIP:0,CONNECTED\r\n")
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n\r\nOK\r\n",
        )
        .answer(
            "AT+CIPRECVDATA=0,64\r\n",
            "+CIPRECVDATA:0,\r\n\r\nOK\r\n+CIP:0,DISCONNECTED\r\n",
        )
        .answer("AT+CIPRECVDATA=0,64\r\n", "+CIPRECVDATA:0,\r\n\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        let mut c = module.socket().unwrap();
        flat(module.connect(&mut c, at(ECHO))).unwrap();
        module.close(c).unwrap();
        let mut l = module.socket().unwrap();
        module.bind(&mut l, 8080).unwrap();
        module.listen(&mut l).unwrap();
        let (mut s, _) = module.accept(&mut l).unwrap();
        let mut b = [0; 64];
        let mut r = Err(nb::Error::WouldBlock);
        for _ in 0..5 {
            r = module.receive(&mut s, &mut b);
        }
        assert_eq!(r, Err(nb::Error::Other(Error::Closed(Closed::ByPeer))));
    });
}

/// A clock during whose waits the module says something unknown, every so many milliseconds.
#[derive(Clone)]
struct Noisy {
    simulation: Simulation,
    period: u64,
    spoken: Rc<Cell<u64>>,
    is_on: Rc<Cell<bool>>,
}

impl atwifi::Clock for Noisy {
    fn now(&mut self) -> u32 {
        self.simulation.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.simulation.idle();
        let now = self.simulation.now().as_millis() as u64;
        if self.is_on.get() && now / self.period != self.spoken.get() {
            self.spoken.set(now / self.period);
            self.simulation.emit(b"garbage\r\n");
        }
        match now {
            0..=600_000 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// How long a call takes while the module makes noise, once it has joined and connected.
fn under_noise<D: UnderTest, R: std::fmt::Debug>(
    periods: &[u64],
    limit: Duration,
    call: impl Fn(&mut Module<'_, D, Wire, Noisy>, &mut TcpSocket) -> R,
) {
    for &period in periods {
        for simulation in simulations::<D>(|config| config) {
            let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
            let is_on = Rc::new(Cell::new(false));
            let clock = Noisy {
                simulation: simulation.clone(),
                period,
                spoken: Rc::default(),
                is_on: is_on.clone(),
            };
            let mut module =
                Module::<D, _, _>::new(wire_of(&simulation), clock, &mut line, &mut sockets)
                    .unwrap();
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            is_on.set(true);
            let before = simulation.now();
            let result = call(&mut module, &mut socket);
            let took = simulation.now() - before;
            assert!(took < limit, "every {period} ms: {took:?}: {result:?}");
        }
    }
}

fn a_read_ends_in_time_whatever_is_said<D: UnderTest>() {
    let periods = [5, 10, 22, 30, 45, 60, 100, 200, 400, 700, 900];
    under_noise::<D, _>(&periods, Duration::from_secs(30), |module, socket| {
        module.wait_readable(socket, 1000)
    });
}

#[test]
fn a_dead_module_is_reported_in_time_after_a_send() {
    for simulation in simulations::<Microchip>(|c| c) {
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut s = module.socket().unwrap();
            flat(module.connect(&mut s, at(ECHO))).unwrap();
            simulation.set_faults(Faults {
                to_module: vec![Fault::new(
                    simulation.to_module(),
                    FaultKind::Cut(Duration::from_secs(100000)),
                )],
                to_host: vec![Fault::new(
                    simulation.to_host(),
                    FaultKind::Cut(Duration::from_secs(100000)),
                )],
                ..Faults::default()
            });
            let before = simulation.now();
            let r = module.send(&mut s, &[b'x'; 1400]);
            let t1 = simulation.now() - before;
            let before = simulation.now();
            let r2 = module.link_state();
            let t2 = simulation.now() - before;
            assert!(
                t2 < Duration::from_secs(60),
                "send {r:?} {t1:?}; next {r2:?} {t2:?}"
            );
        });
    }
}

#[test]
fn a_datagram_whose_notice_was_lost_is_never_told_as_another() {
    use embedded_nal::{UdpClientStack, UdpFullStack};
    for &profile in Microchip::PROFILES {
        let simulation = Simulation::new(config(profile), Network::default().build());
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut socket = UdpClientStack::socket(module).unwrap();
            UdpFullStack::bind(module, &mut socket, 6000).unwrap();
            simulation.send_datagram(peer(1), module_at(6000), b"first");
            simulation.advance(Duration::from_millis(300));
            let _ = module.poll().unwrap();
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(simulation.to_host(), FaultKind::Drop(12))],
                ..Faults::default()
            });
            simulation.send_datagram(peer(2), module_at(6000), b"second");
            simulation.advance(Duration::from_millis(300));
            let mut got = Vec::new();
            let mut b = [0; 64];
            let end = simulation.now() + Duration::from_secs(5);
            let mut sent = false;
            while simulation.now() < end {
                match UdpClientStack::receive(module, &mut socket, &mut b) {
                    Ok((n, a)) => got.push((String::from_utf8_lossy(&b[..n]).into_owned(), a)),
                    Err(nb::Error::WouldBlock) => simulation.idle(),
                    Err(_) => {}
                }
                if !sent && simulation.now() + Duration::from_secs(3) > end {
                    sent = true;
                    simulation.send_datagram(peer(3), module_at(6000), b"third");
                }
            }
            let mut lost = Vec::new();
            while let Some(e) = module.poll().unwrap() {
                lost.push(format!("{e:?}"));
            }
            assert!(
                got.contains(&("third".into(), peer(3))),
                "{profile}: {got:?} {lost:?}\n{}",
                simulation.transcript()
            );
            assert!(
                got.contains(&("second".into(), peer(2)))
                    || lost.iter().any(|e| e.contains("Lost")),
                "{profile}: {got:?} {lost:?}"
            );
        });
    }
}

fn a_close_that_failed_is_made_up_for<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut s = module.socket().unwrap();
        flat(module.connect(&mut s, at(ECHO))).unwrap();
        simulation.set_faults(Faults {
            to_module: vec![Fault::new(simulation.to_module() + 4, FaultKind::Drop(1))],
            ..Faults::default()
        });
        let closed = module.close(s);
        simulation.set_faults(Faults::default());
        let mut t = module.socket().unwrap();
        flat(module.connect(&mut t, at(ECHO))).unwrap();
        module.close(t).unwrap();
        module.release_sockets().unwrap();
        simulation.advance(Duration::from_millis(500));
        let _ = module.poll();
        assert_eq!(simulation.links_open(), 0, "close said {closed:?}");
    });
}

#[test]
fn a_listen_that_failed_leaves_the_others_server_on() {
    for simulation in on_each_wire(Profile::St67Fw2_0_75) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut a = module.socket().unwrap();
            module.bind(&mut a, 8080).unwrap();
            // the answer is lost
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(
                    simulation.to_host(),
                    FaultKind::Cut(Duration::from_secs(5)),
                )],
                ..Faults::default()
            });
            let failed = module.listen(&mut a);
            simulation.set_faults(Faults::default());
            let mut b = listening(module, 8080);
            let closed = module.close(a);
            simulation.dial(peer(4000), module_at(8080), services::echo());
            simulation.advance(Duration::from_millis(500));
            let accepted = module.accept(&mut b);
            assert!(
                accepted.is_ok(),
                "listen {failed:?}, close {closed:?}, accept {accepted:?}\n{}",
                simulation.transcript()
            );
        });
    }
}

#[test]
fn the_detailed_notice_of_a_connection_is_as_good() {
    let uart = met::<St67>()
        .answer(
            "AT+CIPSERVER=1,8080\r\n",
            "\r\nOK\r\n+LINK_CONN:0,0,\"TCP\",1,\"10.0.0.9\",4001,8080\r\n",
        )
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n\r\nOK\r\n",
        );
    with_mock::<St67, _>(&uart, |module| {
        let mut l = module.socket().unwrap();
        module.bind(&mut l, 8080).unwrap();
        module.listen(&mut l).unwrap();
        let r = module.accept(&mut l);
        assert!(r.is_ok(), "{r:?}");
    });
}

#[test]
fn a_send_refused_in_the_middle_ends_the_stream() {
    let first = vec![b'a'; 6144];
    let ok = |n: usize| format!("Recv {n} bytes\r\n\r\nSEND OK\r\n");
    let uart = met::<St67>()
        .answer(
            "AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPSEND=0,6144\r\n", "\r\nOK\r\n\r\n>")
        .answer(&first, ok(6144))
        .answer("AT+CIPSEND=0,856\r\n", "\r\nOK\r\n\r\n>")
        .answer(&first[..856], "Recv 856 bytes\r\n\r\nSEND FAIL\r\n")
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0.0.7\",7,1024,0\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT+CIPSEND=0,4\r\n", "\r\nOK\r\n\r\n>")
        .answer("next", ok(4));
    with_mock::<St67, _>(&uart, |module| {
        let mut s = module.socket().unwrap();
        flat(module.connect(&mut s, at(ECHO))).unwrap();
        let r = flat(module.send(&mut s, &vec![b'a'; 7000]));
        let next = flat(module.send(&mut s, b"next"));
        assert!(
            next.is_err(),
            "{r:?}, then {next:?}: the peer sees a stream with a hole"
        );
    });
}

#[test]
fn a_spoilt_row_loses_no_connection() {
    let uart = met::<St67>()
        .answer("AT+CIPSERVER=1,8080\r\n", "\r\nOK\r\n+CIP:0,CONNECTED\r\n")
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0x0.9\",4001,8080,1\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer(
            "AT+CIPSTATE?\r\n",
            "+CIPSTATUS:0,\"TCP\",\"10.0.0.9\",4001,8080,1\r\n\r\nOK\r\n",
        );
    with_mock::<St67, _>(&uart, |module| {
        let mut l = module.socket().unwrap();
        module.bind(&mut l, 8080).unwrap();
        module.listen(&mut l).unwrap();
        let spoilt = module.accept(&mut l);
        assert_eq!(spoilt, Err(nb::Error::Other(Error::Malformed)));
        let (_, remote) = module.accept(&mut l).unwrap();
        assert_eq!(remote, peer(4001));
    });
}

fn after_a_lost_link_a_peer_may_have_the_old_link<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut listener = listening(module, 8080);
        let mut old = module.socket().unwrap();
        flat(module.connect(&mut old, at(ECHO))).unwrap();
        simulation.lose_link();
        simulation.advance(Duration::from_secs(1));
        module.join(SSID, PASSWORD).unwrap();
        simulation.dial(peer(4000), module_at(8080), services::echo());
        simulation.advance(Duration::from_millis(500));
        let r = module.accept(&mut listener);
        module.close(old).unwrap();
        assert!(r.is_ok(), "{r:?}\n{}", simulation.transcript());
    });
}

fn a_command_ends_in_time_under_noise<D: UnderTest>() {
    let periods = [5, 22, 30, 60, 200];
    under_noise::<D, _>(&periods, Duration::from_secs(60), |module, _| {
        module.link_state()
    });
}

#[test]
fn a_key_that_cannot_be_told_is_refused_before_a_byte() {
    use atwifi::Psk;
    for simulation in on_each_wire(Profile::St67Fw2_0_75) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut s = module.socket().unwrap();
            let before = simulation.to_module();
            let r = flat(module.connect_tls(
                &mut s,
                at(443),
                &TlsConfig::new().with_psk(Psk {
                    identity: "x",
                    key: &[0],
                }),
            ));
            assert!(matches!(r, Err(Error::Usage(_))), "{r:?}");
            assert_eq!(
                simulation.to_module(),
                before,
                "{r:?} after bytes were sent"
            );
        });
    }
}

#[test]
fn a_closed_listener_leaves_nothing_behind() {
    each_joined::<Microchip>(|simulation, module| {
        let first = listening(module, 8080);
        for n in 0..5 {
            simulation.dial(peer(4000 + n), module_at(8080), services::echo());
        }
        simulation.advance(Duration::from_millis(500));
        let _ = module.poll();
        module.close(first).unwrap();
        let mut second = listening(module, 9090);
        simulation.dial(peer(5000), module_at(9090), services::echo());
        simulation.advance(Duration::from_millis(500));
        for _ in 0..20 {
            if module.accept(&mut second).is_ok() {
                return;
            }
        }
        panic!("never accepted");
    });
}

fn a_listener_has_nothing_to_receive<D: UnderTest>() {
    each_joined::<D>(|_, module| {
        let mut l = listening(module, 8080);
        let r = module.receive(&mut l, &mut [0; 8]);
        assert_eq!(
            r,
            Err(nb::Error::Other(Error::Closed(Closed::NotConnected)))
        );
    });
}

#[test]
fn a_garbled_destination_sends_to_nobody_else() {
    use embedded_nal::{UdpClientStack, UdpFullStack};
    for profile in [Profile::MicrochipFw0_2_0, Profile::MicrochipFw0_3_2] {
        let simulation = Simulation::new(config(profile), Network::default().build());
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut s = UdpClientStack::socket(module).unwrap();
            UdpFullStack::bind(module, &mut s, 6000).unwrap();
            let payload = [0x80u8; 300];
            flat(UdpFullStack::send_to(module, &mut s, peer(1234), &payload)).unwrap();
            simulation.set_faults(Faults {
                to_module: vec![Fault::new(
                    simulation.to_module() + 5,
                    FaultKind::Corrupt(1),
                )],
                ..Faults::default()
            });
            let sent = UdpFullStack::send_to(module, &mut s, at(ECHO), &payload);
            simulation.set_faults(Faults::default());
            let mut b = [0; 512];
            let end = simulation.now() + Duration::from_secs(2);
            let mut got = None;
            while simulation.now() < end && got.is_none() {
                match UdpClientStack::receive(module, &mut s, &mut b) {
                    Ok(x) => got = Some(x),
                    _ => simulation.idle(),
                }
            }
            assert!(
                sent.is_err() || got == Some((300, at(ECHO))),
                "{profile}: send said {sent:?}, the echo server heard nothing: {got:?}\n{}",
                simulation.transcript()
            );
        });
    }
}

on_both_dialects! {
    after_a_lost_link_a_peer_may_have_the_old_link
    closing_a_listener_closes_what_was_not_accepted
    a_failed_flush_can_be_repeated
    poll_finds_the_thread_again
    a_read_ends_in_time_whatever_is_said
    a_close_that_failed_is_made_up_for
    a_command_ends_in_time_under_noise
    a_listener_has_nothing_to_receive
}
