//! Which datagrams wait in the module for a socket: how long each is, and who sent it.
//!
//! The module keeps the bytes, one behind the other; where a datagram ends and whose it is was
//! said once, when it came. The notes lie in the socket's read-ahead memory, which a socket for
//! datagrams does not need otherwise.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::value::bytes::copy;

/// A datagram that waits in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datagram {
    pub(crate) length: u16,
    pub(crate) sender: SocketAddr,
}

impl Datagram {
    /// The sender of whom the module has not told: who else than the one it speaks to?
    pub(crate) const UNTOLD: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

    /// Length, port, whether the address is IPv6, address.
    pub(crate) const NOTE: usize = 2 + 2 + 1 + 16;

    pub(crate) fn write(self) -> [u8; Self::NOTE] {
        let mut note = [0; Self::NOTE];
        let mut rest = note.as_mut_slice();
        let mut put = |bytes: &[u8]| {
            if let Some((place, behind)) =
                core::mem::take(&mut rest).split_at_mut_checked(bytes.len())
            {
                copy(bytes, place);
                rest = behind;
            }
        };
        put(&self.length.to_le_bytes());
        put(&self.sender.port().to_le_bytes());
        put(&[u8::from(self.sender.is_ipv6())]);
        match self.sender.ip() {
            IpAddr::V4(address) => put(&address.octets()),
            IpAddr::V6(address) => put(&address.octets()),
        }
        note
    }

    pub(crate) fn read(note: &[u8]) -> Option<Datagram> {
        let (length, rest) = note.split_first_chunk::<2>()?;
        let (port, rest) = rest.split_first_chunk::<2>()?;
        let (is_v6, rest) = rest.split_first()?;
        let address: IpAddr = match is_v6 {
            0 => (*rest.first_chunk::<4>()?).into(),
            _ => (*rest.first_chunk::<16>()?).into(),
        };
        Some(Datagram {
            length: u16::from_le_bytes(*length),
            sender: SocketAddr::new(address, u16::from_le_bytes(*port)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_what_was_written() {
        for sender in ["10.0.0.7:123", "[fe80::1234:5678]:65535"] {
            let datagram = Datagram {
                length: 1470,
                sender: sender.parse().unwrap(),
            };
            assert_eq!(Datagram::read(&datagram.write()), Some(datagram));
        }
    }
}
