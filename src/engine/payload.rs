//! Counted payload, read byte for byte, whatever it looks like.

use super::protocol::Protocol;
use super::word::{PAYLOAD_PAUSE, PAYLOAD_SILENCE};
use super::{Engine, Lead};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Reads the payload that was announced last, and what closes it. What does not fit `into` is
    /// dropped. The rest of the answer must come as soon: the first word of a module that has restarted
    /// may look like it.
    pub(super) fn read_payload(&mut self, into: &mut [u8]) -> Result<(), Fault> {
        let count = self.header.count;
        trace!("< payload: {} bytes", count);
        let kept = count.min(into.len());
        self.link.within(PAYLOAD_SILENCE);
        self.unwanted = count;
        self.read_bytes(into.get_mut(..kept).unwrap_or(&mut []))?;
        while self.unwanted > 0 {
            self.read_bytes(&mut [0])?;
        }
        if P::ENDS_PAYLOAD {
            self.read_line_end()?;
        }
        Ok(())
    }

    /// Fills the slice with payload.
    pub(super) fn read_bytes(&mut self, mut into: &mut [u8]) -> Result<(), Fault> {
        loop {
            let n = match self.input.take(into) {
                0 if into.is_empty() => return Ok(()),
                0 => {
                    self.link.within(PAYLOAD_SILENCE);
                    let read = self.link.read(into);
                    // What interrupts a payload may be a restart, whose first words end up in it.
                    self.suspects_restart |=
                        self.link.remaining() + PAYLOAD_PAUSE < PAYLOAD_SILENCE;
                    read?
                }
                n => n,
            };
            self.unwanted = self.unwanted.saturating_sub(n);
            into = core::mem::take(&mut into).get_mut(n..).unwrap_or(&mut []);
        }
    }

    pub(super) fn read_line_end(&mut self) -> Result<(), Fault> {
        let mut line_end = [0; 2];
        self.read_bytes(&mut line_end)?;
        match line_end {
            [b'\r', b'\n'] => Ok(()),
            _ => Err(Fault::Malformed),
        }
    }

    /// Learns from an `OK` that follows no payload what stands before it.
    pub(super) fn learn_from_ok(&mut self) {
        if P::ENDS_PAYLOAD {
            self.blank_before_ok = Some(self.lead_before.line_feed);
        }
    }

    /// Whether payload is closed as it should be: one of which bytes were lost on the way has
    /// eaten what stood behind it. `lead` is what stood before the first line behind it, the
    /// `OK` has been read last.
    pub(super) fn is_closed(&self, payload: &[u8], lead: Option<Lead>) -> bool {
        if P::ENDS_PAYLOAD {
            let has_blank = self.lead_before.line_feed;
            return self.blank_before_ok.is_none_or(|blank| blank == has_blank);
        }
        let lead = lead.unwrap_or_default();
        match payload.last() {
            Some(b'\r') => lead.carriage_return || !lead.line_feed,
            Some(b'\n') => lead.line_feed || !self.header.has_line_end,
            _ => true,
        }
    }
}
