//! What a dialect does for an application besides sockets: the sequences of its services.

use core::net::IpAddr;

use super::dialect::{Outcome, Words};
use super::module::Module;
use crate::clock::Clock;
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::{
    AccessPointInfo, JoinOptions, Joined, Mac, PingOptions, ScanOptions, UnixTime, Versions,
};

/// All of them.
pub trait Services: Joining + Scanner + Time + Ping + About {}

impl<D: Joining + Scanner + Time + Ping + About> Services for D {}

/// Joining as the user wants it, and what the station says of it.
pub trait Joining: Words {
    /// As [`Station::join`](super::dialect::Station::join), after whatever another network needed is taken back.
    fn join_with<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        options: &JoinOptions<'_>,
    ) -> Outcome;

    /// Asks for the network that the station is in.
    fn station<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Outcome<Option<Joined>>;

    /// Asks whether the station is in the network of this SSID, and has an address.
    fn is_up_in<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        ssid: &[u8],
    ) -> Outcome<bool>;

    /// Leaves the access point, and lets the module forget the network.
    fn forget<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome;
}

/// Scans.
pub trait Scanner: Words {
    /// How long a scan may take, in milliseconds.
    ///
    /// # Errors
    /// What the module cannot do.
    fn scan_time(options: &ScanOptions<'_>) -> Result<u32, Usage>;

    /// Scans, for so many milliseconds at most, and hands over what is found, `None` for what was
    /// spoilt on the way.
    fn scan<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        options: &ScanOptions<'_>,
        timeout: u32,
        each: &mut dyn FnMut(Option<&AccessPointInfo>),
    ) -> Outcome;
}

/// The time of day.
pub trait Time: Words {
    /// Names the servers that the module asks for the time, at least one.
    fn set_time_servers<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        servers: &[&str],
    ) -> Outcome;

    /// Asks the module for the time; a module whose clock was never set may tell a day of 1970.
    fn time<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Outcome<Option<UnixTime>>;
}

/// Echoes.
pub trait Ping: Words {
    /// Asks a host once for an echo, and tells how many milliseconds it took, `None` if it was lost.
    fn ping<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        address: IpAddr,
        options: &PingOptions,
    ) -> Outcome<Option<u32>>;
}

/// What the module is.
pub trait About: Words {
    /// Asks for its versions.
    fn versions<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome<Versions>;

    /// Asks for the hardware address of its station.
    fn mac<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome<Mac>;
}
