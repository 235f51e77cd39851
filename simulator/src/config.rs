//! What is simulated: the module, its firmware, the access points around it and its timing.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

use crate::{AccessPoint, BlePeer, Faults, SpiConfig};

/// Which firmware the simulated module runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// An ST67W611M1 that does what its AT command reference says, to the letter.
    St67Reference,
    /// An ST67W611M1 with the firmware built from SDK 2.0.75, as its AT engine answers.
    ///
    /// Where the engine reads through a null pointer and restarts (`AT+FS=0,1`, `AT?`), the
    /// simulator says `ERROR`. It knows neither the commands that ST compiles out (`AT+UART_CUR`
    /// and `AT+UART_DEF`, `AT+SLEEP`) nor `AT+HTTP...`, `AT+MDNS` and `AT+MFG`. Names are looked up
    /// as if a name server were always known, and `AT+CIPSSLCPSKHEX` takes digits only. What a
    /// station that joins by itself says comes behind `ready`. The payload of `AT+CIPSEND` may come
    /// in several pieces over a serial line; over an SPI the next frame is all of it.
    St67Fw2_0_75,
    /// The same with 2.0.89, as far as it is known to differ: `+BLE:NOTIDATA` tells the handle of
    /// the value, `AT+MQTTSNI?` prints quotes, and beacons and wake times can be asked for.
    St67Fw2_0_89,
    /// The same with 2.0.97, as far as it is known to differ: Bluetooth LE in both roles at once and
    /// with ten connections, servers for datagrams over IPv6, a time-out for `AT+PING` and one that
    /// counts for TLS, what `AT+CWSTATE?` tells of the access point, and the quality of service of
    /// MQTT messages.
    St67Fw2_0_97,
    /// The same with 2.0.106, as far as it is known to differ: what is more than `AT+CIPSEND` has
    /// announced is lost, and Bluetooth LE clients get what they have subscribed and must wait for
    /// `AT+BLEADVSTART` when one has gone. Certificates of a server and stored credentials are not
    /// simulated.
    St67Fw2_0_106,
    /// A PIC32MZW1 that does what its AT command reference says, to the letter.
    MicrochipReference,
    /// A PIC32MZW1 with AnyCloud firmware 0.2.0.
    MicrochipFw0_2_0,
    /// A PIC32MZW1 with AnyCloud firmware 0.3.2.
    MicrochipFw0_3_2,
}

impl Profile {
    /// The profiles of the ST67W611M1.
    pub const ST67: [Profile; 5] = [
        Profile::St67Reference,
        Profile::St67Fw2_0_75,
        Profile::St67Fw2_0_89,
        Profile::St67Fw2_0_97,
        Profile::St67Fw2_0_106,
    ];

    /// The profiles of Microchip's PIC32MZW1.
    pub const MICROCHIP: [Profile; 3] = [
        Profile::MicrochipReference,
        Profile::MicrochipFw0_2_0,
        Profile::MicrochipFw0_3_2,
    ];

    /// The name of the module that the profile belongs to.
    #[must_use]
    pub fn module(self) -> &'static str {
        match self {
            Profile::St67Reference
            | Profile::St67Fw2_0_75
            | Profile::St67Fw2_0_89
            | Profile::St67Fw2_0_97
            | Profile::St67Fw2_0_106 => "st67",
            Profile::MicrochipReference | Profile::MicrochipFw0_2_0 | Profile::MicrochipFw0_3_2 => {
                "microchip"
            }
        }
    }

    /// The name of the profile among those of its module.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::St67Reference | Profile::MicrochipReference => "reference",
            Profile::St67Fw2_0_75 => "fw-2.0.75",
            Profile::St67Fw2_0_89 => "fw-2.0.89",
            Profile::St67Fw2_0_97 => "fw-2.0.97",
            Profile::St67Fw2_0_106 => "fw-2.0.106",
            Profile::MicrochipFw0_2_0 => "fw-0.2.0",
            Profile::MicrochipFw0_3_2 => "fw-0.3.2",
        }
    }

    /// The profile of a module that has this name, alone or behind that of the module.
    ///
    /// # Errors
    ///
    /// The module has no such profile, or there is no such module.
    pub fn named(module: &str, name: &str) -> Result<Profile, UnknownProfile> {
        let mut profiles = Profile::all();
        profiles
            .find(|profile| {
                profile.module() == module
                    && (profile.name() == name || profile.to_string() == name)
            })
            .ok_or_else(|| UnknownProfile::new(module, name))
    }

    fn all() -> impl Iterator<Item = Profile> {
        Profile::ST67.into_iter().chain(Profile::MICROCHIP)
    }
}

/// The name of the module and that of the profile, as in `st67-reference`.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.module(), self.name()))
    }
}

/// The text names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no profile{of} is called {name:?}; there are {known}")]
pub struct UnknownProfile {
    of: String,
    name: String,
    known: String,
}

impl UnknownProfile {
    /// Among the profiles of a module, or of all of them if there is no such module.
    fn new(module: &str, name: &str) -> Self {
        let own = Profile::all().filter(|profile| profile.module() == module);
        let own: Vec<&str> = own.map(Profile::name).collect();
        if own.is_empty() {
            return UnknownProfile::anywhere(name);
        }
        UnknownProfile {
            of: format!(" of {module}"),
            name: name.to_owned(),
            known: own.join(", "),
        }
    }

    fn anywhere(name: &str) -> Self {
        let all: Vec<String> = Profile::all().map(|profile| profile.to_string()).collect();
        UnknownProfile {
            of: String::new(),
            name: name.to_owned(),
            known: all.join(", "),
        }
    }
}

/// Takes a name with its module, as in `microchip-fw-0.3.2`; without one, it is a profile of the
/// ST67W611M1.
impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let full = Profile::all().find(|profile| profile.to_string() == text);
        full.or_else(|| Profile::named("st67", text).ok())
            .ok_or_else(|| UnknownProfile::anywhere(text))
    }
}

/// What is in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct File(pub Vec<u8>);

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may be a private key.
        write!(f, "File({} bytes)", self.0.len())
    }
}

/// Everything that makes one simulated module differ from another.
#[derive(Clone, Debug)]
pub struct Config {
    /// The firmware it runs.
    pub profile: Profile,
    /// The access points it can hear.
    pub access_points: Vec<AccessPoint>,
    /// The address that DHCP gives the station.
    pub address: Ipv4Addr,
    /// The gateway that DHCP names.
    pub gateway: Ipv4Addr,
    /// The network mask that DHCP names.
    pub netmask: Ipv4Addr,
    /// The station's MAC address.
    pub mac: [u8; 6],
    /// Bit rate of the serial line, 8N1; `None` is a line without any delay.
    pub baud: Option<u32>,
    /// The SPI of an ST67W611M1 instead of a serial line.
    pub spi: Option<SpiConfig>,
    /// An ST67W611M1 leaves TCP/IP to the host, as ST's mission profile T02 does, and knows no command
    /// for it.
    pub network_on_host: bool,
    /// Time that the module takes to answer a command.
    pub latency: Duration,
    /// How often a module that does not watch its serial line all the time looks at it; zero is at
    /// once. An ST67W611M1 watches.
    pub poll: Duration,
    /// From the end of a reset to the first word of the firmware.
    pub boot: Duration,
    /// From the edge that wakes an ST67W611M1 in standby until it listens.
    pub wake: Duration,
    /// From the command to join until the firmware of an ST67W611M1 answers `OK`.
    pub join: Duration,
    /// From then until the station is associated (`+CW:CONNECTED`, `+WSTALU`) or has failed.
    pub associate: Duration,
    /// From then until the station has its address (`+CW:GOTIP`, `+WSTAAIP`).
    pub dhcp: Duration,
    /// From then until an ST67W611M1 has the answer of a time server, if it asks one.
    pub time_answer: Duration,
    /// Time that leaving an access point takes.
    pub leave: Duration,
    /// Files in the module, by name: certificates and private keys, in PEM or DER.
    pub files: BTreeMap<String, File>,
    /// Bluetooth LE devices within reach of an ST67W611M1.
    pub ble_peers: Vec<BlePeer>,
    /// An ST67W611M1 takes whatever comes as an update for an image of firmware; otherwise it wants
    /// one with a header and the right hash, where its firmware does.
    pub accepts_any_update: bool,
    /// What goes wrong.
    pub faults: Faults,
    /// Seed of everything random; the same seed gives the same conversation.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            profile: Profile::St67Fw2_0_75,
            access_points: Vec::new(),
            address: Ipv4Addr::new(192, 168, 1, 50),
            gateway: Ipv4Addr::new(192, 168, 1, 1),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            mac: [0x40, 0x82, 0x7b, 0x12, 0x34, 0x56],
            baud: None,
            spi: None,
            network_on_host: false,
            latency: Duration::from_millis(1),
            poll: Duration::ZERO,
            boot: Duration::from_millis(850),
            wake: Duration::from_millis(20),
            join: Duration::from_millis(600),
            associate: Duration::from_millis(800),
            dhcp: Duration::from_millis(500),
            time_answer: Duration::from_millis(300),
            leave: Duration::from_millis(800),
            files: BTreeMap::new(),
            ble_peers: Vec::new(),
            accepts_any_update: false,
            faults: Faults::default(),
            seed: 0,
        }
    }
}

impl Config {
    /// The default module with the firmware of `profile`.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let poll = match profile {
            Profile::MicrochipFw0_2_0 | Profile::MicrochipFw0_3_2 => Duration::from_millis(50),
            _ => Duration::ZERO,
        };
        Config {
            profile,
            poll,
            ..Config::default()
        }
    }

    /// Adds an access point that differs from those before in BSSID, channel and strength.
    #[must_use]
    pub fn with_access_point(
        mut self,
        ssid: impl Into<Vec<u8>>,
        password: impl Into<Vec<u8>>,
    ) -> Self {
        let access_point = AccessPoint::new(ssid, password);
        let number = self.access_points.len();
        self.access_points.push(access_point.numbered(number));
        self
    }

    /// Puts a serial line with this bit rate between module and host.
    #[must_use]
    pub fn with_baud(mut self, baud: u32) -> Self {
        self.spi = None;
        self.baud = Some(baud);
        self
    }

    /// Puts an SPI in the place of the serial line.
    #[must_use]
    pub fn with_spi(mut self, spi: SpiConfig) -> Self {
        self.baud = None;
        self.spi = Some(spi);
        self
    }

    /// Sets the time that a command takes.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Sets how often the module looks at its serial line.
    #[must_use]
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// Puts a file into the module: a certificate or a private key, in PEM or DER.
    #[must_use]
    pub fn with_file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.to_owned(), File(content.into()));
        self
    }

    /// Adds a Bluetooth LE device.
    #[must_use]
    pub fn with_ble_peer(mut self, peer: &BlePeer) -> Self {
        self.ble_peers.push(peer.clone());
        self
    }

    /// Sets what goes wrong.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
