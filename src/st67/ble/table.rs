//! What a server offers, as a table in flash.

use crate::st67::command::ble::{Permissions, Properties, Uuid};

/// How many services the module has room for, and characteristics in each (reference 6.1.17, 6.1.21).
pub const SERVICES: usize = 3;
/// Characteristics of each.
pub const CHARACTERISTICS: usize = 5;
/// The longest value, in bytes (reference 6.1.22).
pub const VALUE_MAX: usize = 244;

/// The services of a server.
///
/// ```
/// use atwifi::st67::ble::{At, Characteristic, Properties, Service, Table, Uuid};
///
/// const TEMPERATURE: Uuid = Uuid::Short(0x2a6e);
/// static TABLE: Table = Table::new(&[Service::new(
///     Uuid::Short(0x181a),
///     &[Characteristic::new(TEMPERATURE, Properties::READ.and(Properties::NOTIFY))],
/// )])
/// .expect("three services of five characteristics at most");
/// // What events and calls name it by, found when the program is compiled.
/// const AT_TEMPERATURE: At = At::new(0, 0).expect("a place that there can be");
/// assert_eq!(TABLE.find(TEMPERATURE), Some(AT_TEMPERATURE));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Table<'t> {
    services: &'t [Service<'t>],
}

/// A service of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Service<'t> {
    pub(super) uuid: Uuid,
    pub(super) is_primary: bool,
    pub(super) characteristics: &'t [Characteristic<'t>],
}

/// A characteristic of a [`Service`].
#[derive(Clone, Copy, Debug)]
pub struct Characteristic<'t> {
    pub(super) uuid: Uuid,
    pub(super) properties: Properties,
    pub(super) value: &'t [u8],
}

/// The place of a characteristic in its [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct At(u8);

impl At {
    /// The characteristic with this number in the service with that number, both from 0; `None` if no
    /// table has room for it.
    #[must_use]
    pub const fn new(service: usize, characteristic: usize) -> Option<At> {
        if service >= SERVICES || characteristic >= CHARACTERISTICS {
            return None;
        }
        Some(At((service * CHARACTERISTICS + characteristic) as u8))
    }

    /// The numbers by which the module knows it.
    pub(super) fn numbers(self) -> [u32; 2] {
        let (mut service, mut characteristic) = (0, u32::from(self.0));
        // A core without a division has a long one in its library.
        while characteristic >= CHARACTERISTICS as u32 {
            characteristic -= CHARACTERISTICS as u32;
            service += 1;
        }
        [service, characteristic]
    }
}

impl<'t> Table<'t> {
    /// A table without a service.
    pub const EMPTY: Table<'static> = Table { services: &[] };

    /// These services, in this order; `None` where the module has no room for them: more than three, more
    /// than five characteristics in one of them, or a value of more than 244 bytes.
    #[must_use]
    pub const fn new(services: &'t [Service<'t>]) -> Option<Table<'t>> {
        if services.len() > SERVICES {
            return None;
        }
        let mut rest = services;
        while let [service, others @ ..] = rest {
            if !service.fits() {
                return None;
            }
            rest = others;
        }
        Some(Table { services })
    }

    /// Where the first characteristic with this UUID is.
    #[must_use]
    pub fn find(&self, uuid: Uuid) -> Option<At> {
        let mut all = self.all();
        all.find(|(_, found)| found.uuid == uuid).map(|(at, _)| at)
    }

    /// The services, numbered as the module numbers them.
    pub(super) fn services(&self) -> impl Iterator<Item = (u32, &'t Service<'t>)> + use<'t> {
        (0..).zip(self.services)
    }

    /// The characteristics, with their places.
    pub(super) fn all(&self) -> impl Iterator<Item = (At, &'t Characteristic<'t>)> + use<'t> {
        self.services().flat_map(|(service, known)| {
            let first = service as usize * CHARACTERISTICS;
            let numbered = (first..).zip(known.characteristics);
            numbered.map(|(at, characteristic)| (At(at as u8), characteristic))
        })
    }

    /// The place with these numbers, if there is a characteristic.
    pub(super) fn at(&self, service: u8, characteristic: u8) -> Option<At> {
        let known = self.services.get(usize::from(service))?;
        known.characteristics.get(usize::from(characteristic))?;
        At::new(service.into(), characteristic.into())
    }
}

impl<'t> Service<'t> {
    /// A service that stands for itself, with these characteristics.
    #[must_use]
    pub const fn new(uuid: Uuid, characteristics: &'t [Characteristic<'t>]) -> Self {
        Service {
            uuid,
            is_primary: true,
            characteristics,
        }
    }

    /// The same, as part of others.
    #[must_use]
    pub const fn secondary(self) -> Self {
        Service {
            is_primary: false,
            ..self
        }
    }

    const fn fits(&self) -> bool {
        if self.characteristics.len() > CHARACTERISTICS {
            return false;
        }
        let mut rest = self.characteristics;
        while let [characteristic, others @ ..] = rest {
            if characteristic.value.len() > VALUE_MAX {
                return false;
            }
            rest = others;
        }
        true
    }
}

impl<'t> Characteristic<'t> {
    /// A characteristic with which that can be done.
    #[must_use]
    pub const fn new(uuid: Uuid, properties: Properties) -> Self {
        Characteristic {
            uuid,
            properties,
            value: &[],
        }
    }

    /// The same, of which this is read until another value is set.
    #[must_use]
    pub const fn with_value(self, value: &'t [u8]) -> Self {
        Characteristic { value, ..self }
    }

    /// What others may do with it, which follows from what can be done. The reference has no number for
    /// nothing, as one that is only told of would need.
    pub(super) fn permissions(&self) -> Permissions {
        let writes = Properties::WRITE.and(Properties::WRITE_WITHOUT_RESPONSE);
        let can_be_written = self.properties.bits() & writes.bits() != 0;
        match (self.properties.contains(Properties::READ), can_be_written) {
            (true, true) => Permissions::ALL,
            (false, true) => Permissions::WRITE,
            (_, false) => Permissions::READ,
        }
    }
}
