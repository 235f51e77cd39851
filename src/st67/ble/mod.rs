//! Bluetooth LE of the ST67 (reference 6): a server with services, a client, or from firmware 2.0.97 on
//! both, beside Wi-Fi.
//!
//! [`Module::bluetooth`](crate::Module::bluetooth) switches it on. The [`Bluetooth`] that it returns does
//! not hold the module: each call takes it, so that sockets are used between two of them.
//!
//! - A server lends a [`Table`] from flash ([`serve`](Bluetooth::serve)), lets itself be found
//!   ([`advertise`](Bluetooth::advertise)), and asks again and again what has happened
//!   ([`next`](Bluetooth::next)).
//! - A client [scans](Bluetooth::scan), [connects](Bluetooth::connect), [discovers](Bluetooth::discover),
//!   reads, writes and subscribes; what it has subscribed comes from [`next`](Bluetooth::next), too.
//!
//! What the module tells between two calls of `next` is kept in the memory for events, that half of the
//! line buffer's spare memory that is theirs; what does not fit is counted, [`Event::Lost`], and whether a
//! connection is among it the module is asked.

mod advertising;
mod client;
mod connection;
mod next;
mod pairing;
mod profiles;
mod rows;
mod scan;
mod server;
mod table;
#[cfg(test)]
mod templates;

pub use super::command::ble::{
    Ability, AdvertisingKind, DeviceInfo, Passkey, Properties, Role, Subscription, Uuid,
};
pub use super::event::AddressKind;
pub use advertising::{Advertising, AdvertisingData};
pub use client::{Found, Remote, RemoteService};
pub use connection::Connection;
pub use next::Event;
pub use pairing::{Bond, Level};
pub use profiles::DeviceNumbers;
pub use scan::{Advertised, BleScan, Field, Fields, Seen};
pub use table::{At, CHARACTERISTICS, Characteristic, SERVICES, Service, Table, VALUE_MAX};

use super::about::firmware;
use super::text::Rule;
use super::{Error, Module};
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::text::number;
use crate::error::{Fault, Usage};
use crate::fmt::Shown;
use crate::transport::Transport;
use advertising::Afterwards;
use connection::Connections;

/// The longest name (reference 6.1.3).
const NAME_MAX: usize = 29;

/// The first firmware that is server and client at once, and has ten connections (wire notes 5).
const BOTH: [u32; 3] = [2, 0, 97];

/// What a module is in Bluetooth LE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BleConfig<'a> {
    /// A server, a client, or both.
    pub role: Role,
    /// Its name: up to 29 bytes. Where there is none it stays as it is.
    pub name: Option<&'a [u8]>,
    /// What there is to pair with: it decides how.
    pub ability: Ability,
    /// How strongly it sends, in dBm: 0 to 20. Where there is none it stays as it is.
    pub power_dbm: Option<u8>,
}

impl<'a> BleConfig<'a> {
    /// The module in this role, with nothing to pair with.
    #[must_use]
    pub const fn new(role: Role) -> Self {
        BleConfig {
            role,
            name: None,
            ability: Ability::Nothing,
            power_dbm: None,
        }
    }

    /// The same, with this name.
    #[must_use]
    pub const fn with_name(self, name: &'a [u8]) -> Self {
        BleConfig {
            name: Some(name),
            ..self
        }
    }

    /// The same, with this to pair with.
    #[must_use]
    pub const fn with_ability(self, ability: Ability) -> Self {
        BleConfig { ability, ..self }
    }

    /// The same, sending so strongly.
    #[must_use]
    pub const fn with_power_dbm(self, dbm: u8) -> Self {
        BleConfig {
            power_dbm: Some(dbm),
            ..self
        }
    }
}

/// The Bluetooth LE of a module, as [`Module::bluetooth`](crate::Module::bluetooth) has switched it on.
///
/// After a restart of the module each call fails with
/// [`Error::ModuleReset`](crate::Error::ModuleReset): the module is to be told everything anew.
#[derive(Debug)]
pub struct Bluetooth<'t> {
    /// Which start of the module it was.
    run: u32,
    version: [u32; 3],
    table: Table<'t>,
    connections: Connections,
    /// Whether to advertise when a connection has ended, while advertising is on.
    goes_on: Option<bool>,
    afterwards: Afterwards,
}

impl<'b, T: Transport, C: Clock> Module<'b, T, C> {
    /// Switches Bluetooth LE on, beside Wi-Fi. Whoever used it before is forgotten by the module: its
    /// services, its connections, and its advertising; bonds are kept.
    ///
    /// It costs up to seven commands. ST's users report that firmware may hang where Bluetooth is
    /// switched off and on again, as it must be if it is on: restart the module where you can.
    ///
    /// From here on take what the module tells from [`Bluetooth::next`], which hands out what
    /// [`poll`](crate::Module::poll) would.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] for both roles at once before firmware 2.0.97, and for none.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::st67;
    /// use atwifi::st67::ble::*;
    ///
    /// static TABLE: Table = Table::new(&[Service::new(
    ///     Uuid::Short(0x181a),
    ///     &[Characteristic::new(Uuid::Short(0x2a6e), Properties::READ.and(Properties::NOTIFY))],
    /// )])
    /// .expect("not too many");
    /// const TEMPERATURE: At = At::new(0, 0).expect("a place");
    /// const DATA: AdvertisingData = AdvertisingData::new()
    ///     .with_flags(AdvertisingData::DISCOVERABLE)
    ///     .with_name(b"sensor");
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+GMR\r\n", "component_version_sdk_2.0.106\r\n\r\nOK\r\n")
    ///     .answer("AT+BLEINIT?\r\n", "+BLEINIT:0\r\n\r\nOK\r\n")
    ///     .answer("AT+BLEINIT=2\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLESECPARAM=3\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEGATTSSRVCRE=0,\"181A\",1,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEGATTSCHARCRE=0,0,\"2A6E\",18,1,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEGATTSREGISTER=1\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEADVSTOP\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEADVPARAM=160,160,0,7\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLEADVDATA=\"020106070973656E736F72\"\r\n", "\r\nOK\r\n")
    ///     .answer("AT+BLESCANRSPDATA=\"\"\r\n", "\r\nOK\r\n")
    ///     .answer(
    ///         "AT+BLEADVSTART\r\n",
    ///         "\r\nOK\r\n+BLE:CONNECTED:0,\"11:22:33:44:55:66\"\r\n+BLE:NOTIFICATION:1,0,0\r\n",
    ///     )
    ///     .answer("AT+BLEGATTSNTFY=0,0,2,0\r\n", "\r\nOK\r\n\r\n>")
    ///     .answer("\x34\x08", "Recv 2 bytes\r\n\r\nSEND OK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let mut ble = wifi.bluetooth(&BleConfig::new(Role::Server))?;
    /// ble.serve(&mut wifi, &TABLE)?;
    /// ble.advertise(&mut wifi, &Advertising::new(DATA))?;
    /// let mut value = [0; VALUE_MAX];
    /// let mut client = None;
    /// while let Some(event) = ble.next(&mut wifi, &mut value)? {
    ///     match event {
    ///         Event::Connected { connection, .. } => client = Some(connection),
    ///         Event::Subscribed { at: TEMPERATURE, is_on: true, .. } => {
    ///             let celsius: i16 = 2100;
    ///             let client = client.expect("who has subscribed is connected");
    ///             ble.notify(&mut wifi, client, TEMPERATURE, &celsius.to_le_bytes())?;
    ///         }
    ///         _ => {}
    ///     }
    /// }
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn bluetooth<'t>(
        &mut self,
        config: &BleConfig<'_>,
    ) -> Result<Bluetooth<'t>, Error<T::Error>> {
        self.begin_call();
        self.expect_others();
        let switched_on = self.prepare().and_then(|()| switch_on(self, config));
        self.outcome(switched_on)
    }
}

fn switch_on<'t, T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &BleConfig<'_>,
) -> Outcome<Bluetooth<'t>> {
    check(module, config)?;
    // The session learns from the same line whether notifications name their handles.
    let version = firmware(module)?;
    if config.role == Role::Both && version < BOTH {
        return Err(module.refuse(Usage::Unsupported("server and client at once")));
    }
    if role(module)? != Role::Off as u32 {
        module.tell("AT+BLEINIT=#\r\n", &[Role::Off as u32])?;
    }
    module.tell("AT+BLEINIT=#\r\n", &[config.role as u32])?;
    // What was told before is about connections that are gone.
    module.session().events.forget(b"+BLE");
    if let Some(name) = config.name {
        compose_name(module, name);
        module.send_composed(module.timeouts.command)?;
    }
    module.tell("AT+BLESECPARAM=#\r\n", &[config.ability as u32])?;
    if let Some(dbm) = config.power_dbm {
        module.tell("AT+BLETXPWR=#\r\n", &[dbm.into()])?;
    }
    info!("bluetooth is on: role {}", config.role as u32);
    Ok(Bluetooth {
        run: module.session().sockets.run(),
        version,
        table: Table::EMPTY,
        connections: Connections::new(version >= BOTH),
        goes_on: None,
        afterwards: Afterwards::Nothing,
    })
}

/// Refuses what cannot be, before anything is sent.
fn check<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, config: &BleConfig<'_>) -> Outcome {
    if config.role == Role::Off {
        return Err(module.refuse(Usage::Unsupported("bluetooth without a role")));
    }
    if config.power_dbm.is_some_and(|dbm| dbm > 20) {
        return Err(module.refuse(Usage::OutOfRange { min: 0, max: 20 }));
    }
    compose_name(module, config.name.unwrap_or(&[]));
    module.check_command()
}

fn compose_name<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, name: &[u8]) {
    let command = module.compose("AT+BLENAME=", &[]);
    command.text::<Rule>(name, NAME_MAX).put("\r\n", &[]);
}

/// Asks what the module is.
fn role<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<u32> {
    let mut told = None;
    module.compose("AT+BLEINIT?\r\n", &[]);
    module.ask("+BLEINIT:", module.timeouts.command, &mut |row: &[u8]| {
        told = number(row);
    })?;
    told.ok_or_else(|| module.engine.malformed())
}

impl Bluetooth<'_> {
    /// Switches Bluetooth LE off.
    pub fn switch_off<T: Transport, C: Clock>(
        mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |_, module| {
            module.tell("AT+BLEINIT=#\r\n", &[Role::Off as u32])
        })
    }

    /// Makes a call, of which a module must know that has not restarted since.
    fn on<'b, T: Transport, C: Clock, R>(
        &mut self,
        module: &mut Module<'b, T, C>,
        call: impl FnOnce(&mut Self, &mut Module<'b, T, C>) -> Outcome<R>,
    ) -> Result<R, Error<T::Error>> {
        module.begin_call();
        let called = module.prepare().and_then(|()| {
            self.check_run(module)?;
            call(self, module)
        });
        if let Err(fault) = &called {
            debug!("bluetooth: {}", Shown(fault));
            // Has the other device gone, and was that lost?
            self.connections.is_doubtful |= !matches!(fault, Fault::Usage);
        }
        module.outcome(called)
    }

    /// As [`on`](Self::on), about a connection that must be open.
    fn with<'b, T: Transport, C: Clock, R>(
        &mut self,
        module: &mut Module<'b, T, C>,
        connection: Connection,
        call: impl FnOnce(&mut Self, &mut Module<'b, T, C>, u32) -> Outcome<R>,
    ) -> Result<R, Error<T::Error>> {
        self.on(module, |ble, module| {
            let index = ble.connections.index(connection)?;
            call(ble, module, index)
        })
    }

    fn check_run<T: Transport, C: Clock>(&self, module: &mut Module<'_, T, C>) -> Outcome {
        match module.session().sockets.run() == self.run {
            true => Ok(()),
            false => Err(Fault::ModuleReset),
        }
    }
}
