//! Whatever a module says and whatever a user passes.

use std::ops::ControlFlow;

use crate::common::*;
use atwifi::{PingOptions, ScanOptions, SocketMemory, Strongest, UnixTime, mock};
use atwifi_simulator::Simulation;
use embedded_nal::{TcpClientStack, TcpFullStack, UdpClientStack, UdpFullStack};
use proptest::prelude::*;

/// Bytes that look like something a module could say, and some that do not.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            &b"\r\n"[..],
            b"OK\r\n",
            b"ERROR\r\n",
            b"ready\r\n",
            b"busy p...\r\n",
            b"> ",
            b"SEND OK\r\n",
            b"+IPD:0,99999999999\r\n",
            b"+IPD:0,5,\"1.2.3.4\",80\r\n",
            b"+CIPRECVDATA:",
            b"+CIPRECVDATA:4000000000,",
            b"+CIPRECVDATA:3,abc\r\n",
            b"+CIP:0,DISCONNECTED\r\n",
            b"+CW:GOTIP\r\n",
            b"+CW:ERROR,70000\r\n",
            b"+CIPMUX:1\r\n",
            b"+CIPDINFO:true\r\n",
            b"+CIPSTA:ip:\"1.2.3\"\r\n",
            b"+CWSTATE:-1\r\n",
            b"Recv 99999999999 bytes\r\n",
            b"ERR CODE:0xzz\r\n",
            b"+CIPRECVLEN:1,2,3\r\n",
            b",CLOSED\r\n",
            b"0,CLOSED\r\n",
            b"+SOCKO:7\r\nOK\r\n",
            b"\r+SOCKIND:7,\"1.2.3.4\",5,\"6.7.8.9\",10\r\n",
            b"+SOCKRD:7,4000000000,\r\n#",
            b"+SOCKRD:7,3,\r\n#abcOK\r\n",
            b"\r+SOCKRXT:7,99999999999\r\n",
            b"\r\n#",
            b"\r+WSTAAIP:\"1.2.3\"\r\n",
            b"\r\r+WSTA:ERROR:24,\"x\"\r\n",
            b"ERROR:10,\"Socket ID Not Found\"\r\n",
            b"+GMM=\"x\"\r\nOK\r\n",
            b"+SOCKLST:7,2,\"\",0,0\r\n",
            b"\r+SOCKRXU:7,\"1.2.3.4\",5,70000\r\n",
            b"\r+SOCKRXU:7,\"1.2.3.4\",5,3\r\n",
            b"\r+SOCKIND:9,\"1.2.3.4\",8080,\"6.7.8.9\",10\r\n",
            b"+CIP:1,CONNECTED\r\n",
            b"+CIPSTATUS:1,\"TCP\",\"1.2.3.4\",5,8080,1\r\n",
            b"+IPD:0,0,\"1.2.3.4\",80\r\n",
            b"+IPD:0,65535,\"1.2.3.4\",80\r\n",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(words, 0..30).prop_map(|words| words.concat())
}

/// What a module may say when it is asked for what is around it, whole and in pieces.
fn answers() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let words = prop::sample::select(vec![
        &b"\r\nOK\r\n"[..],
        b"OK\r\n",
        b"+CWLAP:(3,\"net\",-48,\"5a:67:11:00:00:01\",6,4,7,0)\r\n",
        b"+CWLAP:(3,\"\r\n+CW:SCAN_DONE\r\n\",-48,\"5a:67:11:00:00:01\",6,4,7,0)\r\n",
        b"+CWLAP:(3,\"net",
        b"+CWLAP:(",
        b"+CW:SCAN_DONE\r\n",
        b"\r+WSCNIND:-48,3,6,\"5A:67:11:00:00:01\",\"net\"\r\n",
        b"\r+WSCNIND:-48,3,6,\"5A:67:11:00:00:01\",[0A]\r\n",
        b"\r+WSCNIND:-480,",
        b"\r+WSCNDONE\r\n",
        b"+PING:3ms\r\n",
        b"+PING:TIMEOUT\r\n",
        b"\r+PING:\"10.0.0.7\",99999999999\r\n",
        b"+CIPSNTPTIME:Tue Oct 99 17:47:56 2021\r\n",
        b"+TIME:2,99999999999\r\n",
        b"+TIME:2,3864185092\r\n",
    ])
    .prop_map(<[u8]>::to_vec);
    let piece = (words, 0..60_usize).prop_map(|(mut word, cut)| {
        // One in three is cut short.
        word.truncate(if cut < 20 { cut } else { word.len() });
        word
    });
    let answer = proptest::collection::vec(prop_oneof![3 => piece, 1 => hostile()], 0..8);
    proptest::collection::vec(answer.prop_map(|pieces| pieces.concat()), 0..24)
}

/// A transport that says what it likes, more of it each time that it is told something, which it
/// swallows.
struct Hostile(
    std::collections::VecDeque<u8>,
    usize,
    std::vec::IntoIter<Vec<u8>>,
);

impl embedded_io::ErrorType for Hostile {
    type Error = core::convert::Infallible;
}

impl embedded_io::Read for Hostile {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        let n = into.len().min(self.0.len()).min(self.1);
        into.iter_mut()
            .zip(self.0.drain(..n))
            .for_each(|(place, byte)| *place = byte);
        Ok(n)
    }
}

impl embedded_io::ReadReady for Hostile {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.0.is_empty())
    }
}

impl embedded_io::Write for Hostile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.extend(self.2.next().unwrap_or_default());
        Ok(())
    }
}

fn no_module_can_make_the_driver_panic_or_hang<D: UnderTest>() {
    let config = ProptestConfig {
        cases: 400,
        ..ProptestConfig::default()
    };
    proptest!(config, |(bytes in hostile(), fragment in 1..50_usize)| {
        let clock = mock::Clock::new();
        let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<32>::new() }; 2]);
        let transport = Hostile(bytes.into(), fragment, Vec::new().into_iter());
        let mut module =
            atwifi::Module::<D, _, _>::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
        let _ = module.reset();
        let _ = module.join("net", "password");
        let mut socket = TcpClientStack::socket(&mut module).unwrap();
        let _ = TcpClientStack::connect(&mut module, &mut socket, at(ECHO));
        let _ = TcpClientStack::send(&mut module, &mut socket, b"hello");
        let _ = TcpClientStack::receive(&mut module, &mut socket, &mut [0; 8]);
        let _ = module.poll();
        let _ = TcpClientStack::close(&mut module, socket);
        let (mut datagrams, mut listener) = (
            UdpClientStack::socket(&mut module).unwrap(),
            TcpClientStack::socket(&mut module).unwrap(),
        );
        let _ = UdpFullStack::bind(&mut module, &mut datagrams, 5683);
        let _ = module.send_to(&mut datagrams, at(ECHO), &[0; 150]);
        let _ = UdpClientStack::receive(&mut module, &mut datagrams, &mut [0; 8]);
        let _ = TcpFullStack::bind(&mut module, &mut listener, 8080);
        let _ = module.accept(&mut listener);
        let _ = UdpClientStack::close(&mut module, datagrams);
        let _ = TcpClientStack::close(&mut module, listener);
        let mut now = clock.clone();
        prop_assert!(atwifi::Clock::now(&mut now) < 800_000);
    });
}

fn no_module_can_make_a_service_panic_or_hang<D: UnderTest>() {
    let config = ProptestConfig {
        cases: 1000,
        ..ProptestConfig::default()
    };
    proptest!(config, |(answers in answers(), fragment in 1..50_usize)| {
        let clock = mock::Clock::new();
        let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<32>::new() }; 1]);
        let transport = Hostile(Default::default(), fragment, answers.into_iter());
        let mut module =
            atwifi::Module::<D, _, _>::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
        let mut strongest = Strongest::<3>::new();
        let scanned = module.scan(&ScanOptions::new(), |found| {
            strongest.take(found);
            ControlFlow::Continue(())
        });
        prop_assert!(scanned.is_err() || scanned.unwrap().found >= strongest.len() as u16);
        let pinged = module.ping("10.0.0.7", &PingOptions::new(), |_| ControlFlow::Continue(()));
        prop_assert!(pinged.is_err() || pinged.unwrap().sent == 4);
        let _ = module.set_time_servers(&["pool.ntp.org"]);
        let told = module.time();
        let year_2020 = UnixTime::from_date(2020, 1, 1);
        prop_assert!(told.is_err() || told.unwrap().is_none_or(|time| Some(time) >= year_2020));
        let mut now = clock.clone();
        prop_assert!(atwifi::Clock::now(&mut now) < 300_000);
    });
}

fn any_ssid_and_password_arrives_or_is_refused<D: UnderTest>() {
    let ssid = proptest::collection::vec(any::<u8>(), 0..40);
    let password = proptest::collection::vec(any::<u8>(), 8..64);
    proptest!(|(ssid in ssid, password in password)| {
        // The last firmware of each kind of wire.
        let serial = D::PROFILES.last().map(|&profile| config(profile));
        let spi = D::SPI_PROFILES.last().map(|&profile| spi_config(profile));
        for config in serial.into_iter().chain(spi) {
            let simulation = Simulation::new(config, Network::default().build());
            with_driver::<D, _>(&simulation, |module| {
                match module.join(&ssid, &password) {
                    Err(atwifi::Error::Usage(_)) => prop_assert_eq!(simulation.joined(), None),
                    _ => prop_assert_eq!(simulation.joined(), Some((ssid.clone(), password.clone()))),
                }
                Ok(())
            })?;
        }
    });
}

/// Begins one message behind the other, for ever, a piece each millisecond.
struct Babbler {
    says: std::iter::Cycle<std::array::IntoIter<u8, 40>>,
    clock: mock::Clock,
}

impl embedded_io::ErrorType for Babbler {
    type Error = core::convert::Infallible;
}

impl embedded_io::Read for Babbler {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        self.clock.advance(1);
        let n = into.len().min(27);
        into.iter_mut()
            .zip(self.says.by_ref().take(n))
            .for_each(|(place, byte)| *place = byte);
        Ok(n)
    }
}

impl embedded_io::ReadReady for Babbler {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl embedded_io::Write for Babbler {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn messages_without_end_end_a_call_in_its_time() {
    let clock = mock::Clock::new();
    let says = *b"+BLE:GATTWRITE:0,0,0,14,fourteen bytes\r\n";
    let transport = Babbler {
        says: says.into_iter().cycle(),
        clock: clock.clone(),
    };
    let (mut line, mut sockets) = ([0; 600], [const { SocketMemory::<32>::new() }; 1]);
    let mut module =
        atwifi::st67::Module::new(transport, clock.clone(), &mut line, &mut sockets).unwrap();
    let _ = module.poll();
    for _ in 0..3 {
        let begun = atwifi::Clock::now(&mut clock.clone());
        assert!(module.link_state().is_err());
        let took = atwifi::Clock::now(&mut clock.clone()) - begun;
        assert!(took < 60_000, "{took} ms");
    }
}

on_both_dialects! {
    no_module_can_make_the_driver_panic_or_hang
    no_module_can_make_a_service_panic_or_hang
    any_ssid_and_password_arrives_or_is_refused
}
