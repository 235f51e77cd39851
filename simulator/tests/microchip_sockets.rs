//! Conversations with the AnyCloud firmware of the PIC32MZW1, byte for byte: the sockets.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::{Host, server};
use atwifi_simulator::{Config, Faults, MemoryNetwork, Peer, Profile, Service, services};

const OLD: Profile = Profile::MicrochipFw0_2_0;
const NEW: Profile = Profile::MicrochipFw0_3_2;
const BOTH: [Profile; 2] = [OLD, NEW];

/// A module without a network.
fn offline(profile: Profile) -> Host {
    let mut host = Host::new(Config::new(profile), MemoryNetwork::new());
    host.play(&[("ATE0", "ATE0\r\nOK\r\n")]);
    host
}

/// A module with one connection to a service, and its id.
fn connected(profile: Profile, service: fn() -> Box<dyn Service>) -> (Host, String) {
    let network = MemoryNetwork::new().serve(server(6000), move |_| service());
    let mut host = Host::online(profile, network);
    let id = host.connect(6000);
    (host, id)
}

/// A module with one connection, its id, and what the peer receives.
fn recorded(profile: Profile) -> (Host, String, Rc<RefCell<Vec<u8>>>) {
    let log = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&log);
    let network =
        MemoryNetwork::new().serve(server(6000), move |_| services::record(Rc::clone(&heard)));
    let mut host = Host::online(profile, network);
    let id = host.connect(6000);
    (host, id, log)
}

#[test]
fn socket_ids_begin_with_the_uptime() {
    for profile in BOTH {
        let mut host = offline(profile);
        host.simulation.advance(Duration::from_millis(47_100));
        host.play(&[
            // The line is executed 1 ms after it has come.
            ("AT+SOCKO=2", "+SOCKO:53101\r\nOK\r\n"),
            ("AT+SOCKO=2", "+SOCKO:53102\r\nOK\r\n"),
            (
                "AT+SOCKLST",
                "+SOCKLST:53101,2,\"\",0,0\r\n+SOCKLST:53102,2,\"\",0,0\r\nOK\r\n",
            ),
            ("AT+SOCKLST=53102", "+SOCKLST:53102,2,\"\",0,0\r\nOK\r\n"),
            ("AT+SOCKCL=53101", "OK\r\n"),
            ("AT+SOCKCL=53101", "ERROR:10,\"Socket ID Not Found\"\r\n"),
        ]);
        for _ in 1..20 {
            host.ask("AT+SOCKO=2");
        }
        host.play(&[("AT+SOCKO=2", "ERROR:11,\"No Free Sockets\"\r\n")]);
    }
}

#[test]
fn a_connection_is_told_and_listed() {
    for profile in BOTH {
        let network = MemoryNetwork::new().serve(server(6000), |_| services::echo());
        let mut host = Host::online(profile, network);
        let id = host.open();
        host.play(&[
            (
                &format!("AT+SOCKBR={id},\"192.168.101.110\",6000"),
                &format!(
                    "OK\r\n\r+SOCKIND:{id},\"192.168.1.50\",1024,\"192.168.101.110\",6000\r\n"
                ),
            ),
            (
                "AT+SOCKLST",
                &format!("+SOCKLST:{id},2,\"192.168.101.110\",6000,1024\r\nOK\r\n"),
            ),
        ]);
    }
}

#[test]
fn there_are_ten_connections() {
    let network = MemoryNetwork::new().serve(server(6000), |_| services::echo());
    let mut host = Host::online(NEW, network);
    for port in 0..10 {
        let id = host.open();
        let bound = host.ask(&format!("AT+SOCKBR={id},\"192.168.101.110\",6000"));
        assert!(
            bound.contains(&format!("\"192.168.1.50\",{},", 1024 + port)),
            "{bound}"
        );
    }
    let id = host.open();
    host.play(&[
        (
            &format!("AT+SOCKBR={id},\"192.168.101.110\",6000"),
            "ERROR:14,\"Socket Bind Failed\"\r\n",
        ),
        (
            &format!("AT+SOCKCL={id}"),
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
    ]);
}

#[test]
fn a_refusal_is_told_of_much_later_and_takes_the_socket_along() {
    for target in [
        "\"192.168.0.1\",80",
        "\"192.168.0.2\",80",
        "\"example.test\",80",
    ] {
        let network = MemoryNetwork::new().silent(([192, 168, 0, 2], 80).into());
        let mut host = Host::online(NEW, network);
        let id = host.open();
        host.play(&[(&format!("AT+SOCKBR={id},{target}"), "OK\r\n")]);
        host.expect("");
        host.expect(&format!("\r+SOCKERR:{id},14,Socket Bind Failed\r\n"));
        host.play(&[(
            &format!("AT+SOCKCL={id}"),
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        )]);
    }
}

#[test]
fn writes_binary_data() {
    for profile in BOTH {
        let (mut host, id, log) = recorded(profile);
        host.play(&[(&format!("AT+SOCKWR={id},5"), "\r\n#")]);
        host.write(b"he");
        host.expect("");
        host.write(b"l+\n");
        host.expect("\r\nOK\r\n");
        assert_eq!(log.borrow().as_slice(), b"hel+\n");
        host.play(&[
            ("ATE1", "OK\r\n>"),
            (
                &format!("AT+SOCKWR={id},5"),
                &format!("AT+SOCKWR={id},5\r\n\r\n#"),
            ),
        ]);
        host.write(b"hello");
        host.expect("\r\nOK\r\n>");
    }
}

#[test]
fn writes_text() {
    let (mut host, id, log) = recorded(NEW);
    host.play(&[
        (&format!("AT+SOCKWR={id},7,\"hello2u\""), "OK\r\n"),
        (&format!("AT+SOCKWR={id},7,[68656c6c6f3275]"), "OK\r\n"),
        (
            &format!("AT+SOCKWR={id},8,\"hello2u\""),
            "ERROR:20,\"Length Mismatch\"\r\n",
        ),
        (
            "AT+SOCKWR=4711,7,\"hello2u\"",
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
    ]);
    assert_eq!(log.borrow().as_slice(), b"hello2uhello2u");
}

#[test]
fn data_of_unknown_length_ends_with_pluses_and_silence() {
    let (mut host, id, log) = recorded(NEW);
    let command = format!("AT+SOCKWR={id},0");
    for (typed, sent) in [
        (&["One fine day+++"][..], "One fine day"),
        // A plus and what follows, alone: the plus is lost.
        (&["a+b", "+++"], "ab"),
        // Too long a pause makes it data.
        (&["+", "", "", "", "", "", "b", "+++"], "+b"),
        // Of four at once, the first is data; of four one by one, the last.
        (&["++++"], "+"),
        (&["+++", "+", "+++"], "+"),
        (&["+++", "x", "+++"], "x"),
    ] {
        log.borrow_mut().clear();
        host.play(&[(&command, "\r\n#")]);
        for text in typed {
            host.write(text.as_bytes());
            host.simulation.advance(Duration::from_millis(50));
        }
        host.simulation.advance(Duration::from_millis(900));
        assert_eq!(host.read(), b"", "{typed:?}");
        host.expect("\r\nOK\r\n");
        assert_eq!(log.borrow().as_slice(), sent.as_bytes(), "{typed:?}");
    }
}

#[test]
fn more_bytes_than_announced_stop_it_for_good() {
    let (mut host, id) = connected(NEW, services::echo);
    let command = format!("AT+SOCKWR={id},5");
    // In one look, the rest is the next line.
    host.play(&[(&command, "\r\n#")]);
    host.write(b"helloAT\r\n");
    host.expect(&format!("\r\nOK\r\n\r+SOCKRXT:{id},5\r\nOK\r\n"));
    // Across looks, there is no way back but a reset.
    host.play(&[(&command, "\r\n#")]);
    host.write(b"hel");
    host.simulation.advance(Duration::from_millis(60));
    host.write(b"lo!");
    host.expect("");
    host.play(&[("AT", ""), ("+++", ""), ("", "")]);
    host.simulation.reset_module();
    host.expect("\r\nOK\r\n>");
}

#[test]
fn more_than_the_buffer_holds_stops_it_too() {
    for (length, works) in [(1400, true), (1401, false)] {
        let (mut host, id) = connected(NEW, services::echo);
        host.play(&[(&format!("AT+SOCKWR={id},{length}"), "\r\n#")]);
        host.write(&vec![b'x'; length]);
        assert_eq!(host.wait().starts_with("\r\nOK\r\n"), works);
    }
}

#[test]
fn a_length_that_was_refused_stays() {
    let (mut host, id) = connected(NEW, services::echo);
    host.play(&[
        ("AT+SOCKWR=99,5", "ERROR:10,\"Socket ID Not Found\"\r\n"),
        (&format!("AT+SOCKWR={id},0"), "\r\n#"),
    ]);
    host.write(b"hello");
    host.expect(&format!("\r\nOK\r\n\r+SOCKRXT:{id},5\r\n"));
}

#[test]
fn a_socket_that_is_not_connected_cannot_be_written() {
    for (profile, text, binary) in [
        (OLD, "ERROR:17,\"Socket Send Failed\"\r\n", "\r\n#"),
        (
            NEW,
            "ERROR:10,\"Socket ID Not Found\"\r\n",
            "ERROR:10,\"Socket ID Not Found\"\r\n",
        ),
    ] {
        let mut host = offline(profile);
        let id = host.open();
        host.play(&[
            (&format!("AT+SOCKWR={id},1,\"x\""), text),
            (&format!("AT+SOCKWR={id},1"), binary),
        ]);
        if profile == OLD {
            // It takes the data, loses it, and says OK.
            host.write(b"x");
            host.expect("\r\nOK\r\n");
        }
    }
}

#[test]
fn reads_binary_data_and_text() {
    for profile in BOTH {
        let (mut host, id) = connected(profile, || services::send("0123456789"));
        host.play(&[
            (
                &format!("AT+SOCKRD={id},2,4"),
                &format!("+SOCKRD:{id},4,\r\n#0123OK\r\n"),
            ),
            (
                &format!("AT+SOCKRD={id},1,999"),
                &format!("+SOCKRD:{id},6,\"456789\"\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKRD={id},2,999"), "OK\r\n"),
            (&format!("AT+SOCKRD={id},2,0"), "OK\r\n"),
            (
                &format!("AT+SOCKRD={id},3,9"),
                "ERROR:12,\"Invalid Socket Protocol\"\r\n",
            ),
            (
                &format!("AT+SOCKRD={id},2,2049"),
                "ERROR:4,\"Invalid Parameter\"\r\n",
            ),
            ("AT+SOCKRD=1,2,9", "ERROR:10,\"Socket ID Not Found\"\r\n"),
        ]);
    }
}

#[test]
fn what_is_sent_during_a_binary_read_is_lost() {
    for (mode, answer) in [(1, "\"abc\"\r\nOK\r\nOK\r\n"), (2, "\r\n#abcOK\r\n")] {
        let (mut host, id) = connected(NEW, || services::send("abc"));
        // The last of the lines so far was number 6.
        host.simulation.set_faults(Faults {
            late: vec![(7, Duration::from_secs(1))],
            ..Faults::default()
        });
        host.write(format!("AT+SOCKRD={id},{mode},9\r\n").as_bytes());
        host.simulation.advance(Duration::from_millis(500));
        host.write(b"AT\r\n");
        host.expect(&format!("+SOCKRD:{id},3,{answer}"));
    }
}

#[test]
fn text_comes_in_rows_and_bytes_as_digits() {
    let (mut host, id) = connected(NEW, || services::send("x".repeat(300)));
    let row = "x".repeat(128);
    host.play(&[(
        &format!("AT+SOCKRD={id},1,300"),
        &format!(
            "+SOCKRD:{id},128,\"{row}\"\r\n+SOCKRD:{id},128,\"{row}\"\r\n\
             +SOCKRD:{id},44,\"{}\"\r\nOK\r\n",
            "x".repeat(44)
        ),
    )]);
    let (mut host, id) = connected(NEW, || services::send("Foo\u{a9}Bar"));
    host.play(&[(
        &format!("AT+SOCKRD={id},1,999"),
        &format!("+SOCKRD:{id},8,[466F6FC2A9426172]\r\nOK\r\n"),
    )]);
}

#[test]
fn the_count_grows_until_it_is_read() {
    let (mut host, id) = connected(NEW, services::echo);
    let write = |host: &mut Host, text: &str, reply: &str| {
        host.play(&[(
            &format!("AT+SOCKWR={id},{},\"{text}\"", text.len()),
            &format!("OK\r\n\r+SOCKRXT:{id},{reply}\r\n"),
        )]);
    };
    write(&mut host, "12345", "5");
    write(&mut host, "67890", "10");
    host.play(&[(
        &format!("AT+SOCKRD={id},2,5"),
        &format!("+SOCKRD:{id},5,\r\n#12345OK\r\n"),
    )]);
    write(&mut host, "x", "6");
}

#[test]
fn the_receive_buffer_holds_1460_bytes() {
    let (mut host, id) = connected(NEW, || services::send(vec![b'x'; 2000]));
    let reply = host.ask(&format!("AT+SOCKRD={id},2,2048"));
    assert!(reply.starts_with(&format!("+SOCKRD:{id},1460,\r\n#xxx")));
    assert!(reply.ends_with(&format!("xxxOK\r\n\r+SOCKRXT:{id},540\r\n")));
}

struct Greeting {
    reset: bool,
}

impl Service for Greeting {
    fn received(&mut self, _now: Duration, _data: &[u8], peer: &mut Peer) {
        peer.send(b"bye");
        if self.reset {
            peer.reset_after(Duration::from_millis(100));
        } else {
            peer.close_after(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_peer_that_closes() {
    for (profile, again) in [
        (OLD, "ERROR:17,\"Socket Send Failed\"\r\n"),
        (NEW, "ERROR:10,\"Socket ID Not Found\"\r\n"),
    ] {
        let (mut host, id) = connected(profile, || Box::new(Greeting { reset: false }));
        host.play(&[
            (
                &format!("AT+SOCKWR={id},1,\"x\""),
                &format!("OK\r\n\r+SOCKRXT:{id},3\r\n\r+SOCKCL:{id}\r\n"),
            ),
            (
                "AT+SOCKLST",
                &format!("+SOCKLST:{id},2,\"\",0,1024\r\nOK\r\n"),
            ),
            (&format!("AT+SOCKWR={id},1,\"x\""), again),
            (
                &format!("AT+SOCKRD={id},2,99"),
                &format!("+SOCKRD:{id},3,\r\n#byeOK\r\n"),
            ),
            (&format!("AT+SOCKCL={id}"), "OK\r\n"),
            (
                &format!("AT+SOCKCL={id}"),
                "ERROR:10,\"Socket ID Not Found\"\r\n",
            ),
        ]);
        assert_eq!(host.simulation.links_open(), 0);
    }
}

#[test]
fn a_peer_that_breaks_off_frees_the_socket_of_the_old_firmware() {
    for (profile, closing) in [
        (OLD, "ERROR:10,\"Socket ID Not Found\"\r\n"),
        (NEW, "OK\r\n"),
    ] {
        let (mut host, id) = connected(profile, || Box::new(Greeting { reset: true }));
        host.play(&[
            (
                &format!("AT+SOCKWR={id},1,\"x\""),
                &format!("OK\r\n\r+SOCKRXT:{id},3\r\n\r+SOCKCL:{id}\r\n"),
            ),
            (&format!("AT+SOCKCL={id}"), closing),
        ]);
    }
}

#[test]
fn what_was_not_read_may_be_lost_with_the_connection() {
    let (mut host, id) = connected(NEW, || Box::new(Greeting { reset: false }));
    host.simulation.set_faults(Faults {
        clear_on_close: true,
        ..Faults::default()
    });
    host.ask(&format!("AT+SOCKWR={id},1,\"x\""));
    host.play(&[(&format!("AT+SOCKRD={id},2,99"), "OK\r\n")]);
}

#[test]
fn events_in_binary_mode() {
    for (profile, told) in [(OLD, true), (NEW, false)] {
        let (mut host, id) = connected(profile, || Box::new(Greeting { reset: false }));
        host.write(format!("AT+SOCKWR={id},1,\"x\"\r\nAT+SOCKWR={id},3\r\n").as_bytes());
        let (rxt, cl) = (
            format!("\r+SOCKRXT:{id},3\r\n"),
            format!("+SOCKCL:{id}\r\n"),
        );
        let cl = if told { cl } else { String::new() };
        host.expect(&format!("OK\r\n{rxt}\r\n#{cl}"));
        host.write(b"abc");
        host.expect("\r\nOK\r\n");
        // Nobody will ever know.
        let list = if told {
            "\"\",0"
        } else {
            "\"192.168.101.110\",6000"
        };
        host.play(&[
            (
                "AT+SOCKLST",
                &format!("+SOCKLST:{id},2,{list},1024\r\nOK\r\n"),
            ),
            (
                &format!("AT+SOCKRD={id},2,9"),
                &format!("+SOCKRD:{id},3,\r\n#byeOK\r\n"),
            ),
        ]);
    }
}

#[test]
fn data_that_comes_in_binary_mode_is_told_of_with_the_next() {
    let (mut host, id) = connected(NEW, || {
        struct Twice;
        impl Service for Twice {
            fn connected(&mut self, peer: &mut Peer) {
                peer.send_after(Duration::from_secs(12), b"unheard");
                peer.send_after(Duration::from_secs(22), b"heard");
            }
            fn received(&mut self, _now: Duration, _data: &[u8], _peer: &mut Peer) {}
        }
        Box::new(Twice)
    });
    host.play(&[(&format!("AT+SOCKWR={id},1"), "\r\n#")]);
    host.expect("");
    host.write(b"x");
    host.expect("\r\nOK\r\n");
    host.expect(&format!("\r+SOCKRXT:{id},12\r\n"));
}

#[test]
fn a_connection_that_comes_up_in_binary_mode_is_taken_for_none() {
    let network = MemoryNetwork::new()
        .serve(server(6000), |_| services::echo())
        .delay(Duration::from_millis(100));
    let mut host = Host::online(NEW, network);
    let first = host.connect(6000);
    let id = host.open();
    host.write(format!("AT+SOCKBR={id},\"192.168.101.110\",6000\r\n").as_bytes());
    host.write(format!("AT+SOCKWR={first},1\r\n").as_bytes());
    host.expect("OK\r\n\r\n#");
    assert_eq!(host.simulation.links_open(), 2);
    host.write(b"x");
    host.expect(&format!("\r\nOK\r\n\r+SOCKRXT:{first},1\r\n"));
    host.expect(&format!("\r+SOCKERR:{id},14,Socket Bind Failed\r\n"));
    assert_eq!(host.simulation.links_open(), 1);
}

#[test]
fn what_comes_during_a_binary_read_may_go_untold() {
    for (profile, length, told) in [(OLD, 1460, true), (NEW, 1460, false), (NEW, 128, true)] {
        let (mut host, id) = connected(profile, || services::send(vec![b'x'; 2000]));
        host.simulation.set_faults(Faults {
            deaf_while_reading: true,
            ..Faults::default()
        });
        let reply = host.ask(&format!("AT+SOCKRD={id},2,{length}"));
        assert_eq!(reply.contains("+SOCKRXT"), told, "{profile} {length}");
        // It is there all the same.
        let rest = host.ask(&format!("AT+SOCKRD={id},1,1"));
        assert!(
            rest.starts_with(&format!("+SOCKRD:{id},1,\"x\"\r\n")),
            "{rest:?}"
        );
    }
}
