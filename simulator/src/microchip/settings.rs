//! Settings by number, as `AT+WSTAC`, `AT+WAPC` and their like change and tell them.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::Microchip;
use super::engine::Reply;
use super::parameter::{self, Parameter, Parameters};
use super::status::Status;
use super::text::printable;

/// The settings of one command, by their number.
#[derive(Debug)]
pub(super) struct Settings(Vec<(i64, Value)>);

#[derive(Clone, Debug)]
pub(super) enum Value {
    Integer(i64),
    /// An integer in a range.
    Bounded(i64, RangeInclusive<i64>),
    Text {
        bytes: Vec<u8>,
        longest: usize,
    },
    Address(Ipv4Addr),
    Switch(bool),
}

impl Value {
    /// A text that is empty.
    pub const fn text(longest: usize) -> Value {
        Value::Text {
            bytes: Vec::new(),
            longest,
        }
    }

    /// A text that is there from the beginning.
    pub fn named(text: &str, longest: usize) -> Value {
        Value::Text {
            bytes: text.into(),
            longest,
        }
    }

    /// Takes the parameter, and says whether it fits.
    fn set(&mut self, parameter: &Parameter) -> bool {
        match (self, parameter) {
            (Value::Integer(value), Parameter::Integer(new)) => *value = *new,
            (Value::Bounded(value, range), Parameter::Integer(new)) if range.contains(new) => {
                *value = *new;
            }
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
            Value::Integer(value) | Value::Bounded(value, _) => value.to_string(),
            Value::Switch(value) => u8::from(*value).to_string(),
            Value::Address(value) => format!("\"{value}\""),
            Value::Text { bytes, .. } => printable(bytes),
        }
    }
}

impl Settings {
    pub fn new(values: impl IntoIterator<Item = (i64, Value)>) -> Self {
        Settings(values.into_iter().collect())
    }

    /// The numbers that there are.
    pub fn ids(&self) -> Vec<i64> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    fn get(&self, id: i64) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| *known == id);
        found.map(|(_, value)| value)
    }

    pub fn print(&self, id: i64) -> Option<String> {
        Some(self.get(id)?.print())
    }

    /// Takes a value. The firmware returns the number of bytes of a text that it has stored, so
    /// that one of none looks like a failure there.
    fn set(&mut self, id: i64, parameter: &Parameter, empty_fails: bool) -> Result<(), Status> {
        let mut values = self.0.iter_mut();
        let found = values.find(|(known, _)| *known == id);
        let (_, value) = found.ok_or(Status::ACCESS_FAILED)?;
        let taken = value.set(parameter);
        let emptied = matches!(value, Value::Text { bytes, .. } if bytes.is_empty());
        if taken && !(emptied && empty_fails) {
            return Ok(());
        }
        Err(Status::ACCESS_FAILED)
    }

    pub fn integer(&self, id: i64) -> i64 {
        match self.get(id) {
            Some(Value::Integer(value) | Value::Bounded(value, _)) => *value,
            Some(Value::Switch(value)) => i64::from(*value),
            _ => 0,
        }
    }

    pub fn text(&self, id: i64) -> &[u8] {
        match self.get(id) {
            Some(Value::Text { bytes, .. }) => bytes,
            _ => &[],
        }
    }

    pub fn address(&self, id: i64) -> Ipv4Addr {
        match self.get(id) {
            Some(Value::Address(address)) => *address,
            _ => Ipv4Addr::UNSPECIFIED,
        }
    }
}

impl Microchip {
    /// Takes `<id>,<value>`, unless what is set is in use.
    pub(super) fn change(
        &mut self,
        settings: fn(&mut Microchip) -> &mut Settings,
        parameters: &Parameters,
        in_use: bool,
    ) -> Result<(), Status> {
        let id = parameters.integer(0)?;
        if in_use {
            return Err(Status::UPDATE_BLOCKED);
        }
        let empty_fails = self.variant.empty_text_fails;
        settings(self).set(id, parameters.get(1)?, empty_fails)
    }

    /// `[=<id>[,<value>]]` of a command that has nothing special about it.
    pub(super) fn configure(
        &mut self,
        name: &str,
        settings: fn(&mut Microchip) -> &mut Settings,
        parameters: &Parameters,
        in_use: bool,
    ) -> Result<Reply, Status> {
        if parameters.len() > 1 {
            self.change(settings, parameters, in_use)?;
            return Ok(Reply::Ok);
        }
        let ids = match parameters.len() {
            0 => settings(self).ids(),
            _ => vec![parameters.integer(0)?],
        };
        for id in ids {
            let value = settings(self).print(id).ok_or(Status::ACCESS_FAILED)?;
            self.say(&format!("{name}:{id},{value}"));
        }
        Ok(Reply::Ok)
    }
}
