//! What a module tells on its own, in neutral words.

use core::net::Ipv4Addr;

/// Something that a module has told without being asked; see [`Module::poll`](crate::Module::poll).
///
/// Events about sockets do not appear here: they change the sockets at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'a> {
    /// This many events came while the queue was full, and are lost.
    Lost(u16),
    /// The module restarted: connections, Wi-Fi link and volatile settings are gone.
    ModuleReset,
    /// The station began to connect to its access point.
    StationConnecting,
    /// The station is associated with its access point; it has no address yet.
    StationConnected,
    /// The station has an address, which the module may or may not tell with the event.
    StationAddress(Option<Ipv4Addr>),
    /// The station has lost or left its access point.
    StationDisconnected,
    /// The station could not connect, or lost the link, for this reason: the number of the
    /// vendor's reference, for the ST67 [`st67::Reason::from`](crate::st67::Reason).
    StationError(u16),
    /// A scan is complete.
    ScanDone,
    /// A line with no neutral meaning, as the module printed it.
    Other(&'a [u8]),
}

/// The events that wait for `poll`, as the lines that the module printed, in the memory lent.
///
/// ```text
/// | handed out | length, line | length, line | free |
/// ```
pub(crate) struct Queue<'b> {
    bytes: &'b mut [u8],
    start: usize,
    end: usize,
    lost: u16,
}

/// Each line is preceded by its length.
const LENGTH: usize = 2;

impl<'b> Queue<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Queue {
            bytes,
            start: 0,
            end: 0,
            lost: 0,
        }
    }

    /// Appends a line; one that does not fit is counted as lost.
    pub(crate) fn push(&mut self, line: &[u8]) {
        let needed = LENGTH + line.len();
        if self.end + needed > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let Ok(length) = u16::try_from(line.len()) else {
            return self.lose();
        };
        match self
            .bytes
            .get_mut(self.end..self.end + needed)
            .and_then(|place| place.split_at_mut_checked(LENGTH))
        {
            Some((head, place)) => {
                head.copy_from_slice(&length.to_le_bytes());
                place.copy_from_slice(line);
                self.end += needed;
            }
            None => self.lose(),
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.lost == 0
    }

    /// Counts an event that could not be kept.
    pub(crate) fn lose(&mut self) {
        self.lost = self.lost.saturating_add(1);
    }

    /// How many were lost since this was asked last.
    pub(crate) fn take_lost(&mut self) -> Option<u16> {
        match core::mem::take(&mut self.lost) {
            0 => None,
            n => Some(n),
        }
    }

    /// Takes the oldest line out.
    pub(crate) fn pop(&mut self) -> Option<&[u8]> {
        let waiting = self.bytes.get(self.start..self.end)?;
        let (head, rest) = waiting.split_first_chunk::<LENGTH>()?;
        let length = usize::from(u16::from_le_bytes(*head));
        self.start += LENGTH + length;
        rest.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut memory = [0; 16];
        let mut queue = Queue::new(&mut memory);
        for line in [&b"+A:1"[..], b"+B:2", b"+C:3"] {
            queue.push(line);
        }
        assert_eq!(queue.take_lost(), Some(1));
        assert_eq!(queue.pop(), Some(&b"+A:1"[..]));
        queue.push(b"+D:4");
        assert_eq!(queue.pop(), Some(&b"+B:2"[..]));
        assert_eq!(queue.pop(), Some(&b"+D:4"[..]));
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.take_lost(), None);
    }
}
