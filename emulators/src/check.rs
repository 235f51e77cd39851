//! What each program has to do, as it reports it and as the servers see it.

use std::cmp::Reverse;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::bluetooth;
use crate::board::{Dialect, Program};
use crate::emulator::Figures;
use crate::log::Line;
use crate::run::{JOIN, Job, Log};
use crate::world::{HOST, IMAGE_VERSION, PASSWORD, SSID, World, image, payload};

/// What is on time, where other tasks wait for the network for seconds.
const PUNCTUAL: Duration = Duration::from_millis(3);
/// What the lamp says when it is told to hang, and when its watchdog has bitten.
const HANGING: &str = "no task of the thread runs any more";
const RESTARTED: &str = "restarted by the watchdog";
/// The address that the simulated access point gives.
const ADDRESS: &str = "192.168.1.50";

/// The steps of `selftest` that need a server.
const NEED_SERVERS: [&str; 11] = [
    "tcp connect",
    "tcp echo",
    "tcp upload",
    "tcp download",
    "several sockets",
    "peer closes",
    "udp",
    "listen",
    "tls",
    "mqtt",
    "restart",
];
/// Those that need none.
const NEED_NONE: [&str; 19] = [
    "reset",
    "versions",
    "mac",
    "line",
    "scan",
    "time server",
    "join",
    "station",
    "resolve",
    "time",
    "ping",
    "refused",
    "certificate",
    "files",
    "power save",
    "leave",
    "access point",
    "rejoin",
    "bluetooth",
];

/// Whether a line tells of trouble that the run is about.
pub fn is_meant(program: Program, line: &Line) -> bool {
    match program {
        // Its report was checked.
        Program::Selftest => true,
        Program::Lamp => [HANGING, RESTARTED].contains(&line.text.as_str()),
        _ => false,
    }
}

/// Waits until the program has done what it is for.
pub fn check(job: Job, dialect: Dialect, log: &mut Log, world: &mut World) -> Result<()> {
    match job.program {
        Program::Join => joined(log),
        Program::HttpGet => http_get(job, log, world),
        Program::Mqtt => mqtt(log, world),
        Program::MqttModule => mqtt_module(log, world),
        Program::UdpTime => udp_time(log, world),
        Program::TcpServer => tcp_server(job, log, world),
        Program::TlsGet => tls_get(log, world),
        Program::Scan => scan(log, world),
        Program::SetupPage => setup_page(dialect, log, world),
        Program::Update => update(dialect, log),
        Program::BleSensor => bluetooth::sensor(dialect, log, &world.devices.phone),
        Program::BleScan => bluetooth::scan(dialect, log, &world.devices.thermometer),
        Program::Improv => bluetooth::improv(dialect, log, &world.devices.phone),
        Program::Selftest => selftest(job, dialect, log, world),
        Program::Lamp => lamp(log, world),
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

fn mqtt_module(log: &mut Log, world: &mut World) -> Result<()> {
    const QUESTION: &str = "how is it going?";
    let Some(broker) = &mut world.broker else {
        return Ok(());
    };
    log.wait_for_line(&format!("greeted {HOST}"))?;
    log.wait_for_line("atwifi/out: hello from the module")?;
    broker.restart();
    log.wait_for_line("ByPeer")?;
    log.wait_for_line("again with the broker")?;
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

/// The page comes from the server that is to be trusted, and no other has been told anything.
fn tls_get(log: &mut Log, world: &World) -> Result<()> {
    let before = world.tls.requests();
    joined(log)?;
    log.wait_for_line("certificate loaded: ")?;
    log.wait_for("the time", |line| {
        line.text.strip_suffix(" s since 1970").map(drop)
    })?;
    let whole = world.tls.answer_length();
    log.wait_for_line(&format!("{whole} bytes through TLS"))?;
    for server in ["another authority's server", "an expired certificate"] {
        log.wait_for_line(&format!("{server}: refused: "))?;
    }
    log.wait_for_line("an authority not loaded: refused: NoAuthority")?;
    let requests = world.tls.requests() - before;
    ensure!(requests == 1, "the servers have seen {requests} requests");
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

/// The module tells the version of the image, which it has checked by its hash.
fn update(dialect: Dialect, log: &mut Log) -> Result<()> {
    joined(log)?;
    if dialect == Dialect::Microchip {
        log.wait_for_line("the firmware of this module is updated by its vendor's tool")?;
        return Ok(());
    }
    let length = image().len();
    for tenths in 1..=10 {
        log.wait_for("progress", |line| {
            let sent = line.text.strip_suffix(&format!(" of {length} bytes"))?;
            let sent: usize = sent.parse().ok()?;
            (sent >= length / 10 * tenths).then_some(())
        })?;
    }
    let version = log.wait_for_line("updated: ")?;
    ensure!(
        version.contains(IMAGE_VERSION),
        "the module runs {version}, not {IMAGE_VERSION}"
    );
    Ok(())
}

/// The report comes to its end, and says of each step what is so.
fn selftest(job: Job, dialect: Dialect, log: &mut Log, world: &World) -> Result<()> {
    log.wait_for("the end of the report", |line| {
        line.text.ends_with(" events lost").then_some(())
    })?;
    let steps = NEED_NONE.into_iter().map(|step| (step, true));
    let steps = steps.chain(NEED_SERVERS.into_iter().map(|step| (step, !job.is_alone)));
    for (step, is_there) in steps {
        let start = format!("selftest: {step}: ");
        let mut told = log
            .seen
            .iter()
            .filter_map(|line| line.text.strip_prefix(&start));
        let told = told
            .next()
            .with_context(|| format!("nothing is told of {step}"))?;
        let right = match (dialect, step) {
            (_, "mqtt") if world.broker.is_none() => "FAILED: ",
            (Dialect::Microchip, "files" | "power save" | "bluetooth" | "tls") => "not offered",
            (Dialect::St67, "power save") => "skipped: no pin wakes the module up",
            _ if is_there => "ok, ",
            _ => "FAILED: ",
        };
        ensure!(told.starts_with(right), "{step}: {told}");
    }
    let shown = |text: &str| log.seen.iter().any(|line| line.text.contains(text));
    ensure!(!shown(SSID) && !shown(PASSWORD), "a secret is in the log");
    ensure!(shown("; 0 events lost"), "events are lost");
    Ok(())
}

/// A phone asks for a name, looks at the page, and sends it a wrong password, then the right one.
fn setup_page(dialect: Dialect, log: &mut Log, world: &World) -> Result<()> {
    let own = log.wait_for_line("access point: ")?;
    let [page, names] = world.setup_ports;
    if dialect == Dialect::Microchip {
        // The simulated ST67 has no way to this machine before it has joined, only to its own network.
        let answer = resolve(names)?;
        let address: Ipv4Addr = own.parse()?;
        ensure!(
            answer.ends_with(&address.octets()),
            "the name is {answer:02x?}"
        );
    }
    let shown = browse(page, "GET / HTTP/1.1\r\n\r\n")?;
    ensure!(shown.contains("Which network"), "the page says {shown}");
    let (ssid, password) = (SSID, PASSWORD);
    for (password, end) in [("wrong password", "not joined: "), (password, "joined: ")] {
        let password = password.replace(' ', "+");
        let form = format!("ssid={ssid}&password={password}");
        let length = form.len();
        let post = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{form}");
        let shown = browse(page, &post)?;
        ensure!(shown.contains("Joining"), "the page says {shown}");
        log.wait_for_line(end)?;
        let expected = match (dialect, end) {
            (_, "not joined: ") => "did not work",
            // The access point is gone.
            (Dialect::Microchip, _) => continue,
            _ => "It worked",
        };
        let shown = browse(page, "GET / HTTP/1.1\r\n\r\n")?;
        ensure!(shown.contains(expected), "the page says {shown}");
    }
    log.wait_for_line(&format!("set up: {ADDRESS}"))?;
    Ok(())
}

/// Two tasks use the network, which holds up all in the thread but not the lamp; and a task that hangs is
/// ended by the watchdog.
fn lamp(log: &mut Log, world: &World) -> Result<()> {
    online(log, world)?;
    if let Some(broker) = &world.broker {
        let published = broker.publish_lines("lamp/set", &["100".to_owned()]);
        published.context("mosquitto_pub is missing")?;
        log.wait_for_line("on for 100 ms, off for 100 ms")?;
        let kept = broker.kept_message("lamp/late");
        let kept = kept.context("mosquitto_sub is missing")?;
        ensure!(
            kept.ends_with(b" us"),
            "the broker has got {}",
            kept.escape_ascii()
        );
    }
    let late = log.wait_for_line("late at most: ")?;
    let parts = late.strip_suffix(" us");
    let parts = parts.and_then(|parts| parts.split_once(" us, in the thread "));
    let (urgent, thread) = parts.context("it tells of others")?;
    let (urgent, thread) = (urgent.parse()?, thread.parse()?);
    let (urgent, thread) = (Duration::from_micros(urgent), Duration::from_micros(thread));
    ensure!(thread >= JOIN, "the network has held up nobody: {thread:?}");
    ensure!(urgent < PUNCTUAL, "the lamp is {urgent:?} late");

    if let Some(broker) = &world.broker {
        let published = broker.publish_lines("lamp/set", &["hang".to_owned()]);
        published.context("mosquitto_pub is missing")?;
        log.wait_for_line(RESTARTED)?;
        online(log, world)?;
    }
    Ok(())
}

/// All that the lamp does in the network works.
fn online(log: &mut Log, world: &World) -> Result<()> {
    joined(log)?;
    if world.broker.is_some() {
        log.wait_for_line(&format!("the lamp is with {HOST}"))?;
    }
    (1..=3).try_for_each(|n| echo(world.echo_port, &payload()[..100 * n]))
}

/// Sends a datagram until it comes back.
fn echo(port: u16, datagram: &[u8]) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut answer = [0; 1500];
    for _ in 0..100 {
        socket.send_to(datagram, (Ipv4Addr::LOCALHOST, port))?;
        if let Ok(n) = socket.recv(&mut answer) {
            ensure!(answer[..n] == *datagram, "another datagram has come back");
            return Ok(());
        }
    }
    bail!("no datagram comes back")
}

/// What the emulator tells of the lamp: the core sleeps while it waits for the module, and the watchdog is fed
/// unless a task hangs.
pub fn check_figures(job: Job, figures: &Figures, world: &World) -> Result<()> {
    if job.program != Program::Lamp {
        return Ok(());
    }
    let rest = figures.rest.context("nothing is known of its rest")?;
    ensure!(rest.asleep > 50, "the core has slept for {} %", rest.asleep);
    ensure!(rest.fed > 100, "the watchdog was fed {} times", rest.fed);
    let bites = u64::from(world.broker.is_some());
    ensure!(
        rest.bites == bites,
        "the watchdog has bitten {} times",
        rest.bites
    );
    Ok(())
}

/// Asks for the address of a name.
fn resolve(port: u16) -> Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let question = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x04wifi\x04test\0\0\x01\0\x01";
    let mut answer = [0; 512];
    // Until the firmware has begun to listen.
    for _ in 0..100 {
        let _ = socket.send_to(question, (Ipv4Addr::LOCALHOST, port));
        if let Ok(n) = socket.recv(&mut answer) {
            return Ok(answer[..n].to_vec());
        }
    }
    bail!("the name is not resolved")
}

/// Sends a request once somebody listens, and returns the answer.
fn browse(port: u16, request: &str) -> Result<String> {
    for _ in 0..600 {
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        return Ok(answer);
    }
    bail!("nobody shows the page")
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
