//! What the driver adds to a firmware: flash and RAM, and which source takes how much of
//! them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use atwifi_bench_elf::causes::Causes;
use atwifi_bench_elf::{measure, symbols};
use serde::Serialize;

use crate::firmware::{self, Core, Profile};
use crate::subject::Subject;

/// What a firmware does with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It joins an access point.
    Join,
    /// It joins, resolves a name (not the peer) and has a TCP connection.
    Client,
    /// A client that sends a command of the crate's through `Module::command`.
    Command,
    /// A client that has a socket for datagrams too.
    Udp,
    /// A client that opens a connection through TLS too.
    Tls,
    /// A client that listens too.
    Server,
    /// A client that asks for events too.
    Poll,
    /// A client that joins with options.
    Options,
    /// A client that is an access point too.
    AccessPoint,
    /// A client that scans too.
    Scan,
    /// A client that asks for the time too.
    Time,
    /// A client that asks for echoes too.
    Ping,
    /// A client that lets its module sleep.
    Sleep,
    /// A client that updates its module's firmware.
    Update,
    /// A client that loads a certificate too.
    Certificate,
    /// A client that has files in its module.
    Files,
    /// A client that is a server of Bluetooth LE too.
    BleServer,
    /// A client that is one of Bluetooth LE too.
    BleClient,
    /// A client that is told of its network by a telephone.
    Provisioning,
    /// A client that asks what its module is.
    About,
    /// A client that has an MQTT session through TLS, by the client in its module.
    Mqtt,
    /// The same by minimq over `Tls`.
    Minimq,
    /// And by rust-mqtt.
    RustMqtt,
    /// All that there is for applications.
    Everything,
}

impl Level {
    /// All.
    pub const ALL: [Level; 24] = [
        Level::Join,
        Level::Client,
        Level::Command,
        Level::Udp,
        Level::Tls,
        Level::Server,
        Level::Poll,
        Level::Options,
        Level::AccessPoint,
        Level::Scan,
        Level::Time,
        Level::Ping,
        Level::Sleep,
        Level::Update,
        Level::Certificate,
        Level::Files,
        Level::BleServer,
        Level::BleClient,
        Level::Provisioning,
        Level::About,
        Level::Mqtt,
        Level::Minimq,
        Level::RustMqtt,
        Level::Everything,
    ];

    /// As it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Level::Join => "join",
            Level::Client => "client",
            Level::Command => "with `command`",
            Level::Udp => "with UDP",
            Level::Tls => "with TLS",
            Level::Server => "with a server",
            Level::Poll => "with `poll`",
            Level::Options => "with `join_with`",
            Level::AccessPoint => "with an access point",
            Level::Scan => "with a scan",
            Level::Time => "with the time",
            Level::Ping => "with ping",
            Level::Sleep => "with sleep",
            Level::Update => "with an update",
            Level::Certificate => "with a certificate",
            Level::Files => "with files",
            Level::BleServer => "with a Bluetooth LE server",
            Level::BleClient => "with a Bluetooth LE client",
            Level::Provisioning => "with provisioning",
            Level::About => "with what it is",
            Level::Mqtt => "with MQTT in the module, TLS",
            Level::Minimq => "with minimq over `Tls`",
            Level::RustMqtt => "with rust-mqtt over `Tls`",
            Level::Everything => "everything",
        }
    }

    /// Whether it is a client with one thing more.
    pub fn is_over_client(self) -> bool {
        self.name().starts_with("with ")
    }

    /// The end of its firmware's name.
    fn id(self) -> &'static str {
        match self {
            Level::Join => "join",
            Level::Client => "client",
            Level::Command => "command",
            Level::Udp => "udp",
            Level::Tls => "tls",
            Level::Server => "server",
            Level::Poll => "poll",
            Level::Options => "options",
            Level::AccessPoint => "access_point",
            Level::Scan => "scan",
            Level::Time => "time",
            Level::Ping => "ping",
            Level::Sleep => "sleep",
            Level::Update => "update",
            Level::Certificate => "certificate",
            Level::Files => "files",
            Level::BleServer => "ble_server",
            Level::BleClient => "ble_client",
            Level::Provisioning => "provisioning",
            Level::About => "about",
            Level::Mqtt => "mqtt",
            Level::Minimq => "minimq",
            Level::RustMqtt => "rust_mqtt",
            Level::Everything => "everything",
        }
    }
}

/// What a firmware takes beyond the same firmware without the driver.
#[derive(Clone, Debug, Serialize)]
pub struct Size {
    /// Which stack.
    pub subject: Subject,
    /// For which core.
    pub core: Core,
    /// What it does.
    pub level: Level,
    /// Flash, in bytes.
    pub flash: u64,
    /// RAM with a fixed place, in bytes: the driver and all that it is lent.
    pub ram: u64,
    /// Where the flash of a client of this crate comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes: Option<Causes>,
    /// The functions of a client that must not be linked into it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unwanted: Vec<String>,
}

/// What the SPI adds to a client, beyond the UART of which nothing is left: flash, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct SpiSize {
    /// For which core.
    pub core: Core,
    /// Whose source is the transport.
    pub transport: i64,
    /// All: the SPI of the microcontroller too, and what it takes to report errors of a transport.
    pub all: u64,
    /// RAM with a fixed place, what is lent included.
    pub ram: u64,
}

/// Measures the client on the SPI; the firmware is built.
pub fn spi_sizes() -> Result<Vec<SpiSize>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.and_then(Path::to_str).context("no root")?;
    let mut sizes = Vec::new();
    for core in Core::ALL {
        let folder = firmware::build(core, Profile::Small)?;
        let with = read(&folder, "st67_spi_client")?;
        let without = read(&folder, "st67_client")?;
        let causes = Causes::read(&with, root)?.0;
        let of_transport = causes
            .iter()
            .filter(|(source, _)| source.contains("transport"));
        let (with, without) = (measure::sizes(&with)?, measure::sizes(&without)?);
        sizes.push(SpiSize {
            core,
            transport: of_transport.map(|(_, bytes)| bytes.with_core).sum(),
            all: with.flash - without.flash,
            ram: with.ram - without.ram,
        });
    }
    Ok(sizes)
}

/// Measures all firmware.
pub fn sizes() -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for core in Core::ALL {
        let folder = firmware::build(core, Profile::Small)?;
        let nothing = read(&folder, "nothing")?;
        for subject in Subject::ALL {
            for level in levels(subject) {
                let elf = read(&folder, &firmware_of(subject, level))?;
                sizes.push(size(subject, core, level, &elf, &nothing)?);
            }
        }
    }
    Ok(sizes)
}

fn size(subject: Subject, core: Core, level: Level, elf: &[u8], nothing: &[u8]) -> Result<Size> {
    let (with, without) = (measure::sizes(elf)?, measure::sizes(nothing)?);
    let mut size = Size {
        subject,
        core,
        level,
        flash: with.flash - without.flash,
        ram: with.ram - without.ram,
        causes: None,
        unwanted: Vec::new(),
    };
    if level == Level::Client && subject != Subject::EspAtNal {
        size.causes = Some(causes(elf, nothing, size.flash)?);
        size.unwanted = unwanted(elf)?;
    }
    Ok(size)
}

fn causes(elf: &[u8], nothing: &[u8], flash: u64) -> Result<Causes> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.and_then(Path::to_str).context("no root")?;
    let causes = Causes::read(elf, root)?.beyond(&Causes::read(nothing, root)?);
    let total = causes.total();
    let sums = [total.with_core, total.own];
    ensure!(
        sums == [flash as i64; 2],
        "{sums:?} bytes have a source, and the flash is {flash}"
    );
    Ok(causes)
}

fn levels(subject: Subject) -> impl Iterator<Item = Level> {
    let has = move |level: &Level| match subject {
        Subject::EspAtNal => *level == Level::Client,
        Subject::St67 => true,
        Subject::Microchip => !matches!(
            level,
            Level::Update | Level::Files | Level::BleServer | Level::BleClient
        ),
    };
    Level::ALL.into_iter().filter(has)
}

fn firmware_of(subject: Subject, level: Level) -> String {
    format!("{}_{}", subject.id().replace('-', "_"), level.id())
}

fn unwanted(elf: &[u8]) -> Result<Vec<String>> {
    let functions = symbols::functions(elf)?.into_iter();
    Ok(functions
        .filter(|name| symbols::objection(name).is_some())
        .collect())
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let file = folder.join(name);
    std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}
