//! What the form says.

use heapless::Vec;

use crate::value::{Credentials, Printed, Security};

/// Takes a form that was posted (`application/x-www-form-urlencoded`), with the fields `ssid` and
/// `password`, of any bytes. `None` if it names no network, or more than a network can have.
///
/// A form says nothing of the protection: with a password it is told as that of most networks,
/// [`Security::Wpa2Wpa3`].
///
/// ```
/// use atwifi::{Security, portal};
///
/// let network = portal::credentials(b"ssid=caf%C3%A9+2&password=a%26b%3Dc").unwrap();
/// assert_eq!(network.ssid.as_str(), Some("caf\u{e9} 2"));
/// assert_eq!(network.password.reveal(), b"a&b=c");
/// assert_eq!(network.security, Security::Wpa2Wpa3);
/// assert!(!format!("{network:?}").contains("a&b"));
/// ```
pub fn credentials(form: &[u8]) -> Option<Credentials> {
    let ssid: Printed<32> = field(form, b"ssid")?;
    let password: Printed<64> = field(form, b"password")?;
    if ssid.is_empty() {
        return None;
    }
    Some(Credentials {
        ssid,
        security: Security::of(None, &password, Security::Wpa2Wpa3),
        password: password.into(),
    })
}

/// The value of a field, decoded; `None` if there is no such field or no room.
fn field<const N: usize>(form: &[u8], name: &[u8]) -> Option<Printed<N>> {
    let mut fields = form.split(|&byte| byte == b'&');
    let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(b"="))?;
    let mut value = value.iter();
    let mut decoded = Vec::new();
    while let Some(&byte) = value.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => hex(*value.next()?)? << 4 | hex(*value.next()?)?,
            byte => byte,
        };
        decoded.push(byte).ok()?;
    }
    Some(decoded.into())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn every_byte_of_a_form_arrives() {
        let text: Vec<u8> = (0..=255).collect();
        for text in text.chunks(32) {
            let encoded: String = text.iter().map(|byte| format!("%{byte:02x}")).collect();
            let form = format!("password={encoded}&other=1&ssid={encoded}");
            let network = credentials(form.as_bytes()).unwrap();
            assert_eq!(network.ssid.as_bytes(), text);
            assert_eq!(network.password.reveal(), text);
        }
    }

    #[test]
    fn what_names_no_network_is_none() {
        let long = |n| "a".repeat(n);
        for form in [
            String::new(),
            "ssid=a".to_owned(),
            "password=a".to_owned(),
            "ssid=&password=12345678".to_owned(),
            "ssid=a%2&password=".to_owned(),
            "ssid=a%zz&password=".to_owned(),
            format!("ssid={}&password=", long(33)),
            format!("ssid=a&password={}", long(65)),
        ] {
            assert_eq!(credentials(form.as_bytes()), None, "{form}");
        }
        assert!(
            credentials(format!("ssid={}&password={}", long(32), long(64)).as_bytes()).is_some()
        );
        assert!(credentials(b"ssid=open&password=").is_some());
    }
}
