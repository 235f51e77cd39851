//! What `AT+WSTAC` sets.

use std::net::Ipv4Addr;

use super::parameter::{self, Parameter};
use super::status::Status;
use super::text::printable;

/// The settings of the station, by their number less one.
#[derive(Debug)]
pub(super) struct Settings([Value; 15]);

#[derive(Debug)]
enum Value {
    Integer(i64),
    Text { bytes: Vec<u8>, longest: usize },
    Address(Ipv4Addr),
    Switch(bool),
}

impl Value {
    const fn text(longest: usize) -> Value {
        Value::Text {
            bytes: Vec::new(),
            longest,
        }
    }

    /// Takes the parameter, and says whether it fits.
    fn set(&mut self, parameter: &Parameter) -> bool {
        match (self, parameter) {
            (Value::Integer(value), Parameter::Integer(new)) => *value = *new,
            (Value::Switch(value), Parameter::Integer(new @ 0..=1)) => *value = *new == 1,
            (Value::Address(value), Parameter::Text(new)) => {
                *value = parameter::address(new).unwrap_or(Ipv4Addr::UNSPECIFIED);
            }
            (Value::Text { bytes, longest }, Parameter::Text(new)) if new.len() <= *longest => {
                bytes.clone_from(new);
            }
            _ => return false,
        }
        true
    }

    fn print(&self) -> String {
        match self {
            Value::Integer(value) => value.to_string(),
            Value::Switch(value) => u8::from(*value).to_string(),
            Value::Address(value) => format!("\"{value}\""),
            Value::Text { bytes, .. } => printable(bytes),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let address = || Value::Address(Ipv4Addr::UNSPECIFIED);
        Settings([
            Value::text(32),
            Value::Integer(0),
            Value::text(128),
            Value::Integer(i64::from(u8::MAX)),
            Value::text(6),
            address(),
            address(),
            address(),
            address(),
            address(),
            Value::Switch(true),
            Value::text(128),
            Value::Switch(false),
            Value::Switch(true),
            Value::Switch(false),
        ])
    }
}

impl Settings {
    pub const COUNT: i64 = 15;

    /// Any channel.
    pub const ANY_CHANNEL: i64 = 255;

    fn index(id: i64) -> Option<usize> {
        usize::try_from(id)
            .ok()?
            .checked_sub(1)
            .filter(|index| *index < 15)
    }

    pub fn print(&self, id: i64) -> Option<String> {
        Some(self.0[Self::index(id)?].print())
    }

    pub fn set(&mut self, id: i64, parameter: &Parameter) -> Result<(), Status> {
        let index = Self::index(id).ok_or(Status::ACCESS_FAILED)?;
        if self.0[index].set(parameter) {
            return Ok(());
        }
        Err(Status::ACCESS_FAILED)
    }

    fn integer(&self, id: i64) -> i64 {
        match Self::index(id).map(|index| &self.0[index]) {
            Some(Value::Integer(value)) => *value,
            Some(Value::Switch(value)) => i64::from(*value),
            _ => 0,
        }
    }

    fn text(&self, id: i64) -> &[u8] {
        match Self::index(id).map(|index| &self.0[index]) {
            Some(Value::Text { bytes, .. }) => bytes,
            _ => &[],
        }
    }

    pub fn ssid(&self) -> &[u8] {
        self.text(1)
    }

    pub fn security(&self) -> i64 {
        self.integer(2)
    }

    pub fn credentials(&self) -> &[u8] {
        self.text(3)
    }

    pub fn channel(&self) -> i64 {
        self.integer(4)
    }

    pub fn bssid(&self) -> &[u8] {
        self.text(5)
    }

    pub fn address(&self) -> Ipv4Addr {
        match &self.0[5] {
            Value::Address(address) => *address,
            _ => Ipv4Addr::UNSPECIFIED,
        }
    }

    pub fn dhcp(&self) -> bool {
        self.integer(11) == 1
    }

    /// The time is asked for once the station has its address. The simulated networks name no
    /// server of their own.
    pub fn asks_for_time(&self) -> bool {
        self.integer(13) == 1 && self.integer(14) == 1
    }
}
