//! What a module tells on its own, in neutral words.

use core::net::Ipv4Addr;

use crate::mac::Mac;

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
    /// A station has joined the module's access point.
    ClientConnected(Mac),
    /// It has left.
    ClientDisconnected(Mac),
    /// It was given an address. Not every module tells which station it was.
    ClientAddress(
        Option<Mac>,
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))] Ipv4Addr,
    ),
    /// The module's MQTT client is connected to its broker.
    MqttConnected,
    /// It is not, or not any more.
    MqttDisconnected,
    /// A line with no neutral meaning, as the module printed it: the dialect's own type takes it
    /// apart, [`st67::Event`](crate::st67::Event). If it has payload, that stands behind it, as
    /// far as it is here.
    Other(&'a [u8]),
    /// More payload of the message that the last [`Other`](Event::Other) began.
    More {
        /// What comes next.
        data: &'a [u8],
        /// How many bytes are still to come, in further events of this kind.
        rest: usize,
    },
    /// What was still to come of that message is lost: the module sent less than it had announced,
    /// bytes were lost on the way, or another call needed the link before all was polled.
    Cut,
}
