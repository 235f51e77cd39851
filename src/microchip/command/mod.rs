//! The PIC32MZW1's commands, a file for each chapter of the vendor's reference.
//!
//! Each is a struct that serializes itself and parses its reply, with
//! [`Module::command`](crate::Module::command) or with a client of `atat`'s own; replies of rows
//! come with [`Module::command_for_rows`](crate::Module::command_for_rows), data with
//! [`Module::command_with_data`](crate::Module::command_with_data) and
//! [`Module::command_for_data`](crate::Module::command_for_data).
//!
//! | wire name | struct |
//! |---|---|
//! | `AT` | [`Test`](general::Test) |
//! | `ATE<N>` | [`SetEcho`](general::SetEcho) |
//! | `AT+GMI` | [`GetManufacturer`](general::GetManufacturer) |
//! | `AT+GMM` | [`GetModel`](general::GetModel) |
//! | `AT+GMR` | [`GetRevision`](general::GetRevision) |
//! | `AT+LOWPOWER=<MODE>` | [`Sleep`](general::Sleep) |
//! | `AT+READCERT=<TYPE>` | [`ReadCertificate`](general::ReadCertificate) |
//! | `AT+LOADCERT=<LEN>,<NAME>` | [`LoadCertificate`](general::LoadCertificate) |
//! | `AT+WSCNC[=<ID>]` | [`GetScanParameters`](scanning::GetScanParameters) |
//! | `AT+WSCNC=<ID>,<VAL>` | [`ConfigureScan`](scanning::ConfigureScan) |
//! | `AT+WSCNA` | [`ScanActively`](scanning::ScanActively) |
//! | `AT+WSCNP` | [`ScanPassively`](scanning::ScanPassively) |
//! | `AT+WSTAC[=<ID>]` | [`GetStationParameters`](wlan::GetStationParameters) |
//! | `AT+WSTAC=<ID>,<VAL>` | [`ConfigureStation`](wlan::ConfigureStation) |
//! | `AT+WSTA` | [`GetStation`](wlan::GetStation) |
//! | `AT+WSTA=<STATE>` | [`SetStation`](wlan::SetStation) |
//! | `AT+WAPC[=<ID>]` | [`GetAccessPointParameters`](wlan::GetAccessPointParameters) |
//! | `AT+WAPC=<ID>,<VAL>` | [`ConfigureAccessPoint`](wlan::ConfigureAccessPoint) |
//! | `AT+WAP` | [`GetAccessPoint`](wlan::GetAccessPoint) |
//! | `AT+WAP=<STATE>` | [`SetAccessPoint`](wlan::SetAccessPoint) |
//! | `AT+WPROVC[=<ID>]` | [`GetProvisioningParameters`](wlan::GetProvisioningParameters) |
//! | `AT+WPROVC=<ID>,<VAL>` | [`ConfigureProvisioning`](wlan::ConfigureProvisioning) |
//! | `AT+WPROV` | [`GetProvisioning`](wlan::GetProvisioning) |
//! | `AT+WPROV=<STATE>` | [`SetProvisioning`](wlan::SetProvisioning) |
//! | `AT+MQTTC[=<ID>]` | [`GetMqttParameters`](mqtt::GetMqttParameters) |
//! | `AT+MQTTC=<ID>,<VAL>` | [`ConfigureMqtt`](mqtt::ConfigureMqtt) |
//! | `AT+MQTTCONN` | [`GetMqttConnection`](mqtt::GetMqttConnection) |
//! | `AT+MQTTCONN=<CLEAN>` | [`ConnectMqtt`](mqtt::ConnectMqtt) |
//! | `AT+MQTTSUB` | [`Subscribe`](mqtt::Subscribe) |
//! | `AT+MQTTUNSUB` | [`Unsubscribe`](mqtt::Unsubscribe) |
//! | `AT+MQTTPUB` | [`Publish`](mqtt::Publish) |
//! | `AT+MQTTDISCONN` | [`DisconnectMqtt`](mqtt::DisconnectMqtt) |
//! | `AT+SOCKO` | [`Open`](network::Open) |
//! | `AT+SOCKCL` | [`Close`](network::Close) |
//! | `AT+SOCKBL` | [`Bind`](network::Bind) |
//! | `AT+SOCKBR` | [`Connect`](network::Connect) |
//! | `AT+SOCKBM` | [`JoinGroup`](network::JoinGroup) |
//! | `AT+SOCKTLS` | [`StartTls`](network::StartTls) |
//! | `AT+SOCKLST` | [`GetSockets`](network::GetSockets) |
//! | `AT+SOCKLST=<ID>` | [`GetSocket`](network::GetSocket) |
//! | `AT+SOCKWR` | [`Send`](network::Send), [`SendText`](network::SendText) |
//! | `AT+SOCKWRTO` | [`SendTo`](network::SendTo), [`SendTextTo`](network::SendTextTo) |
//! | `AT+SOCKRD` | [`Receive`](network::Receive), [`ReceiveText`](network::ReceiveText) |
//! | `AT+TLSC=<IDX>[,<ID>]` | [`GetTlsParameters`](network::GetTlsParameters) |
//! | `AT+TLSC=<IDX>,<ID>,<VAL>` | [`ConfigureTls`](network::ConfigureTls) |
//! | `AT+DNSRESOLV` | [`Resolve`](network::Resolve) |
//! | `AT+PING` | [`Ping`](network::Ping) |
//!
//! The events are variants of [`Event`](crate::microchip::Event).

pub mod general;
pub mod mqtt;
pub mod network;
mod parameter;
pub mod scanning;
pub mod wlan;

use atat::AtatResp;
use atat::atat_derive::AtatResp;
use atat::serde_at::serde::{Serialize, Serializer};

use crate::engine::text::rows;
use crate::error::Usage;

/// The reply of a command that answers with `OK` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Done {}

/// A reply of rows: how many there are. The rows themselves come with
/// [`Module::command_for_rows`](crate::Module::command_for_rows).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// As many.
    pub count: usize,
}

impl AtatResp for Rows {}

fn parse_rows(reply: &[u8], is_row: fn(&[u8]) -> bool) -> Result<Rows, atat::Error> {
    rows(reply, is_row).map(|count| Rows { count })
}

/// A radio channel, or any: 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Channel(u8);

impl Channel {
    /// Any channel.
    pub const ANY: Channel = Channel(255);

    /// A channel of the 2.4 GHz band.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] if it is none of 1 to 14.
    pub fn new(number: u8) -> Result<Self, Usage> {
        match number {
            1..=14 => Ok(Channel(number)),
            _ => Err(Usage::OutOfRange { min: 1, max: 14 }),
        }
    }
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}
