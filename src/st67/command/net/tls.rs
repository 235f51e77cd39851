//! TLS of the links, where the module is the client: 4.1.32 to 4.1.36. In effect for connections
//! that are opened from then on.

use core::fmt;

use atat::atat_derive::AtatCmd;
use atat::serde_at::serde::{Serialize, Serializer};

use super::super::{Done, Rows};
use super::Link;
use crate::engine::text::{Fields, rows, unquoted};
use crate::error::Usage;
use crate::st67::text::{Secret, Text};
use crate::value::Ranged;
use crate::value::Reported;
use crate::value::{Printed, PrintedSecret};

numbered! {
    /// Which side of a TLS connection proves who it is.
    pub enum Authentication {
        /// Neither.
        None = 0,
        /// The client, by its certificate.
        Client = 1,
        /// The server, whose certificate the CA must have signed.
        Server = 2,
        /// Both.
        Both = 3,
    }
}

/// `AT+CIPSSLCCONF?`: asks for the certificates of the links (4.1.32). Rows: [`CertificatesRow`].
///
/// With several links firmware takes the form [`GetCertificatesOf`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSSLCCONF?",
    Rows,
    parse = parse_certificates,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetCertificates;

/// `AT+CIPSSLCCONF=<link>?`: asks for the certificates of one link (4.1.32). Rows:
/// [`CertificatesRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSSLCCONF",
    Rows,
    parse = parse_certificates,
    timeout_ms = 6000,
    termination = "?\r\n"
)]
pub struct GetCertificatesOf {
    /// The link.
    pub link: Link,
}

fn parse_certificates(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| CertificatesRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetCertificates`]: names of files, empty where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificatesRow<'a> {
    /// The link, where there are several.
    pub link: Option<u8>,
    /// Who proves who it is. Firmware 2.0.75 prints [`Authentication::Client`] and
    /// [`Authentication::Server`] for each other.
    pub authentication: Reported<Authentication>,
    /// The client's certificate.
    pub certificate: &'a str,
    /// Its private key.
    pub key: &'a str,
    /// The certificate authority.
    pub ca: &'a str,
}

impl CertificatesRow<'_> {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::{Authentication, CertificatesRow};
    ///
    /// let row = CertificatesRow::parse(br#"+CIPSSLCCONF:0,2,"","","ca.crt""#).unwrap();
    /// assert_eq!((row.link, row.ca), (Some(0), "ca.crt"));
    /// assert_eq!(row.authentication, Authentication::Server);
    /// ```
    pub fn parse(line: &[u8]) -> Option<CertificatesRow<'_>> {
        let mut fields = Fields::new(line.strip_prefix(b"+CIPSSLCCONF:")?);
        let has_link = fields.clone().count() == 5;
        let row = CertificatesRow {
            link: match has_link {
                true => Some(fields.number()?),
                false => None,
            },
            authentication: fields.reported()?,
            certificate: fields.quoted()?,
            key: fields.quoted()?,
            ca: fields.quoted()?,
        };
        fields.is_empty().then_some(row)
    }
}

/// `AT+CIPSSLCCONF`: names the certificates of a link (4.1.32), files in the module. In effect for
/// connections that are opened from here on.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCCONF", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetCertificates<'a> {
    /// The link.
    pub link: Link,
    /// Who proves who it is.
    pub authentication: Authentication,
    /// The client's certificate: up to 31 bytes.
    pub certificate: Option<Text<'a, 31>>,
    /// Its private key.
    pub key: Option<Text<'a, 31>>,
    /// The certificate authority.
    pub ca: Option<Text<'a, 31>>,
}

/// `AT+CIPSSLCSNI?`: asks for the server names of the links (4.1.33). Rows: [`ServerNameRow`].
///
/// With several links firmware takes the form [`GetServerNameOf`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCSNI?", Rows, parse = parse_server_names, timeout_ms = 6000, termination = "\r\n")]
pub struct GetServerName;

/// `AT+CIPSSLCSNI=<link>?`: asks for the server names of one link (4.1.33). Rows: [`ServerNameRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCSNI", Rows, parse = parse_server_names, timeout_ms = 6000, termination = "?\r\n")]
pub struct GetServerNameOf {
    /// The link.
    pub link: Link,
}

fn parse_server_names(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| ServerNameRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetServerName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerNameRow<'a> {
    /// The link, where there are several.
    pub link: Option<u8>,
    /// The name; empty if there is none. Firmware prints it without quotes, or `(null)`.
    pub name: &'a [u8],
}

impl ServerNameRow<'_> {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::ServerNameRow;
    ///
    /// let row = ServerNameRow::parse(br#"+CIPSSLCSNI:0,"example.test""#).unwrap();
    /// assert_eq!((row.link, row.name), (Some(0), &b"example.test"[..]));
    /// ```
    pub fn parse(line: &[u8]) -> Option<ServerNameRow<'_>> {
        let (link, name) = link_and_rest(line.strip_prefix(b"+CIPSSLCSNI:")?);
        let name = match unquoted(name) {
            b"(null)" => b"",
            name => name,
        };
        Some(ServerNameRow { link, name })
    }
}

/// `AT+CIPSSLCSNI`: the name that the server is asked for (4.1.33).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCSNI", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetServerName<'a> {
    /// The link.
    pub link: Link,
    /// The name: up to 64 bytes.
    pub name: Text<'a, 64>,
}

/// `AT+CIPSSLCALPN?`: asks for the protocols that are offered of the links (4.1.34). Rows: [`ProtocolsRow`].
///
/// With several links firmware takes the form [`GetProtocolsOf`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCALPN?", Rows, parse = parse_protocols, timeout_ms = 6000, termination = "\r\n")]
pub struct GetProtocols;

/// `AT+CIPSSLCALPN=<link>?`: asks for the protocols that are offered of one link (4.1.34). Rows: [`ProtocolsRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCALPN", Rows, parse = parse_protocols, timeout_ms = 6000, termination = "?\r\n")]
pub struct GetProtocolsOf {
    /// The link.
    pub link: Link,
}

fn parse_protocols(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| ProtocolsRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetProtocols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolsRow<'a> {
    /// The link, where there are several.
    pub link: Option<u8>,
    names: &'a [u8],
}

impl<'a> ProtocolsRow<'a> {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::ProtocolsRow;
    ///
    /// let row = ProtocolsRow::parse(br#"+CIPSSLCALPN:0,"h2","http/1.1""#).unwrap();
    /// assert!(row.names().eq([&b"h2"[..], b"http/1.1"]));
    /// ```
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (link, names) = link_and_rest(line.strip_prefix(b"+CIPSSLCALPN:")?);
        Some(ProtocolsRow { link, names })
    }

    /// The protocols.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        Fields::new(self.names)
            .map(unquoted)
            .filter(|name| !name.is_empty())
    }
}

/// `AT+CIPSSLCALPN`: the protocols that are offered to the server (4.1.34).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCALPN", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetProtocols<'a> {
    /// The link.
    pub link: Link,
    /// How many there are: 0 clears.
    pub count: Ranged<0, 5>,
    /// The first: up to 15 bytes each, so that the command fits the module's line.
    pub first: Option<Text<'a, 15>>,
    /// The second.
    pub second: Option<Text<'a, 15>>,
    /// The third.
    pub third: Option<Text<'a, 15>>,
    /// The fourth.
    pub fourth: Option<Text<'a, 15>>,
    /// The fifth.
    pub fifth: Option<Text<'a, 15>>,
}

/// `AT+CIPSSLCPSK?`: asks for the pre-shared keys of the links (4.1.35). Rows: [`PskRow`].
///
/// With several links firmware takes the form [`GetPskOf`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSK?", Rows, parse = parse_psks, timeout_ms = 6000, termination = "\r\n")]
pub struct GetPsk;

/// `AT+CIPSSLCPSK=<link>?`: asks for the pre-shared keys of one link (4.1.35). Rows: [`PskRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSK", Rows, parse = parse_psks, timeout_ms = 6000, termination = "?\r\n")]
pub struct GetPskOf {
    /// The link.
    pub link: Link,
}

fn parse_psks(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| PskRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetPsk`], and to [`GetPskHex`], where the key is in hexadecimal digits.
///
/// Neither text is escaped: where one holds `","`, the key ends at the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskRow {
    /// The link, where there are several.
    pub link: Option<u8>,
    /// The key. As a text it ends at its first NUL.
    pub key: PrintedSecret<64>,
    /// Its identity.
    pub identity: Printed<32>,
}

impl PskRow {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::PskRow;
    ///
    /// let row = PskRow::parse(br#"+CIPSSLCPSK:0,"psk","myhint""#).unwrap();
    /// assert_eq!((row.key.reveal(), row.identity.as_bytes()), (&b"psk"[..], &b"myhint"[..]));
    /// ```
    pub fn parse(line: &[u8]) -> Option<PskRow> {
        const BETWEEN: &[u8] = b"\",\"";
        let values = line
            .strip_prefix(b"+CIPSSLCPSK:")
            .or_else(|| line.strip_prefix(b"+CIPSSLCPSKHEX:"))?;
        let (link, texts) = link_and_rest(values);
        let texts = unquoted(texts);
        let at = texts.windows(BETWEEN.len()).position(|w| w == BETWEEN)?;
        let (key, identity) = texts.split_at_checked(at)?;
        Some(PskRow {
            link,
            key: PrintedSecret::new(key)?,
            identity: Printed::new(identity.strip_prefix(BETWEEN)?)?,
        })
    }
}

/// `AT+CIPSSLCPSK`: a pre-shared key (4.1.35).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSK", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetPsk<'a> {
    /// The link.
    pub link: Link,
    /// The key: up to 31 bytes in firmware, 32 in the reference.
    pub key: Secret<'a, 31>,
    /// The key's identity, as long.
    pub identity: Text<'a, 31>,
}

/// `AT+CIPSSLCPSKHEX?`: asks for the pre-shared keys of the links (4.1.36). Rows: [`PskRow`].
///
/// With several links firmware takes the form [`GetPskHexOf`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSKHEX?", Rows, parse = parse_hex_psks, timeout_ms = 6000, termination = "\r\n")]
pub struct GetPskHex;

/// `AT+CIPSSLCPSKHEX=<link>?`: asks for the pre-shared keys of one link (4.1.36). Rows: [`PskRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSKHEX", Rows, parse = parse_hex_psks, timeout_ms = 6000, termination = "?\r\n")]
pub struct GetPskHexOf {
    /// The link.
    pub link: Link,
}

fn parse_hex_psks(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| PskRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A key in hexadecimal digits: any bytes, also NUL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HexKey<'a>(&'a [u8]);

/// The longest key, in bytes: 31 in firmware, 32 in the reference.
const KEY_MAX: usize = 31;

impl<'a> HexKey<'a> {
    /// Checks a key.
    ///
    /// # Errors
    /// [`Usage::Empty`]; [`Usage::TooLong`] over 31 bytes.
    pub fn new(key: &'a [u8]) -> Result<Self, Usage> {
        match key.len() {
            0 => Err(Usage::Empty),
            1..=KEY_MAX => Ok(HexKey(key)),
            _ => Err(Usage::TooLong(KEY_MAX)),
        }
    }
}

impl fmt::Debug for HexKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HexKey(***)")
    }
}

impl Serialize for HexKey<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |n: u8| match n {
            0..=9 => b'0' + n,
            _ => b'a' + n - 10,
        };
        let mut written = [b'"'; 2 * KEY_MAX + 2];
        let mut length = 1;
        for (byte, place) in self
            .0
            .iter()
            .zip(written.get_mut(1..).unwrap_or_default().chunks_exact_mut(2))
        {
            place.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            length += 2;
        }
        if let Some(quote) = written.get_mut(length) {
            *quote = b'"';
        }
        serializer.serialize_bytes(written.get(..=length).unwrap_or_default())
    }
}

/// `AT+CIPSSLCPSKHEX`: a pre-shared key of any bytes (4.1.36).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSKHEX", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetPskHex<'a> {
    /// The link.
    pub link: Link,
    /// The key: up to 31 bytes in firmware, 32 in the reference.
    pub key: HexKey<'a>,
    /// The key's identity, as long.
    pub identity: Text<'a, 31>,
}

/// `[<link>,]<rest>`, where the rest begins with no digit and comma.
fn link_and_rest(values: &[u8]) -> (Option<u8>, &[u8]) {
    match values {
        [link @ b'0'..=b'4', b',', rest @ ..] => (Some(link - b'0'), rest),
        [link @ b'0'..=b'4'] => (Some(link - b'0'), &[]),
        rest => (None, rest),
    }
}
