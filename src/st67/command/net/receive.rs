//! Receiving: 4.1.26 to 4.1.28.

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};

use super::super::{Done, values};
use super::Link;
use crate::driver::Download;
use crate::engine::text::{Fields, number};
use crate::value::Ranged;
use crate::value::Reported;

numbered! {
    /// Who moves received data.
    pub enum ReceiveMode {
        /// The module prints data as it arrives: [`Event::Data`](crate::st67::Event::Data).
        Active = 0,
        /// The module keeps it until it is asked: [`Event::Waiting`](crate::st67::Event::Waiting).
        Passive = 1,
    }
}

/// `AT+CIPRECVMODE?`: asks who moves received data (4.1.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPRECVMODE?",
    CurrentReceiveMode,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetReceiveMode;

/// The reply to [`GetReceiveMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct CurrentReceiveMode {
    /// The mode.
    pub mode: Reported<ReceiveMode>,
}

/// `AT+CIPRECVMODE`: who moves received data (4.1.26). Refused while a link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVMODE", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetReceiveMode {
    /// The mode. Default: active. The driver needs the passive one.
    pub mode: ReceiveMode,
}

/// How much one [`Receive`] can ask for: 4608 in firmware 2.0.75, whose buffer it is.
pub type ReceiveLength = Ranged<1, { i32::MAX }>;

/// `AT+CIPRECVDATA`: reads what a link has received, in passive mode (4.1.27), with
/// [`Module::command_for_data`](crate::Module::command_for_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVDATA", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct Receive {
    /// The link.
    pub link: Link,
    /// The most bytes to read.
    pub length: ReceiveLength,
}

impl Download for Receive {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPRECVLEN?`: asks how much each link has received (4.1.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPRECVLEN?",
    Lengths,
    parse = parse_lengths,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetLengths;

/// The reply to [`GetLengths`]: bytes that wait, by link. For TLS they may be fewer than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Bytes that wait in links 0 to 4.
    pub bytes: [u32; 5],
}

impl AtatResp for Lengths {}

fn parse_lengths(reply: &[u8]) -> Result<Lengths, atat::Error> {
    let values = values(reply, b"+CIPRECVLEN:")?;
    // Firmware and the reference's example put a comma behind the last number too.
    let mut fields = Fields::new(values.strip_suffix(b",").unwrap_or(values));
    let mut bytes = [0; 5];
    for place in &mut bytes {
        *place = fields.next().and_then(number).ok_or(atat::Error::Parse)?;
    }
    match fields.is_empty() {
        true => Ok(Lengths { bytes }),
        false => Err(atat::Error::Parse),
    }
}
