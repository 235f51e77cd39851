//! What stands in commands, in what a module reports, and in the calls of the driver: texts,
//! addresses, numbers with names and with limits, configuration.

mod access_point;
pub(crate) mod bytes;
pub mod danger;
mod image;
pub(crate) mod ip;
pub(crate) mod join;
mod list;
mod mac;
#[macro_use]
mod number;
mod mqtt;
mod ping;
mod power;
mod printed;
mod range;
mod scan;
mod security;
mod station;
mod text;
mod time;
mod tls;
pub(crate) mod versions;

pub use access_point::{AccessPointConfig, Client, Credentials, Leases};
pub use image::Image;
pub use ip::Ip;
pub use join::{FixedAddress, JoinOptions, Joined};
pub(crate) use list::List;
pub use mac::Mac;
pub use mqtt::{Arrival, MqttConfig, MqttWill, Qos};
pub use number::{Numbered, Reported, Switch};
pub use ping::{PingOptions, PingSummary};
pub use power::{PowerSave, Twt};
pub use printed::{Printed, PrintedSecret, SecretSlice};
pub use range::Ranged;
pub use scan::{AccessPointInfo, ScanOptions, Scanned, Strongest};
pub use security::Security;
pub use station::{Addresses, LinkState};
pub use text::{Rule, Secret, Text};
pub use time::UnixTime;
pub use tls::{Psk, TlsConfig};
pub use versions::Versions;
