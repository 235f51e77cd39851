//! Chapter 3, "General/Miscellaneous".

use atat::AtatResp;
use atat::atat_derive::AtatCmd;

use super::Done;

/// `AT`: tests that the module listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("", Done, termination = "\r\n")]
pub struct Test;

/// `ATE0`: switches the echo, and with it the prompts, off (3.1). Default: on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E0", Done, termination = "\r\n")]
pub struct EchoOff;

/// `AT+GMR`: asks for the revision (3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMR", Revision, parse = parse_revision, termination = "\r\n")]
pub struct GetRevision;

/// The reply to [`GetRevision`]: the firmware's version, where it is three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Major, minor, patch.
    pub version: (u8, u8, u8),
}

impl AtatResp for Revision {}

/// `+GMR="0.3.2"` in firmware; `+GMR:` or `+VER:` and four quoted versions in the reference.
fn parse_revision(reply: &[u8]) -> Result<Revision, atat::Error> {
    let text = core::str::from_utf8(reply).map_err(|_| atat::Error::Parse)?;
    let version = text.split('"').find_map(|quoted| {
        let mut numbers = quoted.split('.').map(str::parse);
        let version = (
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        );
        numbers.next().is_none().then_some(version)
    });
    version
        .map(|version| Revision { version })
        .ok_or(atat::Error::Parse)
}
