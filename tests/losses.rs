//! A UART that receives only while somebody reads: what it does not keep meanwhile is lost.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::*;
use atwifi::st67::St67;
use atwifi::{Cause, Clock, Error, Module, ScanOptions, SocketMemory};
use atwifi_simulator::{Port, Profile, Simulation};
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use embedded_nal::TcpClientStack;

/// What the hardware keeps of what arrives while nobody looks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Keeps {
    /// So many bytes; what comes behind them is lost, and nobody says so.
    First(usize),
    /// So many bytes; that others were lost is an error of the next read.
    FirstAndTells(usize),
    /// The last byte: each overwrites the one before.
    Last,
}

/// A transport on such a UART.
struct Narrow {
    port: Port,
    keeps: Keeps,
    kept: VecDeque<u8>,
    has_lost: bool,
}

impl Narrow {
    /// Somebody looks: what has arrived since the last time is as much as was kept.
    fn look(&mut self) {
        let mut piece = [0; 64];
        while self.port.read_ready() == Ok(true) {
            let n = self.port.read(&mut piece).unwrap_or(0);
            for &byte in &piece[..n] {
                match self.keeps {
                    Keeps::First(most) | Keeps::FirstAndTells(most) => {
                        match self.kept.len() < most {
                            true => self.kept.push_back(byte),
                            false => self.has_lost = true,
                        }
                    }
                    Keeps::Last => {
                        self.kept.clear();
                        self.kept.push_back(byte);
                    }
                }
            }
        }
    }
}

impl ErrorType for Narrow {
    type Error = ErrorKind;
}

impl Read for Narrow {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.look();
        let is_told = matches!(self.keeps, Keeps::FirstAndTells(_));
        if is_told && std::mem::take(&mut self.has_lost) {
            return Err(ErrorKind::Other);
        }
        Read::read(&mut self.kept, into).map_err(|never| match never {})
    }
}

impl ReadReady for Narrow {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        self.look();
        Ok(!self.kept.is_empty())
    }
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.port.write(bytes).map_err(|_| ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// The clock of a board that sleeps until its next tick, of a millisecond.
struct Ticks(Simulation);

impl Clock for Ticks {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.advance(Duration::from_millis(1));
        ControlFlow::Continue(())
    }
}

type OnNarrow<'b, D> = Module<'b, D, Narrow, Ticks>;
type Outcome<D> = Result<(), atwifi::ErrorOf<D, Narrow>>;
type Call<D> = (&'static str, fn(&mut OnNarrow<'_, D>) -> Outcome<D>);
type Failed<D> = (&'static str, atwifi::ErrorOf<D, Narrow>, Option<Cause>);

/// What a new user may call behind a reset.
fn calls<D: UnderTest>() -> [Call<D>; 4] {
    [
        ("versions", |wifi| wifi.versions().map(drop)),
        ("join", |wifi| wifi.join(SSID, PASSWORD).map(drop)),
        ("scan", |wifi| {
            let scanned = wifi.scan(&ScanOptions::new(), |_| ControlFlow::Continue(()));
            scanned.map(drop)
        }),
        ("addresses", |wifi| wifi.addresses().map(drop)),
    ]
}

/// A reset, and these calls, until something fails: what that is, how, and why by the driver's word.
fn first_failure<D: UnderTest>(
    profile: Profile,
    keeps: Keeps,
    calls: &[Call<D>],
) -> Option<Failed<D>> {
    let baud = match profile.module() {
        "microchip" => 230_400,
        _ => 2_000_000,
    };
    let config = config(profile).with_baud(baud);
    let simulation = Simulation::new(config, Network::default().build());
    let narrow = Narrow {
        port: simulation.port(),
        keeps,
        kept: VecDeque::new(),
        has_lost: false,
    };
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 1]);
    let clock = Ticks(simulation.clone());
    let mut wifi = Module::<D, _, _>::new(narrow, clock, &mut line, &mut sockets).unwrap();
    let reset: Call<D> = ("reset", |wifi| wifi.reset());
    for (name, call) in [reset].iter().chain(calls) {
        if let Err(error) = call(&mut wifi) {
            return Some((*name, error, wifi.cause_of(&error)));
        }
    }
    None
}

/// At 2 Mbit/s 200 bytes come in a tick, at 230 400 bit/s 23.
fn what_is_lost_in_silence_is_told_by_the_first_call_that_fails<D: UnderTest>() {
    for &profile in D::PROFILES {
        for keeps in [Keeps::First(32), Keeps::First(16), Keeps::Last] {
            let failed = first_failure::<D>(profile, keeps, &calls());
            if (profile.module(), keeps) == ("microchip", Keeps::First(32)) {
                assert_eq!(failed, None, "{profile}: a tick of it fits");
                continue;
            }
            let Some((call, error, cause)) = failed else {
                panic!("{profile}, {keeps:?}: nothing fails");
            };
            // A reset has short answers.
            let expected = if keeps == Keeps::Last {
                "reset"
            } else {
                "versions"
            };
            assert_eq!(call, expected, "{profile}, {keeps:?}");
            assert_eq!(error, Error::Timeout, "{profile}, {keeps:?}");
            assert_eq!(cause, Some(Cause::BytesLost), "{profile}, {keeps:?}");
        }
    }
}

fn what_the_transport_tells_of_is_its_error<D: UnderTest>() {
    for &profile in D::PROFILES {
        let failed = first_failure::<D>(profile, Keeps::FirstAndTells(16), &calls());
        let expected = ("versions", Error::Transport(ErrorKind::Other), None);
        assert_eq!(failed, Some(expected), "{profile}");
    }
}

/// Of which nothing comes, nothing was lost.
fn a_silent_line_loses_nothing<D: UnderTest>() {
    for &profile in D::PROFILES {
        let failed = first_failure::<D>(profile, Keeps::First(0), &calls());
        let expected = ("reset", Error::Timeout, Some(Cause::TimedOut));
        assert_eq!(failed, Some(expected), "{profile}");
    }
}

fn neither_does_one_on_which_all_is_read<D: UnderTest>() {
    for &profile in D::PROFILES {
        assert_eq!(
            first_failure::<D>(profile, Keeps::First(4096), &calls()),
            None
        );
    }
}

/// The line is not to blame for what the network does.
fn a_peer_that_does_not_answer_has_its_own_cause<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        for port in [SILENT, REFUSED] {
            let mut socket = module.socket().unwrap();
            let error = flat(module.connect(&mut socket, at(port))).unwrap_err();
            let cause = module.cause_of(&error);
            assert_eq!(cause, error.cause(), "{}", simulation.transcript());
            assert_ne!(cause, Some(Cause::BytesLost));
            module.close(socket).unwrap();
        }
    });
}

on_both_dialects! {
    what_is_lost_in_silence_is_told_by_the_first_call_that_fails
    what_the_transport_tells_of_is_its_error
    a_silent_line_loses_nothing
    neither_does_one_on_which_all_is_read
    a_peer_that_does_not_answer_has_its_own_cause
}

/// Of the Microchip module's events whole lines may be lost, of which nobody can know: ask it for its versions
/// first.
#[test]
fn on_the_st67_it_is_told_whichever_call_fails_first() {
    for &profile in St67::PROFILES {
        for keeps in [Keeps::First(32), Keeps::First(16)] {
            for call in calls() {
                match first_failure::<St67>(profile, keeps, &[call]) {
                    Some((_, error, cause)) => {
                        assert_eq!(error, Error::Timeout, "{profile}, {keeps:?}, {}", call.0);
                        assert_eq!(cause, Some(Cause::BytesLost), "{profile}, {}", call.0);
                    }
                    // The rows are gone, and the end has come.
                    None => assert_eq!(call.0, "scan", "{profile}, {keeps:?}"),
                }
            }
        }
    }
}
