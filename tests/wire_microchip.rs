//! What the Microchip module's commands make of any text and of odd replies. The bytes of each command
//! are in `tests/vocabulary/`.

use crate::common::{met, parse, wire, with_mock};
use atwifi::microchip::command::{Done, general, network, wlan};
use atwifi::microchip::{Microchip, Status, Text};
use atwifi::{Error, Switch, Usage, mock};

fn ssid(bytes: &[u8]) -> wlan::ConfigureStation<'_> {
    wlan::ConfigureStation {
        parameter: wlan::StationParameter::Ssid(Text::new(bytes).unwrap()),
    }
}

#[test]
fn replies_are_parsed_as_reference_and_firmware_print_them() {
    let echo_off = general::SetEcho { echo: Switch::Off };
    assert_eq!(parse(&echo_off, ""), Ok(Done {}));
    assert!(
        parse(&echo_off, "+SOCKO:1\r\n").is_err(),
        "a reply where none belongs is a late one"
    );

    let is_on = |reply| parse(&wlan::GetStation, reply).map(|station| station.is_on);
    assert_eq!(is_on("+WSTA:0\r\n"), Ok(false));
    assert_eq!(is_on("+WSTA:1,\"Open\"AP\",0,3\r\n"), Ok(true));
    // Reference: association id, state.
    assert_eq!(is_on("+WSTA:1,1\r\n"), Ok(true));
    assert_eq!(is_on("+WSTA:1,0\r\n"), Ok(false));
    assert!(is_on("+WSTA:\r\n").is_err());

    let open = network::Open {
        protocol: network::Protocol::Tcp,
    };
    let opened = |reply| parse(&open, reply).map(|opened| opened.socket);
    assert_eq!(opened("+SOCKO:4294967295\r\n"), Ok(u32::MAX));
    assert!(opened("+SOCKO:4294967296\r\n").is_err());
    assert!(opened("").is_err());

    assert!(parse(&network::GetSockets, "+SOCKLST:1,1\r\n").is_err());
    assert!(network::SocketRow::parse(b"+SOCKLST:2,2,\"192.168.0.\xff\",4000,1").is_none());
}

#[test]
fn every_byte_can_be_carried_and_what_is_too_long_is_refused() {
    for byte in 0..=255_u8 {
        let written = wire(&ssid(&[byte]));
        let expected = match byte {
            b' ' | b'!' | b'#'..=b'[' | b']'..=b'~' => format!("\"{}\"", char::from(byte)),
            _ => format!("[{byte:02X}]"),
        };
        assert_eq!(written, format!("AT+WSTAC=1,{expected}\r\n"));
    }
    assert_eq!(Text::<32>::new(&[b'x'; 33]), Err(Usage::TooLong(32)));
    // Escapes count: no text may push its command over the module's line.
    assert!(Text::<128>::new(&[0; 128]).is_err());
}

#[test]
fn every_code_of_the_firmware_has_a_name() {
    for code in 0..=47 {
        assert_ne!(Status::from(code), Status::Unknown(code));
        assert!(!Status::from(code).to_string().is_empty());
    }
    assert_eq!(Status::from(48), Status::Unknown(48));
    for (code, status, text) in [
        (10, Status::SocketNotFound, "Socket ID Not Found"),
        (
            23,
            Status::StationStartNotPermitted,
            "STA Connection Not Permitted",
        ),
        (42, Status::DnsTimeout, "DNS Query Timeout"),
        (47, Status::Mqtt, "MQTT Error"),
    ] {
        assert_eq!(Status::from(code), status);
        assert_eq!(status.to_string(), text);
    }
}

/// Asks for a certificate that is printed like this, read in pieces of so many bytes.
fn certificate(printed: &str, fragment: usize) -> Result<Vec<u8>, Error<mock::Failure, Status>> {
    let uart = met::<Microchip>()
        .answer("AT+READCERT=1\r\n", format!("{printed}\r\nOK\r\n"))
        .fragment(fragment);
    let device = general::ReadCertificate {
        certificate: general::Certificate::Device,
    };
    let mut into = [0; 1500];
    let n = with_mock::<Microchip, _>(&uart, |module| module.command_for_data(&device, &mut into))?;
    Ok(into[..n].to_vec())
}

#[test]
fn a_certificate_is_decoded_at_any_fragmentation() {
    for fragment in 1..40 {
        for (printed, expected) in [
            (
                "+READCERT:1, 9,\"OK\\r\\nOK\\\"\\\\>\"",
                &b"OK\r\nOK\"\\>"[..],
            ),
            ("+READCERT:1,3,[00fF3e]", b"\x00\xff>"),
            ("+READCERT:1, 0,[]", b""),
        ] {
            let got = certificate(printed, fragment);
            assert_eq!(got.as_deref(), Ok(expected), "{printed} in {fragment}s");
        }
    }
}

#[test]
fn a_certificate_with_bytes_lost_or_added_is_refused() {
    for printed in [
        "+READCERT:1, 3,\"ab\"",
        "+READCERT:1, 3,\"abcd\"",
        "+READCERT:1, 3,\"a\\xc\"",
        "+READCERT:1, 2,[00f]",
        "+READCERT:1, 2,[00fg]",
        "+READCERT:1, 1,[00\"",
        "+READCERT:1, 1501,\"a\"",
        "+READCERT:1, 1,a",
    ] {
        assert_eq!(certificate(printed, 7), Err(Error::Malformed), "{printed}");
    }
}
