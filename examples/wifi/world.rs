//! The world of the demonstration: a simulated module, and what is around it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use atwifi_simulator::{
    AccessPoint, BlePeer, BleUpdates, Config, Handle, HostNetwork, Profile, Server,
};

pub const SSID: &str = "atwifi-demo";
pub const PASSWORD: &str = "correct horse";
pub const HOST: &str = "example.test";

/// A phone that joins the module's access point as soon as there is one.
const PHONE: [u8; 6] = [0x02, 0x67, 0x11, 0, 0, 0x99];

pub fn start(module: &str, profile: Option<&str>) -> Result<Arc<Handle>> {
    let newest = match module {
        "microchip" => "fw-0.3.2",
        _ => "fw-2.0.75",
    };
    let profile = Profile::named(module, profile.unwrap_or(newest))?;
    let mut config = Config::new(profile);
    config.access_points = access_points();
    config.ble_peers = ble_devices();
    let_a_phone_subscribe(config.ble_peers[0].clone());
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    Ok(Arc::new(
        Server::new(config, HostNetwork::new().host(HOST, here)).spawn(),
    ))
}

/// Until the module is switched off, a phone tries to join its access point.
pub fn let_a_phone_join(module: &Arc<Handle>) {
    let module = Arc::downgrade(module);
    thread::spawn(move || {
        while let Some(module) = module.upgrade() {
            module.station_joins(PHONE);
            drop(module);
            thread::sleep(Duration::from_millis(500));
        }
    });
}

/// As soon as the module advertises, a phone connects to it, and wants to be told something.
fn let_a_phone_subscribe(phone: BlePeer) {
    thread::spawn(move || {
        while phone.hears().is_none() {
            thread::sleep(Duration::from_millis(100));
        }
        phone.connect();
        phone.subscribe(0, 0, BleUpdates::Notifications);
    });
}

fn ble_devices() -> Vec<BlePeer> {
    let heart_rate = BlePeer::new([0x5a, 0x67, 0x11, 0, 0, 1])
        .random()
        .heard_at(-48)
        .advertising(b"\x02\x01\x06\x03\x03\x0d\x18", b"\x0b\x09heart rate");
    let beacon = BlePeer::new([0x5a, 0x67, 0x11, 0, 0, 2])
        .heard_at(-71)
        .advertising(b"\x05\xff\x4c\x00\x10\x05", b"");
    vec![BlePeer::new(PHONE), heart_rate, beacon]
}

/// Until the module is switched off, somebody presses its button every now and then.
pub fn let_somebody_press_the_button(module: &Arc<Handle>) {
    let module = Arc::downgrade(module);
    thread::spawn(move || {
        while let Some(module) = module.upgrade() {
            module.wake();
            drop(module);
            thread::sleep(Duration::from_secs(4));
        }
    });
}

/// An image of firmware as a simulated ST67W611M1 takes it: a header, and what follows with its hash.
pub fn image() -> Vec<u8> {
    const BODY: u32 = 900_000;
    const VERSION: &[u8] = b"2.0.106-demo";
    let body: Vec<u8> = (0..BODY).map(|n| (n ^ (n >> 8)) as u8).collect();
    let mut image = vec![0; atwifi::Image::HEADER];
    image[..10].copy_from_slice(b"QCC74X_OTA");
    image[16..18].copy_from_slice(b"XZ");
    image[20..24].copy_from_slice(&BODY.to_le_bytes());
    image[48..48 + VERSION.len()].copy_from_slice(VERSION);
    let hash = ring::digest::digest(&ring::digest::SHA256, &body);
    image[64..96].copy_from_slice(hash.as_ref());
    [image, body].concat()
}

fn access_points() -> Vec<AccessPoint> {
    let around = [
        AccessPoint::new(SSID, PASSWORD),
        AccessPoint::new("caf\u{e9}, \"free\"", ""),
        AccessPoint::new(SSID, PASSWORD),
        AccessPoint::new("not told", "12345678").hidden(),
        AccessPoint::new(b"\xff\xfe\r\n".to_vec(), "12345678"),
    ];
    let numbered = around.into_iter().enumerate();
    numbered.map(|(n, point)| point.numbered(n)).collect()
}
