//! What every simulated module is: bytes in at one time, bytes out at another.

use std::time::Duration;

use crate::network::Network;
use crate::output::Output;
use crate::{AccessPoint, Faults};

/// A module as seen from its wire. It owns no clock, no thread and no socket.
///
/// What is done to it from outside does nothing, unless it says otherwise.
pub trait Module: Send {
    /// Bytes have come from the host. `joined` says that they run on from the bytes before, as on
    /// a UART; otherwise they are a piece of their own, as a frame or a packet is.
    fn input(&mut self, now: Duration, bytes: &[u8], joined: bool);

    /// Does what is due at `now`.
    fn poll(&mut self, now: Duration, network: &mut dyn Network);

    /// When something will happen by itself.
    fn next(&self) -> Option<Duration>;

    /// What it has to say.
    fn output(&mut self) -> &mut Output;

    /// Whether the next byte from the host is payload and not part of a line.
    fn awaits_payload(&self) -> bool;

    /// Pieces from the host that nobody has read yet.
    fn unread(&self) -> usize {
        0
    }

    /// Whether its firmware waits for something that cannot come any more, so that only its reset input leads
    /// out.
    fn is_stuck(&self) -> bool {
        false
    }

    /// Whether its firmware runs: it is neither held in reset nor starting nor switched off.
    fn is_running(&self) -> bool {
        true
    }

    /// Drives the reset input: low holds the module in reset, the rising edge boots it.
    fn reset_pin(&mut self, now: Duration, level: bool, network: &mut dyn Network) {
        let _ = (now, level, network);
    }

    /// The module loses all but its flash and boots, unless it is held in reset.
    fn reset(&mut self, now: Duration, network: &mut dyn Network) {
        let _ = (now, network);
    }

    /// The access point is gone.
    fn lose_link(&mut self, now: Duration, network: &mut dyn Network) {
        let _ = (now, network);
    }

    /// A station comes to the access point that the module is.
    fn station_joins(&mut self, now: Duration, station: [u8; 6]) {
        let _ = (now, station);
    }

    /// A station goes.
    fn station_leaves(&mut self, now: Duration, station: [u8; 6]) {
        let _ = (now, station);
    }

    /// The edge that wakes a sleeping module has come to its wake-up input.
    fn wake(&mut self, now: Duration) {
        let _ = now;
    }

    /// The level of its wake-up input: high keeps it awake.
    fn wake_pin(&mut self, now: Duration, level: bool) {
        let _ = (now, level);
    }

    /// Whether it sleeps so that it hears nothing, but goes on when it is woken.
    fn sleeps(&self, now: Duration) -> bool {
        let _ = now;
        false
    }

    /// Whether the chip select of its SPI wakes it.
    fn is_woken_by_select(&self) -> bool {
        true
    }

    /// Replaces the access points around it.
    fn set_access_points(&mut self, access_points: Vec<AccessPoint>) {
        let _ = access_points;
    }

    /// Replaces what goes wrong.
    fn set_faults(&mut self, faults: &Faults) {
        let _ = faults;
    }

    /// Command lines executed so far.
    fn commands(&self) -> u64;

    /// SSID and password of the last attempt to join.
    fn joined(&self) -> Option<(Vec<u8>, Vec<u8>)>;

    /// What is in a file of this name; or in a certificate, where it keeps no files.
    fn file(&self, name: &str) -> Option<Vec<u8>> {
        let _ = name;
        None
    }

    /// How often its firmware was updated.
    fn updates(&self) -> u32 {
        0
    }

    /// Connections, and sockets that are open without being connected.
    fn links_open(&self) -> usize;
}
