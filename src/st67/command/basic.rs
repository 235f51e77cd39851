//! Chapter 2, "Basic AT commands".

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};

use super::{Done, Rows, values};
use crate::driver::{Download, Upload};
use crate::engine::text::{Fields, number, rows};
use crate::st67::text::Text;
use crate::value::Mac;
use crate::value::Printed;
use crate::value::Ranged;
use crate::value::ip::digits_of;
use crate::value::{Reported, Switch};

/// `AT`: tests that the module listens (2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Test;

/// `AT+GMR`: asks for the versions of the firmware's parts (2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMR", Versions, parse = parse_versions, timeout_ms = 2000, termination = "\r\n")]
pub struct GetVersions;

/// The reply to [`GetVersions`]. What the firmware does not tell is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The AT commands, with the time they were compiled.
    pub at: Printed<40>,
    /// The Wi-Fi MAC.
    pub macsw: Printed<24>,
    /// The radio.
    pub phyrf: Printed<24>,
    /// The Bluetooth host.
    pub bluetooth_host: Printed<24>,
    /// The Bluetooth controller.
    pub bluetooth_controller: Printed<24>,
    /// The SDK, by which firmware is named.
    pub sdk: Printed<24>,
    /// When the firmware was compiled.
    pub compiled: Printed<24>,
}

impl AtatResp for Versions {}

fn parse_versions(reply: &[u8]) -> Result<Versions, atat::Error> {
    let version = |head: &[u8]| {
        let mut lines = reply.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
        lines
            .find_map(|line| line.strip_prefix(head))
            .unwrap_or_default()
    };
    let at = version(b"AT version:");
    if at.is_empty() {
        return Err(atat::Error::Parse);
    }
    let part = |head: &[u8]| Printed::new(version(head)).ok_or(atat::Error::Parse);
    Ok(Versions {
        at: Printed::new(at).ok_or(atat::Error::Parse)?,
        macsw: part(b"component_version_macsw_")?,
        phyrf: part(b"lib_version_phyrf_")?,
        bluetooth_host: part(b"component_version_btble_")?,
        bluetooth_controller: part(b"lib_version_btblecontroller_")?,
        sdk: part(b"component_version_sdk_")?,
        compiled: part(b"compile time:")?,
    })
}

/// `AT+RST`: restarts the module (2.2.3), 100 ms after its `OK`. [`Module::reset`] waits for it.
///
/// [`Module::reset`]: crate::Module::reset
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+RST", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Restart;

/// `AT+CMD?`: lists the commands of the firmware (2.2.5), some hundred rows: [`CommandRow`]. Use
/// [`Module::command_for_rows`].
///
/// [`Module::command_for_rows`]: crate::Module::command_for_rows
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CMD?", Rows, parse = parse_commands, timeout_ms = 2000, termination = "\r\n")]
pub struct GetCommands;

fn parse_commands(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| CommandRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetCommands`].
///
/// ```
/// use atwifi::st67::command::basic::CommandRow;
///
/// let row = CommandRow::parse(br#"+CMD:1,"AT+RST",0,0,0,1"#).unwrap();
/// assert_eq!((row.index, row.name, row.executes), (1, "AT+RST", true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRow<'a> {
    /// Its place in the list.
    pub index: u16,
    /// Its name, with `AT`.
    pub name: &'a str,
    /// Whether it has a test form, `=?`.
    pub tests: bool,
    /// Whether it has a query form, `?`.
    pub queries: bool,
    /// Whether it has a set form, `=`.
    pub sets: bool,
    /// Whether it has an execute form.
    pub executes: bool,
}

impl CommandRow<'_> {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<CommandRow<'_>> {
        let mut fields = Fields::new(line.strip_prefix(b"+CMD:")?);
        let row = CommandRow {
            index: fields.number()?,
            name: fields.quoted()?,
            tests: fields.number::<u8>()? == 1,
            queries: fields.number::<u8>()? == 1,
            sets: fields.number::<u8>()? == 1,
            executes: fields.number::<u8>()? == 1,
        };
        fields.is_empty().then_some(row)
    }
}

/// `ATE0`: switches the echo off (2.2.6). Default of the firmware: off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E0", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct EchoOff;

/// `ATE1`: switches the echo on (2.2.6). The driver switches it off again after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E1", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct EchoOn;

/// `AT+SYSRAM?`: asks how much memory is free (2.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSRAM?", Memory, timeout_ms = 2000, termination = "\r\n")]
pub struct GetMemory;

/// The reply to [`GetMemory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Memory {
    /// Free bytes of the system's heap.
    pub system: u32,
    /// Free bytes of the network stack's heap.
    pub network: u32,
}

mask! {
    /// What the module tells of its own accord: the state of [`SetMessages`].
    pub struct Messages {
        /// `+QUITT` when passthrough ends.
        PASSTHROUGH_END = 1;
        /// `+LINK_CONN:...`, with all details, instead of `+CIP:<id>,CONNECTED`. The driver
        /// understands both.
        DETAILS = 2;
        /// Changes of Wi-Fi and connections in passthrough too, in the middle of its data.
        IN_PASSTHROUGH = 4;
    }
}

/// `AT+SYSMSG?`: asks which messages are printed (2.2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSMSG?", PrintedMessages, timeout_ms = 2000, termination = "\r\n")]
pub struct GetMessages;

/// The reply to [`GetMessages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct PrintedMessages {
    /// The messages.
    pub messages: Messages,
}

/// `AT+SYSMSG`: chooses which messages are printed (2.2.8); goes to flash with [`SetStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSMSG", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetMessages {
    /// The messages; no other bits.
    pub messages: Messages,
}

/// `AT+SYSLOG?`: asks whether error codes are printed (2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG?", ErrorCodes, timeout_ms = 2000, termination = "\r\n")]
pub struct GetErrorCodes;

/// The reply to [`GetErrorCodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ErrorCodes {
    /// Whether they are printed.
    pub codes: Reported<Switch>,
}

/// `AT+SYSLOG`: switches the error code that precedes `ERROR` on or off (2.2.9). The driver
/// switches it on: without it, [`Status::Error`](crate::st67::Status::Error) is all it knows.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Switch, st67::command::basic::SetErrorCodes};
///
/// let mut wire = [0; 32];
/// let n = SetErrorCodes { codes: Switch::On }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+SYSLOG=1\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetErrorCodes {
    /// Whether to print them. Default: off.
    pub codes: Switch,
}

/// `AT+SYSSTORE?`: asks whether settings go to flash (2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSSTORE?", Store, timeout_ms = 2000, termination = "\r\n")]
pub struct GetStore;

/// The reply to [`GetStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Store {
    /// Whether they do.
    pub store: Reported<Switch>,
}

/// `AT+SYSSTORE`: whether later settings go to flash (2.2.10). The driver switches it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSSTORE", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetStore {
    /// Off: settings are lost with a reset; on: they are stored in flash (default).
    pub store: Switch,
}

/// `AT+TEMP?`: asks for the temperature of the chip (2.2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TEMP?", Temperature, parse = parse_temperature, timeout_ms = 2000, termination = "\r\n")]
pub struct GetTemperature;

/// The reply to [`GetTemperature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temperature {
    /// Thousandths of a degree Celsius. Firmware prints a decimal fraction; digits beyond the
    /// third are dropped.
    pub millidegrees: i32,
}

impl AtatResp for Temperature {}

fn parse_temperature(reply: &[u8]) -> Result<Temperature, atat::Error> {
    let value = values(reply, b"+TEMP:")?;
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let mut parts = digits.splitn(2, |&b| b == b'.');
    let degrees = parts.next().and_then(number);
    let thousandths = match parts.next() {
        None => Some(0),
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
            let digit = |n: usize| digits.get(n).map_or(0, |digit| u32::from(digit - b'0'));
            Some(digit(0) * 100 + digit(1) * 10 + digit(2))
        }
        Some(_) => None,
    };
    let magnitude = degrees
        .zip(thousandths)
        .and_then(|(degrees, thousandths)| degrees.checked_mul(1000)?.checked_add(thousandths))
        .and_then(|magnitude| i32::try_from(magnitude).ok())
        .ok_or(atat::Error::Parse)?;
    Ok(Temperature {
        millidegrees: if digits.len() < value.len() {
            -magnitude
        } else {
            magnitude
        },
    })
}

/// An address in efuse or flash: on the wire a text in hexadecimal, `"0x1c"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub u32);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = *b"\"0x00000000\"";
        let mut length = 3;
        let digits = (32 - self.0.leading_zeros()).div_ceil(4).max(1);
        for n in (0..digits).rev() {
            let digit = (self.0 >> (4 * n) & 0xf) as u8;
            let digit = if digit < 10 { b'0' } else { b'a' - 10 } + digit;
            if let Some(place) = written.get_mut(length) {
                *place = digit;
            }
            length += 1;
        }
        if let Some(place) = written.get_mut(length) {
            *place = b'"';
        }
        serializer.serialize_bytes(written.get(..=length).unwrap_or(&[]))
    }
}

/// `AT+EFUSE-R`: reads fuses (2.2.13). The reply is data: [`Module::command_for_data`].
///
/// [`Module::command_for_data`]: crate::Module::command_for_data
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+EFUSE-R", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ReadEfuse {
    /// How many bytes; by the reference a multiple of 4, firmware takes any number.
    pub length: Ranged<1, 8192>,
    /// From where.
    pub address: Address,
    /// On: from the fuses themselves; off (default): perhaps from their copy in memory, which
    /// shows what was written and not confirmed.
    pub reload: Option<Switch>,
}

impl Download for ReadEfuse {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+FLASH-R`: reads flash (2.2.16). The reply is data: [`Module::command_for_data`].
///
/// [`Module::command_for_data`]: crate::Module::command_for_data
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+FLASH-R", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ReadFlash {
    /// How many bytes; the limit is the firmware's.
    pub length: Ranged<1, 8192>,
    /// From where.
    pub address: Address,
}

impl Download for ReadFlash {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

numbered! {
    /// What a pin does when nothing drives it.
    pub enum Pull {
        /// Nothing.
        Float = 0,
        /// A resistor pulls it up.
        Up = 1,
        /// A resistor pulls it down.
        Down = 2,
    }
}

numbered! {
    /// The level of a pin.
    pub enum Level {
        /// Low.
        Low = 0,
        /// High.
        High = 1,
    }
}

/// `AT+IOPUPD`: makes a pin an output with a pull resistor (2.2.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IOPUPD", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetPull {
    /// The number of the pin (GPIO) of the ST67W611M1.
    pub pin: u8,
    /// The resistor.
    pub pull: Pull,
}

/// `AT+IOOUT`: sets the level of an output (2.2.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IOOUT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetOutput {
    /// The number of the pin.
    pub pin: u8,
    /// The level.
    pub level: Level,
}

/// `AT+IOIN`: makes a pin an input (2.2.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IOIN", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetInput {
    /// The number of the pin.
    pub pin: u8,
    /// The resistor. The reference's example omits it; not all firmware lets it be omitted.
    pub pull: Option<Pull>,
}

/// `AT+IOIN=<pin>?`: asks for the state of an input (2.2.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IOIN", Input, parse = parse_input, timeout_ms = 2000, termination = "?\r\n")]
pub struct GetInput {
    /// The number of the pin.
    pub pin: u8,
}

/// The reply to [`GetInput`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// The number of the pin.
    pub pin: u8,
    /// Firmware tells the [`Level`] that the pin reads. The reference's list of parameters says
    /// that it is the [`Pull`].
    pub state: u8,
}

impl AtatResp for Input {}

fn parse_input(reply: &[u8]) -> Result<Input, atat::Error> {
    let mut parts = values(reply, b"+IOIN=")?.split(|&b| b == b':').map(number);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Some(pin)), Some(Some(state)), None) => Ok(Input {
            pin: u8::try_from(pin).map_err(|_| atat::Error::Parse)?,
            state: u8::try_from(state).map_err(|_| atat::Error::Parse)?,
        }),
        _ => Err(atat::Error::Parse),
    }
}

/// `AT+IORST`: makes a pin a floating input again (2.2.21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IORST", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ResetPin {
    /// The number of the pin.
    pub pin: u8,
}

/// `AT+PART?`: lists the partitions of the flash (2.2.22). Rows: [`PartitionRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PART?", Rows, parse = parse_partitions, timeout_ms = 2000, termination = "\r\n")]
pub struct GetPartitions;

fn parse_partitions(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| PartitionRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetPartitions`].
///
/// ```
/// use atwifi::st67::command::basic::PartitionRow;
///
/// let line = br#"+PART=0,0,"      FW",0x00010000,0x00210000,2097152,1474560"#;
/// let row = PartitionRow::parse(line).unwrap();
/// assert_eq!((row.name, row.addresses[1]), ("FW", 0x21_0000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionRow<'a> {
    /// Which of the two copies is active, 0 or 1.
    pub active: u8,
    /// How often the partition was updated.
    pub age: u32,
    /// The partition's name.
    pub name: &'a str,
    /// Where the copies begin.
    pub addresses: [u32; 2],
    /// How long the copies are, in bytes.
    pub lengths: [u32; 2],
}

impl PartitionRow<'_> {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<PartitionRow<'_>> {
        // An equals sign in firmware and in the reference's example, a colon in its syntax.
        let values = line
            .strip_prefix(b"+PART=")
            .or_else(|| line.strip_prefix(b"+PART:"))?;
        let mut fields = Fields::new(values);
        let active = fields.number()?;
        let age = fields.number()?;
        let name = fields.quoted()?.trim_ascii();
        let mut address = || {
            let digits = fields.next()?.strip_prefix(b"0x")?;
            digits_of(digits, 16, 8)
        };
        let addresses = [address()?, address()?];
        let lengths = [fields.number()?, fields.number()?];
        fields.is_empty().then_some(PartitionRow {
            active,
            age,
            name,
            addresses,
            lengths,
        })
    }
}

/// `AT+OTASTART`: begins an update of the firmware, or gives it up (2.2.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+OTASTART", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetUpdate {
    /// On: begin, off: give up.
    pub update: Switch,
}

/// `AT+OTASEND`: sends a part of the update (2.2.24), with [`Module::command_with_data`]. The
/// module writes it to flash behind its `SEND OK`; that this failed shows at [`FinishUpdate`].
///
/// [`Module::command_with_data`]: crate::Module::command_with_data
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+OTASEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendUpdate {
    /// How many bytes follow. The first part has at least the 512 of the header. By the reference
    /// as much as the module's heap has room for, by the firmware up to 4096.
    pub length: Ranged<1, 4096>,
}

impl Upload for SendUpdate {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+OTAFIN`: checks the update, and restarts the module with it (2.2.25).
///
/// Refused if there is none or it is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+OTAFIN", Done, timeout_ms = 30000, termination = "\r\n")]
pub struct FinishUpdate;

/// `AT+FS=0,0`: deletes a file (2.2.26).
///
/// Firmware never answers where there is no such file: the call then ends with
/// [`Error::Timeout`](crate::Error::Timeout). Ask for its length first ([`GetFileSize`]).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,0,",
    Done,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct DeleteFile<'a> {
    /// The file's name: 1 to 127 bytes.
    pub name: Text<'a, 127>,
}

/// `AT+FS=0,1`: creates a file (2.2.26); one that is there is opened and stays as it is.
///
/// Firmware never answers where it cannot: the call then ends with
/// [`Error::Timeout`](crate::Error::Timeout).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,1,",
    Done,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct CreateFile<'a> {
    /// The file's name: 1 to 127 bytes.
    pub name: Text<'a, 127>,
}

/// `AT+FS=0,2`: writes to a file that is there (2.2.26), with [`Module::command_with_data`].
///
/// [`Module::command_with_data`]: crate::Module::command_with_data
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,2,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct WriteFile<'a> {
    /// The file's name: 1 to 127 bytes.
    pub name: Text<'a, 127>,
    /// Where in the file.
    pub offset: u32,
    /// How many bytes follow: at least 1, and as many as the module's heap has room for.
    pub length: u32,
}

impl Upload for WriteFile<'_> {
    fn length(&self) -> usize {
        self.length as usize
    }
}

/// `AT+FS=0,3`: reads from a file (2.2.26). The reply is data: [`Module::command_for_data`].
///
/// Firmware 2.0.75 prints it as a string: it says how long it is, but ends it at a NUL, so that
/// the call fails with a timeout where the file has one.
///
/// [`Module::command_for_data`]: crate::Module::command_for_data
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,3,",
    Done,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct ReadFile<'a> {
    /// The file's name: 1 to 127 bytes.
    pub name: Text<'a, 127>,
    /// From where in the file.
    pub offset: u32,
    /// The most bytes to read; what the file does not have does not come.
    pub length: u32,
}

impl Download for ReadFile<'_> {
    fn length(&self) -> usize {
        self.length as usize
    }
}

/// `AT+FS=0,4`: asks how long a file is (2.2.26). Refused if there is no such file.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,4,",
    FileSize,
    parse = parse_size,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct GetFileSize<'a> {
    /// The file's name: 1 to 127 bytes.
    pub name: Text<'a, 127>,
}

/// The reply to [`GetFileSize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSize {
    /// The file's length in bytes.
    pub bytes: u32,
}

impl AtatResp for FileSize {}

fn parse_size(reply: &[u8]) -> Result<FileSize, atat::Error> {
    let bytes = number(values(reply, b"+FS:SIZE,")?).ok_or(atat::Error::Parse)?;
    Ok(FileSize { bytes })
}

/// `AT+FS=0,5`: lists the files of a directory (2.2.26), of which there is one: `.`. Rows:
/// [`FileRow`]. Use [`Module::command_for_rows`] where there may be many.
///
/// [`Module::command_for_rows`]: crate::Module::command_for_rows
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+FS=0,5,",
    Rows,
    parse = parse_files,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct GetFiles<'a> {
    /// The directory's name.
    pub directory: Text<'a, 127>,
}

fn parse_files(reply: &[u8]) -> Result<Rows, atat::Error> {
    let names = values(reply, b"+FS:LIST")?;
    let lines = names.split(|&b| b == b'\n').filter_map(FileRow::parse);
    Ok(Rows {
        count: lines.count(),
    })
}

/// A row of the reply to [`GetFiles`].
///
/// ```
/// use atwifi::st67::command::basic::FileRow;
///
/// assert_eq!(FileRow::parse(b"ca_1.crt").unwrap().name, b"ca_1.crt");
/// assert_eq!(FileRow::parse(b"+FS:LIST"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow<'a> {
    /// The file's name. `.` and `..` are among them.
    pub name: &'a [u8],
}

impl FileRow<'_> {
    /// Takes a row apart. `None` for the heading.
    pub fn parse(line: &[u8]) -> Option<FileRow<'_>> {
        let name = line.trim_ascii();
        (!name.is_empty() && name != b"+FS:LIST").then_some(FileRow { name })
    }
}

/// `AT+GMAC?`: asks for the hardware addresses in the fuses (2.2.27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMAC?", FusedMacs, parse = parse_macs, timeout_ms = 2000, termination = "\r\n")]
pub struct GetFusedMacs;

/// The reply to [`GetFusedMacs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FusedMacs {
    /// The three slots; one that was not burnt is all zeros.
    pub slots: [Mac; 3],
}

impl AtatResp for FusedMacs {}

fn parse_macs(reply: &[u8]) -> Result<FusedMacs, atat::Error> {
    let mut slots = [Mac::default(); 3];
    let mut lines = reply.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    for (slot, digit) in slots.iter_mut().zip(b'0'..) {
        *slot = lines
            .find(|line| !line.is_empty())
            .and_then(|line| line.strip_prefix(b"+GMACSLOT"))
            .and_then(|line| line.strip_prefix(&[digit, b':']))
            .and_then(Mac::parse)
            .ok_or(atat::Error::Parse)?;
    }
    Ok(FusedMacs { slots })
}

/// `AT+PN?`: asks for the part number in the fuses (2.2.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PN?", PartNumber, parse = parse_part_number, timeout_ms = 2000, termination = "\r\n")]
pub struct GetPartNumber;

/// The reply to [`GetPartNumber`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartNumber {
    /// The part number; `(null)` if none was burnt.
    pub number: Printed<24>,
}

impl AtatResp for PartNumber {}

fn parse_part_number(reply: &[u8]) -> Result<PartNumber, atat::Error> {
    let number = Printed::new(values(reply, b"+PN:")?).ok_or(atat::Error::Parse)?;
    Ok(PartNumber { number })
}

/// `AT+VBAT?`: asks for the voltage at the supply pin (2.2.29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+VBAT?", SupplyVoltage, timeout_ms = 2000, termination = "\r\n")]
pub struct GetSupplyVoltage;

/// The reply to [`GetSupplyVoltage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct SupplyVoltage {
    /// Millivolts.
    pub millivolts: u32,
}

pub mod danger {
    //! What cannot be undone: each asks for [`IUnderstand`] when it is made.

    use atat::atat_derive::AtatCmd;

    use super::Address;
    use crate::driver::{Prompt, Upload};
    use crate::st67::command::Done;
    use crate::value::Ranged;
    use crate::value::danger::IUnderstand;

    /// `AT+RESTORE`: forgets all settings and restarts the module (2.2.4).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+RESTORE", Done, timeout_ms = 2000, termination = "\r\n")]
    #[non_exhaustive]
    pub struct Restore;

    impl Restore {
        /// Everything that was stored is gone then: access points, addresses, names.
        pub fn new(_: IUnderstand) -> Self {
            Restore
        }
    }

    /// `AT+EFUSE-W`: writes to the copy of the fuses (2.2.12), with [`Module::command_with_data`].
    /// Nothing is burnt before [`BurnEfuse`].
    ///
    /// [`Module::command_with_data`]: crate::Module::command_with_data
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+EFUSE-W", Done, timeout_ms = 11000, termination = "\r\n")]
    pub struct WriteEfuse {
        length: u16,
        address: Address,
    }

    impl WriteEfuse {
        /// Writes so many words of 4 bytes.
        pub fn new(words: Ranged<1, 2048>, address: Address, _: IUnderstand) -> Self {
            WriteEfuse {
                length: words.get() as u16 * 4,
                address,
            }
        }
    }

    impl Upload for WriteEfuse {
        const PROMPT: Prompt = Prompt::Perhaps;

        fn length(&self) -> usize {
            self.length.into()
        }
    }

    /// `AT+EFUSE-CFM`: burns what was written with [`WriteEfuse`], for good (2.2.14).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+EFUSE-CFM", Done, timeout_ms = 2000, termination = "\r\n")]
    #[non_exhaustive]
    pub struct BurnEfuse;

    impl BurnEfuse {
        /// A fuse that is burnt stays burnt.
        pub fn new(_: IUnderstand) -> Self {
            BurnEfuse
        }
    }

    /// `AT+FLASH-W`: writes to flash (2.2.15), with [`Module::command_with_data`]. What is there
    /// must have been erased before.
    ///
    /// [`Module::command_with_data`]: crate::Module::command_with_data
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+FLASH-W", Done, timeout_ms = 11000, termination = "\r\n")]
    pub struct WriteFlash {
        length: Ranged<1, 8192>,
        address: Address,
    }

    impl WriteFlash {
        /// The firmware itself is in the flash, too: see
        /// [`GetPartitions`](super::GetPartitions).
        pub fn new(length: Ranged<1, 8192>, address: Address, _: IUnderstand) -> Self {
            WriteFlash { length, address }
        }
    }

    impl Upload for WriteFlash {
        const PROMPT: Prompt = Prompt::Perhaps;

        fn length(&self) -> usize {
            self.length.get() as usize
        }
    }

    /// `AT+FLASH-E`: erases flash (2.2.17).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+FLASH-E", Done, timeout_ms = 11000, termination = "\r\n")]
    pub struct EraseFlash {
        length: u32,
        address: Address,
    }

    impl EraseFlash {
        /// Flash is erased in sectors: what shares one with these bytes goes with them.
        pub fn new(length: u32, address: Address, _: IUnderstand) -> Self {
            EraseFlash { length, address }
        }
    }
}
