//! The station, events, commands, and what befalls the host and the module.

use std::convert::Infallible;
use std::time::Duration;

use atwifi::{Error, LinkState, PowerSave};
use atwifi_simulator::Simulation;
use embedded_nal::{AddrType, Dns, nb};

use super::radio::Radio;
use super::{Event, Player, Story};
use crate::air::{Network, PASSWORD};
use crate::finding::Kind;
use crate::program::{Deed, Strike, To};
use crate::target::Target;
use crate::trouble::{News, Places};
use crate::world::{HOST, Line, NAME};

/// What is spoilt of the traffic to the host can swallow an event that comes so many bytes behind.
const WAKE: u64 = 8000;

/// How long a module takes to start at most.
const START: Duration = Duration::from_secs(2);

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn other(&mut self, deed: &Deed) {
        match *deed {
            Deed::Join { if_down } => {
                let state = if_down.then(|| self.link_state());
                if state != Some(Some(LinkState::Up)) {
                    self.join();
                }
            }
            Deed::Leave => {
                self.end_connections();
                self.story.radio.station = None;
                let left = self.call("leave", 0, false, |module| module.borrow_mut().leave());
                self.story.radio.station = left.is_ok().then_some(None);
            }
            Deed::LinkState => drop(self.link_state()),
            Deed::Sleep => {
                let _ = self.call("start_power_save", 0, false, |module| {
                    module.borrow_mut().start_power_save(&PowerSave::new())
                });
            }
            Deed::Addresses => {
                let _ = self.call("addresses", 0, false, |module| {
                    module.borrow_mut().addresses()
                });
            }
            Deed::Resolve { known } => self.resolve(known),
            Deed::Poll { times } => drop(self.poll(times)),
            Deed::Tell { lines } => self.story.tell::<D>(lines),
            Deed::Command { which } => {
                // What its reply may look like, the driver does not know.
                let _ = self.call("command", 0, true, |module| {
                    D::command(&mut module.borrow_mut(), which)
                });
            }
            Deed::Passthrough {
                write,
                read,
                wait_ms,
            } => self.passthrough(write, read, wait_ms),
            Deed::Pause { ms } => self.story.simulation.advance(Duration::from_millis(ms)),
            Deed::Reset => self.reset(false),
            Deed::ResetByPin => self.reset(true),
            Deed::ReleaseSockets => self.release_sockets(),
            Deed::LoseLink => {
                self.end_connections();
                self.story.radio.station = None;
                self.story.simulation.lose_link();
            }
            Deed::RestartModule => {
                self.end_connections();
                self.story.forget_events();
                self.story.is_disturbed = true;
                self.story.simulation.reset_module();
                self.story.starts_until = self.story.simulation.now() + START;
            }
            Deed::Service(service) => self.service(service),
            Deed::Ble { values, size } => self.serve_a_phone(values, size),
            Deed::Flash(ref flash) => self.flash(flash),
            _ => {}
        }
    }

    /// The connections end, and nobody else has ended them.
    pub(super) fn end_connections(&mut self) {
        self.story.trouble.upheaval();
        self.story.is_joined = false;
    }

    pub(super) fn arm(&mut self, strike: &Strike) {
        let number = self.story.events.len();
        let mut is_event = false;
        self.story.trouble.arm(strike, |which| {
            is_event = which == 0;
            D::gap_line(which, number)
        });
        self.story
            .clock
            .0
            .interrupt
            .set(self.story.trouble.interrupt);
        if is_event {
            // Nobody knows yet when it will be told, or whether.
            let at = (0, u64::MAX);
            self.story.events.push(Event {
                number,
                at,
                seen: false,
                excused: true,
            });
        }
    }

    pub(super) fn join(&mut self) -> bool {
        self.leaves();
        let result = self.call("join", 0, false, |module| {
            module.borrow_mut().join(Network::Home.ssid(), PASSWORD)
        });
        self.story.is_joined |= result.is_ok();
        self.story.radio.station = result.is_ok().then_some(Some(Network::Home));
        result.is_ok()
    }

    pub(super) fn link_state(&mut self) -> Option<LinkState> {
        let state = self.call("link state", 0, false, |module| {
            module.borrow_mut().link_state()
        });
        state.ok()
    }

    fn resolve(&mut self, known: bool) {
        let name = if known { NAME } else { "nobody.test" };
        let struck = self.story.trouble.count_struck;
        let result = self.call("resolve", 0, !known, |module| {
            let mut shared = atwifi::Shared::new(module);
            let found = shared.get_host_by_name(name, AddrType::IPv4);
            found.map_err(|error| match error {
                nb::Error::Other(error) => error,
                nb::Error::WouldBlock => panic!("a blocking call returned WouldBlock"),
            })
        });
        let right = std::net::IpAddr::from(HOST);
        if let Ok(address) = result
            && (!known || address != right)
            // A digit may have been lost, or become another.
            && self.story.trouble.count_struck == struck
        {
            self.story
                .find(Kind::WrongBytes, format!("{name} is {address}"));
        }
    }

    /// Takes up to so many events; whether that was all.
    pub(super) fn poll(&mut self, times: usize) -> bool {
        for _ in 0..times {
            let event = self.call("poll", 0, false, |module| {
                let mut module = module.borrow_mut();
                let event = module.poll()?;
                Ok(event.map(|event| match event {
                    atwifi::Event::Lost(_) => Err(()),
                    atwifi::Event::Other(line) => Ok(line.to_vec()),
                    _ => Ok(Vec::new()),
                }))
            });
            match event {
                Ok(None) => return true,
                // How many are lost with bytes that are, nobody knows.
                Ok(Some(Err(()))) => self.story.forget_events(),
                Ok(Some(Ok(line))) => self.saw(&line),
                Err(_) => {}
            }
        }
        false
    }

    /// A line that nobody knows was told.
    pub(super) fn saw(&mut self, line: &[u8]) {
        // An echo that was broken off may stand before it.
        let told = line.trim_ascii().rsplit(|&byte| byte == b'\r').next();
        let is_it = |number| Some(D::numbered(number).trim_ascii()) == told;
        let mut events = self.story.events.iter_mut();
        if let Some(event) = events.find(|event| is_it(event.number)) {
            event.seen = true;
        }
    }

    fn passthrough(&mut self, write: usize, read: usize, wait_ms: u32) {
        self.close_all();
        let at = self.story.world.place(To::Answering);
        let line = self.story.world.knows().lines.len();
        let bytes = Line::own_text(line, 0, write);
        let struck = self.story.trouble.count_struck;
        let mut through = None;
        let longer = u64::from(wait_ms) + 60_000;
        let _ = self.call("passthrough", longer, true, |module| {
            through = D::passthrough(&mut module.borrow_mut(), at.port(), &bytes, read, wait_ms);
            Ok(())
        });
        let Some(through) = through else { return };
        let end = through.end.map_err(super::neutral::<D>);
        let is_spoilt = struck != self.story.trouble.count_struck;
        let is_there = self.story.world.knows().lines.len() > line;
        if !is_there {
            if !through.read.is_empty() {
                self.story.find(
                    Kind::BytesFromNowhere,
                    format!("{} bytes", through.read.len()),
                );
            }
            return;
        }
        let upheavals = self.story.trouble.upheavals;
        let account = self.story.ledger.open(line, upheavals);
        if is_spoilt {
            // Nothing tells what is lost here.
            self.story.ledger.taint(account);
        }
        self.story.ledger.account(account).acked = through.written;
        let story = &mut *self.story;
        let finding = story
            .ledger
            .received(account, &through.read, "passthrough", &story.world);
        story.outcome.findings.extend(finding);
        if !matches!(end, Ok(()) | Err(Error::Timeout)) {
            self.story.ledger.account(account).told = true;
        }
    }

    fn reset(&mut self, by_pin: bool) {
        self.end_connections();
        self.story.forget_events();
        let simulation = self.story.simulation.clone();
        let result = self.call("reset", 0, true, |module| match by_pin {
            true => {
                let (mut pin, mut delay) = (Pin(simulation.clone()), Delay(simulation));
                module.borrow_mut().reset_by_pin(&mut pin, &mut delay)
            }
            false => module.borrow_mut().reset(),
        });
        self.story.forget_events();
        self.story.radio = match result {
            Ok(()) => Radio::fresh(),
            Err(_) => Radio::default(),
        };
        if result.is_err() && by_pin {
            // Its owner tries the pin again.
            self.story.simulation.reset_pin(true);
        }
    }

    fn release_sockets(&mut self) {
        self.story.trouble.upheaval();
        let released = self.call("release sockets", 0, false, |module| {
            module.borrow_mut().release_sockets()
        });
        if released.is_ok() {
            self.tcp.clear();
            self.udp.clear();
            self.listener = None;
        }
    }

    /// Closes everything.
    pub(super) fn close_all(&mut self) {
        while !self.tcp.is_empty() {
            self.close(0);
        }
        while !self.udp.is_empty() {
            self.close_datagrams(0);
        }
        self.close_listener();
    }
}

impl Story {
    /// The module tells what nobody knows.
    fn tell<D: Target>(&mut self, lines: usize) {
        self.trouble.has_told = true;
        for _ in 0..lines {
            let number = self.events.len();
            let before = Places::of(&self.simulation).to_host;
            self.simulation.emit(&D::numbered(number));
            let after = Places::of(&self.simulation).to_host;
            let spoilt = self.trouble.spoilt;
            let is_unheard = self.simulation.has_spi() && self.simulation.now() < self.starts_until;
            let excused =
                is_unheard || spoilt.is_some_and(|(_, to)| before.saturating_sub(to) < WAKE);
            self.events.push(Event {
                number,
                at: (before, after),
                seen: false,
                excused,
            });
        }
    }

    /// What is told and not taken is lost with the host, or with a restart that was asked for.
    pub(super) fn forget_events(&mut self) {
        for event in &mut self.events {
            event.excused = true;
        }
    }

    /// What was spoilt may have been an event, or have swallowed it.
    pub(super) fn excuse_events(&mut self, news: &News) {
        let Some((from, to)) = self.trouble.spoilt else {
            return;
        };
        for event in &mut self.events {
            let is_hit = to + WAKE > event.at.0 && from < event.at.1;
            event.excused |= is_hit || news.reset;
        }
    }
}

/// The module's reset input.
struct Pin(Simulation);

impl embedded_hal::digital::ErrorType for Pin {
    type Error = Infallible;
}

impl embedded_hal::digital::OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.reset_pin(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.reset_pin(true);
        Ok(())
    }
}

struct Delay(Simulation);

impl embedded_hal::delay::DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        self.0.advance(Duration::from_nanos(u64::from(ns)));
    }
}
