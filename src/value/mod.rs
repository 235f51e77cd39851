//! What stands in commands, in what a module reports, and in the calls of the driver: texts,
//! addresses, numbers with names and with limits, configuration.

mod access_point;
pub(crate) mod bytes;
pub mod danger;
pub(crate) mod ip;
mod mac;
#[macro_use]
mod number;
mod range;
mod scan;
mod security;
mod station;
mod text;
mod tls;

pub use access_point::{AccessPointConfig, Client, Credentials, Leases};
pub use ip::Ip;
pub use mac::Mac;
pub use number::{Numbered, Reported, Switch};
pub use range::Ranged;
pub use scan::{AccessPointInfo, ScanOptions, Scanned, Strongest};
pub use security::Security;
pub use station::{Addresses, LinkState};
pub use text::{Printed, PrintedSecret, Rule, Secret, Text};
pub use tls::{Psk, TlsConfig};
