//! What is measured.

use clap::ValueEnum;
use serde::Serialize;

use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi_simulator::Profile;

use crate::stack::{Stack, Uart};
use crate::{atwifi_stack, peer};

/// As in `firmware/src/dialect.rs`.
pub const ST67_AHEAD: usize = 384;
const MICROCHIP_AHEAD: usize = 320;

/// A stack with the module that it drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// atwifi on an ST67W611M1.
    #[value(name = "st67")]
    St67,
    /// atwifi on a PIC32MZW1.
    Microchip,
    /// esp-at-nal on an ESP-AT module.
    EspAtNal,
}

impl Subject {
    /// All, the peer last.
    pub const ALL: [Subject; 3] = [Subject::St67, Subject::Microchip, Subject::EspAtNal];

    /// As it is called by programs.
    pub fn id(self) -> &'static str {
        match self {
            Subject::St67 => "st67",
            Subject::Microchip => "microchip",
            Subject::EspAtNal => "esp-at-nal",
        }
    }

    /// As it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Subject::St67 => "atwifi, ST67",
            Subject::Microchip => "atwifi, Microchip",
            Subject::EspAtNal => "esp-at-nal",
        }
    }

    /// The firmware's bit rate. The peer gets that of the ST67.
    pub fn baud(self) -> u32 {
        match self {
            // Wire notes 8.
            Subject::St67 | Subject::EspAtNal => 2_000_000,
            // Wire notes 10.
            Subject::Microchip => 230_400,
        }
    }

    /// How many bytes it is lent to read ahead, within the RAM budget. The protocol's limit for the
    /// peer is worked out with as many as the ST67 has.
    pub fn ahead(self) -> usize {
        match self {
            Subject::St67 | Subject::EspAtNal => ST67_AHEAD,
            Subject::Microchip => MICROCHIP_AHEAD,
        }
    }

    /// Runs `measure` with the stack, joined.
    pub fn run<R>(self, uart: Uart, measure: impl FnOnce(&mut dyn Stack) -> R) -> R {
        match self {
            Subject::St67 => {
                atwifi_stack::run::<St67, ST67_AHEAD, R>(Profile::St67Fw2_0_75, uart, measure)
            }
            Subject::Microchip => atwifi_stack::run::<Microchip, MICROCHIP_AHEAD, R>(
                Profile::MicrochipFw0_3_2,
                uart,
                measure,
            ),
            Subject::EspAtNal => peer::run(uart, measure),
        }
    }
}
