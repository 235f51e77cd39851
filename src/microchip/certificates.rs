//! The Microchip module's sequence for loading a certificate.
//!
//! Firmware keeps the last one that it was given, in DER whatever it was in, and tells it when it is asked
//! (`AT+READCERT=3`): so what has arrived is compared byte for byte. It takes the bytes one by one, looking
//! for `+++`, and loses a `+` that another byte follows before 250 ms have passed (wire notes 2).

use super::literal::hexadecimal;
use super::payload::counted;
use super::text::Rule;
use super::words::split;
use super::{Attempt, Microchip, Module, Status, fingerprint};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Certificates, Outcome};
use crate::engine::gather::{Gather, Head};
use crate::engine::protocol::{Decoded, Escape, Header, Line, Payload};
use crate::engine::trickle::Trickle;
use crate::error::{Fault, Usage};
use crate::transport::Transport;

/// How long a certificate and its name may be (reference 3.7, wire notes 9).
const CONTENT_MAX: usize = 1500;
const NAME_MAX: usize = 64;

/// How long the line is silent behind a `+` (ms): more than 250 from when firmware sees it, and it looks every
/// 50 ms.
const PAUSE: u32 = 400;

/// How long what goes before, and reading back, may take (ms).
const EXCHANGES: u32 = 20_000;

/// Asks for the last that was loaded.
pub(super) const READ: &str = "AT+READCERT=3\r\n";

/// How loading is left before its end, or beyond it (ms of silence behind `+++`: more than 1000, wire
/// notes 2).
pub(super) const ESCAPE: Escape = Escape {
    sequence: b"+++",
    answer: b"",
    guard: 0,
    rest: 1200,
};

impl Certificates for Microchip {
    fn load_time(content: &[u8]) -> u32 {
        let pluses = der(content).filter(|&byte| byte == b'+').count() as u32;
        EXCHANGES.saturating_add(pluses.saturating_mul(PAUSE))
    }

    fn load_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
        content: &[u8],
    ) -> Outcome {
        let length = check(module, content)?;
        module
            .compose("AT+LOADCERT=#,", &[length as u32])
            .text::<Rule>(name.as_bytes(), NAME_MAX)
            .put("\r\n", &[]);
        module.check_command()?;
        let owner = fingerprint_of(name);
        let vendor = &mut module.session().vendor;
        vendor.known().certificate = 0;
        vendor.connection = Attempt::Open;
        module.session().expect(line);
        let sent = send(module, content, length);
        let loaded = sent.and_then(|()| settle(module));
        module.session().vendor.connection = Attempt::None;
        if matches!(loaded, Err(Fault::Timeout | Fault::Malformed)) {
            // It may be waiting for more; and a certificate that is cut short is none.
            let timeout = module.timeouts.command;
            module.engine.write_raw(ESCAPE.sequence, timeout)?;
            module.engine.send_nothing(ESCAPE.rest)?;
        }
        loaded?;
        compare(module, content, length)?;
        module.session().vendor.known().certificate = owner;
        Ok(())
    }
}

/// Whether it can be loaded; nothing is sent. Returns how many bytes it is.
fn check<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, content: &[u8]) -> Outcome<usize> {
    if has_key(content) {
        // Firmware would take it for a certificate, and tell it to whoever asks.
        return Err(module.refuse(Usage::Unsupported("private keys")));
    }
    match der(content).count() {
        0 => Err(module.refuse(Usage::Unsupported("data that is no certificate"))),
        length if length > CONTENT_MAX => Err(module.refuse(Usage::TooLong(CONTENT_MAX))),
        length => Ok(length),
    }
}

fn send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    content: &[u8],
    length: usize,
) -> Outcome {
    let payload = Trickle {
        bytes: &mut der(content),
        length,
        delicate: b'+',
        pause: PAUSE,
    };
    match module.engine.trickle(payload, module.timeouts.send) {
        // It is no certificate, or became none on the way.
        Err(Fault::Untaken) => Err(Fault::Refused),
        other => other,
    }
}

/// Firmware says what came of it in the place of `OK`, the reference's module behind it.
fn settle<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    module.wait_until(module.timeouts.command, |session| {
        !matches!(session.vendor.connection, Attempt::Open)
    })?;
    match module.session().vendor.connection {
        Attempt::Settled(Err(status)) => {
            module.session().refusal = status;
            Err(Fault::Refused)
        }
        _ => Ok(()),
    }
}

/// Looks at a line that was taken for `kind`: whether it tells what came of loading.
pub(super) fn line(
    session: &mut Session<'_, Microchip>,
    command: &[u8],
    line: &[u8],
    kind: Line,
) -> Line {
    let (name, values) = split(line);
    if kind != Line::Reply || name != b"+LOADCERT" {
        return kind;
    }
    let result = match values {
        b"0" => Ok(()),
        _ => Err(Status::CertificateRefused),
    };
    if command.starts_with(b"AT+LOADCERT=") {
        session.vendor.connection.settle(result);
        // Firmware has no `OK` behind it.
        return match result {
            Ok(()) => Line::Sent,
            Err(status) => {
                session.refusal = status;
                Line::Failed
            }
        };
    }
    if matches!(session.vendor.connection, Attempt::Open) {
        session.vendor.connection.settle(result);
        return Line::Event;
    }
    kind
}

/// Whether the module has this certificate.
fn compare<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    content: &[u8],
    length: usize,
) -> Outcome {
    let mut told = Told {
        expected: &mut der(content),
        length,
        left: length,
        form: Form::Ahead,
    };
    module.compose(READ, &[]);
    module.gather(&mut told, module.timeouts.command)?;
    match told.form {
        Form::Over => Ok(()),
        _ => Err(module.engine.malformed()),
    }
}

/// What stands next.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// What is before the certificate.
    Ahead,
    /// Two digits for each byte of it.
    Digits,
    /// What closes it.
    Closing,
    /// It was all there.
    Over,
}

/// `+READCERT:3,<length>,[<certificate>]`: with bytes that are no text it is hexadecimal, as each
/// certificate has.
struct Told<'e> {
    expected: &'e mut dyn Iterator<Item = u8>,
    length: usize,
    left: usize,
    form: Form,
}

impl Told<'_> {
    /// Takes what stands before the certificate.
    fn begin(&mut self, pending: &[u8]) -> Head {
        let mut header = Header::default();
        match counted(pending, b"+READCERT:", &mut header) {
            Ok(before) if (header.socket, header.count) == (3, self.length) => {
                match pending.get(before) {
                    None => Head::Part,
                    Some(b'[') => {
                        self.form = Form::Digits;
                        Head::Row(before + 1)
                    }
                    Some(_) => Head::Spoilt,
                }
            }
            Ok(_) => Head::Spoilt,
            Err(Payload::Incomplete) if !pending.is_empty() => Head::Part,
            Err(_) => Head::Other,
        }
    }

    /// Takes as many bytes of the certificate as are here, if they are the right ones.
    fn go_on(&mut self, pending: &[u8]) -> Head {
        let mut taken = 0;
        while self.left > 0 {
            let rest = pending.get(taken..).unwrap_or(&[]);
            match hexadecimal(rest) {
                Decoded::Byte(byte, digits) if self.expected.next() == Some(byte) => {
                    taken += digits
                }
                Decoded::Incomplete if taken == 0 => return Head::Part,
                Decoded::Incomplete => return Head::Row(taken),
                Decoded::Byte(..) | Decoded::Nonsense => {
                    self.form = Form::Ahead;
                    return Head::Spoilt;
                }
            }
            self.left -= 1;
        }
        self.form = Form::Closing;
        Head::Row(taken)
    }
}

impl Gather for Told<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        match self.form {
            Form::Ahead => self.begin(pending),
            Form::Digits => self.go_on(pending),
            Form::Closing => match pending {
                [] => Head::Part,
                [b']', ..] => {
                    self.form = Form::Over;
                    Head::Row(1)
                }
                _ => {
                    self.form = Form::Ahead;
                    Head::Spoilt
                }
            },
            Form::Over => Head::Other,
        }
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        true
    }

    fn is_within(&self) -> bool {
        matches!(self.form, Form::Digits | Form::Closing)
    }
}

/// Whether this one was loaded, and a connection finds it. All firmware that is known looks into a table
/// of its image alone (its own source; reference, note to 7.11.4); appendix A of the reference has it
/// otherwise. The module that the reference describes tells its versions behind a colon, firmware
/// behind `=`.
pub(super) fn is_used<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
) -> Outcome<bool> {
    if module.session().vendor.known().certificate != fingerprint_of(name) {
        return Ok(false);
    }
    let mut is_used = None;
    module.compose("AT+GMR\r\n", &[]);
    module.ask("+GMR", module.timeouts.command, &mut |row: &[u8]| {
        is_used = Some(row.starts_with(b":"));
    })?;
    is_used.ok_or_else(|| module.engine.malformed())
}

/// By which it is known whose it is; odd, so that it is never that of none.
fn fingerprint_of(name: &str) -> u32 {
    fingerprint(name.as_bytes()) | 1
}

/// The bytes of a certificate in DER, which it may be in PEM: of the first one there.
fn der(content: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let pem = body(content);
    let mut digits = pem.iter().filter_map(|&byte| sextet(byte));
    let (mut bits, mut count) = (0_u32, 0);
    let decoded = core::iter::from_fn(move || {
        while count < 8 {
            bits = bits << 6 | digits.next()?;
            count += 6;
        }
        count -= 8;
        Some((bits >> count) as u8)
    });
    let plain = if is_der(content) { content } else { &[] };
    plain.iter().copied().chain(decoded)
}

/// It begins a sequence.
fn is_der(content: &[u8]) -> bool {
    content.first() == Some(&0x30)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// What stands between the lines of the first certificate in PEM, before which there may be other text.
fn body(content: &[u8]) -> &[u8] {
    let begin = content.windows(BEGIN.len()).position(|part| part == BEGIN);
    let begun = begin.and_then(|begin| content.get(begin + BEGIN.len()..));
    let begun = begun.filter(|_| !is_der(content)).unwrap_or(&[]);
    let end = begun.iter().position(|&byte| byte == b'-');
    end.and_then(|end| begun.get(..end)).unwrap_or(&[])
}

/// The six bits that a character of PEM stands for.
fn sextet(character: u8) -> Option<u32> {
    let value = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Whether there is a private key in PEM.
fn has_key(content: &[u8]) -> bool {
    const KEY: &[u8] = b" PRIVATE KEY-----";
    !is_der(content) && content.windows(KEY.len()).any(|part| part == KEY)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn decoded(content: &[u8]) -> Vec<u8> {
        der(content).collect()
    }

    #[test]
    fn der_stays_as_it_is() {
        assert_eq!(decoded(b"0\x82-+\0"), b"0\x82-+\0");
        let within = [b"0\x82", BEGIN, b"MII+-"].concat();
        assert_eq!(decoded(&within), within);
        assert_eq!(decoded(b""), b"");
    }

    #[test]
    fn pem_is_decoded_whatever_its_line_ends() {
        let pem = b"-----BEGIN CERTIFICATE-----\r\nMII+\r\n/w==\n-----END CERTIFICATE-----\n";
        assert_eq!(decoded(pem), b"0\x82>\xff");
        let two = [&pem[..], pem].concat();
        assert_eq!(decoded(&two), b"0\x82>\xff");
        assert_eq!(
            decoded(&[&b"# Example CA\n"[..], pem].concat()),
            b"0\x82>\xff"
        );
    }

    #[test]
    fn what_is_cut_short_or_something_else_is_nothing() {
        assert_eq!(decoded(b"-----BEGIN CERTIFICATE-----\nMII+"), b"");
        assert_eq!(
            decoded(b"-----BEGIN X509 CRL-----\nMII+\n-----END X509 CRL-----"),
            b""
        );
    }

    #[test]
    fn keys_are_known_by_their_name() {
        assert!(has_key(b"-----BEGIN PRIVATE KEY-----\nMII+"));
        assert!(has_key(b"-----BEGIN RSA PRIVATE KEY-----\nMII+"));
        assert!(!has_key(b"-----BEGIN CERTIFICATE-----\nMII+"));
    }
}
