//! The report of every firmware that is simulated, against a peer of this machine; and what it says of a
//! peer, a network or a module that is not as it should be.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::time::Duration;

use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{Module, MqttMemory, SocketMemory, StdClock};
use atwifi_selftest::peer::Peer;
use atwifi_selftest::{Counts, MESSAGES, Offers, SOCKETS, Settings};
use atwifi_simulator::{Config, Fault, FaultKind, HostNetwork, Profile, Server};

const SSID: &str = "a name, not told";
const PASSWORD: &str = "not told either";
const HOST: &str = "peer.test";
/// At this port of the peer nobody is.
const NOBODY: u16 = 1;
/// The steps that need the peer.
const WITH_PEER: [&str; 9] = [
    "tcp connect",
    "tcp echo",
    "tcp upload",
    "tcp download",
    "several sockets",
    "peer closes",
    "udp",
    "listen",
    "restart",
];

/// A port that is free.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

fn peer() -> u16 {
    let peer = Peer::start(Ipv4Addr::LOCALHOST, 0, |_| {});
    peer.expect("a free port").port
}

/// A module that starts, joins and looks at its line sooner than a real one.
fn config(profile: Profile) -> Config {
    const SOON: Duration = Duration::from_millis(20);
    let usual = Config::new(profile);
    Config {
        boot: SOON,
        join: SOON,
        associate: SOON,
        dhcp: SOON,
        poll: usual.poll / 25,
        ..usual.with_access_point(SSID, PASSWORD)
    }
}

fn settings(peer_port: u16) -> Settings<'static> {
    Settings {
        ssid: SSID,
        password: PASSWORD,
        peer: (HOST, peer_port),
        time_server: HOST,
        tls: ("", 0),
        ca: &[],
        broker: ("", 0),
        listen_port: free_port(),
        link: "simulated serial line",
        can_wake: false,
    }
}

struct Report {
    lines: Vec<String>,
    counts: Counts,
}

impl Report {
    /// What is said of a step.
    fn of(&self, step: &str) -> &str {
        let start = format!("selftest: {step}: ");
        let mut told = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix(&start));
        let first = told.next();
        assert_eq!(told.next(), None, "{step} is told of twice");
        first.unwrap_or_else(|| panic!("nothing of {step}:\n{}", self.text()))
    }

    fn text(&self) -> String {
        self.lines.join("\n")
    }

    fn keeps_secrets(&self) {
        let text = self.text();
        for secret in [SSID, PASSWORD, "47:00", "02:47"] {
            assert!(!text.contains(secret), "{secret} in\n{text}");
        }
    }
}

fn run(config: Config, settings: &Settings<'_>) -> Report {
    match config.profile.module() {
        "microchip" => run_with::<Microchip>(config, settings),
        _ => run_with::<St67>(config, settings),
    }
}

fn run_with<D: Offers>(config: Config, settings: &Settings<'_>) -> Report {
    let network = HostNetwork::new().host(HOST, IpAddr::from(Ipv4Addr::LOCALHOST));
    let module = Server::new(config, network).spawn();
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; SOCKETS]);
    let mut messages = MqttMemory::<D, MESSAGES>::new();
    let wifi = Module::<D, _, _>::new(module.port(), StdClock::new(), &mut line, &mut sockets);
    let mut wifi = wifi.expect("the buffers suffice");
    wifi.lend_messages(&mut messages);
    // What is not told takes so long to find out.
    (wifi.timeouts.boot, wifi.timeouts.join) = (3000, 3000);
    let mut lines = Vec::new();
    let counts = atwifi_selftest::run(
        &mut wifi,
        &mut StdClock::new(),
        settings,
        &mut |wifi| wifi.reset(),
        &mut |line| lines.push(line.to_string()),
    );
    let report = Report { lines, counts };
    report.keeps_secrets();
    report
}

/// With everything there, nothing fails, and what is not tried is what was not set, or what the module has
/// not.
#[test]
fn every_step_is_ok_on_every_firmware() {
    let reports: Vec<_> = std::thread::scope(|scope| {
        let all = Profile::ST67.into_iter().chain(Profile::MICROCHIP);
        let running: Vec<_> = all
            .map(|profile| scope.spawn(move || (profile, run(config(profile), &settings(peer())))))
            .collect();
        running
            .into_iter()
            .map(|report| report.join().expect("a report"))
            .collect()
    });
    for (profile, report) in reports {
        let text = report.text();
        println!("{profile}\n{text}\n");
        let not_offered = match profile.module() {
            // What all firmware has, the reference has not.
            "microchip" if profile == Profile::MicrochipReference => {
                &["mac", "files", "power save", "bluetooth"][..]
            }
            "microchip" => &["files", "power save", "bluetooth"],
            _ => &[],
        };
        for step in not_offered {
            let told = report.of(step);
            assert!(
                told.starts_with("not offered by this module: "),
                "{profile}\n{text}"
            );
        }
        let Counts {
            failed,
            not_offered: count,
            lost,
            ..
        } = report.counts;
        assert_eq!(
            (failed, count as usize, lost),
            (0, not_offered.len(), 0),
            "{profile}\n{text}"
        );
        for step in WITH_PEER {
            assert!(report.of(step).starts_with("ok, "), "{profile}\n{text}");
        }
    }
}

/// On the ST67: of a refusal the other module tells nothing, and each takes its 10 s.
#[test]
fn a_peer_that_is_not_there_is_told_of_at_each_step_that_needs_it() {
    let report = run(config(Profile::St67Fw2_0_75), &settings(NOBODY));
    for step in WITH_PEER {
        let told = report.of(step);
        assert!(told.starts_with("FAILED: "), "{step}: {told}");
    }
    for step in ["join", "station", "refused", "leave", "rejoin"] {
        let told = report.of(step);
        assert!(told.starts_with("ok, "), "{step}: {told}");
    }
    assert_eq!(report.counts.failed as usize, WITH_PEER.len());
}

#[test]
fn a_wrong_password_is_told_of_and_what_needs_a_network_is_skipped() {
    for profile in [Profile::St67Fw2_0_75, Profile::MicrochipFw0_3_2] {
        let wrong = Settings {
            password: "not the password",
            ..settings(NOBODY)
        };
        let report = run(config(profile), &wrong);
        let told = report.of("join");
        assert!(told.starts_with("FAILED: "), "{profile}: {told}");
        let told = report.of("tcp echo");
        assert_eq!(told, "skipped: the station has no network", "{profile}");
        // What needs none is tried all the same.
        assert!(report.of("access point").starts_with("ok, "), "{profile}");
    }
}

/// A step in which the module restarts fails, the next ones are taken.
#[test]
fn a_restart_in_the_middle_costs_one_step() {
    for profile in [Profile::St67Fw2_0_75, Profile::MicrochipFw0_3_2] {
        let mut config = config(profile);
        // While it sends what is downloaded.
        config
            .faults
            .to_host
            .push(Fault::new(30_000, FaultKind::Reset));
        let report = run(config, &settings(peer()));
        let failed = |line: &&String| line.contains("FAILED: the module restarted");
        assert_eq!(
            report.lines.iter().filter(failed).count(),
            1,
            "{}",
            report.text()
        );
        assert_eq!(report.counts.failed, 1, "{}", report.text());
        assert!(report.of("udp").starts_with("ok, "), "{}", report.text());
    }
}

/// Of a module that says nothing everything but that is skipped, and the report comes to its end.
#[test]
fn a_module_that_is_silent_is_told_of_once() {
    let mut config = config(Profile::St67Fw2_0_75);
    config
        .faults
        .to_host
        .push(Fault::new(0, FaultKind::Cut(Duration::from_secs(3600))));
    let report = run(config, &settings(NOBODY));
    assert!(
        report.of("reset").starts_with("FAILED: "),
        "{}",
        report.text()
    );
    assert_eq!(
        (report.counts.failed, report.counts.ok),
        (1, 0),
        "{}",
        report.text()
    );
    assert_eq!(
        report.of("restart"),
        "skipped: the module could not be restarted"
    );
}
