//! Pairing, and the peers that the module is bonded with.

use std::time::Duration;

use super::{Later, address, digits};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// What the module can show and be told, as `AT+BLESECPARAM` has it.
const DISPLAY: i64 = 0;
const DISPLAY_AND_YES: i64 = 1;
const KEYBOARD: i64 = 2;
const NOTHING: i64 = 3;
const KEYBOARD_AND_DISPLAY: i64 = 4;
/// From this level on a passkey is needed.
const AUTHENTICATED: i64 = 3;
/// The key of every bond.
const KEY: [u8; 16] = [
    0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x00,
];

/// How far a pairing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairing {
    /// The peer has been asked, with this level.
    Begun(i64),
    /// The host must agree.
    AwaitsAgreement,
    /// The host must say that the keys are the same.
    AwaitsComparison,
    /// The host must tell the key that the peer shows.
    AwaitsKey,
    /// It is about to end.
    Ends,
}

/// A peer that the module is bonded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) struct Bond {
    address: ([u8; 6], bool),
}

/// An address with its kind.
fn labelled((address, random): ([u8; 6], bool)) -> String {
    let address = address.map(|byte| format!("{byte:02X}")).join(":");
    let kind = if random { "random" } else { "public" };
    format!("{address} ({kind})")
}

impl St67 {
    /// `AT+BLESECPARAM?`
    pub(in crate::st67) fn ble_capability(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        self.say(&format!("+BLESECPARAM:{}", self.ble.setup.capability));
        Ok(Reply::Ok)
    }

    /// `AT+BLESECPARAM=<capability>`
    pub(in crate::st67) fn set_ble_capability(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_ble()?;
        let range = DISPLAY..=KEYBOARD_AND_DISPLAY;
        self.ble.setup.capability = arguments.need_number(0, range)?;
        Ok(Reply::Ok)
    }

    /// `AT+BLESECSTART=<connection>,<level>`
    pub(in crate::st67) fn ble_pair(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        self.need_ble()?;
        let level = arguments.need_number(1, 0..=4)?;
        let index = self.ble_connection(arguments, 0)?;
        self.begin_pairing(index, level, world.now)?;
        Ok(Reply::Ok)
    }

    /// Begins to pair, if the level needs that and the module is able to.
    pub(super) fn begin_pairing(
        &mut self,
        index: usize,
        level: i64,
        now: Duration,
    ) -> Result<(), Code> {
        if level < AUTHENTICATED - 1 {
            return Ok(());
        }
        if level >= AUTHENTICATED && self.ble.setup.capability == NOTHING {
            return Err(Code::FAILED);
        }
        let pairing = self.pairing(index).ok_or(Code::INVALID)?;
        if pairing.is_some() {
            return Err(Code::FAILED);
        }
        *pairing = Some(Pairing::Begun(level));
        self.ble.later(now, Later::Pairing(index));
        Ok(())
    }

    fn pairing(&mut self, index: usize) -> Option<&mut Option<Pairing>> {
        let connection = self.ble.connections.get_mut(index)?.as_mut()?;
        Some(&mut connection.pairing)
    }

    /// The peer has answered.
    pub(super) fn go_on_pairing(&mut self, index: usize, now: Duration) {
        let Some(connection) = self.ble.connection(index) else {
            return;
        };
        let (label, key) = (labelled(connection.address), connection.peer.passkey());
        let mistypes = connection.peer.mistypes();
        let Some(Pairing::Begun(level)) = connection.pairing else {
            return;
        };
        let capability = self.ble.setup.capability;
        let next = match capability {
            DISPLAY_AND_YES | KEYBOARD_AND_DISPLAY if level < AUTHENTICATED => {
                self.say(&format!("+BLE:PAIRINGCONFIRM:{label}"));
                Pairing::AwaitsAgreement
            }
            DISPLAY if level >= AUTHENTICATED => {
                self.say(&format!("+BLE:PASSKEYDISPLAY:{key:06}"));
                Pairing::Ends
            }
            DISPLAY_AND_YES if level >= AUTHENTICATED => {
                self.say(&format!("+BLE:PASSKEYCONFIRM:{label}PASSKEY:{key:06}"));
                Pairing::AwaitsComparison
            }
            KEYBOARD | KEYBOARD_AND_DISPLAY if level >= AUTHENTICATED => {
                self.say(&format!("+BLE:PASSKEYENTRY:{label}"));
                Pairing::AwaitsKey
            }
            _ => Pairing::Ends,
        };
        if next == Pairing::Ends {
            let shown = capability == DISPLAY && level >= AUTHENTICATED;
            self.end_pairing(index, !(shown && mistypes), now);
        } else if let Some(pairing) = self.pairing(index) {
            *pairing = Some(next);
        }
    }

    /// The outcome is certain, and told soon.
    fn end_pairing(&mut self, index: usize, good: bool, now: Duration) {
        if let Some(pairing) = self.pairing(index) {
            *pairing = Some(Pairing::Ends);
        }
        let outcome = if good {
            Later::Paired(index)
        } else {
            Later::PairingFailed(index)
        };
        self.ble.later(now, outcome);
    }

    pub(super) fn paired(&mut self, index: usize) {
        if self.pairing(index).and_then(Option::take).is_none() {
            return;
        }
        let Some(address) = self.ble.connection(index).map(|known| known.address) else {
            return;
        };
        let (label, key) = (labelled(address), digits(&KEY));
        self.say(&format!(
            "+BLE:PAIRINGCOMPLETED: Bonded BTADDR: {label} LTK: {key}"
        ));
        let bond = Bond { address };
        if !self.flash.bonds.contains(&bond) {
            self.flash.bonds.push(bond);
        }
    }

    pub(super) fn pairing_failed(&mut self, index: usize) {
        if self.pairing(index).and_then(Option::take).is_none() {
            return;
        }
        if let Some(connection) = self.ble.connection(index) {
            let label = labelled(connection.address);
            self.say(&format!("+BLE:PAIRINGFAILED: {label}"));
        }
    }

    /// The host answers what it has been asked.
    fn answer_pairing(
        &mut self,
        arguments: &Arguments,
        awaited: Pairing,
        now: Duration,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        let index = self.ble_connection(arguments, 0)?;
        let passkey = match awaited {
            Pairing::AwaitsKey => Some(arguments.need_number(1, 0..=999_999)?),
            _ => None,
        };
        if self.pairing(index) != Some(&mut Some(awaited)) {
            return Err(Code::FAILED);
        }
        let right = self.ble.connection(index).map(|known| known.peer.passkey());
        let good = passkey.is_none_or(|passkey| u32::try_from(passkey).ok() == right);
        self.end_pairing(index, good, now);
        Ok(Reply::Ok)
    }

    /// `AT+BLESECPASSKEYCONFIRM=<connection>`
    pub(in crate::st67) fn confirm_ble_passkey(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.answer_pairing(arguments, Pairing::AwaitsComparison, world.now)
    }

    /// `AT+BLESECPAIRINGCONFIRM=<connection>`
    pub(in crate::st67) fn confirm_ble_pairing(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.answer_pairing(arguments, Pairing::AwaitsAgreement, world.now)
    }

    /// `AT+BLESECPASSKEY=<connection>,<passkey>`
    pub(in crate::st67) fn enter_ble_passkey(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        self.answer_pairing(arguments, Pairing::AwaitsKey, world.now)
    }

    /// `AT+BLESECCANNEL=<connection>`
    pub(in crate::st67) fn cancel_ble_pairing(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_ble()?;
        let index = self.ble_connection(arguments, 0)?;
        let running =
            matches!(self.pairing(index), Some(Some(pairing)) if *pairing != Pairing::Ends);
        let connection = self.ble.connection(index).filter(|_| running);
        let label = labelled(connection.ok_or(Code::FAILED)?.address);
        self.say(&format!("+BLE:PAIRCANNELED:{label}"));
        self.end_pairing(index, false, world.now);
        Ok(Reply::Ok)
    }

    /// `AT+BLESECGETLTKLIST?`
    pub(in crate::st67) fn ble_bonds(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        let (head, key) = (self.variant.ble.bond_row, digits(&KEY));
        for bond in self.flash.bonds.clone() {
            let label = labelled(bond.address);
            self.say(&format!("{head} {label} LTK:{key}"));
        }
        Ok(Reply::Ok)
    }

    /// `AT+BLESECUNPAIR=<"address">,<address type>`
    pub(in crate::st67) fn ble_unpair(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        self.need_ble()?;
        let random = arguments.need_number(1, 0..=1)? == 1;
        let address = (address(arguments, 0)?, random);
        self.flash.bonds.retain(|bond| bond.address != address);
        Ok(Reply::Ok)
    }
}
