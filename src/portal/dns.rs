//! A DNS server to which every name is the same.

use core::net::Ipv4Addr;

/// The longest question that is answered.
pub const LENGTH: usize = 512;

const HEADER: usize = 12;
/// Type and class behind the name of a question.
const KIND: usize = 4;
/// An IPv4 address, in the Internet.
const ADDRESS: [u8; KIND] = [0, 1, 0, 1];
/// An answer about the name of the question, for so many seconds: a moment, since soon it is wrong.
const RECORD: [u8; 12] = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 10, 0, 4];

/// Answers a question in place, of which so many bytes are there: with this address if it asks for one
/// of this kind, else with nothing. Returns the length of the answer; `None` if it is no question.
///
/// ```
/// use atwifi::portal::dns;
/// use core::net::Ipv4Addr;
///
/// let question = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x04wifi\x04test\0\0\x01\0\x01";
/// let mut message = [0; dns::LENGTH];
/// message[..question.len()].copy_from_slice(question);
/// let n = dns::answer(&mut message, question.len(), Ipv4Addr::new(192, 168, 4, 1)).unwrap();
/// assert!(message[..n].ends_with(&[0, 4, 192, 168, 4, 1]));
/// ```
pub fn answer(message: &mut [u8], length: usize, address: Ipv4Addr) -> Option<usize> {
    let question = message.get(..length)?;
    let end = HEADER + name_length(question.get(HEADER..)?)? + KIND;
    let is_for_address = question.get(end - KIND..end)? == ADDRESS;
    let header = message.first_chunk_mut::<HEADER>()?;
    let [_, _, flags, _, counts @ ..] = header;
    // A question, of the usual kind, and only one.
    if *flags & 0xf8 != 0 || counts.get(..2)? != [0, 1] {
        return None;
    }
    // An answer, by authority; whether recursion is wanted stays.
    header[2] = header[2] & 0x01 | 0x84;
    header[3] = 0;
    // What else was there, such as options, is not.
    header[6..].fill(0);
    if !is_for_address {
        return Some(end);
    }
    header[7] = 1;
    let record = message.get_mut(end..end + RECORD.len() + 4)?;
    let (head, value) = record.split_at_mut(RECORD.len());
    head.copy_from_slice(&RECORD);
    value.copy_from_slice(&address.octets());
    Some(end + RECORD.len() + 4)
}

/// How long a name is, with the empty part at its end.
fn name_length(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    loop {
        match usize::from(*bytes.get(length)?) {
            0 => return Some(length + 1),
            part @ 1..=63 => length += 1 + part,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

    fn question(name: &[u8], kind: [u8; 4], more: &[u8]) -> Vec<u8> {
        let mut bytes = b"\xab\xcd\x01\x20\0\x01\0\0\0\0\0\x01".to_vec();
        bytes.extend(name);
        bytes.extend(kind);
        bytes.extend(more);
        bytes
    }

    fn answered(question: &[u8]) -> Option<Vec<u8>> {
        let mut message = question.to_vec();
        message.resize(LENGTH, 0x55);
        let n = answer(&mut message, question.len(), OWN)?;
        Some(message[..n].to_vec())
    }

    #[test]
    fn every_name_is_the_own_address() {
        for name in [&b"\x01a\0"[..], b"\x03www\x07example\x03com\0", b"\0"] {
            let answer = answered(&question(name, ADDRESS, b"\0\0\x29\x04\xd0\0\0\0\0\0\0"));
            let mut expected = b"\xab\xcd\x85\x00\0\x01\0\x01\0\0\0\0".to_vec();
            expected.extend(name);
            expected.extend(ADDRESS);
            expected.extend(RECORD);
            expected.extend(OWN.octets());
            assert_eq!(answer, Some(expected));
        }
    }

    #[test]
    fn there_is_nothing_else_to_know() {
        let answer = answered(&question(b"\x01a\0", [0, 28, 0, 1], b"")).unwrap();
        assert_eq!(
            answer,
            b"\xab\xcd\x85\x00\0\x01\0\0\0\0\0\0\x01a\0\x00\x1c\0\x01"
        );
    }

    #[test]
    fn what_is_no_question_is_not_answered() {
        let good = question(b"\x03www\0", ADDRESS, b"");
        for length in 0..good.len() {
            assert_eq!(answered(&good[..length]), None, "{length}");
        }
        for (at, byte) in [(2, 0x81), (2, 0x28), (5, 2), (12, 0xc0), (12, 70)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(answered(&bad), None, "{at}");
        }
        assert_eq!(answer(&mut [], 0, OWN), None);
        assert_eq!(answer(&mut good.clone(), good.len(), OWN), None, "no room");
    }
}
