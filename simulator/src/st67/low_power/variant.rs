//! Where the commands for low power of the firmware and of the reference differ.

/// The spellings, limits and habits of one firmware.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
    /// `AT+GET_AP_DTIM?`, `AT+GET_TWT_SUPPORTED?` and `AT+TWT_STATUS?` exist.
    pub tells_beacons: bool,
    /// `AT+PWR=1` switches the module off, up to a timer or a pin.
    pub hibernates: bool,
    /// Pins that wake nobody are taken for good.
    pub ignores_bad_wake_pins: bool,
    /// `AT+TWT_PARAM` takes any numbers, and `AT+TWT_TEARDOWN` any flow.
    pub takes_any_schedule: bool,
    /// A new clock takes a restart, and one that is not there is ignored.
    pub clock_restarts: bool,
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
    tells_beacons: false,
    hibernates: true,
    ignores_bad_wake_pins: true,
    takes_any_schedule: true,
    clock_restarts: true,
};

/// Wire notes 7: what can be asked.
pub(in crate::st67) const FW_2_0_89: Variant = Variant {
    tells_beacons: true,
    ..FW_2_0_75
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
    tells_beacons: false,
    hibernates: false,
    ignores_bad_wake_pins: false,
    takes_any_schedule: false,
    clock_restarts: false,
};
