//! The boards, the modules on them, and the programs for both.

use std::fmt;
use std::path::{Path, PathBuf};

use atwifi_simulator::{Config, Profile, SpiConfig};
use clap::ValueEnum;

/// A board with examples of its own; the second of the two has two kinds of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    Stm32,
    Rp2040,
    /// The RP2040 once more, with embassy.
    Embassy,
}

impl Board {
    pub const ALL: [Board; 3] = [Board::Stm32, Board::Rp2040, Board::Embassy];

    /// The modules that its examples are for, and how they are wired to it.
    pub fn dialects(self) -> &'static [Dialect] {
        use Dialect::{Microchip, St67, St67Dma, St67Spi};
        match self {
            Board::Stm32 => &[St67Spi, St67Dma, St67, Microchip],
            Board::Rp2040 | Board::Embassy => &[St67Spi, St67, Microchip],
        }
    }

    /// Its programs.
    pub fn programs(self) -> &'static [Program] {
        match self {
            Board::Stm32 | Board::Rp2040 => &Program::BLOCKING,
            Board::Embassy => &[Program::Lamp],
        }
    }

    /// Those of its programs that are asked for; all if none is.
    pub fn wanted(self, programs: &[Program]) -> Vec<Program> {
        let is_wanted = |program: &Program| programs.is_empty() || programs.contains(program);
        self.programs().iter().copied().filter(is_wanted).collect()
    }

    /// The Rust target.
    pub fn target(self) -> &'static str {
        match self {
            Board::Stm32 => "thumbv7em-none-eabihf",
            Board::Rp2040 | Board::Embassy => "thumbv6m-none-eabi",
        }
    }

    /// The folder of its examples.
    pub fn folder(self) -> PathBuf {
        root().join(match self {
            Board::Stm32 => "examples-stm32",
            Board::Rp2040 => "examples-rp2040",
            Board::Embassy => "examples-embassy",
        })
    }
}

impl fmt::Display for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Board::Stm32 => "stm32",
            Board::Rp2040 => "rp2040",
            Board::Embassy => "embassy",
        })
    }
}

/// The top of the repository.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// A family of modules, and what they hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// ST67W611M1 on a serial line
    St67,
    /// ST67W611M1 on its SPI
    St67Spi,
    /// ST67W611M1 on its SPI, which DMA serves
    St67Dma,
    /// PIC32MZW1 and WFI32
    Microchip,
}

impl Dialect {
    /// The feature of the examples that makes them run on it.
    pub fn feature(self) -> Option<&'static str> {
        match self {
            Dialect::St67 => Some("uart"),
            Dialect::St67Spi => None,
            Dialect::St67Dma => Some("dma"),
            Dialect::Microchip => Some("microchip"),
        }
    }

    /// Whether the module is on its SPI.
    pub fn is_on_spi(self) -> bool {
        matches!(self, Dialect::St67Spi | Dialect::St67Dma)
    }

    /// The newest firmware of the module.
    pub fn config(self) -> Config {
        // The emulated UART is where a byte takes its time. If the module were to send each in its
        // time too, a busy machine would make pauses that no serial line makes.
        const AT_ONCE: u32 = 1_000_000_000;
        match self {
            Dialect::St67 => Config::new(Profile::St67Fw2_0_75).with_baud(AT_ONCE),
            Dialect::St67Spi | Dialect::St67Dma => {
                Config::new(Profile::St67Fw2_0_75).with_spi(SpiConfig {
                    is_elsewhere: true,
                    ..SpiConfig::default()
                })
            }
            Dialect::Microchip => Config::new(Profile::MicrochipFw0_3_2).with_baud(AT_ONCE),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Dialect::St67 => "st67",
            Dialect::St67Spi => "st67-spi",
            Dialect::St67Dma => "st67-dma",
            Dialect::Microchip => "microchip",
        })
    }
}

/// A program in `src/bin/` of the examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Program {
    Join,
    HttpGet,
    Mqtt,
    MqttModule,
    UdpTime,
    TcpServer,
    TlsGet,
    Scan,
    SetupPage,
    Update,
    BleSensor,
    BleScan,
    Improv,
    Selftest,
    Lamp,
}

impl Program {
    /// Those that both boards have.
    pub const BLOCKING: [Program; 14] = [
        Program::Join,
        Program::HttpGet,
        Program::Mqtt,
        Program::MqttModule,
        Program::UdpTime,
        Program::TcpServer,
        Program::TlsGet,
        Program::Scan,
        Program::SetupPage,
        Program::Update,
        Program::BleSensor,
        Program::BleScan,
        Program::Improv,
        Program::Selftest,
    ];

    /// The name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Program::Join => "join",
            Program::HttpGet => "http_get",
            Program::Mqtt => "mqtt",
            Program::MqttModule => "mqtt_module",
            Program::UdpTime => "udp_time",
            Program::TcpServer => "tcp_server",
            Program::TlsGet => "tls_get",
            Program::Scan => "scan",
            Program::SetupPage => "setup_page",
            Program::Update => "update",
            Program::BleSensor => "ble_sensor",
            Program::BleScan => "ble_scan",
            Program::Improv => "improv",
            Program::Selftest => "selftest",
            Program::Lamp => "lamp",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
