//! A phone that comes by, over Bluetooth LE.

use std::time::Duration;

use atwifi::Error;
use atwifi::st67::St67;
use atwifi::st67::ble::{
    Advertising, AdvertisingData, At, Bluetooth, Characteristic, Event, Properties, Service, Table,
    Uuid, VALUE_MAX,
};
use atwifi_simulator::{BlePeer, BleUpdates, Simulation};

use super::Player;
use crate::finding::Kind;
use crate::target::{Driver, Failure, Target};

/// What each call of the driver may take, in milliseconds, and how many there are besides those for values.
const CALL: u64 = 60_000;
const CALLS: u64 = 8;
/// How long a phone, and each of its values, is waited for, besides what a command takes.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a visit lasts at most.
const VISIT: Duration = Duration::from_secs(300);

const VALUE: At = At::new(0, 0).unwrap();
static TABLE: Table = Table::new(&[Service::new(
    Uuid::Short(0x181a),
    &[Characteristic::new(
        Uuid::Short(0x2a6e),
        Properties::WRITE.and(Properties::NOTIFY),
    )],
)])
.unwrap();

/// What a phone that comes by is to do, and what the host has heard of it.
pub struct Visit<'v> {
    phone: &'v BlePeer,
    simulation: &'v Simulation,
    patience: Duration,
    /// When it is given up.
    end: Duration,
    values: &'v [Vec<u8>],
    heard: Vec<Vec<u8>>,
    /// The lines that nobody knows.
    lines: Vec<Vec<u8>>,
    /// Events were lost, and counted.
    has_lost: bool,
}

impl Visit<'_> {
    /// Advertises until the phone is there, takes what it writes, and sends each back.
    pub fn serve(
        &mut self,
        module: &mut Driver<'_, St67>,
        ble: &mut Bluetooth<'_>,
    ) -> Result<(), Failure<St67>> {
        ble.serve(module, &TABLE)?;
        let data = AdvertisingData::new().with_name(b"campaign");
        ble.advertise(module, &Advertising::new(data))?;
        self.phone.connect();
        let phone = self.next(module, ble, |event| match event {
            Event::Connected { connection, .. } => Some(connection),
            _ => None,
        })?;
        self.phone.subscribe(0, 0, BleUpdates::Notifications);
        self.next(module, ble, |event| match event {
            Event::Subscribed { .. } => Some(()),
            _ => None,
        })?;
        for value in self.values {
            self.phone.write(0, 0, value.clone());
            let value = self.take_value(module, ble)?;
            ble.notify(module, phone, VALUE, &value)?;
            self.heard.push(value);
        }
        ble.disconnect(module, phone)
    }

    fn take_value(
        &mut self,
        module: &mut Driver<'_, St67>,
        ble: &mut Bluetooth<'_>,
    ) -> Result<Vec<u8>, Failure<St67>> {
        self.next(module, ble, |event| match event {
            Event::Written { value, .. } => Some(value.to_vec()),
            _ => None,
        })
    }

    /// Waits for an event.
    fn next<R>(
        &mut self,
        module: &mut Driver<'_, St67>,
        ble: &mut Bluetooth<'_>,
        is_it: impl Fn(Event<'_>) -> Option<R>,
    ) -> Result<R, Failure<St67>> {
        let until = self.simulation.now() + self.patience;
        while self.simulation.now() < until.min(self.end) {
            let mut memory = [0; VALUE_MAX];
            match ble.next(module, &mut memory)? {
                Some(Event::Lost(_)) => self.has_lost = true,
                Some(Event::Module(atwifi::Event::Other(line))) => self.lines.push(line.to_vec()),
                Some(event) => {
                    if let Some(wanted) = is_it(event) {
                        return Ok(wanted);
                    }
                }
                None => self.simulation.advance(Duration::from_millis(5)),
            }
        }
        Err(Error::Timeout)
    }
}

impl<D: Target> Player<'_, '_, D> {
    /// What the phone writes is heard, in its order; and what it is sent is that.
    pub(super) fn serve_a_phone(&mut self, values: usize, size: usize) {
        let phone = self.story.phone.clone();
        phone.disconnect();
        let values: Vec<_> = (0..values).map(|number| value(number, size)).collect();
        let sent = phone.updates().len();
        let simulation = self.story.simulation.clone();
        let mut visit = Visit {
            phone: &phone,
            simulation: &simulation,
            patience: PATIENCE + 4 * self.story.round_trip,
            end: simulation.now() + VISIT,
            values: &values,
            heard: Vec::new(),
            lines: Vec::new(),
            has_lost: false,
        };
        let longest = CALL * (CALLS + 2 * values.len() as u64);
        let done = self.call("ble", longest, true, |module| {
            D::serve_a_phone(&mut module.borrow_mut(), &mut visit)
        });
        let must = !self.story.trouble.is_slow && !visit.has_lost && self.story.is_undisturbed();
        if let (true, Err(error)) = (must, &done) {
            self.story.find(Kind::NoReason, format!("{error:?}"));
        }
        visit.lines.iter().for_each(|line| self.saw(line));
        if visit.has_lost {
            self.story.forget_events();
        }
        // There is no checksum: what is lost of a value can be made up for by what is told behind it.
        let trouble = &self.story.trouble;
        let is_altered = trouble.has_flipped || trouble.has_mixed || trouble.spoilt.is_some();
        if !is_altered && !values.starts_with(&visit.heard) {
            let seen = format!("{:?} of {values:?}", visit.heard);
            self.story.find(Kind::WrongAnswer, seen);
        }
        let got = phone.updates().split_off(sent);
        self.check(done.is_err() || visit.heard == values, &visit.heard);
        self.check(done.is_err() || got == values, &got);
        phone.disconnect();
    }
}

/// A value that looks like what a module says.
fn value(number: usize, size: usize) -> Vec<u8> {
    let talk = format!("{number}\r\nOK\r\n+BLE:DISCONNECTED:0,\"\r\n>");
    talk.bytes().cycle().take(size).collect()
}
