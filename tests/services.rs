//! The table of services: each with its bytes coming one at a time, and with a flood of events in any gap
//! of its conversation, says what it says where all is quiet; the socket beside it loses nothing.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use crate::common::service::{connected, echoes, provision_by};
use crate::common::*;
use atwifi::st67::St67;
use atwifi::{
    AccessPointConfig, JoinOptions, Mac, MqttConfig, PingOptions, Qos, ScanOptions, UnixTime,
};
use atwifi_simulator::{AccessPoint, Config, Faults, Fragment, Guest, Simulation};

/// A call, and what comes of it in words.
type Call<D> = fn(&Simulation, &mut Driver<'_, D>) -> Result<String, Failure<D>>;

/// What a call is called; whether it leaves connections alone; and itself.
type Row<D> = (&'static str, bool, Call<D>);

/// How often each event comes in a gap: more than there is memory for.
const FLOOD: usize = 30;
/// No call of these takes longer.
const LONGEST: Duration = Duration::from_secs(60);
/// What the simulated time servers say when they are asked first.
const SERVER_TIME: u64 = 1_655_196_292;
const PHONE: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];
const OTHER: &[u8] = b"over, \"there\" \\";

fn around(config: Config) -> Config {
    let others =
        (2..12).map(|n| AccessPoint::new(vec![b'a' + n as u8; 32], "12345678").numbered(n));
    let mut access_points = vec![
        AccessPoint::new(SSID, PASSWORD),
        AccessPoint::new(OTHER, PASSWORD).numbered(1),
    ];
    access_points.extend(others);
    Config {
        access_points,
        ..config
    }
}

fn home() -> JoinOptions<'static> {
    JoinOptions::new(SSID, PASSWORD)
}

fn access_point() -> AccessPointConfig<'static> {
    AccessPointConfig::new(b"set up, \"me\"", b"12345678").with_channel(11)
}

fn rows<D: UnderTest>() -> [Row<D>; 13] {
    [
        ("mqtt", true, |simulation, module| {
            let mut session = module.mqtt(&MqttConfig::new(NAME, MQTT, "sensor"))?;
            session.subscribe(module, "t", Qos::AtMostOnce)?;
            simulation.advance(Duration::from_secs(1));
            session.publish(module, "t", b"hello", Qos::AtMostOnce, false)?;
            let mut buffer = [0; 64];
            assert!(session.wait(module, 5000)?);
            let got = format!("{:?}", session.receive(module, &mut buffer)?);
            session.unsubscribe(module, "t")?;
            session.disconnect(module)?;
            Ok(got)
        }),
        ("scan", true, |_, module| {
            let mut seen = Vec::new();
            let scanned = module.scan(&ScanOptions::new(), |found| {
                seen.push((found.ssid.as_bytes().to_vec(), found.rssi));
                ControlFlow::Continue(())
            })?;
            Ok(format!("{scanned:?} {seen:?}"))
        }),
        ("a scan that is broken off", true, |_, module| {
            let scanned = module.scan(&ScanOptions::new(), |_| ControlFlow::Break(()))?;
            Ok(format!("{scanned:?}"))
        }),
        ("station", true, |_, module| {
            Ok(format!("{:?}", module.station()?))
        }),
        ("versions", true, |_, module| {
            Ok(format!("{:?}", module.versions()?))
        }),
        // The reference of the Microchip module has none.
        ("mac", true, |_, module| {
            Ok(format!("{:?}", module.mac().ok()))
        }),
        ("ping", true, |_, module| {
            let options = PingOptions::new().with_count(3).with_interval_ms(100);
            let summary = module.ping(NAME, &options, |_| ControlFlow::Continue(()))?;
            Ok(format!("{} of {}", summary.received, summary.sent))
        }),
        ("rejoin where it is", true, |_, module| {
            Ok(module.rejoin(&home())?.to_string())
        }),
        ("rejoin elsewhere", false, |_, module| {
            let options = JoinOptions::new(OTHER, PASSWORD);
            Ok(module.rejoin(&options)?.to_string())
        }),
        ("join with options", false, |_, module| {
            Ok(module.join_with(&home())?.to_string())
        }),
        ("forget", false, |_, module| {
            module.forget()?;
            Ok(format!("{:?}", module.station()?))
        }),
        ("time", false, |_, module| {
            module.leave()?;
            module.set_time_servers(&["pool.ntp.org"])?;
            module.join(SSID, PASSWORD)?;
            let told = [Some(module.wait_for_time(10_000)?), module.time()?];
            // The time that is an event is that of the servers, too.
            let is_near = |told: Option<UnixTime>| {
                told.is_some_and(|told| (SERVER_TIME..SERVER_TIME + 60).contains(&told.seconds()))
            };
            Ok(format!("{:?}", told.map(is_near)))
        }),
        ("access point", false, |simulation, module| {
            module.leave()?;
            let own = module.start_access_point(&access_point())?;
            simulation.station_joins(PHONE);
            module.start_access_point(&access_point())?;
            module.stop_access_point()?;
            Ok(own.to_string())
        }),
    ]
}

/// Calls it with bytes that come one at a time, and events in that gap; returns the gaps that it has, and
/// what it said.
fn call<D: UnderTest>(config: &Config, row: Row<D>, gap: Option<u64>) -> (Range<u64>, String) {
    let (name, keeps_sockets, call) = row;
    let simulation = Simulation::new(around(config.clone()), Network::default().build());
    let events = D::ANY_TIME.iter().filter(|&&event| event != D::SCAN_DONE);
    let flood: Vec<u8> = events.flat_map(|event| event.repeat(FLOOD)).collect();
    simulation.set_faults(Faults {
        fragment: Fragment::Every(1),
        event_in_gap: gap.map(|gap| (gap, flood)),
        ..Faults::default()
    });
    with_joined::<D, _>(&simulation, |module| {
        let mut socket = connected(module);
        let (began, before) = (simulation.now(), simulation.gaps());
        let told = call(&simulation, module);
        let gaps = before..simulation.gaps();
        let context = || {
            format!(
                "{name} {} {gap:?}\n{}",
                config.profile,
                simulation.transcript()
            )
        };
        assert!(simulation.now() - began < LONGEST, "{}", context());
        let told = told.unwrap_or_else(|error| panic!("{error} in {}", context()));
        if keeps_sockets {
            let beside = echoes(module, &simulation, &mut socket);
            assert!(beside.is_ok(), "{beside:?} {}", context());
        }
        (gaps, told)
    })
}

fn table<D: UnderTest>(row: Row<D>) {
    for config in configs::<D>() {
        let (gaps, expected) = call::<D>(&config, row, None);
        for gap in gaps {
            let (_, told) = call::<D>(&config, row, Some(gap));
            assert_eq!(told, expected, "{} {} gap {gap}", row.0, config.profile);
        }
    }
}

fn each_stands_a_flood_of_events_byte_by_byte<D: UnderTest>() {
    for row in rows::<D>() {
        table(row);
    }
}

/// What only the ST67 has.
#[test]
fn clients_are_listed_and_sent_away_in_a_flood_of_events_byte_by_byte() {
    table::<St67>(("clients", true, |simulation, module| {
        module.start_access_point(&access_point())?;
        simulation.station_joins(PHONE);
        simulation.advance(Duration::from_secs(2));
        let seen = module.access_point_clients::<4>()?;
        module.disconnect_client(Mac(PHONE))?;
        let left = module.access_point_clients::<4>()?;
        module.stop_access_point()?;
        Ok(format!("{seen:?} {left:?}"))
    }));
}

fn provisioned<D: UnderTest>(
    simulation: &Simulation,
    module: &mut Driver<'_, D>,
) -> Result<String, Failure<D>> {
    let mut guest = Guest::naming(simulation, D::PROFILES[0], SSID, PASSWORD);
    let told = provision_by(module, &access_point(), 30_000, &mut guest)?;
    let told = told.expect("a network was named");
    Ok(format!("{:?} {:?}", told.ssid, told.password.reveal()))
}

fn provisioning_stands_a_flood_of_events_byte_by_byte<D: UnderTest>() {
    table::<D>(("provision", false, |simulation, module| {
        module.leave()?;
        provisioned(simulation, module)
    }));
}

on_both_dialects! {
    each_stands_a_flood_of_events_byte_by_byte
    provisioning_stands_a_flood_of_events_byte_by_byte
}

/// Beside a station that stays in its network.
#[test]
fn provisioning_leaves_sockets_alone() {
    table::<St67>(("provision beside", true, provisioned));
}
