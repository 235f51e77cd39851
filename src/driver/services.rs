//! What a dialect does for an application besides sockets: the sequences of its services.

use core::net::{IpAddr, Ipv4Addr};

use super::dialect::{Outcome, Words};
use super::module::Module;
use crate::clock::Clock;
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::{
    AccessPointConfig, AccessPointInfo, Client, Credentials, JoinOptions, Joined, Mac, PingOptions,
    PowerSave, ScanOptions, Security, UnixTime, Versions,
};

/// All of them.
pub trait Services:
    Joining + Scanner + AccessPoint + Provisioner + Time + Ping + About + Certificates + Power
{
}

impl<D> Services for D where
    D: Joining + Scanner + AccessPoint + Provisioner + Time + Ping + About + Certificates + Power
{
}

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

/// The access point that the module is.
pub trait AccessPoint: Words {
    /// Becomes one, protected so; one that it is already is set up anew.
    /// Returns its own address in its network.
    fn start_access_point<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        config: &AccessPointConfig<'_>,
        security: Security,
    ) -> Outcome<Ipv4Addr>;

    /// Is one no more; a module that is none anyway is no error. Connections over it have ended.
    fn stop_access_point<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome;

    /// Hands over who has joined it.
    fn clients<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        each: &mut dyn FnMut(&Client),
    ) -> Outcome;
}

/// Being told, over the module's own access point, which network to join: by what the module has for it.
pub trait Provisioner: Words {
    /// It has nothing: the driver serves a page.
    const BY_PAGE: bool = false;

    /// Is told, within so many milliseconds, as long as `goes_on`; `None` if it was not.
    fn provision<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _config: &AccessPointConfig<'_>,
        _security: Security,
        _timeout: u32,
        _goes_on: &mut dyn FnMut() -> bool,
    ) -> Outcome<Option<Credentials>> {
        Err(module.refuse(Usage::Unsupported("provisioning")))
    }
}

/// Sleeping. What a module cannot do is refused before anything is sent.
pub trait Power: Words {
    /// Sleeps while there is nothing to do, in its network.
    fn start_power_save<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _save: &PowerSave,
    ) -> Outcome {
        Err(module.refuse(Usage::Unsupported("power save")))
    }

    /// Stays awake.
    fn stop_power_save<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome {
        Err(module.refuse(Usage::Unsupported("power save")))
    }

    /// Sleeps until an edge wakes it, and forgets everything.
    fn deep_sleep<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome {
        Err(module.refuse(Usage::Unsupported("deep sleep")))
    }
}

/// Certificates and keys that lie in the module.
pub trait Certificates: Words {
    /// How long loading may take, in milliseconds.
    fn load_time(content: &[u8]) -> u32;

    /// Loads one, which is not empty, in the place of what has this name; what a fault leaves of it is
    /// never taken for one.
    fn load_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        name: &str,
        content: &[u8],
    ) -> Outcome;

    /// Whether there is one of this name.
    fn has_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _name: &str,
    ) -> Outcome<bool> {
        Err(module.refuse(Usage::Unsupported("asking for certificates")))
    }

    /// Deletes it; whether there was one.
    fn delete_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _name: &str,
    ) -> Outcome<bool> {
        Err(module.refuse(Usage::Unsupported("deleting certificates")))
    }

    /// Hands over the names of all that there are.
    fn certificates<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _each: &mut dyn FnMut(&[u8]),
    ) -> Outcome {
        Err(module.refuse(Usage::Unsupported("asking for certificates")))
    }
}
