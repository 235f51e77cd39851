//! IP addresses on the wire, written and read without `core`'s formatting and parsing machinery,
//! which would be a quarter of the driver's flash.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atat::serde_at::serde::{Serialize, Serializer};

use super::bytes::{decimal, hex_digit};

/// An IP address as an argument: quoted, `"192.168.1.9"`.
///
/// ```
/// use atwifi::Ip;
///
/// let ip = Ip::from([192, 168, 1, 9]);
/// assert_eq!(ip, Ip(core::net::Ipv4Addr::new(192, 168, 1, 9).into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ip(pub IpAddr);

impl<A: Into<IpAddr>> From<A> for Ip {
    fn from(address: A) -> Self {
        Ip(address.into())
    }
}

impl Serialize for Ip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut text, mut length) = ([0; WRITTEN_MAX], 0);
        write(self.0, &mut |byte| {
            if let Some(place) = text.get_mut(length) {
                *place = byte;
                length += 1;
            }
        });
        serializer.serialize_bytes(text.get(..length).unwrap_or(&[]))
    }
}

/// The longest: eight groups of four digits, seven colons, two quotes.
const WRITTEN_MAX: usize = 41;

/// Writes an address between quotes.
pub(crate) fn write(address: IpAddr, push: &mut impl FnMut(u8)) {
    push(b'"');
    match address {
        IpAddr::V4(ip) => write_v4(ip, push),
        IpAddr::V6(ip) => write_v6(ip, push),
    }
    push(b'"');
}

/// Writes `192.168.1.9`.
pub(crate) fn write_v4(ip: Ipv4Addr, push: &mut impl FnMut(u8)) {
    for (i, octet) in ip.octets().into_iter().enumerate() {
        if i > 0 {
            push(b'.');
        }
        decimal(octet.into(), push);
    }
}

/// Writes all eight groups with all their digits: every module reads them, however many are zero.
fn write_v6(ip: Ipv6Addr, push: &mut impl FnMut(u8)) {
    for (i, octet) in ip.octets().into_iter().enumerate() {
        if i > 0 && i % 2 == 0 {
            push(b':');
        }
        push(hex_digit(octet >> 4));
        push(hex_digit(octet));
    }
}

/// Reads an address as `str::parse` does.
pub(crate) fn read(text: &[u8]) -> Option<IpAddr> {
    match v4(text) {
        Some(ip) => Some(IpAddr::V4(ip)),
        None => v6(text).map(IpAddr::V6),
    }
}

/// Reads `192.168.1.9`.
pub(crate) fn v4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut places = octets.iter_mut();
    let mut octet = None;
    // The end closes an octet as a dot does.
    for &byte in text.iter().chain(b".") {
        octet = match (byte, octet) {
            (b'.', Some(octet)) => {
                *places.next()? = u8::try_from(octet).ok()?;
                None
            }
            (b'0'..=b'9', None) => Some(u32::from(byte - b'0')),
            // A leading zero would mean octal to some.
            (b'0'..=b'9', Some(octet @ 1..=25)) => Some(octet * 10 + u32::from(byte - b'0')),
            _ => return None,
        };
    }
    places.next().is_none().then(|| octets.into())
}

/// Reads `2001:db8::7`, also with an IPv4 address for the last two groups.
pub(crate) fn v6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut groups = [0_u16; 8];
    let mut count = 0;
    let mut gap = None;
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix(b"::") {
        gap = Some(0);
        rest = behind;
    }
    while !rest.is_empty() {
        if let Some(ip) = v4(rest) {
            let [a, b, c, d] = ip.octets();
            for pair in [[a, b], [c, d]] {
                *groups.get_mut(count)? = u16::from_be_bytes(pair);
                count += 1;
            }
            break;
        }
        let end = rest.iter().position(|&b| b == b':');
        let digits = rest.get(..end.unwrap_or(rest.len()))?;
        *groups.get_mut(count)? = digits_of(digits, 16, 4)? as u16;
        count += 1;
        let Some(end) = end else { break };
        rest = rest.get(end + 1..)?;
        match rest.strip_prefix(b":") {
            Some(behind) if gap.is_none() => {
                gap = Some(count);
                rest = behind;
            }
            Some(_) => return None,
            None if rest.is_empty() => return None,
            None => {}
        }
    }
    match gap {
        None if count == groups.len() => {}
        // A gap stands for at least one group.
        Some(at) if count < groups.len() => {
            for i in 1..=count - at {
                let group = core::mem::take(groups.get_mut(count - i)?);
                *groups.get_mut(8 - i)? = group;
            }
        }
        _ => return None,
    }
    Some(Ipv6Addr::from(groups))
}

/// A number of one to `most` digits, at most as many as 32 bits hold.
pub(crate) fn digits_of(digits: &[u8], base: u32, most: usize) -> Option<u32> {
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    digits.iter().try_fold(0, |number, &digit| {
        Some(number * base + char::from(digit).to_digit(base)?)
    })
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use proptest::prelude::*;

    use super::*;

    fn written(ip: IpAddr) -> String {
        use atat::AtatCmd;
        use atat::atat_derive::AtatCmd;

        #[derive(AtatCmd)]
        #[at_cmd("", crate::st67::command::Done, termination = "")]
        struct Only {
            ip: Ip,
        }

        let mut wire = [0; 64];
        let n = Only { ip: ip.into() }.write(&mut wire);
        String::from_utf8_lossy(&wire[..n]).into_owned()
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(groups: [u16; 8], v4: [u8; 4]) {
            for ip in [IpAddr::from(groups), IpAddr::from(v4)] {
                let text = written(ip);
                let quoted = text.strip_prefix("AT=\"").unwrap().strip_suffix('"').unwrap();
                prop_assert_eq!(quoted.parse(), Ok(ip));
                prop_assert_eq!(read(quoted.as_bytes()), Some(ip));
                prop_assert_eq!(read(ip.to_string().as_bytes()), Some(ip));
            }
        }

        #[test]
        fn nothing_else_is_an_address(text in "[0-9a-fA-F.:]{0,24}") {
            prop_assert_eq!(read(text.as_bytes()), text.parse().ok(), "{}", text);
        }

        #[test]
        fn short_groups_are_addresses_too(text in "(([0-9a-f]{0,2}:){0,8}|::)([0-9]{1,3}[.]){0,4}[0-9a-f]{0,3}") {
            prop_assert_eq!(read(text.as_bytes()), text.parse().ok(), "{}", text);
        }
    }
}
