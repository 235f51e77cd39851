//! The phone and the thermometer that the firmware meets over Bluetooth LE, and what they do.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use atwifi_simulator::{BleCharacteristic, BlePeer, BleService, BleUpdates};

use crate::board::Dialect;
use crate::run::Log;
use crate::world::{PASSWORD, SSID};

const PHONE: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];
const THERMOMETER: [u8; 6] = [0x5a, 0x67, 0x11, 0x00, 0x00, 0x01];
/// The handle of what the thermometer measures.
const TEMPERATURE: u16 = 3;
/// How often something is looked for, every tenth of a second.
const LOOKS: usize = 600;

/// Devices of one run.
pub struct Devices {
    pub phone: BlePeer,
    pub thermometer: BlePeer,
}

impl Devices {
    pub fn new() -> Devices {
        let temperature = BleCharacteristic::new("2a6e", 0x10, b"");
        Devices {
            phone: BlePeer::new(PHONE),
            thermometer: BlePeer::new(THERMOMETER)
                .random()
                .heard_at(-47)
                .advertising(b"\x02\x01\x06\x03\x03\x1a\x18", b"\x0c\x09thermometer")
                .with_service(BleService::new("181a", vec![temperature])),
        }
    }

    pub fn all(&self) -> Vec<BlePeer> {
        vec![self.phone.clone(), self.thermometer.clone()]
    }
}

/// Whether a program has nothing to do, since the module has no Bluetooth.
fn is_over(dialect: Dialect, log: &mut Log) -> Result<bool> {
    let is_over = dialect == Dialect::Microchip;
    if is_over {
        log.wait_for_line("this module has no Bluetooth")?;
    }
    Ok(is_over)
}

/// Waits until something is so.
fn wait(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    for _ in 0..LOOKS {
        if is_so() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    ensure!(is_so(), "{what}");
    Ok(())
}

/// A phone finds the thermometer, is told what it measures, and reads it.
pub fn sensor(dialect: Dialect, log: &mut Log, phone: &BlePeer) -> Result<()> {
    if is_over(dialect, log)? {
        return Ok(());
    }
    log.wait_for_line("advertising")?;
    let heard = phone.hears().map(|(data, _)| data).unwrap_or_default();
    let is_named = heard.windows(13).any(|part| part == b"atwifi sensor");
    ensure!(is_named, "it advertises {heard:02x?}");
    phone.connect();
    log.wait_for_line("connected: ")?;
    phone.subscribe(0, 0, BleUpdates::Notifications);
    phone.write(0, 1, 200_u16.to_le_bytes());
    log.wait_for_line("every 200 ms")?;
    for _ in 0..3 {
        let told = log.wait_for_line("told of ")?;
        let told: i16 = told.parse()?;
        let updates = phone.updates();
        let last = updates.last().map(Vec::as_slice);
        ensure!(last == Some(&told.to_le_bytes()), "the phone has {last:?}");
    }
    phone.read(0, 0);
    wait("the phone has read nothing", || !phone.answers().is_empty())?;
    phone.disconnect();
    wait("it does not go on", || phone.hears().is_some())
}

/// The firmware finds a thermometer, and is told what that measures.
pub fn scan(dialect: Dialect, log: &mut Log, thermometer: &BlePeer) -> Result<()> {
    if is_over(dialect, log)? {
        return Ok(());
    }
    log.wait_for("the thermometer", |line| {
        line.text
            .contains("-47 dBm: b\"thermometer\"")
            .then_some(())
    })?;
    wait("nobody connects", || thermometer.is_connected())?;
    wait("nobody wants to know", || {
        thermometer.has_subscribed(TEMPERATURE)
    })?;
    for hundredths in [2150_i16, -5] {
        thermometer.notify(TEMPERATURE, hundredths.to_le_bytes());
        log.wait_for_line(&format!("{hundredths} hundredths of a degree"))?;
    }
    thermometer.disconnect();
    log.wait_for_line("it has gone")?;
    Ok(())
}

/// A phone hands over a wrong password, then the right one.
pub fn improv(dialect: Dialect, log: &mut Log, phone: &BlePeer) -> Result<()> {
    if is_over(dialect, log)? {
        return Ok(());
    }
    log.wait_for_line("waiting to be set up")?;
    wait("it does not advertise", || phone.hears().is_some())?;
    phone.connect();
    wait("it lets nobody connect", || phone.is_connected())?;
    for characteristic in [0, 1, 3] {
        phone.subscribe(0, characteristic, BleUpdates::Notifications);
    }
    for (password, heard) in [
        ("wrong password", &[0, 3, 2, 3][..]),
        (PASSWORD, &[0, 3, 4]),
    ] {
        let before = phone.updates().len();
        for piece in join(password).chunks(20) {
            phone.write(0, 2, piece);
        }
        // What is longer than a byte is the address.
        let told = || {
            let all = phone.updates().split_off(before).into_iter();
            all.filter(|told| told.len() == 1).flatten().collect()
        };
        wait("it does not tell", || {
            let told: Vec<u8> = told();
            told.len() >= heard.len()
        })?;
        let told: Vec<u8> = told();
        ensure!(told == heard, "the phone hears {told:?}, not {heard:?}");
    }
    let is_url = |told: &Vec<u8>| told.windows(19).any(|part| part == b"http://192.168.1.50");
    ensure!(phone.updates().iter().any(is_url), "no address is told");
    phone.disconnect();
    log.wait_for_line("set up: 192.168.1.50")?;
    Ok(())
}

/// The command to join: its number, length, texts behind their lengths, the sum of all.
fn join(password: &str) -> Vec<u8> {
    let texts = [SSID, password].map(|text| [&[text.len() as u8], text.as_bytes()].concat());
    let data = texts.concat();
    let mut command = [&[1, data.len() as u8], &data[..]].concat();
    command.push(
        command
            .iter()
            .fold(0, |sum: u8, byte| sum.wrapping_add(*byte)),
    );
    command
}
