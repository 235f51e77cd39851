//! Bluetooth LE devices within reach of a module.

mod attributes;

pub use attributes::{BleCharacteristic, BleService};
pub(crate) use attributes::{Found, FoundCharacteristic};

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a client wants to be told of a characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BleUpdates {
    /// Nothing.
    None,
    /// Its new values.
    Notifications,
    /// Its new values, each of which is acknowledged.
    Indications,
}

/// A Bluetooth LE device within reach of the module, in the hand of a test. It waits for the module
/// to connect, or connects to the module when it advertises. Clones are handles to the same device.
///
/// What a test makes it do happens when the time of the simulation goes on.
#[derive(Clone)]
pub struct BlePeer(Arc<Mutex<Device>>);

#[derive(Default)]
struct Device {
    address: [u8; 6],
    random: bool,
    rssi: i8,
    /// What it sends while it is not connected, and what it answers to an active scan.
    advertisement: Option<(Vec<u8>, Vec<u8>)>,
    services: Vec<BleService>,
    passkey: u32,
    mistypes: bool,
    connected: bool,
    /// What the module advertises.
    heard: Option<(Vec<u8>, Vec<u8>)>,
    /// What the module tells of itself.
    information: BTreeMap<String, Vec<u8>>,
    actions: VecDeque<Action>,
    subscriptions: BTreeMap<u16, BleUpdates>,
    written: Vec<(u16, Vec<u8>)>,
    updates: Vec<Vec<u8>>,
    answers: Vec<Vec<u8>>,
}

/// What a device is to do next.
pub(crate) enum Action {
    Connect,
    Disconnect,
    Write {
        service: usize,
        characteristic: usize,
        data: Vec<u8>,
    },
    Read {
        service: usize,
        characteristic: usize,
    },
    Subscribe {
        service: usize,
        characteristic: usize,
        updates: BleUpdates,
    },
    Notify {
        handle: u16,
        data: Vec<u8>,
    },
    Pair {
        level: u8,
    },
    Alert(u8),
}

impl BlePeer {
    /// A device with this public address that does not advertise.
    #[must_use]
    pub fn new(address: [u8; 6]) -> Self {
        BlePeer(Arc::new(Mutex::new(Device {
            address,
            rssi: -60,
            passkey: 123_456,
            ..Device::default()
        })))
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with(self, change: impl FnOnce(&mut Device)) -> Self {
        change(&mut self.device());
        self
    }

    /// The same device, with a random address.
    #[must_use]
    pub fn random(self) -> Self {
        self.with(|device| device.random = true)
    }

    /// The same device, heard at this strength in dBm.
    #[must_use]
    pub fn heard_at(self, rssi: i8) -> Self {
        self.with(|device| device.rssi = rssi)
    }

    /// The same device, advertising this, and answering that to an active scan.
    #[must_use]
    pub fn advertising(self, data: impl Into<Vec<u8>>, response: impl Into<Vec<u8>>) -> Self {
        self.with(|device| device.advertisement = Some((data.into(), response.into())))
    }

    /// The same device with one more service.
    #[must_use]
    pub fn with_service(self, service: BleService) -> Self {
        self.with(|device| device.services.push(service))
    }

    /// The same device with this passkey: the one that it shows, or that the module shows it.
    #[must_use]
    pub fn with_passkey(self, passkey: u32) -> Self {
        self.with(|device| device.passkey = passkey)
    }

    /// The same device, typing wrong passkeys.
    #[must_use]
    pub fn mistyping(self) -> Self {
        self.with(|device| device.mistypes = true)
    }

    fn act(&self, action: Action) {
        self.device().actions.push_back(action);
    }

    /// Connects to the module, if it advertises and can be connected.
    pub fn connect(&self) {
        self.act(Action::Connect);
    }

    /// Ends the connection.
    pub fn disconnect(&self) {
        self.act(Action::Disconnect);
    }

    /// Writes a characteristic of the module.
    pub fn write(&self, service: usize, characteristic: usize, data: impl Into<Vec<u8>>) {
        self.act(Action::Write {
            service,
            characteristic,
            data: data.into(),
        });
    }

    /// Reads a characteristic of the module; see [`answers`](Self::answers).
    pub fn read(&self, service: usize, characteristic: usize) {
        self.act(Action::Read {
            service,
            characteristic,
        });
    }

    /// Says what it wants to be told of a characteristic of the module.
    pub fn subscribe(&self, service: usize, characteristic: usize, updates: BleUpdates) {
        self.act(Action::Subscribe {
            service,
            characteristic,
            updates,
        });
    }

    /// Sends a new value of a characteristic, by the handle of the value, if the module has
    /// subscribed it.
    pub fn notify(&self, handle: u16, data: impl Into<Vec<u8>>) {
        self.act(Action::Notify {
            handle,
            data: data.into(),
        });
    }

    /// Begins to pair, at this level of security: 2 without proof, 3 and 4 with a passkey.
    pub fn pair(&self, level: u8) {
        self.act(Action::Pair { level });
    }

    /// Writes the alert level of the module: 0 none, 1 mild, 2 high.
    pub fn alert(&self, level: u8) {
        self.act(Action::Alert(level));
    }

    /// What the module advertises at the moment, and what it answers to an active scan.
    #[must_use]
    pub fn hears(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.device().heard.clone()
    }

    /// What the module tells of itself as its device information, by `manuf` and the like.
    #[must_use]
    pub fn information(&self) -> BTreeMap<String, Vec<u8>> {
        self.device().information.clone()
    }

    /// Whether it is connected with the module.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.device().connected
    }

    /// What the module has written, with the handles of the values, in its order.
    #[must_use]
    pub fn written(&self) -> Vec<(u16, Vec<u8>)> {
        self.device().written.clone()
    }

    /// What the module has notified and indicated, in its order.
    #[must_use]
    pub fn updates(&self) -> Vec<Vec<u8>> {
        self.device().updates.clone()
    }

    /// What the module has answered to [`read`](Self::read), in its order.
    #[must_use]
    pub fn answers(&self) -> Vec<Vec<u8>> {
        self.device().answers.clone()
    }

    pub(crate) fn address(&self) -> ([u8; 6], bool) {
        let device = self.device();
        (device.address, device.random)
    }

    pub(crate) fn rssi(&self) -> i8 {
        self.device().rssi
    }

    /// What it advertises at the moment.
    pub(crate) fn advertisement(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let device = self.device();
        let free = !device.connected;
        device.advertisement.clone().filter(|_| free)
    }

    pub(crate) fn hear(&self, advertisement: Option<(Vec<u8>, Vec<u8>)>) {
        self.device().heard = advertisement;
    }

    pub(crate) fn learn(&self, information: BTreeMap<String, Vec<u8>>) {
        self.device().information = information;
    }

    /// The key that both show, or the one that it types for one it has been shown.
    pub(crate) fn passkey(&self) -> u32 {
        self.device().passkey
    }

    pub(crate) fn mistypes(&self) -> bool {
        self.device().mistypes
    }

    pub(crate) fn has_something_to_do(&self) -> bool {
        !self.device().actions.is_empty()
    }

    pub(crate) fn take_action(&self) -> Option<Action> {
        self.device().actions.pop_front()
    }

    pub(crate) fn set_connected(&self, connected: bool) {
        let mut device = self.device();
        device.connected = connected;
        device.subscriptions.clear();
    }

    /// Its services, with their handles.
    pub(crate) fn discover(&self) -> Vec<Found> {
        attributes::discover(&self.device().services)
    }

    /// The characteristic whose value has this handle, by the numbers of its service and its own.
    fn find(&self, handle: u16) -> Option<(usize, usize)> {
        let services = self.discover();
        let mut found = services.iter().enumerate().flat_map(|(service, known)| {
            let characteristics = known.characteristics.iter().enumerate();
            characteristics.map(move |(number, known)| (service, number, known.value_handle()))
        });
        let (service, number, _) = found.find(|(.., value)| *value == handle)?;
        Some((service, number))
    }

    /// The module writes a value.
    pub(crate) fn take_value(&self, handle: u16, data: &[u8]) {
        let place = self.find(handle);
        let mut device = self.device();
        device.written.push((handle, data.to_vec()));
        if let Some((service, number)) = place {
            data.clone_into(&mut device.services[service].characteristics[number].value);
        }
    }

    /// The module reads a value.
    pub(crate) fn value(&self, handle: u16) -> Option<Vec<u8>> {
        let (service, number) = self.find(handle)?;
        let value = &self.device().services[service].characteristics[number].value;
        Some(value.clone())
    }

    /// The module subscribes a value, or no longer wants it; says whether it had.
    pub(crate) fn set_subscription(&self, handle: u16, updates: BleUpdates) -> bool {
        let subscriptions = &mut self.device().subscriptions;
        match updates {
            BleUpdates::None => subscriptions.remove(&handle).is_some(),
            updates => subscriptions.insert(handle, updates).is_some(),
        }
    }

    /// Whether the module has subscribed the value with this handle.
    #[must_use]
    pub fn has_subscribed(&self, handle: u16) -> bool {
        self.device().subscriptions.contains_key(&handle)
    }

    pub(crate) fn take_update(&self, data: &[u8]) {
        self.device().updates.push(data.to_vec());
    }

    pub(crate) fn take_answer(&self, data: &[u8]) {
        self.device().answers.push(data.to_vec());
    }
}

impl fmt::Debug for BlePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = self.device();
        f.debug_struct("BlePeer")
            .field("address", &device.address)
            .field("services", &device.services)
            .field("connected", &device.connected)
            .finish_non_exhaustive()
    }
}
