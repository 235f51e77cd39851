//! What a module tells on its own, in neutral words.

use core::fmt;
use core::net::Ipv4Addr;

use crate::value::Mac;

/// Something that a module has told without being asked; see [`Module::poll`](crate::Module::poll).
///
/// Events about sockets do not appear here: they change the sockets at once.
///
/// `Debug` shows of a line what the logs show: no text, since some carry keys.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    ClientAddress(Option<Mac>, Ipv4Addr),
    /// The module's MQTT client is connected to its broker.
    MqttConnected,
    /// It is not, or not any more.
    MqttDisconnected,
    /// A line with no neutral meaning, as the module printed it: the dialect's own type takes it
    /// apart, [`st67::Event`](crate::st67::Event) or
    /// [`microchip::Event`](crate::microchip::Event). If it has payload, that stands behind it, as
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

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Lost(count) => write!(f, "Lost({count})"),
            Event::ModuleReset => f.write_str("ModuleReset"),
            Event::StationConnecting => f.write_str("StationConnecting"),
            Event::StationConnected => f.write_str("StationConnected"),
            Event::StationAddress(ip) => write!(f, "StationAddress({ip:?})"),
            Event::StationDisconnected => f.write_str("StationDisconnected"),
            Event::StationError(reason) => write!(f, "StationError({reason})"),
            Event::ScanDone => f.write_str("ScanDone"),
            Event::ClientConnected(mac) => write!(f, "ClientConnected({mac})"),
            Event::ClientDisconnected(mac) => write!(f, "ClientDisconnected({mac})"),
            Event::ClientAddress(mac, ip) => write!(f, "ClientAddress({mac:?}, {ip})"),
            Event::MqttConnected => f.write_str("MqttConnected"),
            Event::MqttDisconnected => f.write_str("MqttDisconnected"),
            Event::Other(line) => {
                let name = crate::fmt::visible(line);
                write!(f, "Other({name}, {} bytes)", line.len())
            }
            Event::More { data, rest } => {
                write!(f, "More({} bytes, {rest} to come)", data.len())
            }
            Event::Cut => f.write_str("Cut"),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Event<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}
