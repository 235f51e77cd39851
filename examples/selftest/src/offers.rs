//! What only one of the modules has.

use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::st67::ble::{
    Advertising, AdvertisingData, BleConfig, Characteristic, Properties, Role, Service, Table, Uuid,
};
use atwifi::{Clock, Error, ErrorOf, Module, Transport, Usage};

use crate::wire;

/// What is written to a file, in bytes: more than goes in one piece.
const FILE: usize = 3000;
const FILE_NAME: &str = "atwifi selftest";

static TABLE: Table = Table::new(&[Service::new(
    Uuid::Short(0x181a),
    &[Characteristic::new(Uuid::Short(0x2a6e), Properties::READ)],
)])
.expect("there is room for it");
const DATA: AdvertisingData = AdvertisingData::new()
    .with_flags(AdvertisingData::DISCOVERABLE)
    .with_name(b"atwifi selftest");

/// A module, with what not every module has. What it has not is [`Usage::Unsupported`].
pub trait Offers: Dialect {
    /// What the module is called.
    const NAME: &'static str;
    /// Whether servers are checked against an authority that was loaded, by all known firmware.
    const TAKES_AUTHORITIES: bool;
    /// Whether it can sleep and stay in its network.
    const SAVES_POWER: bool;

    /// Writes a file, reads it, and deletes it. Whether it was the same.
    ///
    /// # Errors
    /// Those of the driver.
    fn keep_file<T: Transport, C: Clock>(
        wifi: &mut Module<'_, Self, T, C>,
    ) -> Result<bool, ErrorOf<Self, T>>;

    /// Advertises by Bluetooth LE during a wait.
    ///
    /// # Errors
    /// Those of the driver.
    fn advertise<T: Transport, C: Clock>(
        wifi: &mut Module<'_, Self, T, C>,
        wait: impl FnOnce(),
    ) -> Result<(), ErrorOf<Self, T>>;
}

impl Offers for St67 {
    const NAME: &'static str = "ST67W611M1";
    const TAKES_AUTHORITIES: bool = true;
    const SAVES_POWER: bool = true;

    fn keep_file<T: Transport, C: Clock>(
        wifi: &mut Module<'_, Self, T, C>,
    ) -> Result<bool, ErrorOf<Self, T>> {
        let (mut written, mut read) = ([0; FILE], [0; FILE]);
        wire::fill(0, &mut written);
        let mut files = wifi.files();
        files.write(FILE_NAME, &written)?;
        let length = files.read(FILE_NAME, 0, &mut read)?;
        files.delete(FILE_NAME)?;
        Ok(length == FILE && read == written)
    }

    fn advertise<T: Transport, C: Clock>(
        wifi: &mut Module<'_, Self, T, C>,
        wait: impl FnOnce(),
    ) -> Result<(), ErrorOf<Self, T>> {
        let mut ble = wifi.bluetooth(&BleConfig::new(Role::Server))?;
        ble.serve(wifi, &TABLE)?;
        ble.advertise(wifi, &Advertising::new(DATA))?;
        wait();
        ble.stop_advertising(wifi)?;
        ble.switch_off(wifi)
    }
}

impl Offers for Microchip {
    const NAME: &'static str = "PIC32MZW1 or WFI32";
    const TAKES_AUTHORITIES: bool = false;
    const SAVES_POWER: bool = false;

    fn keep_file<T: Transport, C: Clock>(
        _: &mut Module<'_, Self, T, C>,
    ) -> Result<bool, ErrorOf<Self, T>> {
        Err(Error::Usage(Usage::Unsupported("files")))
    }

    fn advertise<T: Transport, C: Clock>(
        _: &mut Module<'_, Self, T, C>,
        _: impl FnOnce(),
    ) -> Result<(), ErrorOf<Self, T>> {
        Err(Error::Usage(Usage::Unsupported("Bluetooth LE")))
    }
}
