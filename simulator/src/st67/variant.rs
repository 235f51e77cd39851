//! Where the firmware and the reference of the ST67W611M1 differ, chapter by chapter.

use super::basic::variant as basic;
use super::ble::variant as ble;
use super::low_power::variant as low_power;
use super::mqtt::variant as mqtt;
use super::net::variant as net;
use super::wifi::variant as wifi;
use crate::Profile;

/// What is common to all chapters, and what is not.
#[derive(Debug)]
pub(super) struct Variant {
    /// It is a firmware, and not the reference.
    pub is_firmware: bool,
    /// Stands in front of `OK`, `ERROR`, `ready` and the like.
    pub lead: &'static str,
    /// Prompt of `AT+CIPSEND`, without the `OK` in front.
    pub prompt: &'static str,
    /// Prompt of `AT+CIPSENDEX`.
    pub prompt_ex: &'static str,
    /// `AT+CIPEVT`, `AT+CWEVT` and `AT+CIPRECVBUF` print their name before `OK`.
    pub names_setting: bool,
    /// `AT+CWEVT` and `AT+CIPEVT` take any number, of which one byte is kept.
    pub takes_any_events: bool,
    /// What `AT+SYSSTORE=1` keeps is more than the reference says.
    pub keeps_more: bool,
    pub basic: basic::Variant,
    pub wifi: wifi::Variant,
    pub net: net::Variant,
    pub mqtt: mqtt::Variant,
    pub ble: ble::Variant,
    pub low_power: low_power::Variant,
}

const FW_2_0_75: Variant = Variant {
    is_firmware: true,
    lead: "\r\n",
    prompt: "\r\n>",
    prompt_ex: "\r\n>\r\n",
    names_setting: false,
    takes_any_events: true,
    keeps_more: true,
    basic: basic::FW_2_0_75,
    wifi: wifi::FW_2_0_75,
    net: net::FW_2_0_75,
    mqtt: mqtt::FW_2_0_75,
    ble: ble::FW_2_0_75,
    low_power: low_power::FW_2_0_75,
};

/// What is known to have changed since 2.0.75.
const FW_2_0_89: Variant = Variant {
    basic: basic::FW_2_0_89,
    mqtt: mqtt::FW_2_0_89,
    ble: ble::FW_2_0_89,
    low_power: low_power::FW_2_0_89,
    ..FW_2_0_75
};

/// The same since 2.0.89.
const FW_2_0_97: Variant = Variant {
    basic: basic::FW_2_0_97,
    wifi: wifi::FW_2_0_97,
    net: net::FW_2_0_97,
    mqtt: mqtt::FW_2_0_97,
    ble: ble::FW_2_0_97,
    ..FW_2_0_89
};

/// The same since 2.0.97.
const FW_2_0_106: Variant = Variant {
    basic: basic::FW_2_0_106,
    net: net::FW_2_0_106,
    ble: ble::FW_2_0_106,
    ..FW_2_0_97
};

const REFERENCE: Variant = Variant {
    is_firmware: false,
    lead: "",
    prompt: ">",
    prompt_ex: ">",
    names_setting: true,
    takes_any_events: false,
    keeps_more: false,
    basic: basic::REFERENCE,
    wifi: wifi::REFERENCE,
    net: net::REFERENCE,
    mqtt: mqtt::REFERENCE,
    ble: ble::REFERENCE,
    low_power: low_power::REFERENCE,
};

impl Variant {
    pub fn of(profile: Profile) -> &'static Variant {
        match profile {
            Profile::St67Fw2_0_75 => &FW_2_0_75,
            Profile::St67Fw2_0_89 => &FW_2_0_89,
            Profile::St67Fw2_0_97 => &FW_2_0_97,
            Profile::St67Fw2_0_106 => &FW_2_0_106,
            _ => &REFERENCE,
        }
    }
}
