//! Services and characteristics, and their handles.

/// A characteristic of a [`BlePeer`](crate::BlePeer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BleCharacteristic {
    /// Its UUID, as a module prints it: `2a37`, or with hyphens.
    pub uuid: String,
    /// What can be done with it: 2 read, 4 write without response, 8 write, 16 notify, 32 indicate.
    pub properties: u8,
    /// What it holds.
    pub value: Vec<u8>,
}

impl BleCharacteristic {
    /// A characteristic with these properties.
    pub fn new(uuid: impl Into<String>, properties: u8, value: impl Into<Vec<u8>>) -> Self {
        BleCharacteristic {
            uuid: uuid.into(),
            properties,
            value: value.into(),
        }
    }

    /// It has a descriptor with which a client subscribes.
    fn is_subscribable(&self) -> bool {
        self.properties & 0x30 != 0
    }
}

/// A service of a [`BlePeer`](crate::BlePeer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BleService {
    /// Its UUID, as a module prints it: `180d`, or with hyphens.
    pub uuid: String,
    /// Whether it is a primary service.
    pub primary: bool,
    /// Its characteristics, in their order.
    pub characteristics: Vec<BleCharacteristic>,
}

impl BleService {
    /// A primary service.
    pub fn new(uuid: impl Into<String>, characteristics: Vec<BleCharacteristic>) -> Self {
        BleService {
            uuid: uuid.into(),
            primary: true,
            characteristics,
        }
    }
}

/// A service as a client discovers it.
pub(crate) struct Found {
    pub uuid: String,
    pub primary: bool,
    pub start: u16,
    pub end: u16,
    pub characteristics: Vec<FoundCharacteristic>,
}

/// A characteristic as a client discovers it.
#[derive(Clone, Debug)]
pub(crate) struct FoundCharacteristic {
    pub uuid: String,
    pub properties: u8,
    pub handle: u16,
}

impl FoundCharacteristic {
    /// The handle of its value.
    pub fn value_handle(&self) -> u16 {
        self.handle.saturating_add(1)
    }
}

/// These services as a client discovers them, with their handles.
pub(super) fn discover(services: &[BleService]) -> Vec<Found> {
    let mut next = 1_u16;
    let mut take = |count: u16| {
        let first = next;
        next = next.saturating_add(count);
        first
    };
    services
        .iter()
        .map(|service| {
            let start = take(1);
            let characteristics = service.characteristics.iter();
            let characteristics: Vec<FoundCharacteristic> = characteristics
                .map(|known| FoundCharacteristic {
                    uuid: known.uuid.clone(),
                    properties: known.properties,
                    handle: take(if known.is_subscribable() { 3 } else { 2 }),
                })
                .collect();
            Found {
                uuid: service.uuid.clone(),
                primary: service.primary,
                start,
                end: take(0).saturating_sub(1),
                characteristics,
            }
        })
        .collect()
}
