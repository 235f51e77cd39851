//! The end of a conversation: nothing goes wrong any more, and everything must come right.

use std::time::Duration;

use atwifi::{Error, JoinOptions, Resource};
use atwifi_simulator::Direction;
use embedded_nal::TcpClientStack;

use super::{Player, Tcp};
use crate::air::{Network, PASSWORD};
use crate::finding::Kind;
use crate::program::{Host, Surroundings, To};
use crate::target::Target;

/// How long what has been sent may be on its way to the caller, once nothing goes wrong any more.
const DRAIN: Duration = Duration::from_secs(120);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How long a question takes the driver that is paid byte by byte, and how many a payload is worth.
const QUESTION: Duration = Duration::from_millis(540);
const QUESTIONS: u32 = 64;
/// What the last story sends.
const SAID: usize = 300;

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn end(&mut self, surroundings: &Surroundings, host: &Host) {
        self.story.trouble.end(surroundings);
        self.story.line.reform();
        self.look();
        self.get_unstuck();
        self.drain(surroundings);
        self.close_all();
        // Time to hear of it.
        self.story
            .simulation
            .advance(surroundings.round_trip() + Duration::from_millis(100));
        if self.story.has_services && !self.stop_access_point() {
            self.stop_access_point();
        }
        self.come_back(surroundings);
        self.look_for_leaks(host);
        self.look_for_events();
        self.story
            .simulation
            .advance(surroundings.round_trip() + Duration::from_millis(100));
        self.look_into_the_flash();
    }

    /// What was added on its way to a module that awaited payload may be more than it waits for, and then only
    /// its reset input leads out.
    fn get_unstuck(&mut self) {
        let story = &mut *self.story;
        if story.trouble.has_added && story.simulation.is_stuck() {
            story.simulation.reset_module();
            story.trouble.upheaval();
            story.is_joined = false;
        }
    }

    /// What the peers have sent comes, or its stream is told broken. One that is not read may hold up
    /// the others.
    fn drain(&mut self, surroundings: &Surroundings) {
        for number in (0..self.tcp.len()).rev() {
            let account = self.tcp[number].account;
            if account.is_none_or(|account| self.story.ledger.is_over(account, &self.story.world)) {
                self.close(number);
            }
        }
        let half = self.story.simulation.now() + DRAIN / 2;
        let until = half + DRAIN / 2 + surroundings.round_trip();
        loop {
            let mut is_done = true;
            for number in 0..self.tcp.len() {
                while self.waiting(number) > 0 {
                    is_done = false;
                    if self.receive(number, 2000, Duration::ZERO).is_none() {
                        break;
                    }
                }
            }
            if is_done || self.story.simulation.now() > until {
                break;
            }
            if self.story.simulation.now() > half {
                // Nor whoever waits to be let in, nor datagrams.
                self.close_listener();
                while !self.udp.is_empty() {
                    self.close_datagrams(0);
                }
                // Whoever has not heard that the access point is lost asks when nothing comes.
                self.link_state();
            }
            self.story.simulation.advance(LOOK);
        }
        self.story.place = "drain";
        for number in 0..self.tcp.len() {
            let waiting = self.waiting(number);
            if waiting > 0 {
                self.story
                    .find(Kind::Stuck, format!("socket {number}: {waiting} bytes"));
            }
        }
    }

    /// How many bytes of a socket's peer have not come.
    fn waiting(&self, number: usize) -> usize {
        let account = self.tcp[number].account;
        account.map_or(0, |account| {
            self.story.ledger.waiting(account, &self.story.world)
        })
    }

    /// One attempt may hear of what has gone wrong; the second goes through.
    fn come_back(&mut self, surroundings: &Surroundings) {
        self.story.outcome.came_back_at_once = self.tell_story(surroundings).is_ok();
        if self.story.outcome.came_back_at_once {
            return;
        }
        self.outwait(surroundings);
        let Err(why) = self.tell_story(surroundings) else {
            return;
        };
        let reset = self.call("reset", 0, true, |module| module.borrow_mut().reset());
        let helps = reset.is_ok() && self.tell_story(surroundings).is_ok();
        if !(helps && self.story.is_evil) {
            self.story.place = "last story";
            let helps = if helps {
                "a reset helps"
            } else {
                "a reset does not help"
            };
            self.story.find(Kind::NotBack, format!("{why}; {helps}"));
        }
    }

    /// Questions that went out while the line was cut are all answered. A module may need longer for an answer
    /// than the driver, which pays byte by byte what may be owed, for a question.
    fn outwait(&mut self, surroundings: &Surroundings) {
        let latency = Duration::from_millis(surroundings.latency_ms);
        if D::PACES_QUESTIONS && latency > QUESTION {
            self.story.simulation.advance(latency * QUESTIONS);
        }
    }

    fn tell_story(&mut self, surroundings: &Surroundings) -> Result<(), String> {
        let said = |what: &str, error: &dyn std::fmt::Debug| format!("{what}: {error:?}");
        let has_services = self.story.has_services;
        let joined = self.call("join", 0, true, |module| {
            let (mut module, ssid) = (module.borrow_mut(), Network::Home.ssid());
            match has_services {
                // What it was told of addresses and channels stays in force else.
                true => module.join_with(&JoinOptions::new(ssid.as_bytes(), PASSWORD.as_bytes())),
                false => module.join(ssid, PASSWORD),
            }
        });
        joined.map_err(|error| said("join", &error))?;
        let socket = self.call("socket", 0, true, |module| {
            TcpClientStack::socket(&mut *module.borrow_mut())
        });
        let socket = socket.map_err(|error| said("socket", &error))?;
        self.tcp.push(Tcp {
            socket,
            account: None,
        });
        let result = self.echo(surroundings);
        self.close(0);
        result
    }

    fn echo(&mut self, surroundings: &Surroundings) -> Result<(), String> {
        if !self.connect(0, To::Answering) {
            return Err("connect".to_owned());
        }
        let Some(account) = self.tcp[0].account else {
            return Err("nobody".to_owned());
        };
        self.send(0, SAID);
        if self.story.ledger.account(account).acked != SAID {
            return Err("send".to_owned());
        }
        let until =
            self.story.simulation.now() + surroundings.round_trip() + Duration::from_secs(30);
        while self.story.ledger.account(account).taken < SAID {
            if self.story.ledger.account(account).told {
                return Err("receive".to_owned());
            }
            if self.story.simulation.now() > until {
                return Err("no answer".to_owned());
            }
            self.receive(0, 1000, Duration::from_millis(100));
        }
        Ok(())
    }

    /// Nothing is in use any more, here or there.
    fn look_for_leaks(&mut self, host: &Host) {
        for _ in 0..2 {
            let _ = self.link_state();
            self.story.simulation.advance(Duration::from_secs(2));
        }
        self.story.place = "leaks";
        let open = self.story.simulation.links_open();
        if open > 0 && open > self.closed_in_vain().max(self.left_behind()) {
            self.story.find(Kind::Leak, format!("{open} in the module"));
        }
        let sockets = host.sockets.min(D::LINKS);
        for number in 0..sockets {
            let socket = self.call("socket", 0, true, |module| {
                TcpClientStack::socket(&mut *module.borrow_mut())
            });
            match socket {
                Ok(socket) => self.tcp.push(Tcp {
                    socket,
                    account: None,
                }),
                Err(Error::Resource(Resource::Sockets)) => {
                    let left = sockets - number;
                    self.story
                        .find(Kind::Leak, format!("{left} of {sockets} in the driver"));
                    break;
                }
                Err(_) => break,
            }
        }
        self.close_all();
    }

    /// How often a command came to the module that has no name any more, to which it says `OK`: that it
    /// was to close something nobody can see.
    fn closed_in_vain(&self) -> usize {
        if !D::OBEYS_THE_NAMELESS {
            return 0;
        }
        let transcript = self.story.simulation.transcript();
        let commands = transcript
            .iter()
            .filter(|record| record.direction == Direction::ToModule)
            .filter_map(|record| record.bytes.strip_prefix(b"AT")?.strip_suffix(b"\r\n"));
        commands
            .filter(|rest| rest.is_empty() || rest.starts_with(b"="))
            .count()
    }

    /// How many may be left of a listener whose close has timed out on a module of many sockets: the user's own may
    /// be among them.
    fn left_behind(&self) -> usize {
        match D::OBEYS_THE_NAMELESS {
            true => self.story.left_waiting,
            false => 0,
        }
    }

    /// Every event was told, or counted.
    fn look_for_events(&mut self) {
        for _ in 0..100 {
            if self.poll(10) {
                break;
            }
        }
        self.story.place = "poll";
        let events = self.story.events.iter();
        let missing: Vec<_> = events
            .filter(|event| !event.seen && !event.excused)
            .map(|event| event.number)
            .collect();
        if !missing.is_empty() {
            self.story.find(Kind::LostEvent, format!("{missing:?}"));
        }
    }
}
