//! Chapter 3, "General/Miscellaneous".

use atat::AtatResp;
use atat::atat_derive::AtatCmd;

use super::Done;
use crate::driver::{Download, Upload};
use crate::microchip::literal::Literal;
use crate::microchip::text::Text;
use crate::value::Printed;
use crate::value::Ranged;
use crate::value::Switch;

/// `AT`: tests that the module listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Test;

/// `ATE<N>`: switches the echo, and with it the prompts, on or off (3.1). Default: on.
///
/// The driver has it off, and takes a module that echoes for one that has restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E", Done, value_sep = false, timeout_ms = 5000, termination = "\r\n")]
pub struct SetEcho {
    /// The echo.
    pub echo: Switch,
}

/// `AT+GMI`: asks who made the module (3.2).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::command::general::GetManufacturer;
///
/// let maker = GetManufacturer.parse(Ok(b"+GMI=\"Microchip\"\r\n")).unwrap();
/// assert_eq!(maker.name.as_str(), Some("Microchip"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMI", Identity, parse = parse_manufacturer, timeout_ms = 5000, termination = "\r\n")]
pub struct GetManufacturer;

/// `AT+GMM`: asks for the model (3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMM", Identity, parse = parse_model, timeout_ms = 5000, termination = "\r\n")]
pub struct GetModel;

/// The reply to [`GetManufacturer`] and [`GetModel`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: Printed<32>,
}

impl AtatResp for Identity {}

fn parse_manufacturer(reply: &[u8]) -> Result<Identity, atat::Error> {
    identity(reply, b"+GMI").ok_or(atat::Error::Parse)
}

fn parse_model(reply: &[u8]) -> Result<Identity, atat::Error> {
    identity(reply, b"+GMM").ok_or(atat::Error::Parse)
}

fn identity(reply: &[u8], name: &[u8]) -> Option<Identity> {
    let text = Literal::parse(value(reply, name)?)?;
    Some(Identity { name: text.keep()? })
}

/// Between name and value firmware has `=`, the reference `:`.
fn value<'a>(reply: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match reply.trim_ascii().strip_prefix(name)? {
        [b'=' | b':', value @ ..] => Some(value),
        _ => None,
    }
}

/// `AT+GMR`: asks for the versions (3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GMR", Revision, parse = parse_revision, timeout_ms = 5000, termination = "\r\n")]
pub struct GetRevision;

/// The reply to [`GetRevision`]. Firmware tells its own version and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The chip's id or version.
    pub chip: Option<Printed<16>>,
    /// The firmware's version.
    pub firmware: Printed<16>,
    /// Another version, such as the driver's.
    pub driver: Option<Printed<16>>,
    /// The version of the firmware that the module can go back to.
    pub rollback: Option<Printed<16>>,
}

impl AtatResp for Revision {}

/// `+GMR="0.3.2"` in firmware; `+GMR:` or `+VER:` and four quoted versions in the reference.
fn parse_revision(reply: &[u8]) -> Result<Revision, atat::Error> {
    revision(reply).ok_or(atat::Error::Parse)
}

fn revision(reply: &[u8]) -> Option<Revision> {
    let values = value(reply, b"+GMR").or_else(|| value(reply, b"+VER"))?;
    let mut versions = values
        .split(|&b| b == b',')
        .map(|field| Literal::parse(field)?.keep());
    let first = versions.next()?;
    let (chip, firmware) = match versions.next() {
        Some(second) => (Some(first?), second?),
        None => (None, first?),
    };
    let (driver, rollback) = (versions.next(), versions.next());
    versions.next().is_none().then_some(Revision {
        chip,
        firmware,
        driver: driver.flatten(),
        rollback: rollback.flatten(),
    })
}

numbered! {
    /// How deep the module sleeps. The modes 0 to 3 of the reference are placeholders.
    pub enum SleepMode {
        /// Until a pin wakes it: with its configuration lost.
        Deep = 4,
    }
}

/// `AT+LOWPOWER`: puts the module to sleep (3.5).
///
/// The reference shows no `OK`: the command may end in a timeout though the module sleeps. When a
/// pin wakes the module it restarts, which is
/// [`Event::ModuleReset`](crate::Event::ModuleReset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+LOWPOWER", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Sleep {
    /// How deep.
    pub mode: SleepMode,
}

numbered! {
    /// A certificate that the module can tell.
    pub enum Certificate {
        /// The device's own, of the secure element, in PEM.
        Device = 1,
        /// The root that it comes from, in PEM.
        Root = 2,
        /// The last one that was loaded with [`LoadCertificate`], in DER.
        Loaded = 3,
        /// The signer of the device's, in PEM: firmware 0.3.1 and later.
        Signer = 4,
    }
}

/// `AT+READCERT`: reads a certificate (3.6), with
/// [`Module::command_for_data`](crate::Module::command_for_data).
///
/// The module prints it as text, in quotes or hexadecimal; what arrives is the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+READCERT", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ReadCertificate {
    /// Which.
    pub certificate: Certificate,
}

/// The firmware's buffer.
const CERTIFICATE_MAX: usize = 1500;

impl Download for ReadCertificate {
    fn length(&self) -> usize {
        CERTIFICATE_MAX
    }
}

/// `AT+LOADCERT`: loads a server's certificate, or that of its authority, in PEM or DER (3.7),
/// with [`Module::command_with_data`](crate::Module::command_with_data).
///
/// [`Status::CertificateRefused`](crate::microchip::Status::CertificateRefused) if it is none. A
/// module that answers as the reference has it says `OK` first, and the result comes as
/// [`Event::CertificateLoaded`](crate::microchip::Event::CertificateLoaded).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Ranged, microchip::{Text, command::general::LoadCertificate}};
///
/// let load = LoadCertificate {
///     length: Ranged::new(1500)?,
///     name: Text::new(b"app_client_cert_der_mosquitto_org")?,
/// };
/// let mut wire = [0; 64];
/// let n = load.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+LOADCERT=1500,\"app_client_cert_der_mosquitto_org\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+LOADCERT", Done, timeout_ms = 10_000, termination = "\r\n")]
pub struct LoadCertificate<'a> {
    /// How many bytes follow.
    pub length: Ranged<1, 1500>,
    /// Its name, up to 64 bytes: for [`ConfigureTls`](super::network::ConfigureTls).
    pub name: Text<'a, 64>,
}

impl Upload for LoadCertificate<'_> {
    fn length(&self) -> usize {
        usize::try_from(self.length.get()).unwrap_or(0)
    }
}
