//! What the driver knows about the module: its sockets, its station, what it has told.

use super::dialect::Words;
use super::mqtt::Mqtt;
use super::queue::{Queue, message_head};
use crate::engine::protocol::{End, Escape, Header, Line, Payload, Protocol};
use crate::error::Closed;
use crate::socket::{Slot, Table};
use crate::value::LinkState;

/// What the driver knows about the module: its sockets, its station, what it has told.
// What is used most is within reach of a short instruction.
#[repr(C)]
pub struct Session<'b, D: Words> {
    /// The settings that the driver relies on are made.
    is_set_up: bool,
    /// What the driver believes of its sockets may be wrong.
    pub(crate) in_doubt: bool,
    /// Lines were lost, or may have been: a bit for each [`Missed`].
    missed: u8,
    pub(crate) link_state: LinkState,
    /// Why the station last failed or lost its link.
    pub(crate) station_error: Option<u16>,
    /// Why the module last said no.
    pub(crate) refusal: D::Status,
    /// How much payload the module said it has received.
    pub(crate) received: usize,
    /// How lines are taken that only services or commands of the user's can bring about, once there
    /// was one.
    others: Option<Takes<D>>,
    /// How events about datagrams are taken, once there is a socket for them.
    pub(crate) datagrams: Option<D::Datagrams>,
    /// How connections are taken that peers make, once the module listens.
    pub(crate) peers: Option<D::Peers>,
    /// What the dialect remembers.
    pub(crate) vendor: D::State,
    pub(crate) events: Queue<'b>,
    pub(crate) sockets: Table<'b>,
    /// The MQTT client, once memory was lent for it.
    pub(crate) mqtt: Option<&'b mut Mqtt<'b, D>>,
}

/// What a lost line may have been.
#[derive(Clone, Copy)]
pub(crate) enum Missed {
    /// About sockets.
    Events = 1,
    /// A message.
    Messages = 2,
}

/// Takes a line that was taken for `kind`: with the command in flight, and the line.
type Takes<D> = fn(&mut Session<'_, D>, &[u8], &[u8], Line) -> Line;

impl<'b, D: Words> Session<'b, D> {
    pub(super) fn new(sockets: Table<'b>, events: Queue<'b>) -> Self {
        Session {
            is_set_up: false,
            in_doubt: false,
            missed: 0,
            // Whoever used the module before may have joined.
            link_state: LinkState::Up,
            station_error: None,
            refusal: D::Status::default(),
            received: 0,
            others: None,
            datagrams: None,
            peers: None,
            mqtt: None,
            vendor: D::State::default(),
            events,
            sockets,
        }
    }

    /// From here on lines are looked at again that only commands of the user's can bring about.
    pub(crate) fn expect_others(&mut self) {
        self.others = Some(D::other_line);
    }

    /// Whether commands of the user's may have been sent.
    pub(crate) fn expects_others(&self) -> bool {
        self.others.is_some()
    }

    /// From here on lines are taken so. Where others are expected already, all are, as with the user's.
    pub(crate) fn expect(&mut self, take: Takes<D>) {
        self.others = Some(match self.others {
            None => take,
            Some(_) => D::other_line,
        });
    }

    /// Whether such a line may have been lost since this was asked last.
    pub(crate) fn take_missed(&mut self, what: Missed) -> bool {
        let has_missed = self.has_missed(what);
        self.missed &= !(what as u8);
        has_missed
    }

    pub(crate) fn has_missed(&self, what: Missed) -> bool {
        self.missed & what as u8 != 0
    }

    /// Where the message goes that is arriving.
    fn taking(&mut self) -> &mut Queue<'b> {
        match &mut self.mqtt {
            Some(mqtt) if mqtt.messages.is_taking() => &mut mqtt.messages,
            _ => &mut self.events,
        }
    }

    /// The module has restarted: nothing of the session is left.
    pub(crate) fn restart(&mut self) {
        if self.is_set_up {
            warn_!("the module restarted");
        }
        self.sockets.restart();
        self.link_state = LinkState::Idle;
        self.vendor = D::State::default();
        self.peers = None;
        self.is_set_up = false;
        self.in_doubt = false;
        self.missed = 0;
    }

    /// The settings are made, which a module refuses that has connections or sockets left.
    pub(super) fn settings_made(&mut self) {
        self.is_set_up = true;
        self.missed = 0;
    }

    /// The settings that the driver relies on are changed, and made again on the next use.
    pub(crate) fn give_up_settings(&mut self) {
        self.is_set_up = false;
    }

    /// The module has not restarted yet, as it was to, or will: only then its settings are gone.
    pub(crate) fn keep_settings(&mut self) {
        self.is_set_up = true;
    }

    /// The module must have restarted, unseen; one that is being set up has not.
    pub(crate) fn forget_if_set_up(&mut self) {
        if self.is_set_up {
            self.events.push(D::BOOT.as_bytes());
            self.restart();
        }
    }

    /// The station has no link any more: its connections end.
    pub(crate) fn station_down(&mut self) {
        self.link_state = LinkState::Disconnected;
        self.station_leaves();
    }

    /// Its connections end, whatever the module says of each of them: no peer has closed them.
    pub(crate) fn station_leaves(&mut self) {
        let abandon: fn(&mut Slot<'_>) = |slot| slot.abandon(Closed::StationDown);
        self.sockets.each_open(abandon);
    }
}

impl<D: Words> Protocol for Session<'_, D> {
    const PROMPT: u8 = D::PROMPT;
    const READY_PROMPT: Option<u8> = D::READY_PROMPT;
    const OWED_PACE: u32 = D::OWED_PACE;
    const ESCAPE: Option<Escape> = D::ESCAPE;
    const PAYLOAD_MAX: usize = D::PAYLOAD_MAX;
    const ENDS_PAYLOAD: bool = D::ENDS_PAYLOAD;
    const BUSY_RETRIES: usize = D::BUSY_RETRIES;
    const BOOT: &'static [u8] = D::BOOT.as_bytes();
    const VERBOSE: &'static [u8] = D::VERBOSE.as_bytes();
    const QUESTIONS: u32 = D::SETTINGS.len() as u32;
    const MUTE_QUESTION: Option<u32> = match D::SETTINGS {
        [told, .., last] if told.value.is_some() && last.value.is_none() => {
            Some(Self::QUESTIONS - 1)
        }
        _ => None,
    };

    fn line(&mut self, command: &[u8], line: &[u8]) -> Line {
        let mut kind = D::line(self, command, line);
        let may_be_other = matches!(kind, Line::Ok | Line::Event | Line::Stray | Line::Reply);
        if let (true, Some(take)) = (may_be_other, self.others) {
            kind = take(self, command, line, kind);
        }
        match kind {
            Line::Boot => {
                self.events.push(line);
                self.restart();
                kind
            }
            Line::Reply if !command.is_empty() => kind,
            Line::Reply | Line::Stray => {
                self.stray(line);
                Line::Stray
            }
            kind => kind,
        }
    }

    fn received(&self) -> usize {
        self.received
    }

    fn stray(&mut self, line: &[u8]) {
        self.events.push(line);
        self.doubt();
    }

    fn payload(&self, pending: &[u8], header: &mut Header) -> Payload {
        D::payload(self, pending, header)
    }

    fn other_payload(&self, command: &[u8], pending: &[u8], header: &mut Header) -> Payload {
        D::other_payload(self, command, pending, header)
    }

    fn begin_message(&mut self, header: &[u8], text: usize, data: usize, may_wait: bool) -> bool {
        match &mut self.mqtt {
            Some(mqtt) if mqtt.is_open && D::is_mqtt(header) => {
                let head = message_head(text, data);
                mqtt.messages.begin(&head, text, data, may_wait)
            }
            _ => self.events.begin(header, text, data, may_wait),
        }
    }

    fn extend_message(&mut self, payload: &[u8], may_wait: bool) -> usize {
        self.taking().extend(payload, may_wait)
    }

    fn end_message(&mut self, end: End) {
        self.taking().end_message(end);
    }

    fn question(n: u32) -> &'static [u8] {
        let setting = D::SETTINGS.get(n as usize);
        setting.map_or(&[], |setting| setting.query.as_bytes())
    }

    fn answer(n: u32, line: &[u8]) -> Option<bool> {
        let setting = D::SETTINGS.get(n as usize)?;
        let query = setting.query.as_bytes().get(b"AT".len()..).unwrap_or(&[]);
        let is_end = |byte: &u8| matches!(byte, b'?' | b'\r');
        let name = query.iter().position(is_end).unwrap_or(0);
        match line.strip_prefix(query.get(..name).unwrap_or(&[]))? {
            [b':' | b'=', told @ ..] => {
                Some(setting.value.is_none_or(|value| told == value.as_bytes()))
            }
            _ => None,
        }
    }

    #[inline(never)]
    fn is_full(&self, bytes: usize) -> bool {
        let mqtt = self.mqtt.as_ref();
        let is_full = |mqtt: &&mut Mqtt<'_, D>| mqtt.is_open && mqtt.messages.is_full(bytes);
        self.events.is_full(bytes) || mqtt.is_some_and(is_full)
    }

    fn lose(&mut self) {
        self.events.lose();
    }

    fn lost_line(&mut self) {
        self.events.lose();
        self.doubt();
    }

    #[inline(never)]
    fn doubt(&mut self) {
        self.in_doubt = true;
        self.missed = Missed::Events as u8 | Missed::Messages as u8;
    }

    fn restarted(&mut self) {
        self.forget_if_set_up();
    }

    fn is_set_up(&self) -> bool {
        self.is_set_up
    }
}
