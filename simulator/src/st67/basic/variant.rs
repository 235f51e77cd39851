//! Where the basic commands of the firmware and of the reference differ.

/// The spellings, limits and habits of one firmware.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
    /// The version of its SDK.
    pub version: &'static str,
    /// `AT+SYSLOG` and `AT+SYSMSG` set one byte, which is kept.
    pub shares_messages: bool,
    /// `AT+FS` does not answer when a file cannot be created or removed.
    pub hides_file_failures: bool,
    /// Efuses are read and written in words.
    pub aligns_efuses: bool,
    /// That an address is not in flash is found when the data are there.
    pub looks_at_address_late: bool,
    /// `+FLASH-R` tells how many bytes follow.
    pub counts_flash: bool,
    /// Prompt of `AT+EFUSE-W` and `AT+FLASH-W`.
    pub prompt_memory: &'static str,
    /// Behind the name in the rows of `AT+PART?`.
    pub partition_separator: char,
    /// `AT+IOIN` must name the pull.
    pub needs_pull: bool,
    /// `AT+IOIN=<pin>?` tells the level of the pin; otherwise its pull.
    pub reads_pins: bool,
    pub temperature: &'static str,
    /// An update is known by its header and checked.
    pub knows_images: bool,
    /// Largest length that `AT+OTASEND` takes.
    pub longest_update: i64,
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
    version: "2.0.75",
    shares_messages: true,
    hides_file_failures: true,
    aligns_efuses: false,
    looks_at_address_late: true,
    counts_flash: true,
    prompt_memory: "",
    partition_separator: '=',
    needs_pull: true,
    reads_pins: true,
    temperature: "35.500000",
    knows_images: true,
    longest_update: 4096,
};

/// It tells another version.
pub(in crate::st67) const FW_2_0_89: Variant = Variant {
    version: "2.0.89",
    ..FW_2_0_75
};

/// It tells another version.
pub(in crate::st67) const FW_2_0_97: Variant = Variant {
    version: "2.0.97",
    ..FW_2_0_89
};

/// It tells another version.
pub(in crate::st67) const FW_2_0_106: Variant = Variant {
    version: "2.0.106",
    ..FW_2_0_97
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
    version: "2.0.75",
    shares_messages: false,
    hides_file_failures: false,
    aligns_efuses: true,
    looks_at_address_late: false,
    counts_flash: false,
    prompt_memory: ">",
    partition_separator: ':',
    needs_pull: false,
    reads_pins: false,
    temperature: "35",
    knows_images: false,
    longest_update: 148_408,
};
