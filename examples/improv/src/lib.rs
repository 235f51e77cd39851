//! First-time set-up of a device over Bluetooth LE, by the open
//! [Improv Wi-Fi protocol](https://www.improv-wifi.com/ble): a phone or a browser finds the device, hands
//! over SSID and password, and hears whether it worked and where the device is then.
//!
//! Everything goes through the air in the clear, as the protocol has it, and nobody has to press a button
//! first: run it only while the device has no network.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod protocol;

use core::fmt::Write;
use core::net::Ipv4Addr;
use core::ops::ControlFlow;

use atwifi::heapless::String;
use atwifi::st67::ble::{
    Advertising, AdvertisingData, At, BleConfig, Bluetooth, Characteristic, Connection, Event,
    Properties, Role, Service, Table, Uuid, VALUE_MAX,
};
use atwifi::st67::{Error, Module};
use atwifi::{Clock, ScanOptions, Security, Strongest, Transport};

pub use protocol::Network;
use protocol::{Answer, Assembler, Command, Fault, INFO, JOIN, SCAN, State};

/// A short text that is put together.
type Line = String<24>;

/// How often a client is waited for that is still to hear of success, each time as long as a tick.
const TICKS: u32 = 500;
/// How many networks are told of at most.
const NETWORKS: usize = 8;
/// What the device can do: identify itself, tell what it is, tell of the networks around.
const CAPABILITIES: u8 = 7;

const UUID: u128 = 0x0046_7768_6228_2272_4663_2774_7826_8000;
const READ_AND_NOTIFY: Properties = Properties::READ.and(Properties::NOTIFY);
const WRITE: Properties = Properties::WRITE.and(Properties::WRITE_WITHOUT_RESPONSE);

const fn characteristic(number: u128, properties: Properties) -> Characteristic<'static> {
    Characteristic::new(uuid(number), properties)
}

const fn uuid(number: u128) -> Uuid {
    Uuid::Long((UUID + number).to_be_bytes())
}

static TABLE: Table = Table::new(&[Service::new(
    uuid(0),
    &[
        characteristic(1, READ_AND_NOTIFY).with_value(&[State::Authorized as u8]),
        characteristic(2, READ_AND_NOTIFY).with_value(&[Fault::None as u8]),
        characteristic(3, WRITE),
        characteristic(4, READ_AND_NOTIFY),
        characteristic(5, Properties::READ).with_value(&[CAPABILITIES]),
    ],
)])
.expect("there is room for it");

const STATE: At = At::new(0, 0).expect("the table has it");
const FAULT: At = At::new(0, 1).expect("the table has it");
const COMMAND: At = At::new(0, 2).expect("the table has it");
const RESULT: At = At::new(0, 3).expect("the table has it");

/// What a device tells of itself: texts that have 200 bytes together.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// The name that people see.
    pub name: &'a str,
    /// The name of its firmware.
    pub firmware: &'a str,
    /// The version of that.
    pub version: &'a str,
    /// What it is made of.
    pub hardware: &'a str,
}

/// Lets itself be told a network until it can be joined. Returns that, which a product keeps, and the
/// station's address.
///
/// `identify` shows which device it is, by a light or a sound. `tick` is called when nobody asks for
/// anything: it should take some 20 ms. Bluetooth is off again when this returns without an error.
///
/// # Errors
/// What goes wrong but for joining.
pub fn set_up<T: Transport, C: Clock>(
    wifi: &mut Module<'_, T, C>,
    device: &Device<'_>,
    mut identify: impl FnMut(),
    mut tick: impl FnMut(),
) -> Result<(Network, Ipv4Addr), Error<T::Error>> {
    let mut improv = Improv::start(wifi, device)?;
    loop {
        match improv.take_command(wifi)? {
            None => tick(),
            Some(Err(fault)) => improv.tell_fault(wifi, fault)?,
            Some(Ok(command)) => {
                improv.tell_fault(wifi, Fault::None)?;
                match command {
                    Command::Identify => identify(),
                    Command::Info => improv.tell_info(wifi)?,
                    Command::Scan => improv.tell_networks(wifi)?,
                    Command::Join(network) => {
                        if let Some(address) = improv.join(wifi, &network)? {
                            improv.leave(wifi, tick)?;
                            return Ok((network, address));
                        }
                    }
                }
            }
        }
    }
}

struct Improv<'d> {
    device: &'d Device<'d>,
    ble: Bluetooth<'static>,
    client: Option<Connection>,
    assembler: Assembler,
}

impl<'d> Improv<'d> {
    fn start<T: Transport, C: Clock>(
        wifi: &mut Module<'_, T, C>,
        device: &'d Device<'d>,
    ) -> Result<Self, Error<T::Error>> {
        let config = BleConfig::new(Role::Server).with_name(device.name.as_bytes());
        let mut ble = wifi.bluetooth(&config)?;
        ble.serve(wifi, &TABLE)?;
        let mut improv = Improv {
            device,
            ble,
            client: None,
            assembler: Assembler::new(),
        };
        improv.advertise(wifi, State::Authorized)?;
        Ok(improv)
    }

    /// Service and state stand in what everybody hears, as the protocol has it; there is no room for the
    /// name beside them, which is answered to who asks.
    fn advertise<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
        state: State,
    ) -> Result<(), Error<T::Error>> {
        const SERVICE_DATA: Uuid = Uuid::Short(0x4677);
        let told = [state as u8, CAPABILITIES, 0, 0, 0, 0];
        let data = AdvertisingData::new()
            .with_flags(AdvertisingData::DISCOVERABLE)
            .with_service(uuid(0))
            .with_service_data(SERVICE_DATA, &told);
        // The name is the second structure in it, as the reference wants it.
        let response = AdvertisingData::new()
            .with_flags(AdvertisingData::DISCOVERABLE)
            .with_name(shortened(self.device.name));
        let advertising = Advertising::new(data).with_response(response);
        self.ble.advertise(wifi, &advertising)
    }

    /// A command that was written as a whole; `None` if nothing happens.
    fn take_command<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
    ) -> Result<Option<Result<Command, Fault>>, Error<T::Error>> {
        let mut memory = [0; VALUE_MAX];
        while let Some(event) = self.ble.next(wifi, &mut memory)? {
            match event {
                Event::Connected { connection, .. } => self.client = Some(connection),
                Event::Disconnected { .. } => {
                    self.client = None;
                    self.assembler.clear();
                }
                Event::Written {
                    at: COMMAND, value, ..
                } => {
                    if let Some(command) = self.assembler.take(value) {
                        return Ok(Some(command));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Sets a value, and tells the client of it, if there is one that wants to hear it.
    fn tell<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
        at: At,
        value: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.ble.set(wifi, at, value)?;
        let Some(client) = self.client else {
            return Ok(());
        };
        match self.ble.notify(wifi, client, at, value) {
            // It has not subscribed, or has gone: it can read it.
            Err(Error::Module(_) | Error::Closed(_)) => Ok(()),
            told => told,
        }
    }

    fn tell_fault<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
        fault: Fault,
    ) -> Result<(), Error<T::Error>> {
        self.tell(wifi, FAULT, &[fault as u8])
    }

    fn tell_info<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        let device = self.device;
        let mut answer = Answer::to(INFO);
        for text in [
            device.firmware,
            device.version,
            device.hardware,
            device.name,
        ] {
            answer.push(&[text.as_bytes()]);
        }
        self.tell(wifi, RESULT, answer.finish())
    }

    /// Tells of the strongest networks, as far as there is room for them.
    fn tell_networks<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        let mut strongest = Strongest::<NETWORKS>::new();
        wifi.scan(&ScanOptions::new(), |found| {
            strongest.take(found);
            ControlFlow::Continue(())
        })?;
        let mut answer = Answer::to(SCAN);
        for found in &strongest {
            let before = answer.length();
            let protection: &[u8] = match found.security {
                Security::Open => b"NO",
                Security::Wep => b"WEP",
                Security::Wpa => b"WPA",
                _ => b"WPA2",
            };
            let mut rssi = Line::new();
            let _ = write!(rssi, "{}", found.rssi);
            let parts = [found.ssid.as_bytes(), rssi.as_bytes(), protection];
            if !parts.iter().all(|part| answer.push(&[part])) {
                answer.cut(before);
                break;
            }
        }
        self.tell(wifi, RESULT, answer.finish())
    }

    /// Joins the network, and tells what comes of it; `None` if it does not work.
    fn join<T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, T, C>,
        network: &Network,
    ) -> Result<Option<Ipv4Addr>, Error<T::Error>> {
        self.tell(wifi, STATE, &[State::Provisioning as u8])?;
        match wifi.join(network.ssid.as_bytes(), network.password.reveal()) {
            Ok(address) => {
                let mut url = Line::new();
                let _ = write!(url, "http://{address}");
                let mut answer = Answer::to(JOIN);
                answer.push(&[url.as_bytes()]);
                self.tell(wifi, RESULT, answer.finish())?;
                self.tell(wifi, STATE, &[State::Provisioned as u8])?;
                Ok(Some(address))
            }
            // A password that no module takes is a wrong one, too.
            Err(Error::Module(_) | Error::Timeout | Error::Usage(_)) => {
                self.tell(wifi, STATE, &[State::Authorized as u8])?;
                self.tell_fault(wifi, Fault::NotJoined)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for the client to read what has come of it, and go.
    fn leave<T: Transport, C: Clock>(
        mut self,
        wifi: &mut Module<'_, T, C>,
        mut tick: impl FnMut(),
    ) -> Result<(), Error<T::Error>> {
        let mut ticks = 0..TICKS;
        while self.client.is_some() && ticks.next().is_some() {
            self.take_command(wifi)?;
            tick();
        }
        self.ble.switch_off(wifi)
    }
}

/// As much of a name as there is room for.
fn shortened(name: &str) -> &[u8] {
    const MOST: usize = 26;
    let mut end = name.len().min(MOST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.as_bytes().get(..end).unwrap_or(&[])
}
