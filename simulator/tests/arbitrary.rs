//! Whatever a host sends, the module goes on.

use crate::support::{Host, PASSWORD, SSID, server};
use atwifi_simulator::{
    Config, Fault, FaultKind, Faults, Fragment, MemoryNetwork, Profile, services,
};
use proptest::prelude::*;
use std::time::Duration;

/// Longer than the longest command.
const VERY_LONG: Duration = Duration::from_secs(60);

fn network() -> MemoryNetwork {
    MemoryNetwork::new()
        .serve(server(80), |_| services::echo())
        .serve_udp(server(80), services::udp_echo())
        .silent(server(81))
}

fn module(profile: Profile, baud: Option<u32>, faults: Faults) -> Host {
    let config = Config {
        baud,
        faults,
        ..Config::new(profile).with_access_point(SSID, PASSWORD)
    };
    Host::new(config, network())
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select([&Profile::ST67[..], &Profile::MICROCHIP].concat())
}

/// Something that looks like a command, with arguments that need not fit.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "AT",
        "ATE1",
        "AT+CWMODE",
        "AT+CWJAP",
        "AT+CWQAP",
        "AT+CWLAP",
        "AT+CWLAPOPT",
        "AT+CWRECONNCFG",
        "AT+CIPSTA",
        "AT+CIPSTAMAC",
        "AT+CIPDNS",
        "AT+CIPDOMAIN",
        "AT+PING",
        "AT+CIPMUX",
        "AT+CIPRECVMODE",
        "AT+CIPRECVBUF",
        "AT+CIPTCPOPT",
        "AT+CIPSTART",
        "AT+CIPSTARTEX",
        "AT+CIPSEND",
        "AT+CIPSENDEX",
        "AT+CIPRECVDATA",
        "AT+CIPRECVLEN",
        "AT+CIPCLOSE",
        "AT+CIPSERVER",
        "AT+CIPSERVERMAXCONN",
        "AT+CIPSTO",
        "AT+CIPSSLCCONF",
        "AT+CIPSSLCSNI",
        "AT+CIPSSLCALPN",
        "AT+CIPSSLCPSKHEX",
        "AT+CIPV6",
        "AT+FS",
        "AT+BLEINIT",
        "AT+BLECONN",
        "AT+BLESCAN",
        "AT+BLEADVSTART",
        "AT+BLEGATTSSRVCRE",
        "AT+BLEGATTSNTFY",
        "AT+BLEGATTCSRVDIS",
        "AT+BLESECSTART",
        "AT+MQTTUSERCFG",
        "AT+MQTTCLIENTID",
        "AT+MQTTCONNCFG",
        "AT+MQTTCONN",
        "AT+MQTTPUBRAW",
        "AT+MQTTSUB",
        "AT+MQTTCLEAN",
        "AT+RST",
        "AT+RESTORE",
        "AT+SYSSTORE",
        "AT+SYSMSG",
        "AT+EFUSE-W",
        "AT+EFUSE-R",
        "AT+EFUSE-CFM",
        "AT+FLASH-W",
        "AT+FLASH-R",
        "AT+FLASH-E",
        "AT+IOIN",
        "AT+IOOUT",
        "AT+PART",
        "AT+OTASTART",
        "AT+OTASEND",
        "AT+OTAFIN",
        "AT+WIFISP",
        "AT+CWSAP",
        "AT+CWLIF",
        "AT+CWQIF",
        "AT+CWDHCP",
        "AT+CWDHCPS",
        "AT+CIPAP",
        "AT+CIPAPMAC",
        "AT+CWCOUNTRY",
        "AT+CWHOSTNAME",
        "AT+CWMONITOR",
        "AT+CWSTAPROTO",
        "AT+WPS",
        "AT+CWANTENABLE",
        "AT+CIPSENDL",
        "AT+CIPSENDLCFG",
        "AT+CIPRECONNINTV",
        "AT+PWR",
        "AT+SLWKTIMER",
        "AT+TWT_PARAM",
        "AT+SET_CLOCK",
        "AT+WSTAC",
        "AT+WSTA",
        "AT+TIME",
        "AT+DNSRESOLV",
        "AT+SOCKO",
        "AT+SOCKBR",
        "AT+SOCKBL",
        "AT+SOCKBM",
        "AT+SOCKTLS",
        "AT+SOCKWRTO",
        "AT+TLSC",
        "AT+LOADCERT",
        "AT+READCERT",
        "AT+MQTTC",
        "AT+MQTTCONN",
        "AT+MQTTSUB",
        "AT+MQTTUNSUB",
        "AT+MQTTPUB",
        "AT+MQTTDISCONN",
        "AT+LOWPOWER",
        "AT+WSCNC",
        "AT+WSCNA",
        "AT+WAPC",
        "AT+WAP",
        "AT+WPROVC",
        "AT+WPROV",
        "AT+SOCKWR",
        "AT+SOCKRD",
        "AT+SOCKCL",
        "AT+SOCKLST",
    ]);
    let arguments = prop::sample::select(vec![
        "",
        "?",
        "0",
        "1",
        "5",
        "-1",
        "4608",
        "2147483647",
        "\"TCP\"",
        "\"UDP\"",
        "\"SSL\"",
        "\"UDPv6\"",
        "\"::1\"",
        "\"224.0.0.1\"",
        "\"192.168.101.110\"",
        "80",
        "81",
        "\"home\"",
        "\"secret99\"",
        "\"",
        "\\",
        "\"\\\"",
        "\u{fffd}",
        "[68656c6c6f]",
        "\"0x210000\"",
        "\"5a:67:11:00:00:01\"",
        "3",
        "16000",
    ]);
    let arguments = prop::collection::vec(arguments, 0..6);
    (names, "[=?]?", arguments, "(\r\n)?").prop_map(|(name, form, arguments, end)| {
        format!("{name}{form}{}{end}", arguments.join(",")).into_bytes()
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let kind = prop_oneof![
        (0..20usize).prop_map(FaultKind::Drop),
        any::<u8>().prop_map(FaultKind::Corrupt),
        (0..500u64).prop_map(|delay| FaultKind::Delay(Duration::from_millis(delay))),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(FaultKind::Insert),
        Just(FaultKind::Reset),
        (0..500u64).prop_map(|time| FaultKind::Cut(Duration::from_millis(time))),
    ];
    (0..300u64, kind).prop_map(|(at, kind)| Fault::new(at, kind))
}

/// `OK`, with whatever lines, echo and prompt the module has around it.
fn answers_ok(reply: &str) -> bool {
    ["OK\r\n", "\r\nOK\r\n", "AT\r\nOK\r\n", "AT\r\nOK\r\n>"].contains(&reply)
}

/// A reset brings every module back.
fn still_answers(host: &mut Host) {
    host.simulation.set_faults(Faults::default());
    host.simulation.advance(VERY_LONG);
    host.simulation.reset_module();
    host.simulation.advance(VERY_LONG);
    host.read();
    let reply = host.ask("AT");
    assert!(answers_ok(&reply), "{reply:?}");
}

proptest! {
    #[test]
    fn noise(
        profile in profile(),
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
        baud in prop::option::of(Just(115_200)),
    ) {
        let mut host = module(profile, baud, Faults::default());
        for piece in &pieces {
            host.write(piece);
        }
        host.simulation.advance(VERY_LONG);
        // What has been typed must end first, lest it mixes with AT. An overlong line can end between
        // the CR and the LF, and half an escape sequence swallows a letter of the next line.
        for line in ["\r\n", "AT\r\n", "AT\r\n"] {
            host.write(line.as_bytes());
            host.simulation.advance(VERY_LONG);
        }
        host.read();
        let reply = host.ask("AT");
        prop_assert!(answers_ok(&reply), "{:?}", reply);
        still_answers(&mut host);
    }

    #[test]
    fn commands(
        profile in profile(),
        joined in any::<bool>(),
        lines in prop::collection::vec(line(), 0..20),
        to_host in prop::collection::vec(fault(), 0..3),
        to_module in prop::collection::vec(fault(), 0..3),
        size in 1..50usize,
    ) {
        let mut host = module(profile, None, Faults::default());
        if joined {
            host = host.joined();
        }
        host.simulation.set_faults(Faults {
            to_host,
            to_module,
            fragment: Fragment::Random(size),
            close_behind_data: size % 2 == 0,
            clear_on_close: size % 3 == 0,
            ..Faults::default()
        });
        for line in &lines {
            host.write(line);
            host.simulation.idle();
            let peer = server(size as u16);
            host.simulation.send_datagram(peer, server(80), line);
            host.simulation.dial(peer, server(80), services::echo()).send(line);
            host.simulation.advance(Duration::from_millis(20));
        }
        still_answers(&mut host);
    }

    #[test]
    fn data_on_a_microchip_socket(
        profile in prop::sample::select(Profile::MICROCHIP.to_vec()),
        data in prop::collection::vec(any::<u8>(), 1..1400),
        cut in any::<prop::sample::Index>(),
        pause in 0..100u64,
    ) {
        let mut host = module(profile, None, Faults::default()).joined();
        let id = host.connect(80);
        let prompt = host.ask(&format!("AT+SOCKWR={id},{}", data.len()));
        prop_assert!(prompt.ends_with('#'));
        let (first, second) = data.split_at(cut.index(data.len()));
        host.write(first);
        host.simulation.advance(Duration::from_millis(pause));
        host.write(second);
        let answer = host.wait();
        prop_assert!(answer.contains("OK\r\n"), "{:?}", answer);

        host.write(format!("AT+SOCKRD={id},2,2048\r\n").as_bytes());
        host.simulation.advance(VERY_LONG);
        let answer = host.read();
        let start = answer.iter().position(|byte| *byte == b'#').unwrap() + 1;
        prop_assert_eq!(&answer[start..start + data.len()], &data);
    }
}
