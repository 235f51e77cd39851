//! A simulated module, and what is around it on this machine.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use anyhow::Result;
use atwifi_selftest::peer::Peer;
use atwifi_selftest::{Counts, Offers, Settings};
use atwifi_simulator::{Config, HostNetwork, Profile, Server};

use crate::{broker, test};

pub const SSID: &str = "atwifi-demo";
pub const PASSWORD: &str = "correct horse";
const HOST: &str = "example.test";

pub fn run<D: Offers>(
    module: &str,
    profile: Option<&str>,
    settings: &Settings<'_>,
) -> Result<Counts> {
    let newest = match module {
        "microchip" => "fw-0.3.2",
        _ => "fw-2.0.75",
    };
    let profile = Profile::named(module, profile.unwrap_or(newest))?;
    let here = Ipv4Addr::LOCALHOST;
    let peer = Peer::start(here, 0, |_| {})?;
    let settings = Settings {
        peer: (HOST, peer.port),
        time_server: HOST,
        broker: (HOST, broker::start()?),
        listen_port: TcpListener::bind((here, 0))?.local_addr()?.port(),
        ..*settings
    };
    let config = Config::new(profile).with_access_point(SSID, PASSWORD);
    let network = HostNetwork::new().host(HOST, IpAddr::from(here));
    let module = Server::new(config, network).spawn();
    test::<D, _>(module.port(), &settings)
}
