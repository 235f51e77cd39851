//! Exercises the whole driver against one's own network, step by step, and prints a report to paste.
//!
//! Some steps need a program on a computer of that network that answers, the peer: `cargo run --example
//! selftest -- peer`. A step that fails says why, and the next ones are taken all the same. Of secrets the
//! report tells nothing: no SSID, no password, and of the hardware address only what names its vendor.
#![cfg_attr(not(feature = "peer"), no_std)]
#![forbid(unsafe_code)]

mod offers;
#[cfg(feature = "peer")]
pub mod peer;
mod report;
mod secure;
mod server;
mod station;
mod tcp;
mod udp;
pub mod wire;

use core::fmt;

use atwifi::dialect::Words;
use atwifi::{Clock, ErrorOf, Event, JoinOptions, Module, Transport};
use embedded_nal::{AddrType, Dns, nb};

pub use offers::Offers;
pub use report::Counts;
use report::{Told, Trouble};

/// How many sockets the module must be lent memory for.
pub const SOCKETS: usize = 4;
/// For how many bytes of MQTT messages it must be lent memory.
pub const MESSAGES: usize = 512;

/// The network, what is in it, and how the module is wired. A host that is empty is not there: its steps are
/// skipped.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The access point.
    pub ssid: &'a str,
    /// Its password; empty for an open network.
    pub password: &'a str,
    /// Where the peer runs: an address, or a name that the network's name server knows, and a port.
    pub peer: (&'a str, u16),
    /// A time server, whose name is resolved, too.
    pub time_server: &'a str,
    /// A server behind TLS.
    pub tls: (&'a str, u16),
    /// The authority that has signed its certificate, in PEM or DER.
    pub ca: &'a [u8],
    /// An MQTT broker that takes anybody.
    pub broker: (&'a str, u16),
    /// The port on which the module listens for the peer.
    pub listen_port: u16,
    /// What the module hangs on, for the report.
    pub link: &'a str,
    /// Whether the driver can wake a module that sleeps: on its SPI, or by a pin.
    pub can_wake: bool,
}

/// Takes all steps and prints the report, a line at a time. Returns how many steps went how.
///
/// `restart` resets the module: by its pin, or by its command where there is none. `clock` is one like the
/// module's. The module must have been lent memory for [`SOCKETS`] and [`MESSAGES`], and a line buffer of 1024
/// bytes, or events are lost in the steps that bring many.
pub fn run<'b, D: Offers, T: Transport, C: Clock>(
    wifi: &mut Module<'b, D, T, C>,
    clock: &mut dyn Clock,
    settings: &Settings<'_>,
    restart: &mut Restart<'_, 'b, D, T, C>,
    print: &mut dyn FnMut(fmt::Arguments<'_>),
) -> Counts {
    let mut test = Test {
        wifi,
        clock,
        settings,
        restart,
        print,
        counts: Counts::default(),
        is_joined: false,
        is_gone: false,
    };
    for (name, step) in Test::STEPS {
        test.take(name, step);
    }
    test.sum_up();
    test.counts
}

/// How the module is reset.
pub type Restart<'r, 'b, D, T, C> =
    dyn FnMut(&mut Module<'b, D, T, C>) -> Result<(), ErrorOf<D, T>> + 'r;

type Outcome<D, T, R = Told> =
    Result<R, Trouble<<T as embedded_io::ErrorType>::Error, <D as Words>::Status>>;

struct Test<'t, 'b, D: Offers, T: Transport, C: Clock> {
    wifi: &'t mut Module<'b, D, T, C>,
    clock: &'t mut dyn Clock,
    settings: &'t Settings<'t>,
    restart: &'t mut Restart<'t, 'b, D, T, C>,
    print: &'t mut dyn FnMut(fmt::Arguments<'_>),
    counts: Counts,
    /// The station could join the last time that it tried.
    is_joined: bool,
    /// The module could not be restarted after a failure.
    is_gone: bool,
}

type Step<'t, 'b, D, T, C> = fn(&mut Test<'t, 'b, D, T, C>) -> Outcome<D, T>;

impl<'t, 'b, D: Offers, T: Transport, C: Clock> Test<'t, 'b, D, T, C> {
    /// In this order: what needs no network, what needs one, what ends it.
    const STEPS: [(&'static str, Step<'t, 'b, D, T, C>); 30] = [
        ("reset", Self::reset),
        ("versions", Self::versions),
        ("mac", Self::mac),
        ("line", Self::line),
        ("scan", Self::scan),
        ("time server", Self::name_time_server),
        ("join", Self::join),
        ("station", Self::station),
        ("resolve", Self::resolve),
        ("time", Self::time),
        ("ping", Self::ping),
        ("tcp connect", Self::tcp_connect),
        ("tcp echo", Self::tcp_echo),
        ("tcp upload", Self::tcp_upload),
        ("tcp download", Self::tcp_download),
        ("several sockets", Self::several_sockets),
        ("peer closes", Self::peer_closes),
        ("refused", Self::refused),
        ("udp", Self::udp),
        ("listen", Self::listen),
        ("certificate", Self::certificate),
        ("tls", Self::tls),
        ("mqtt", Self::mqtt),
        ("files", Self::files),
        ("power save", Self::power_save),
        ("leave", Self::leave),
        ("access point", Self::access_point),
        ("rejoin", Self::rejoin),
        ("bluetooth", Self::bluetooth),
        ("restart", Self::restart),
    ];

    /// Takes a step, reports how it went, and sees to it that the next one can be taken.
    fn take(&mut self, name: &str, step: Step<'t, 'b, D, T, C>) {
        let began = self.clock.now();
        let outcome = match self.is_gone {
            true => Err(Trouble::Skipped("the module could not be restarted")),
            false => step(self),
        };
        let took = self.clock.now().wrapping_sub(began);
        self.report(name, &outcome, took);
        if outcome.is_err() && !self.is_gone {
            self.recover();
        }
        let lost = self.drain();
        if lost > 0 {
            self.counts.lost += lost;
            self.say(format_args!("{lost} events lost since"));
        }
    }

    /// Takes all sockets back from a step that did not come to its end; if not even that works, restarts
    /// the module.
    fn recover(&mut self) {
        if self.wifi.release_sockets().is_ok() {
            return;
        }
        let restarted = (self.restart)(self.wifi);
        self.is_gone = restarted.is_err();
        match restarted {
            Ok(()) => self.say(format_args!("the module was restarted to go on")),
            Err(error) => self.say(format_args!("the module cannot be restarted: {error}")),
        }
    }

    /// Takes the events that have come, which are of no interest but for how many are lost: so many.
    fn drain(&mut self) -> u32 {
        /// A module that never stops talking must not hold the test.
        const MOST: usize = 1000;
        let mut lost = 0;
        for _ in 0..MOST {
            match self.wifi.poll() {
                Ok(Some(Event::Lost(count))) => lost += u32::from(count),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        lost
    }

    /// Sees to it that the station is in its network.
    fn online(&mut self) -> Outcome<D, T, ()> {
        if !self.is_joined {
            return Err(Trouble::Skipped("the station has no network"));
        }
        self.join_again()
    }

    fn join_again(&mut self) -> Outcome<D, T, ()> {
        let Settings { ssid, password, .. } = self.settings;
        let options = JoinOptions::new(ssid.as_bytes(), password.as_bytes());
        let joined = self.wifi.rejoin(&options);
        self.is_joined = joined.is_ok();
        joined?;
        Ok(())
    }

    /// Where a host is, once the station is in its network.
    fn find(&mut self, (host, port): (&str, u16), missing: &'static str) -> Outcome<D, T, Remote> {
        if host.is_empty() {
            return Err(Trouble::Skipped(missing));
        }
        self.online()?;
        let address = nb::block!(self.wifi.get_host_by_name(host, AddrType::IPv4))?;
        Ok((address, port).into())
    }

    fn find_peer(&mut self) -> Outcome<D, T, Remote> {
        self.find(self.settings.peer, "no peer is named")
    }

    fn wait(&mut self, milliseconds: u32) {
        wait(self.clock, milliseconds);
    }
}

/// Waits, as the driver does.
fn wait(clock: &mut dyn Clock, milliseconds: u32) {
    let began = clock.now();
    while clock.now().wrapping_sub(began) < milliseconds {
        // Who breaks waits off breaks those of the driver off, too.
        let _ = clock.idle();
    }
}

type Remote = core::net::SocketAddr;
