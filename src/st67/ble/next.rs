//! What has happened.

use super::connection::Change;
use super::{At, Bluetooth, Connection, Subscription};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Words};
use crate::driver::queue::Item;
use crate::error::Fault;
use crate::st67::event::{Event as Line, ble};
use crate::st67::{Delivery, Error, Module, St67, others};
use crate::transport::Transport;
use crate::value::Mac;
use crate::value::bytes::copy;

/// What has happened: [`Bluetooth::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A device has connected.
    Connected {
        /// The connection, new.
        connection: Connection,
        /// The device.
        peer: Mac,
    },
    /// A connection has ended.
    Disconnected {
        /// Which.
        connection: Connection,
        /// With which device.
        peer: Mac,
    },
    /// The longest attribute packet of a connection is agreed on: values that are told of are three bytes
    /// shorter at most.
    Mtu {
        /// The connection.
        connection: Connection,
        /// In bytes.
        mtu: u16,
    },
    /// A client has written.
    Written {
        /// The connection.
        connection: Connection,
        /// What.
        at: At,
        /// How long the value is, in bytes.
        length: usize,
        /// The value, as far as there was room for it.
        value: &'a [u8],
    },
    /// A client reads: [`Bluetooth::set`] answers, within 30 s. What was set before may have been read
    /// already, or not; it does no harm to set it again.
    Read {
        /// The connection.
        connection: Connection,
        /// What.
        at: At,
    },
    /// A client wants to be told of a value, or does not any more. Which one, firmware does not say.
    Subscribed {
        /// Of what.
        at: At,
        /// How.
        how: Subscription,
        /// Whether it wants to.
        is_on: bool,
    },
    /// A server that was [subscribed](Bluetooth::subscribe) to tells of a value.
    Notified {
        /// The connection.
        connection: Connection,
        /// The handle of the value, as it was [discovered](Bluetooth::discover); before firmware 2.0.89 it
        /// is not told.
        handle: Option<u16>,
        /// How long the value is, in bytes.
        length: usize,
        /// The value, as far as there was room for it.
        value: &'a [u8],
    },
    /// To pair, show this number, which is entered at the other device.
    ShowPasskey(u32),
    /// To pair, enter the number that the other device shows: [`Bluetooth::enter_passkey`].
    EnterPasskey(Connection),
    /// To pair, does the other device show the same number? Then [`Bluetooth::confirm_passkey`].
    ComparePasskey {
        /// The connection.
        connection: Connection,
        /// The number.
        passkey: u32,
    },
    /// A device asks to be paired: [`Bluetooth::confirm_pairing`].
    AsksToPair(Connection),
    /// The device is paired.
    Paired {
        /// The connection.
        connection: Connection,
        /// Whether it stays so: the module keeps the bond.
        is_bonded: bool,
    },
    /// The device is not paired: a number was wrong, somebody has broken it off, or it took too long.
    NotPaired(Connection),
    /// A client has set the level of the [alert](Bluetooth::start_alert): 0 none, 1 mild, 2 high.
    Alert(u8),
    /// So many events were lost. Of connections the module is asked with the next call.
    Lost(u16),
    /// What the module tells of something else, as [`poll`](crate::Module::poll) would.
    Module(crate::Event<'a>),
}

/// What was found, before it borrows where its value was put.
enum News {
    /// An event; and how much of its value is there.
    Event(Event<'static>, usize),
    /// A line of so many bytes about something else.
    Line(usize),
    /// So many bytes more of it, and how many are to come.
    More(usize, usize),
}

impl From<Event<'static>> for News {
    fn from(event: Event<'static>) -> Self {
        News::Event(event, 0)
    }
}

impl News {
    fn with<'a>(self, memory: &'a [u8]) -> Event<'a> {
        let told = |length| memory.get(..length).unwrap_or(memory);
        match self {
            News::Event(event, here) => {
                let mut event: Event<'a> = event;
                if let Event::Written { value, .. } | Event::Notified { value, .. } = &mut event {
                    *value = told(here);
                }
                event
            }
            News::Line(length) => Event::Module(others::event(told(length))),
            News::More(length, rest) => Event::Module(crate::Event::More {
                data: told(length),
                rest,
            }),
        }
    }
}

impl Bluetooth<'_> {
    /// Takes in what the module has told and hands out what has happened next; `None` if nothing has.
    ///
    /// It does not wait, unless a value arrives just now, or an event may have been missed. `into` has room
    /// for a value: [`VALUE_MAX`](super::VALUE_MAX) bytes hold every one.
    ///
    /// # Errors
    /// [`Error::ModuleReset`](crate::Error::ModuleReset) once all is handed out that was told before the
    /// module restarted.
    pub fn next<'a, T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        into: &'a mut [u8],
    ) -> Result<Option<Event<'a>>, Error<T::Error>> {
        module.begin_call();
        let news = self.take_news(module, into);
        let news = module.outcome(news)?;
        Ok(news.map(|news| news.with(into)))
    }

    fn take_news<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        into: &mut [u8],
    ) -> Outcome<Option<News>> {
        loop {
            module.take_in()?;
            if let Some(count) = module.session().events.take_lost() {
                self.connections.is_doubtful = true;
                return Ok(Some(Event::Lost(count).into()));
            }
            let is_same_run = self.check_run(module);
            let (line, told) = match module.session().events.pop() {
                None => return is_same_run.and_then(|()| self.catch_up(module)),
                Some(Item::Line(line)) => (line.len(), self.read_line(line, into)),
                Some(Item::More { data, rest }) => {
                    return Ok(Some(News::More(copy(data, into), rest)));
                }
                Some(Item::Cut) => return Ok(Some(Event::Module(crate::Event::Cut).into())),
            };
            match told {
                Told::Nothing => {}
                Told::Boot => is_same_run?,
                Told::News(Event::Disconnected { connection, peer }) => {
                    self.settle_advertising();
                    return Ok(Some(Event::Disconnected { connection, peer }.into()));
                }
                Told::News(event) => return Ok(Some(event.into())),
                Told::Value(event, here, length) => {
                    return match finish(module, here, length, into)? {
                        true => Ok(Some(News::Event(event, length.min(into.len())))),
                        false => Ok(Some(Event::Lost(1).into())),
                    };
                }
                Told::Other if line > into.len() => return Ok(Some(Event::Lost(1).into())),
                Told::Other => return Ok(Some(News::Line(line))),
            }
        }
    }

    /// Nothing is told: does what is to be done, and finds out what may have been missed.
    fn catch_up<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Outcome<Option<News>> {
        let change = self.find_change(module)?;
        self.advertise_afterwards(module)?;
        Ok(change.map(|change| {
            News::from(match change {
                Change::Opened(connection, peer) => Event::Connected { connection, peer },
                Change::Closed(connection, peer) => Event::Disconnected { connection, peer },
            })
        }))
    }

    /// Puts a line into words. Of a value, or of a line about something else, what is here goes to
    /// `into`.
    fn read_line(&mut self, line: &[u8], into: &mut [u8]) -> Told {
        if line == St67::BOOT.as_bytes() {
            copy(line, into);
            return Told::Boot;
        }
        let Some(event) = ble(line, module_tells(self.version)) else {
            copy(line, into);
            // Part of it may be lost.
            let is_unknown = matches!(others::event(line), crate::Event::Other(_));
            self.connections.is_doubtful |= is_unknown;
            return Told::Other;
        };
        match self.read_security(&event) {
            Told::Nothing => self.read_event(&event, into),
            told => told,
        }
    }

    fn read_event(&mut self, event: &Line<'_>, into: &mut [u8]) -> Told {
        match *event {
            Line::BleConnected { connection, peer } => {
                let opened = self.connections.open(connection, peer);
                Told::some(opened.map(|connection| Event::Connected { connection, peer }))
            }
            Line::BleDisconnected { connection, .. } => {
                let closed = self.connections.close(connection);
                // Or was its number spoilt on the way?
                self.connections.is_doubtful |= closed.is_none();
                Told::some(
                    closed.map(|(connection, peer)| Event::Disconnected { connection, peer }),
                )
            }
            Line::BleMtu { connection, mtu } => {
                let heard = self.connections.heard(connection);
                Told::some(heard.map(|connection| Event::Mtu { connection, mtu }))
            }
            Line::BleReadRequest {
                connection,
                service,
                characteristic,
                ..
            } => self.about(connection, service, characteristic, |connection, at| {
                Told::News(Event::Read { connection, at })
            }),
            ref other => self.read_value(other, into),
        }
    }

    fn read_value(&mut self, event: &Line<'_>, into: &mut [u8]) -> Told {
        match *event {
            Line::BleWritten {
                connection,
                service,
                characteristic,
                length,
                data,
            } => {
                copy(data, into);
                self.about(connection, service, characteristic, |connection, at| {
                    let value = &[];
                    let event = Event::Written {
                        connection,
                        at,
                        length,
                        value,
                    };
                    Told::Value(event, data.len(), length)
                })
            }
            Line::BleNotified {
                connection,
                handle,
                length,
                data,
            } => {
                copy(data, into);
                let Some(connection) = self.connections.heard(connection) else {
                    return Told::News(Event::Lost(1));
                };
                let event = Event::Notified {
                    connection,
                    handle,
                    length,
                    value: &[],
                };
                Told::Value(event, data.len(), length)
            }
            ref other => self.read_wish(other),
        }
    }

    /// Something about a characteristic of the table; where there is none, the line was spoilt.
    fn about(
        &mut self,
        connection: u8,
        service: u8,
        characteristic: u8,
        told: impl FnOnce(Connection, At) -> Told,
    ) -> Told {
        let connection = self.connections.heard(connection);
        match (connection, self.table.at(service, characteristic)) {
            (Some(connection), Some(at)) => told(connection, at),
            _ => Told::News(Event::Lost(1)),
        }
    }

    fn read_wish(&mut self, event: &Line<'_>) -> Told {
        let (how, is_on, service, characteristic) = match *event {
            Line::BleNotifications {
                is_on,
                service,
                characteristic,
            } => (Subscription::Notification, is_on, service, characteristic),
            Line::BleIndications {
                is_on,
                service,
                characteristic,
            } => (Subscription::Indication, is_on, service, characteristic),
            Line::BleAlert(level) => return Told::News(Event::Alert(level)),
            // Rows that came late, and what nobody needs to know.
            _ => return Told::Nothing,
        };
        match self.table.at(service, characteristic) {
            Some(at) => Told::News(Event::Subscribed { at, how, is_on }),
            None => Told::News(Event::Lost(1)),
        }
    }

    /// Questions and news about pairing.
    fn read_security(&mut self, event: &Line<'_>) -> Told {
        let with = |peer: Mac| self.connections.with_peer(peer);
        let event = match event {
            Line::BlePasskeyDisplay(passkey) => Some(Event::ShowPasskey(*passkey)),
            Line::BlePasskeyEntry(peer) => with(peer.address).map(Event::EnterPasskey),
            Line::BlePasskeyConfirm { peer, passkey } => {
                let passkey = *passkey;
                with(peer.address).map(|connection| Event::ComparePasskey {
                    connection,
                    passkey,
                })
            }
            Line::BlePairingConfirm(peer) => with(peer.address).map(Event::AsksToPair),
            Line::BlePaired {
                is_bonded, peer, ..
            } => {
                let is_bonded = *is_bonded;
                with(peer.address).map(|connection| Event::Paired {
                    connection,
                    is_bonded,
                })
            }
            Line::BlePairingFailed(peer) => with(peer.address).map(Event::NotPaired),
            _ => None,
        };
        Told::some(event)
    }
}

/// What a line says.
enum Told {
    /// Nothing that anybody has to know.
    Nothing,
    /// The module has started.
    Boot,
    /// This has happened.
    News(Event<'static>),
    /// The same with a value: how much of it is here, and how long it is.
    Value(Event<'static>, usize, usize),
    /// Something else.
    Other,
}

impl Told {
    fn some(event: Option<Event<'static>>) -> Told {
        event.map_or(Told::Nothing, Told::News)
    }
}

/// How notifications look.
fn module_tells(version: [u32; 3]) -> Delivery {
    Delivery {
        has_notify_handle: version >= others::NOTIFY_HANDLE,
        ..Delivery::default()
    }
}

/// Waits for the rest of a value, of which some is here; whether it has come.
fn finish<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    mut here: usize,
    length: usize,
    into: &mut [u8],
) -> Outcome<bool> {
    while here < length {
        match module.session().events.pop() {
            Some(Item::More { data, .. }) => {
                copy(data, into.get_mut(here..).unwrap_or(&mut []));
                here += data.len();
                continue;
            }
            Some(Item::Cut | Item::Line(_)) => return Ok(false),
            None => {}
        }
        if module.engine.is_out_of_step() {
            return Ok(false);
        }
        if module.engine.link.is_call_over() {
            return Err(Fault::Timeout);
        }
        module.engine.link.idle()?;
        module.take_in()?;
    }
    // What is not closed as it should be has lost bytes, and others in their place.
    Ok(!module.session().events.take_cut())
}
