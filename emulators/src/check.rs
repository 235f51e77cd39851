//! What each program has to do, as it reports it and as the servers see it.

use std::cmp::Reverse;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::board::Program;
use crate::run::{Job, Log};
use crate::world::{HOST, World, payload};

/// The address that the simulated access point gives.
const ADDRESS: &str = "192.168.1.50";

/// Waits until the program has done what it is for.
pub fn check(job: Job, log: &mut Log, world: &mut World) -> Result<()> {
    match job.program {
        Program::Join => joined(log),
        Program::HttpGet => http_get(job, log, world),
        Program::Mqtt => mqtt(log, world),
        Program::UdpTime => udp_time(log, world),
        Program::TcpServer => tcp_server(job, log, world),
        Program::Scan => scan(log, world),
    }
}

fn joined(log: &mut Log) -> Result<()> {
    log.wait_for_line(&format!("joined: {ADDRESS}"))?;
    Ok(())
}

fn http_get(job: Job, log: &mut Log, world: &World) -> Result<()> {
    let requests_before = world.http.requests();
    joined(log)?;
    let payload = payload();
    let report = log.wait_for_line("HTTP/1.0 200: ")?;
    let right = format!("{} bytes, SHA-256 {:02x?}", payload.len(), hash(&payload));
    ensure!(
        report == right,
        "the firmware has got {report}, not {right}"
    );
    let requests = world.http.requests() - requests_before;
    let needed = if job.reset_after.is_some() { 2 } else { 1 };
    ensure!(
        requests == needed,
        "the server has seen {requests} requests, not {needed}"
    );
    Ok(())
}

fn mqtt(log: &mut Log, world: &mut World) -> Result<()> {
    const QUESTION: &str = "how is it going?";
    let Some(broker) = &mut world.broker else {
        return Ok(());
    };
    // It forgets what the run before has left.
    broker.restart();
    log.wait_for_line(&format!("greeted {HOST}"))?;
    let kept = broker.kept_message("atwifi/out");
    let kept = kept.context("mosquitto_sub is missing")?;
    ensure!(
        kept == b"hello from the module",
        "the broker has got {}",
        kept.escape_ascii()
    );
    // The broker has taken the subscription before the greeting.
    let published = broker.publish_lines("atwifi/in", &[QUESTION.to_owned()]);
    published.context("mosquitto_pub is missing")?;
    log.wait_for_line(&format!("atwifi/in: {QUESTION}"))?;
    Ok(())
}

fn udp_time(log: &mut Log, world: &World) -> Result<()> {
    const TOLERANCE: u64 = 30;
    if world.time.is_none() {
        return Ok(());
    }
    joined(log)?;
    let told = log.wait_for("the time", |line| {
        let told = line
            .text
            .strip_suffix(&format!(" s since 1970, says {HOST}"))?;
        told.parse::<u64>().ok()
    })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    ensure!(
        told.abs_diff(now) < TOLERANCE,
        "the firmware says {told}, but it is {now}"
    );
    Ok(())
}

fn tcp_server(job: Job, log: &mut Log, world: &World) -> Result<()> {
    let listening = format!("listening on port {}", world.echo_port);
    log.wait_for_line(&listening)?;
    let payload = payload();
    if job.reset_after.is_some() {
        // The module forgets the connection, and nobody tells the peer.
        let lost = exchange(world.echo_port, payload.clone(), Duration::from_secs(20));
        ensure!(lost.is_err(), "the module has not reset in the middle");
        log.wait_for_line(&listening)?;
    }
    let echo = exchange(world.echo_port, payload.clone(), Duration::from_secs(60))?;
    ensure!(
        hash(&echo) == hash(&payload),
        "other bytes have come back than were sent"
    );
    log.wait_for_line(&format!("{} bytes sent back", payload.len()))?;
    Ok(())
}

fn scan(log: &mut Log, world: &World) -> Result<()> {
    joined(log)?;
    let access_points = world.access_points();
    log.wait_for_line(&format!("{} access points found", access_points.len()))?;
    let shown: Vec<&str> = (log.seen.iter())
        .map(|line| line.text.as_str())
        .filter(|text| text.starts_with("AccessPointInfo"))
        .collect();
    let mut strongest = access_points;
    strongest.sort_by_key(|access_point| Reverse(access_point.rssi));
    for (shown, expected) in shown.iter().zip(&strongest) {
        let ssid = expected.ssid.escape_ascii().to_string();
        ensure!(
            shown.contains(&ssid) && shown.contains(&format!("rssi: {}", expected.rssi)),
            "the firmware has found {shown}, not {expected:?}"
        );
    }
    ensure!(
        shown.len() == 5,
        "the firmware shows {} of them",
        shown.len()
    );
    Ok(())
}

/// Sends it all to the port, and receives as much.
fn exchange(port: u16, payload: Vec<u8>, patience: Duration) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("nobody listens")?;
    stream.set_read_timeout(Some(patience))?;
    let mut echo = vec![0; payload.len()];
    let mut sender = stream.try_clone()?;
    // If it cannot send, less comes back.
    thread::spawn(move || sender.write_all(&payload));
    stream
        .read_exact(&mut echo)
        .context("not all bytes have come back")?;
    stream.shutdown(Shutdown::Both)?;
    Ok(echo)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
