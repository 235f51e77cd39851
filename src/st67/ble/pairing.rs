//! Pairing, and the devices that the module is bonded with.

use heapless::Vec;

use super::{AddressKind, Bluetooth, Connection, Passkey, rows};
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::st67::command::ble::BondRow;
use crate::st67::{Error, Module};
use crate::transport::Transport;
use crate::value::{List, Mac, Numbered};

/// How a connection is protected (reference 6.1.39).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Level {
    /// Encrypted; nobody proves who they are.
    Encrypted = 2,
    /// With a passkey.
    Authenticated = 3,
    /// With a passkey, and by the newer procedure alone.
    Secure = 4,
}

/// A device that the module is bonded with. The key that they share is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bond {
    /// Its address.
    pub peer: Mac,
    /// The kind of that, if it is one that the reference names.
    pub kind: Option<AddressKind>,
}

impl Bluetooth<'_> {
    /// Asks the other device to be paired. What comes of it, and what there is to do, tells
    /// [`next`](Bluetooth::next).
    pub fn pair<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        level: Level,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLESECSTART=#,#\r\n", &[index, level as u32])
        })
    }

    /// Both devices show the same number: [`Event::ComparePasskey`](super::Event::ComparePasskey).
    pub fn confirm_passkey<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLESECPASSKEYCONFIRM=#\r\n", &[index])
        })
    }

    /// The device may be paired: [`Event::AsksToPair`](super::Event::AsksToPair).
    pub fn confirm_pairing<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLESECPAIRINGCONFIRM=#\r\n", &[index])
        })
    }

    /// The number that the other device shows: [`Event::EnterPasskey`](super::Event::EnterPasskey).
    pub fn enter_passkey<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        passkey: Passkey,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLESECPASSKEY=#,#\r\n", &[index, passkey.reveal()])
        })
    }

    /// Breaks pairing off, whatever there was to do.
    pub fn cancel_pairing<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLESECCANNEL=#\r\n", &[index])
        })
    }

    /// The devices that the module is bonded with.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`](crate::Usage::BufferTooSmall) if there are more than `N`.
    pub fn bonds<T: Transport, C: Clock, const N: usize>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<Vec<Bond, N>, Error<T::Error>> {
        let mut bonds = List::new();
        self.on(module, |_, module| {
            each_bond(module, &mut |bond| bonds.take(*bond))
        })?;
        bonds.finish().map_err(Error::Usage)
    }

    /// Forgets a device. One that is not known is no error.
    pub fn forget_bond<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        peer: Mac,
        kind: AddressKind,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |_, module| {
            let command = module.compose("AT+BLESECUNPAIR=", &[]);
            command.mac(peer).put(",#\r\n", &[kind.number()]);
            module.send_composed(module.timeouts.command)?;
            // An address that was spoilt on the way is another device's, and the module says `OK` to it.
            let mut is_left = false;
            each_bond(module, &mut |bond| {
                is_left |= bond.peer == peer && bond.kind.is_none_or(|other| other == kind);
            })?;
            match is_left {
                true => Err(module.engine.malformed()),
                false => Ok(()),
            }
        })
    }
}

/// Asks for the devices that the module is bonded with.
fn each_bond<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    each: &mut dyn FnMut(&Bond),
) -> Outcome {
    module.compose("AT+BLESECGETLTKLIST?\r\n", &[]);
    let timeout = module.timeouts.command;
    rows::gather(module, BondRow::NAMES, timeout, &mut |values| {
        let row = BondRow::parse_values(values)?;
        let kind = match row.peer.kind {
            b"public" => Some(AddressKind::Public),
            b"random" => Some(AddressKind::Random),
            _ => None,
        };
        let peer = row.peer.address;
        each(&Bond { peer, kind });
        Some(())
    })
}
