//! Each fault knob and what it does.

use std::time::Duration;

use crate::support::{Host, LONG, PASSWORD, SSID, server};
use atwifi_simulator::{
    Config, Direction, Fault, FaultKind, Faults, Fragment, MemoryNetwork, PortError, Profile,
    services,
};
use embedded_io::{Read, ReadReady, Write};

fn host(faults: Faults) -> Host {
    Host::new(Config::default().with_faults(faults), MemoryNetwork::new())
}

/// Faults of the bytes behind the banner.
fn to_host(at: u64, kind: FaultKind) -> Faults {
    Faults {
        to_host: vec![Fault::new(b"\r\nready\r\n".len() as u64 + at, kind)],
        ..Faults::default()
    }
}

fn to_module(at: u64, kind: FaultKind) -> Faults {
    Faults {
        to_module: vec![Fault::new(at, kind)],
        ..Faults::default()
    }
}

/// The pieces in which everything arrives.
fn pieces(host: &mut Host) -> Vec<String> {
    let mut pieces = Vec::new();
    while host.port.read_ready().unwrap() {
        pieces.push(String::from_utf8(host.read_once()).unwrap());
    }
    pieces
}

#[test]
fn fragments() {
    for (fragment, longest) in [
        (Fragment::Every(1), 1),
        (Fragment::Every(4), 4),
        (Fragment::Random(3), 3),
        (Fragment::Whole, 25),
    ] {
        let mut host = host(Faults {
            fragment,
            ..Faults::default()
        });
        host.write(b"AT+SYSSTORE?\r\n");
        host.simulation.advance(LONG);
        let pieces = pieces(&mut host);
        assert_eq!(pieces.concat(), "+SYSSTORE:1\r\n\r\nOK\r\n");
        let lengths: Vec<usize> = pieces.iter().map(String::len).collect();
        assert!(lengths.iter().all(|&length| length <= longest));
        assert_eq!(pieces.len() > 1, fragment != Fragment::Whole);
    }
}

#[test]
fn writes_can_stay_apart() {
    let mut host = host(Faults {
        split_writes: true,
        ..Faults::default()
    });
    host.write(b"AT+SYSSTORE?\r\n");
    host.simulation.advance(LONG);
    assert_eq!(pieces(&mut host), ["+SYSSTORE:1\r\n", "\r\nOK\r\n"]);
}

#[test]
fn bytes_to_the_host_go_wrong() {
    for (kind, reply) in [
        (FaultKind::Drop(1), "\r\nK\r\n"),
        (FaultKind::Drop(3), "\r\n\n"),
        (FaultKind::Corrupt(0x20), "\r\noK\r\n"),
        (FaultKind::Insert(b"abc".to_vec()), "\r\nabcOK\r\n"),
        (FaultKind::Cut(Duration::from_millis(1)), "\r\n"),
        (FaultKind::Reset, "\r\nO\r\nready\r\n"),
    ] {
        let mut host = host(to_host(2, kind.clone()));
        assert_eq!(host.ask("AT"), reply, "{kind:?}");
        assert_eq!(host.ask("AT"), "\r\nOK\r\n");
    }
}

#[test]
fn bytes_to_the_module_go_wrong() {
    for (kind, reply) in [
        (FaultKind::Drop(1), "\r\nERROR\r\n"),
        (FaultKind::Drop(2), "\r\nERROR\r\n"),
        (FaultKind::Corrupt(0x20), "\r\nOK\r\n"),
        (FaultKind::Corrupt(0x01), "\r\nERROR\r\n"),
        (
            FaultKind::Insert(b"\r\n".to_vec()),
            "\r\nERROR\r\n\r\nOK\r\n",
        ),
        (FaultKind::Cut(Duration::from_millis(1)), ""),
        (FaultKind::Reset, "\r\nready\r\n"),
    ] {
        let mut host = host(to_module(0, kind.clone()));
        assert_eq!(host.ask("AT"), reply, "{kind:?}");
    }
}

#[test]
fn a_delay_holds_up_all_that_follows() {
    let mut host = host(to_host(2, FaultKind::Delay(Duration::from_millis(300))));
    host.write(b"AT\r\n");
    host.simulation.advance(Duration::from_millis(300));
    assert_eq!(host.read(), b"\r\n");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"OK\r\n");
}

#[test]
fn a_cut_lasts() {
    let mut host = host(to_host(0, FaultKind::Cut(Duration::from_secs(2))));
    for _ in 0..2 {
        host.write(b"AT\r\n");
        host.simulation.advance(Duration::from_secs(1));
    }
    assert_eq!(host.read(), b"");
    assert_eq!(host.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn an_event_can_stand_in_every_gap() {
    let network = || MemoryNetwork::new().serve(server(80), |_| services::respond("body\r\n"));
    let event = "+CW:DISCONNECTED\r\n";
    let converse = |gap: Option<u64>| {
        let mut host = Host::online(Profile::St67Fw2_0_75, network());
        let first = host.simulation.gaps();
        host.simulation.set_faults(Faults {
            event_in_gap: gap.map(|gap| (first + gap, event.as_bytes().to_vec())),
            ..Faults::default()
        });
        let mut all = host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
        all += &host.ask("AT+CIPSEND=0,4");
        host.write(b"\r\n\r\n");
        all += &host.wait();
        all += &host.ask("AT+CIPRECVDATA=0,4608");
        (all, host.simulation.gaps() - first)
    };
    let (plain, gaps) = converse(None);
    assert!(gaps > 10);
    let mut places = Vec::new();
    for gap in 0..gaps {
        let (all, _) = converse(Some(gap));
        assert_eq!(all.replacen(event, "", 1), plain, "gap {gap}");
        places.push(all.find(event).unwrap());
    }
    assert!(places.is_sorted());
    for (before, after) in [
        ("", "+CIP:0,CONNECTED\r\n"),
        ("+CIP:0,CONNECTED\r\n", "\r\nOK\r\n"),
        ("\r\nOK\r\n", "\r\n>"),
        ("\r\n>", "Recv 4 bytes\r\n"),
        ("Recv 4 bytes\r\n", "\r\nSEND OK\r\n"),
        ("+CIPRECVDATA:6,body\r\n\r\n", "\r\nOK\r\n"),
    ] {
        let place = plain.find(&format!("{before}{after}")).unwrap() + before.len();
        assert!(places.contains(&place), "between {before:?} and {after:?}");
    }
    let payload = plain.find("body").unwrap();
    let inside = payload - "+CIPRECVDATA:6,".len() + 1..payload + "body\r\n\r\n".len();
    assert!(!places.iter().any(|place| inside.contains(place)));
}

#[test]
fn an_event_stands_beside_binary_data_of_a_microchip_module() {
    let event = "\r+WSTALD\r\n";
    let converse = |gap: Option<u64>| {
        let network = MemoryNetwork::new().serve(server(80), |_| services::echo());
        let mut host = Host::online(Profile::MicrochipFw0_3_2, network);
        let id = host.connect(80);
        let first = host.simulation.gaps();
        host.simulation.set_faults(Faults {
            event_in_gap: gap.map(|gap| (first + gap, event.as_bytes().to_vec())),
            ..Faults::default()
        });
        let mut all = host.ask(&format!("AT+SOCKWR={id},4"));
        host.write(b"body");
        all += &host.wait();
        all += &host.ask(&format!("AT+SOCKRD={id},2,9"));
        (all, host.simulation.gaps() - first)
    };
    let (plain, gaps) = converse(None);
    let places = (0..gaps).map(|gap| {
        let (all, _) = converse(Some(gap));
        assert_eq!(all.replacen(event, "", 1), plain, "gap {gap}");
        all.find(event).unwrap()
    });
    let places: Vec<usize> = places.collect();
    let prompt = plain.find('#').unwrap() + 1;
    let data = plain.find("body").unwrap();
    let head = plain[..data].rfind("+SOCKRD").unwrap();
    for place in [0, prompt, head, data + "body".len(), plain.len()] {
        assert!(places.contains(&place), "{place} of {plain:?}");
    }
    let inside = head + 1..data + "body".len();
    assert!(!places.iter().any(|place| inside.contains(place)));
}

#[test]
fn a_line_can_find_the_module_busy() {
    let mut host = host(Faults {
        busy: vec![1],
        ..Faults::default()
    });
    host.play(&[
        ("AT", "\r\nOK\r\n"),
        ("AT+CWMODE?", "\r\nbusy p...\r\n"),
        ("AT", "\r\nOK\r\n"),
    ]);
    assert_eq!(host.simulation.commands(), 2);
}

#[test]
fn a_microchip_module_has_no_word_for_it() {
    let config = Config::new(Profile::MicrochipFw0_3_2).with_faults(Faults {
        busy: vec![1],
        ..Faults::default()
    });
    let mut host = Host::new(config, MemoryNetwork::new());
    host.play(&[("ATE0", "ATE0\r\nOK\r\n"), ("AT+GMI", ""), ("AT", "OK\r\n")]);
    assert_eq!(host.simulation.commands(), 2);
}

#[test]
fn a_reply_can_be_late() {
    let mut host = host(Faults {
        late: vec![(0, Duration::from_secs(3))],
        ..Faults::default()
    });
    host.write(b"AT\r\n");
    host.simulation.advance(Duration::from_secs(3));
    host.write(b"AT+CWMODE?\r\n");
    assert_eq!(host.read(), b"");
    host.expect("\r\nOK\r\n+CWMODE:0\r\n\r\nOK\r\n");
}

#[test]
fn a_full_fifo_loses_bytes_and_says_so() {
    let config = Config::default().with_baud(115_200).with_faults(Faults {
        fifo: Some(10),
        ..Faults::default()
    });
    let mut host = Host::new(config, MemoryNetwork::new());
    host.write(b"AT+SYSSTORE?\r\n");
    host.simulation.advance(LONG);
    let mut buffer = [0; 64];
    assert_eq!(host.port.read(&mut buffer), Err(PortError::Overrun));
    assert_eq!(host.port.read(&mut buffer), Ok(10));
    assert_eq!(&buffer[..10], b"+SYSSTORE:");
    assert_eq!(host.port.read_ready(), Ok(false));
}

#[test]
fn a_close_can_come_right_behind_the_data() {
    for close_behind_data in [false, true] {
        let network = MemoryNetwork::new().serve(server(80), |_| services::respond("bye"));
        let mut host = Host::online(Profile::St67Fw2_0_75, network);
        host.simulation.set_faults(Faults {
            close_behind_data,
            split_writes: true,
            ..Faults::default()
        });
        host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
        host.ask("AT+CIPSEND=0,4");
        host.write(b"\r\n\r\n");
        host.simulation.advance(Duration::from_millis(4));
        let early = host.read();
        host.simulation.advance(LONG);
        let data = "+IPD:0,3,\"192.168.101.110\",80\r\n";
        let close = "+CIP:0,DISCONNECTED\r\n";
        let both = [data, close].concat();
        if close_behind_data {
            assert!(early.ends_with(both.as_bytes()));
            assert!(pieces(&mut host).is_empty());
        } else {
            assert!(early.ends_with(data.as_bytes()));
            assert_eq!(pieces(&mut host), [close]);
        }
    }
}

#[test]
fn a_bit_rate_takes_time() {
    let config = Config::default()
        .with_baud(9600)
        .with_latency(Duration::ZERO);
    let mut host = Host::new(config, MemoryNetwork::new());
    let start = host.simulation.now();
    host.write(b"AT\r\n");
    let byte = Duration::from_nanos(10_000_000_000 / 9600);
    assert_eq!(host.simulation.now() - start, byte * 4);
    assert_eq!(host.read(), b"");
    let mut buffer = [0; 1];
    host.port.read_exact(&mut buffer).unwrap();
    assert_eq!(host.simulation.now() - start, byte * 5);
    host.simulation.advance(byte * 5);
    assert_eq!(host.read(), b"\nOK\r\n");
}

#[test]
fn without_latency_and_bit_rate_no_time_passes() {
    let config = Config::default().with_latency(Duration::ZERO);
    let mut host = Host::new(config, MemoryNetwork::new());
    let start = host.simulation.now();
    host.write(b"AT\r\n");
    assert_eq!(host.read(), b"\r\nOK\r\n");
    assert_eq!(host.simulation.now(), start);
}

#[test]
fn a_cable_can_be_pulled() {
    let mut host = host(Faults::default());
    host.simulation.unplug(true);
    assert_eq!(host.port.read_ready(), Err(PortError::Unplugged));
    assert_eq!(host.port.write(b"AT\r\n"), Err(PortError::Unplugged));
    host.simulation.unplug(false);
    assert_eq!(host.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn a_read_that_nothing_answers_ends() {
    let mut host = host(Faults::default());
    assert_eq!(host.port.read(&mut [0; 8]), Err(PortError::Unplugged));
}

#[test]
fn the_same_seed_gives_the_same_conversation() {
    let run = |seed: u64| {
        let network = MemoryNetwork::new().serve(server(80), |_| services::echo());
        let config = Config::default()
            .with_access_point(SSID, PASSWORD)
            .with_baud(921_600)
            .with_seed(seed)
            .with_faults(Faults {
                fragment: Fragment::Random(7),
                ..Faults::default()
            });
        let mut host = Host::new(config, network).joined();
        host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",80");
        host.ask("AT+CIPSEND=0,5");
        host.write(b"hello");
        host.simulation.advance(LONG);
        (pieces(&mut host), host.simulation.transcript())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
    assert_eq!(run(1).1, run(2).1);
}

#[test]
fn the_transcript_shows_what_arrived() {
    let mut host = host(to_host(2, FaultKind::Corrupt(0x20)));
    host.ask("AT");
    host.simulation.reset_module();
    let transcript = host.simulation.transcript();
    assert_eq!(
        transcript.to_string(),
        "    0.850000 <- \\r\\nready\\r\\n\n    \
             1.000000 -> AT\\r\\n\n    \
             1.001000 <- \\r\\noK\\r\\n\n    \
             6.000000 -- module reset\n"
    );
    assert_eq!(transcript.bytes(Direction::ToModule), b"AT\r\n");
    assert_eq!(host.simulation.to_module(), 4);
    assert_eq!(host.simulation.to_host(), 15);
}

#[test]
fn payload_is_a_record_of_its_own() {
    let network = MemoryNetwork::new().serve(server(80), |_| services::echo());
    let mut host = Host::online(Profile::MicrochipFw0_3_2, network);
    let id = host.connect(80);
    host.ask(&format!("AT+SOCKWR={id},6"));
    let before = host.simulation.transcript().len();
    host.write(b"one\r\n");
    host.wait();
    host.write(b"2");
    host.wait();
    host.ask("AT");
    let transcript = host.simulation.transcript();
    let shown: Vec<String> = transcript[before..]
        .iter()
        .map(|record| record.to_string()[13..].to_owned())
        .collect();
    let expected = [
        "-> one\\r\\n2".to_owned(),
        "<- \\r\\nOK\\r\\n".to_owned(),
        format!("<- \\r+SOCKRXT:{id},6\\r\\n"),
        "-> AT\\r\\n".to_owned(),
        "<- OK\\r\\n".to_owned(),
    ];
    assert_eq!(shown, expected);
}

/// Lets every byte of a line with a password go wrong.
fn assert_covered(profile: Profile, before: &str, line: &str) {
    let first = before.len() as u64;
    for at in first..first + line.len() as u64 {
        for kind in [
            FaultKind::Drop(1),
            FaultKind::Corrupt(0x55),
            FaultKind::Insert(b"\r\n".to_vec()),
            FaultKind::Delay(LONG),
        ] {
            let config = Config::new(profile).with_faults(to_module(at, kind));
            let mut host = Host::new(config, MemoryNetwork::new());
            host.write(before.as_bytes());
            host.simulation.advance(LONG);
            host.write(line.as_bytes());
            host.simulation.advance(2 * LONG);
            let shown = format!("{:?}", host.simulation.transcript());
            assert!(shown.contains("***"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
            assert!(!shown.contains("et99"), "{shown}");
        }
    }
}

#[test]
fn no_fault_uncovers_a_password() {
    let line = format!("AT+CWJAP=\"{SSID}\",\"{PASSWORD}\"\r\n");
    assert_covered(Profile::St67Fw2_0_75, "", &line);
    let line = format!("AT+WSTAC=3,\"{PASSWORD}\"\r\n");
    for profile in Profile::MICROCHIP {
        assert_covered(profile, "ATE0\r\n", &line);
    }
}
