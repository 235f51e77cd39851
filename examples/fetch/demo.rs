//! The world of the demonstration: a simulated module, and an HTTP server on this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use atwifi_simulator::{
    Config, Direction, Handle, HostNetwork, Profile, Server, Simulation, SpiConfig,
};

use crate::http::Url;

pub const SSID: &str = "atwifi-demo";
pub const PASSWORD: &str = "correct horse";
pub const PAGE: &str = "\
<!doctype html>
<title>It works</title>
<p>This page came through an AT-command Wi-Fi module.
";

pub struct Demo {
    pub module: Handle,
    pub url: Url,
}

/// A module on a line without delay, in real time.
pub fn start(module: &str, profile: Option<&str>) -> Result<Demo> {
    let (config, network, url) = world(module, profile)?;
    let module = Server::new(config, network).spawn();
    Ok(Demo { module, url })
}

/// An ST67W611M1 on its SPI, in virtual time; each transaction is printed as it ends.
pub fn start_on_spi(profile: Option<&str>) -> Result<(Simulation<HostNetwork>, Url)> {
    let (config, network, url) = world("st67", profile)?;
    let config = config.with_spi(SpiConfig {
        is_told: true,
        ..SpiConfig::default()
    });
    let simulation = Simulation::new(config, network);
    simulation.on_record(|record| {
        if record.direction == Direction::Remark {
            eprintln!("         -- {}", String::from_utf8_lossy(&record.bytes));
        }
    });
    Ok((simulation, url))
}

fn world(module: &str, profile: Option<&str>) -> Result<(Config, HostNetwork, Url)> {
    let newest = if module == "microchip" {
        "fw-0.3.2"
    } else {
        "fw-2.0.75"
    };
    let profile = Profile::named(module, profile.unwrap_or(newest))?;
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let listener = TcpListener::bind((here, 0)).context("cannot start the HTTP server")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    let config = Config::new(profile).with_access_point(SSID, PASSWORD);
    let network = HostNetwork::new().host("example.test", here);
    let url = Url {
        host: "example.test".into(),
        port,
        path: "/".into(),
    };
    Ok((config, network, url))
}

/// Answers any request with the page. A client that goes away is no concern of the server's.
fn serve(mut client: TcpStream) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(5)));
    let mut request = Vec::new();
    let mut buffer = [0; 512];
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match client.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let head = format!(
        "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
        PAGE.len()
    );
    let _ = client.write_all(format!("{head}{PAGE}").as_bytes());
}
