//! A socket as a stream of bytes, on a module that several clients share.

use std::cell::RefCell;

use crate::common::*;
use atwifi::{Error, Module, Resource, Shared, SocketMemory, Stream};
use embedded_io::{Read, ReadReady, Write};
use embedded_nal::{Dns, TcpClientStack};

fn each<D: UnderTest>(test: impl Fn(&atwifi_simulator::Simulation, &RefCell<Driver<'_, D>>)) {
    for simulation in simulations::<D>(|config| config) {
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
        let clock = SimClock::new(&simulation);
        let mut module = Module::new(wire_of(&simulation), clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        test(&simulation, &RefCell::new(module));
    }
}

fn small_writes_are_gathered_until_flush_or_a_read_waits<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut shared = Shared::new(module);
        let mut socket = shared.socket().unwrap();
        flat(shared.connect(&mut socket, at(ECHO))).unwrap();
        let mut gather = [0; 16];
        let mut stream = Stream::new(shared, socket, &mut gather);
        let before = simulation.commands();
        for byte in *b"sixteen bytes go" {
            stream.write_all(&[byte]).unwrap();
        }
        assert_eq!(simulation.commands(), before, "nothing is sent yet");
        stream.flush().unwrap();
        assert_eq!(simulation.commands(), before + 1);
        let mut got = [0; 16];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"sixteen bytes go");

        stream.write_all(b"ask").unwrap();
        let mut got = [0; 3];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"ask", "a read that waits sends the question");

        let much = payload().repeat(5);
        stream.write_all(b"in order: ").unwrap();
        stream.write_all(&much).unwrap();
        let mut got = vec![0; 10 + much.len()];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(got, [b"in order: ", &much[..]].concat());

        let (mut shared, socket) = stream.into_parts();
        shared.close(socket).unwrap();
    });
}

fn a_read_ends_with_the_stream_or_in_time<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut shared = Shared::new(module);
        let mut socket = shared.socket().unwrap();
        flat(shared.connect(&mut socket, at(SHORT))).unwrap();
        let mut stream = Stream::new(shared, socket, &mut []);
        stream.read_timeout = 1500;
        assert!(!stream.read_ready().unwrap());
        let begin = simulation.now();
        assert_eq!(stream.read(&mut [0; 8]), Err(Error::Timeout));
        let waited = (simulation.now() - begin).as_millis();
        assert!((1400..1700).contains(&waited), "{waited}");

        stream.write_all(b"\r\n\r\n").unwrap();
        let mut got = Vec::new();
        let mut byte = [0];
        while stream
            .read(&mut byte)
            .unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()))
            == 1
        {
            got.push(byte[0]);
        }
        assert_eq!(got, b"bye");
        assert!(stream.read_ready().unwrap(), "the end can be read");
        assert_eq!(stream.read(&mut byte), Ok(0), "and stays");
        let (mut shared, socket) = stream.into_parts();
        shared.close(socket).unwrap();
    });
}

fn closing_sends_what_is_gathered_and_gives_the_socket_back<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let sent = || {
            let transcript = simulation.transcript().to_string();
            ["-> AT+CIPSEND=", "-> AT+SOCKWR="].map(|send| transcript.matches(send).count())
        };
        for round in 0..3 {
            let mut shared = Shared::new(module);
            let mut socket = shared.socket().unwrap();
            flat(shared.connect(&mut socket, at(SHORT))).unwrap();
            let mut stream = Stream::new(shared, socket, [0; 64]);
            stream.write_all(b"\r\n\r\n").unwrap();
            assert_eq!(sent().iter().sum::<usize>(), round);
            stream.close().unwrap();
            assert_eq!(sent().iter().sum::<usize>(), round + 1);
            assert_eq!(simulation.links_open(), 0);
        }
    });
}

fn ready_means_that_a_read_does_not_wait<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let mut shared = Shared::new(module);
        let mut socket = shared.socket().unwrap();
        flat(shared.connect(&mut socket, at(ECHO))).unwrap();
        let mut stream = Stream::new(shared, socket, &mut []);
        stream.write_all(b"echo").unwrap();
        let mut polls = 0;
        while !stream.read_ready().unwrap() {
            simulation.idle();
            polls += 1;
            assert!(polls < 10_000, "{}", simulation.transcript());
        }
        stream.read_timeout = 0;
        let mut got = [0; 4];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"echo");
    });
}

fn a_call_from_inside_a_wait_is_refused<D: UnderTest>() {
    each::<D>(|_, module| {
        let mut shared = Shared::new(module);
        let in_a_call = module.borrow_mut();
        assert_eq!(
            shared.socket().err(),
            Some(Error::Resource(Resource::Module))
        );
        assert_eq!(
            flat(shared.get_host_by_name(NAME, embedded_nal::AddrType::IPv4)),
            Err(Error::Resource(Resource::Module))
        );
        drop(in_a_call);
        shared.socket().unwrap();
    });
}

on_both_dialects! {
    small_writes_are_gathered_until_flush_or_a_read_waits
    a_read_ends_with_the_stream_or_in_time
    closing_sends_what_is_gathered_and_gives_the_socket_back
    ready_means_that_a_read_does_not_wait
    a_call_from_inside_a_wait_is_refused
}
