//! What the form says.

use atwifi::{Printed, PrintedSecret};

/// The network that the user has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its SSID.
    pub ssid: Printed<32>,
    /// Its password; empty for an open network.
    pub password: PrintedSecret<64>,
}

impl Network {
    /// Takes a form that was posted. `None` if it names no network, or more than a network can have.
    ///
    /// ```
    /// use atwifi_setup::Network;
    ///
    /// let network = Network::parse(b"ssid=caf%C3%A9+2&password=a%26b%3Dc").unwrap();
    /// assert_eq!(network.ssid.as_str(), Some("caf\u{e9} 2"));
    /// assert_eq!(network.password.reveal(), b"a&b=c");
    /// ```
    pub fn parse(form: &[u8]) -> Option<Network> {
        let (mut ssid, mut password) = ([0; 32], [0; 64]);
        let ssid = field(form, b"ssid", &mut ssid)?;
        let password = field(form, b"password", &mut password)?;
        if ssid.is_empty() {
            return None;
        }
        Some(Network {
            ssid: Printed::new(ssid)?,
            password: PrintedSecret::new(password)?,
        })
    }
}

/// The value of a field, decoded; `None` if there is no such field or no room.
fn field<'m>(form: &[u8], name: &[u8], into: &'m mut [u8]) -> Option<&'m [u8]> {
    let mut fields = form.split(|&byte| byte == b'&');
    let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(b"="))?;
    let mut value = value.iter();
    let mut length = 0;
    while let Some(&byte) = value.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => hex(*value.next()?)? << 4 | hex(*value.next()?)?,
            byte => byte,
        };
        *into.get_mut(length)? = byte;
        length += 1;
    }
    into.get(..length)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_form_arrives() {
        let text: Vec<u8> = (0..=255).collect();
        for text in text.chunks(32) {
            let encoded: String = text.iter().map(|byte| format!("%{byte:02x}")).collect();
            let form = format!("password={encoded}&other=1&ssid={encoded}");
            let network = Network::parse(form.as_bytes()).unwrap();
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
            assert_eq!(Network::parse(form.as_bytes()), None, "{form}");
        }
        assert!(
            Network::parse(format!("ssid={}&password={}", long(32), long(64)).as_bytes()).is_some()
        );
        assert!(Network::parse(b"ssid=open&password=").is_some());
    }
}
