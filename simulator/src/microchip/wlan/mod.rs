//! The station, the access point and provisioning: chapter 5 of the reference.

pub(super) mod access_point;
pub(super) mod provisioning;
pub(super) mod station;
mod station_settings;
mod wifi;
