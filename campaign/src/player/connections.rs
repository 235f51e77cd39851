//! Connections: made, accepted, used and closed.

use std::net::SocketAddr;
use std::time::Duration;

use atwifi::{Error, Stream, Tls, TlsConfig, WaitTcp};
use embedded_io::{Read, Write};
use embedded_nal::{TcpClientStack, TcpFullStack, nb};

use super::{Player, Tcp, Told, module_at, nth};
use crate::finding::Kind;
use crate::program::{Deed, To};
use crate::target::Target;
use crate::world::{DIALLER, Line, Order, port};

/// The ports to listen on.
const LISTENING: [u16; 2] = [8080, 8181];

/// What one binary command of every module sends at most, and how much longer `send` may take for each more,
/// in milliseconds.
const PIECE: usize = 1400;
const PIECE_MS: u64 = 60_000;

/// A blocking call never says `WouldBlock`.
fn flat<R, E>(result: nb::Result<R, E>) -> Result<R, E> {
    result.map_err(|error| match error {
        nb::Error::Other(error) => error,
        nb::Error::WouldBlock => panic!("a blocking call returned WouldBlock"),
    })
}

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn connection(&mut self, deed: &Deed) {
        match *deed {
            Deed::Connect { to } => self.connect_new(to),
            Deed::Reconnect { socket, to } => {
                if let Some(number) = nth(socket, self.tcp.len()) {
                    self.connect(number, to);
                }
            }
            Deed::Send { socket, size } => self.send(socket, size),
            Deed::Receive {
                socket,
                buffer,
                times,
                wait_ms,
            } => {
                for _ in 0..times {
                    self.receive(socket, buffer, Duration::from_millis(wait_ms));
                }
            }
            Deed::Stream { .. } => self.stream(deed),
            Deed::Wait { socket, ms } => self.wait(socket, ms),
            Deed::Close { socket } => {
                if let Some(number) = nth(socket, self.tcp.len()) {
                    self.close(number);
                }
            }
            Deed::Listen { port } => self.listen(LISTENING[port % LISTENING.len()]),
            Deed::Accept { wait_ms } => self.accept(Duration::from_millis(wait_ms)),
            Deed::CloseListener => self.close_listener(),
            Deed::Dial { says } => self.dial(says),
            Deed::PeerSays { socket, size } => self.order(socket, Order::Say(size)),
            Deed::PeerCloses { socket } => self.order(socket, Order::Close),
            Deed::PeerResets { socket } => self.order(socket, Order::Reset),
            _ => {}
        }
    }

    /// How much longer than other calls a `send` of so many bytes may take, in milliseconds: once it has found back,
    /// it still sends all its pieces.
    fn longer(&self, size: usize) -> u64 {
        let pieces = PIECE_MS * (size / PIECE) as u64;
        pieces + 2 * self.story.latency_ms * (size / D::CARRIES) as u64
    }

    fn connect_new(&mut self, to: To) {
        let socket = self.call("socket", 0, false, |module| {
            TcpClientStack::socket(&mut *module.borrow_mut())
        });
        if let Ok(socket) = socket {
            self.tcp.push(Tcp {
                socket,
                account: None,
            });
            self.connect(self.tcp.len() - 1, to);
        }
    }

    /// Connects a socket; whether that worked.
    pub(super) fn connect(&mut self, number: usize, to: To) -> bool {
        let at = self.story.world.place(to);
        let before = self.story.world.knows().lines.len();
        let mut tcp = self.tcp.remove(number);
        tcp.account = None;
        let excused = matches!(to, To::Refusing | To::Silent);
        let result = self.call("connect", 0, excused, |module| {
            let mut shared = atwifi::Shared::new(module);
            flat(match to {
                To::Secured => Tls::new(shared, TlsConfig::new()).connect(&mut tcp.socket, at),
                _ => TcpClientStack::connect(&mut shared, &mut tcp.socket, at),
            })
        });
        if result.is_ok() {
            tcp.account = self.find_line(before, at);
        }
        let is_connected = tcp.account.is_some();
        self.tcp.insert(number, tcp);
        if result.is_ok() && !is_connected {
            // With whom, nobody knows.
            self.close(number);
        }
        is_connected
    }

    /// The connection that a peer has got since, with the peer at this address.
    fn find_line(&mut self, before: usize, at: SocketAddr) -> Option<usize> {
        let line = {
            let knows = self.story.world.knows();
            let mut numbers = (before..knows.lines.len()).rev();
            numbers.find(|&number| knows.lines[number].port == at.port())
        };
        let upheavals = self.story.trouble.upheavals;
        match line {
            Some(line) => Some(self.story.ledger.open(line, upheavals)),
            // The address was spoilt on its way to the module, which does not say it back.
            None if self.story.trouble.has_mixed => None,
            None => {
                self.story
                    .find(Kind::NobodyThere, format!("connected to {at}"));
                None
            }
        }
    }

    pub(super) fn send(&mut self, socket: usize, size: usize) {
        let Some(number) = nth(socket, self.tcp.len()) else {
            return;
        };
        let Some(account) = self.tcp[number].account else {
            return self.send_nowhere(number);
        };
        let (line, acked) = (
            self.story.ledger.line(account),
            self.story.ledger.account(account).acked,
        );
        let bytes = Line::own_text(line, acked, size);
        let excused = self.has_ended(account);
        let longer = self.longer(size);
        let mut tcp = self.tcp.remove(number);
        let result = self.call("send", longer, excused, |module| {
            let mut shared = atwifi::Shared::new(module);
            flat(TcpClientStack::send(&mut shared, &mut tcp.socket, &bytes))
        });
        self.tcp.insert(number, tcp);
        match result {
            Ok(sent) if sent == size => self.story.ledger.account(account).acked += sent,
            Ok(sent) => self
                .story
                .find(Kind::Missing, format!("{sent} of {size} taken")),
            Err(error) => self.failed(account, &error, "send"),
        }
    }

    /// A socket that has no connection takes nothing.
    fn send_nowhere(&mut self, number: usize) {
        let mut tcp = self.tcp.remove(number);
        let result = self.call("send", 0, true, |module| {
            let mut shared = atwifi::Shared::new(module);
            flat(TcpClientStack::send(
                &mut shared,
                &mut tcp.socket,
                b"nobody",
            ))
        });
        self.tcp.insert(number, tcp);
        if result.is_ok() {
            self.story.find(Kind::NobodyThere, "sent");
        }
    }

    /// Its peer, or the station, may have ended it.
    fn has_ended(&self, account: usize) -> bool {
        // Also by an error that was told before.
        if self.story.is_over(self.story.ledger.upheavals(account))
            || self.story.ledger.is_over(account, &self.story.world)
        {
            return true;
        }
        let knows = self.story.world.knows();
        let line = &knows.lines[self.story.ledger.line(account)];
        line.peer_closed || line.peer_reset
    }

    fn failed(&mut self, account: usize, error: &Told, place: &'static str) {
        let story = &mut *self.story;
        // Where nothing is amiss, the driver knows who has ended what.
        let upheavals = match story.is_undisturbed() {
            true => story.ledger.upheavals(account),
            false => story.trouble.upheavals,
        };
        let finding = story.ledger.failed(
            account,
            error,
            place,
            upheavals,
            story.loses_unread,
            &story.world,
        );
        story.outcome.findings.extend(finding);
    }

    fn took(&mut self, account: Option<usize>, bytes: &[u8], place: &'static str) {
        let story = &mut *self.story;
        match account {
            Some(account) => {
                let finding = story.ledger.received(account, bytes, place, &story.world);
                story.outcome.findings.extend(finding);
            }
            None => story.find(Kind::BytesFromNowhere, bytes.escape_ascii().to_string()),
        }
    }

    /// Receives once, waiting up to so long; `None` if nothing came, or an error.
    pub(super) fn receive(
        &mut self,
        socket: usize,
        buffer: usize,
        wait: Duration,
    ) -> Option<usize> {
        let number = nth(socket, self.tcp.len())?;
        let mut buffer = vec![0; buffer];
        let account = self.tcp[number].account;
        let until = self.story.simulation.now() + wait;
        loop {
            let has_ended = |player: &Self| account.is_none_or(|number| player.has_ended(number));
            let excused = has_ended(self);
            let found = self.story.outcome.findings.len();
            let mut tcp = self.tcp.remove(number);
            let result = self.call_now("receive", excused, |module| {
                let mut shared = atwifi::Shared::new(module);
                TcpClientStack::receive(&mut shared, &mut tcp.socket, &mut buffer)
            });
            self.tcp.insert(number, tcp);
            if has_ended(self) {
                // Its peer has closed it meanwhile.
                let mut rest = self.story.outcome.findings.split_off(found);
                rest.retain(|finding| finding.kind != Kind::NoReason);
                self.story.outcome.findings.append(&mut rest);
            }
            match result {
                Ok(Some(count)) => {
                    self.took(account, &buffer[..count], "receive");
                    return Some(count);
                }
                Ok(None) if self.story.simulation.now() < until => self.idle(),
                Ok(None) => return None,
                Err(error) => {
                    if let Some(account) = account {
                        self.failed(account, &error, "receive");
                    }
                    return None;
                }
            }
        }
    }

    fn stream(&mut self, deed: &Deed) {
        let &Deed::Stream {
            socket,
            gather,
            write,
            pieces,
            read,
            wait_ms,
        } = deed
        else {
            return;
        };
        let Some(number) = nth(socket, self.tcp.len()) else {
            return;
        };
        let Tcp { socket, account } = self.tcp.remove(number);
        let Some(account) = account else {
            self.tcp.insert(number, Tcp { socket, account });
            return;
        };
        let (line, acked) = (
            self.story.ledger.line(account),
            self.story.ledger.account(account).acked,
        );
        let bytes = Line::own_text(line, acked, write);
        let mut memory = vec![0; gather];
        let mut stream = Stream::new(atwifi::Shared::new(self.module), socket, &mut memory[..]);
        stream.read_timeout = wait_ms;
        let longer = self.longer(write);
        for piece in bytes.chunks(write.div_ceil(pieces)) {
            let excused = self.has_ended(account);
            let result = self.call("stream write", longer, excused, |_| stream.write_all(piece));
            if let Err(error) = result {
                self.failed(account, &error, "stream write");
                // Of what it has gathered nobody knows how much has gone out.
                self.story.ledger.account(account).lose_count(gather > 0);
                self.tcp.insert(
                    number,
                    Tcp {
                        socket: stream.into_parts().1,
                        account: Some(account),
                    },
                );
                return;
            }
            if gather == 0 {
                self.story.ledger.account(account).acked += piece.len();
            }
        }
        let excused = self.has_ended(account);
        match self.call("stream flush", 0, excused, |_| stream.flush()) {
            Ok(()) if gather > 0 => self.story.ledger.account(account).acked += write,
            Ok(()) => {}
            Err(error) => {
                self.failed(account, &error, "stream flush");
                self.story.ledger.account(account).lose_count(gather > 0);
            }
        }
        let mut buffer = vec![0; read];
        // That nothing comes is told by an error.
        match self.call("stream read", u64::from(wait_ms), true, |_| {
            stream.read(&mut buffer)
        }) {
            Ok(0) => self.failed(
                account,
                &Error::Closed(atwifi::Closed::ByPeer),
                "stream read",
            ),
            Ok(count) => self.took(Some(account), &buffer[..count], "stream read"),
            Err(Error::Timeout) => {}
            Err(error) => self.failed(account, &error, "stream read"),
        }
        let socket = stream.into_parts().1;
        self.tcp.insert(
            number,
            Tcp {
                socket,
                account: Some(account),
            },
        );
    }

    fn wait(&mut self, socket: usize, ms: u32) {
        let Some(number) = nth(socket, self.tcp.len()) else {
            return;
        };
        let mut tcp = self.tcp.remove(number);
        let _ = self.call("wait", u64::from(ms), true, |module| {
            atwifi::Shared::new(module).wait_readable(&mut tcp.socket, ms)
        });
        self.tcp.insert(number, tcp);
    }

    pub(super) fn close(&mut self, number: usize) {
        let Tcp { socket, account } = self.tcp.remove(number);
        let result = self.call("close", 0, false, |module| {
            TcpClientStack::close(&mut atwifi::Shared::new(module), socket)
        });
        if let (Err(_), Some(account)) = (result, account) {
            self.story.ledger.account(account).told = true;
        }
    }

    fn listen(&mut self, port: u16) {
        if self.listener.is_some() {
            return;
        }
        let socket = self.call("socket", 0, false, |module| {
            TcpClientStack::socket(&mut *module.borrow_mut())
        });
        let Ok(mut socket) = socket else { return };
        let result = self.call("listen", 0, false, |module| {
            let mut shared = atwifi::Shared::new(module);
            TcpFullStack::bind(&mut shared, &mut socket, port)?;
            TcpFullStack::listen(&mut shared, &mut socket)
        });
        self.listener = Some((socket, port));
        self.story.listening_since = self.story.trouble.upheavals;
        if result.is_err() {
            self.close_listener();
        }
    }

    fn accept(&mut self, wait: Duration) {
        let Some((mut socket, port)) = self.listener.take() else {
            return;
        };
        let until = self.story.simulation.now() + wait;
        loop {
            let excused = self.story.is_over(self.story.listening_since);
            let result = self.call_now("accept", excused, |module| {
                TcpFullStack::accept(&mut atwifi::Shared::new(module), &mut socket)
            });
            match result {
                Ok(Some((accepted, remote))) => {
                    let account = self.account_of(remote);
                    self.tcp.push(Tcp {
                        socket: accepted,
                        account,
                    });
                    break;
                }
                Ok(None) if self.story.simulation.now() < until => self.idle(),
                _ => break,
            }
        }
        self.listener = Some((socket, port));
    }

    /// The connection that somebody has begun from this address.
    fn account_of(&mut self, remote: SocketAddr) -> Option<usize> {
        let line = {
            let knows = self.story.world.knows();
            let is_it = |line: &Line| line.dialled && line.port == remote.port();
            knows.lines.iter().position(is_it)
        };
        let line = line.filter(|_| remote.ip() == std::net::IpAddr::from(DIALLER));
        let upheavals = self.story.trouble.upheavals;
        match line {
            Some(line) if !self.story.ledger.has(line) => {
                Some(self.story.ledger.open(line, upheavals))
            }
            Some(_) => {
                self.story
                    .find(Kind::Stranger, format!("{remote} a second time"));
                None
            }
            None => {
                self.story.find(Kind::Stranger, remote.to_string());
                None
            }
        }
    }

    pub(super) fn close_listener(&mut self) {
        if let Some((socket, _)) = self.listener.take() {
            self.story.has_closed_listener = true;
            let closed = self.call("close listener", 0, false, |module| {
                TcpClientStack::close(&mut atwifi::Shared::new(module), socket)
            });
            if closed == Err(Error::Timeout) {
                self.story.left_waiting = self.story.dialled;
            }
        }
    }

    fn dial(&mut self, says: usize) {
        let to = self
            .listener
            .as_ref()
            .map_or(LISTENING[0], |(_, port)| *port);
        let from = port(50_000, self.story.dialled);
        self.story.dialled += 1;
        let service = self.story.world.dialler(from, To::Sending(says));
        self.story
            .simulation
            .dial((DIALLER, from), module_at(to), service);
    }

    fn order(&mut self, socket: usize, order: Order) {
        let number = nth(socket, self.tcp.len());
        if let Some(account) = number.and_then(|number| self.tcp[number].account) {
            let line = self.story.ledger.line(account);
            self.story.world.order(line, order);
        }
    }
}
