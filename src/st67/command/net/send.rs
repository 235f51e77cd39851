//! Sending: 4.1.12 to 4.1.15. All go with [`Module::command_with_data`].
//!
//! [`Module::command_with_data`]: crate::Module::command_with_data

use atat::atat_derive::{AtatCmd, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};

use super::super::Done;
use super::{Host, Link, Port};
use crate::driver::Upload;
use crate::error::Usage;
use crate::value::Ranged;

/// How much one [`Send`] can announce: 6144 in firmware 2.0.75, 8192 in the reference.
pub type SendLength = Ranged<1, 8192>;

/// How much one [`SendLong`] can announce.
pub type LongLength = Ranged<1, { i32::MAX }>;

/// `AT+CIPSEND`: sends on a link (4.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct Send {
    /// The link.
    pub link: Link,
    /// How many bytes follow.
    pub length: SendLength,
}

impl Upload for Send {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSEND` with a destination: sends a datagram (4.1.12).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendTo<'a> {
    /// The link.
    pub link: Link,
    /// How many bytes follow; firmware cuts what is longer than 1470 into several datagrams.
    pub length: SendLength,
    /// Whom to send to, from here on.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendTo<'_> {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDL`: sends while it still takes data from the host (4.1.13). Its progress is told by
/// [`SendProgress`](crate::st67::Event::SendProgress).
///
/// Data that is `+++` and nothing else breaks it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDL", Done, timeout_ms = 60000, termination = "\r\n")]
pub struct SendLong {
    /// The link.
    pub link: Link,
    /// How many bytes follow.
    pub length: LongLength,
}

impl Upload for SendLong {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDL` with a destination (4.1.13); see [`SendLong`].
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDL", Done, timeout_ms = 60000, termination = "\r\n")]
pub struct SendLongTo<'a> {
    /// The link.
    pub link: Link,
    /// How many bytes follow.
    pub length: LongLength,
    /// Whom to send to.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendLongTo<'_> {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDLCFG?`: asks how [`SendLong`] goes about it (4.1.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSENDLCFG?",
    SendLongConfig,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetSendLongConfig;

/// The reply to [`GetSendLongConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct SendLongConfig {
    /// Bytes from one report to the next.
    pub report: u32,
    /// Bytes that go out at a time.
    pub transmit: u32,
}

/// `AT+CIPSENDLCFG`: how [`SendLong`] goes about it (4.1.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDLCFG", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSendLongConfig {
    /// Bytes from one report to the next. Default: 1024. Firmware takes up to 65535.
    pub report: Ranged<100, 1_048_576>,
    /// Bytes that go out at a time. Default: 2920. Firmware does not let it be omitted.
    pub transmit: Option<Ranged<100, 2920>>,
}

/// How much data with escapes announces: a backslash stands for the byte behind it, but `\0` is
/// the end (4.1.15).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Ranged, Usage};
/// use atwifi::st67::command::net::{EscapedLength, SendEscaped};
///
/// let data = br"a\\b\0";
/// let command = SendEscaped { link: Ranged::constant::<0>(), length: EscapedLength::of(data)? };
/// let mut wire = [0; 64];
/// let n = command.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+CIPSENDEX=0,4\r\n");
/// assert_eq!(EscapedLength::of(br"a\0b"), Err(Usage::Byte(b'b')), "behind the end");
/// # Ok::<(), Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscapedLength {
    announced: u16,
    written: u16,
}

impl EscapedLength {
    /// Counts data as it will be written.
    ///
    /// # Errors
    /// [`Usage::Empty`]; [`Usage::TooLong`] over 8192 bytes; [`Usage::Byte`] for what stands behind
    /// `\0`, and for a backslash with nothing behind it.
    pub fn of(data: &[u8]) -> Result<Self, Usage> {
        const MAX: usize = 8192;
        let mut announced = 0;
        let mut bytes = data.iter();
        while let Some(byte) = bytes.next() {
            // The end takes a place too, so that it is read.
            announced += 1;
            match (byte, (*byte == b'\\').then(|| bytes.next())) {
                (_, Some(None)) => return Err(Usage::Byte(b'\\')),
                (_, Some(Some(b'0'))) => {
                    if let Some(byte) = bytes.next() {
                        return Err(Usage::Byte(*byte));
                    }
                }
                _ => {}
            }
        }
        match u16::try_from(data.len()) {
            Ok(0) => Err(Usage::Empty),
            Ok(written) if data.len() <= MAX => Ok(EscapedLength { announced, written }),
            _ => Err(Usage::TooLong(MAX)),
        }
    }
}

impl EscapedLength {
    /// How many bytes are written.
    pub(super) fn written(self) -> usize {
        self.written.into()
    }
}

impl Serialize for EscapedLength {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.announced)
    }
}

/// `AT+CIPSENDEX`: sends data with escapes (4.1.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDEX", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendEscaped {
    /// The link.
    pub link: Link,
    /// How much follows.
    pub length: EscapedLength,
}

impl Upload for SendEscaped {
    const IS_RECEIPT_EXACT: bool = false;

    fn length(&self) -> usize {
        self.length.written()
    }
}

/// `AT+CIPSENDEX` with a destination (4.1.15).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDEX", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendEscapedTo<'a> {
    /// The link.
    pub link: Link,
    /// How much follows.
    pub length: EscapedLength,
    /// Whom to send to, from here on.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendEscapedTo<'_> {
    const IS_RECEIPT_EXACT: bool = false;

    fn length(&self) -> usize {
        self.length.written()
    }
}
