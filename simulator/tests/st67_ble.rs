//! Bluetooth LE of the ST67W611M1: chapter 6 of ST's reference, and what the firmware makes of it.

use std::time::Duration;

use crate::support::Host;
use atwifi_simulator::{
    BleCharacteristic, BlePeer, BleService, BleUpdates, Config, MemoryNetwork, Profile,
};

const REFERENCE: Profile = Profile::St67Reference;
const FW: Profile = Profile::St67Fw2_0_75;
const ADDRESS: [u8; 6] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66];
const PEER: &str = "11:22:33:44:55:66";
const UUID: &str = "01020304010203040102030401020304";
const UUID2: &str = "01020304010203040102030401020305";

fn ok(profile: Profile) -> &'static str {
    if profile == REFERENCE {
        "OK\r\n"
    } else {
        "\r\nOK\r\n"
    }
}

fn error(profile: Profile) -> &'static str {
    if profile == REFERENCE {
        "ERROR\r\n"
    } else {
        "\r\nERROR\r\n"
    }
}

/// An address or a UUID, as the module prints it.
fn quoted(profile: Profile, text: &str) -> String {
    if profile == REFERENCE {
        text.to_owned()
    } else {
        format!("\"{text}\"")
    }
}

fn prompt(profile: Profile) -> &'static str {
    if profile == REFERENCE { ">" } else { "\r\n>" }
}

fn sent(profile: Profile, count: usize) -> String {
    let result = if profile == REFERENCE {
        "OK\r\n"
    } else {
        "\r\nSEND OK\r\n"
    };
    format!("Recv {count} bytes\r\n{result}")
}

fn with_ok(profile: Profile, rows: &str) -> String {
    format!("{rows}{}", ok(profile))
}

fn host(profile: Profile, role: u8, peers: &[&BlePeer]) -> Host {
    let mut config = Config::new(profile);
    for peer in peers {
        config = config.with_ble_peer(peer);
    }
    let mut host = Host::new(config, MemoryNetwork::new());
    accepts(&mut host, profile, &[&format!("AT+BLEINIT={role}")]);
    host
}

#[track_caller]
fn accepts(host: &mut Host, profile: Profile, lines: &[&str]) {
    for line in lines {
        host.play(&[(line, ok(profile))]);
    }
}

#[track_caller]
fn refuses(host: &mut Host, profile: Profile, lines: &[&str]) {
    for line in lines {
        host.play(&[(line, error(profile))]);
    }
}

/// A heart rate monitor.
fn monitor() -> BlePeer {
    let rate = BleCharacteristic::new("2a37", 16 | 32, *b"");
    let place = BleCharacteristic::new("2a38", 2, [1]);
    let control = BleCharacteristic::new("2a39", 2 | 8, *b"\r\nOK\r\n\0");
    BlePeer::new(ADDRESS)
        .heard_at(-71)
        .advertising([2, 1, 6], [3, 9, b'H', b'R'])
        .with_service(BleService::new("180d", vec![rate, place, control]))
        .with_service(BleService {
            primary: false,
            ..BleService::new("6e400001-b5a3-f393-e0a9-e50e24dcca9e", vec![])
        })
}

/// Firmware that can be client and server at once tells who has begun a connection.
fn tells_roles(profile: Profile) -> bool {
    matches!(profile, Profile::St67Fw2_0_97 | Profile::St67Fw2_0_106)
}

/// What that adds to the event that one has ended.
fn role(profile: Profile, role: u8) -> String {
    if tells_roles(profile) {
        format!(",{role}")
    } else {
        String::new()
    }
}

/// A client that is connected with the monitor.
fn client(profile: Profile) -> (Host, BlePeer) {
    let peer = monitor();
    let mut host = host(profile, 1, &[&peer]);
    let address = quoted(profile, PEER);
    let name = if profile == REFERENCE {
        "+BLECONN"
    } else {
        "+BLE:CONNECTED"
    };
    host.play(&[(
        "AT+BLECONN=0,\"11:22:33:44:55:66\",0,10",
        &with_ok(profile, &format!("{name}:0,{address}\r\n")),
    )]);
    (host, peer)
}

/// A server with one service, and a central that is connected with it.
fn server(profile: Profile) -> (Host, BlePeer) {
    let peer = BlePeer::new(ADDRESS);
    let mut host = host(profile, 2, &[&peer]);
    accepts(
        &mut host,
        profile,
        &[
            &format!("AT+BLEGATTSSRVCRE=0,\"{UUID}\",1,2"),
            &format!("AT+BLEGATTSCHARCRE=0,0,\"{UUID2}\",26,3,2"),
            "AT+BLEGATTSCHARCRE=0,1,\"2a37\",32,1,0",
            "AT+BLEGATTSREGISTER=1",
            "AT+BLEADVSTART",
        ],
    );
    peer.connect();
    let address = quoted(profile, PEER);
    host.expect(&format!(
        "+BLE:CONNECTED:0,{address}\r\n+BLE:MTUSIZE:0,247\r\n"
    ));
    assert!(peer.is_connected());
    (host, peer)
}

/// 6.1.1
#[test]
fn roles_are_taken_and_given_up() {
    for profile in Profile::ST67 {
        let mut host = Host::new(Config::new(profile), MemoryNetwork::new());
        host.play(&[
            ("AT+BLEINIT?", &with_ok(profile, "+BLEINIT:0\r\n")),
            ("AT+BLEADDR?", error(profile)),
            ("AT+BLEINIT=4", error(profile)),
            ("AT+BLEINIT=2", ok(profile)),
            ("AT+BLEINIT?", &with_ok(profile, "+BLEINIT:2\r\n")),
            ("AT+BLESCAN=1", error(profile)),
        ]);
        let again = if profile == REFERENCE {
            ok(profile)
        } else {
            error(profile)
        };
        host.play(&[
            ("AT+BLEINIT=1", again),
            ("AT+BLEINIT=0", ok(profile)),
            ("AT+BLEINIT=1", ok(profile)),
            ("AT+BLEADVSTART", error(profile)),
        ]);
    }
}

/// 6.1.2, 6.1.3 and 6.1.31
#[test]
fn address_name_and_power() {
    for profile in Profile::ST67 {
        let mut host = host(profile, 1, &[]);
        let own = quoted(profile, "40:82:7b:12:34:56");
        let new = quoted(profile, "aa:bb:cc:dd:ee:0f");
        host.play(&[
            (
                "AT+BLEADDR?",
                &with_ok(profile, &format!("+BLEADDR:{own}\r\n")),
            ),
            ("AT+BLEADDR=\"AA:BB:CC:DD:EE:0F\"", ok(profile)),
            (
                "AT+BLEADDR?",
                &with_ok(profile, &format!("+BLEADDR:{new}\r\n")),
            ),
            ("AT+BLENAME?", &with_ok(profile, "+BLENAME:QCC74x-AT\r\n")),
            ("AT+BLENAME=\"my\\\"name\"", ok(profile)),
            ("AT+BLENAME?", &with_ok(profile, "+BLENAME:my\"name\r\n")),
            ("AT+BLETXPWR=20", ok(profile)),
            ("AT+BLETXPWR?", &with_ok(profile, "+BLETXPWR:20\r\n")),
        ]);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEADDR=\"AA:BB:CC:DD:EE\"",
                "AT+BLEADDR=\"AA:BB:CC:DD:EE:GG\"",
                "AT+BLENAME=\"123456789012345678901234567890\"",
                "AT+BLETXPWR=21",
                "AT+BLETXPWR=-1",
            ],
        );
        host.ask("AT+RST");
        host.play(&[("AT+BLENAME?", &with_ok(profile, "+BLENAME:my\"name\r\n"))]);
    }
}

/// 6.1.4 and 6.1.7
#[test]
fn scans_and_advertisements_have_parameters() {
    for profile in Profile::ST67 {
        let mut client = host(profile, 1, &[]);
        client.play(&[
            (
                "AT+BLESCANPARAM?",
                &with_ok(profile, "+BLESCANPARAM:1,0,0,40,40\r\n"),
            ),
            ("AT+BLESCANPARAM=0,1,2,16384,4", ok(profile)),
            (
                "AT+BLESCANPARAM?",
                &with_ok(profile, "+BLESCANPARAM:0,1,2,16384,4\r\n"),
            ),
        ]);
        refuses(
            &mut client,
            profile,
            &[
                "AT+BLESCANPARAM=2,0,0,40,40",
                "AT+BLESCANPARAM=0,4,0,40,40",
                "AT+BLESCANPARAM=0,0,0,3,3",
                "AT+BLESCANPARAM=0,0,0,16385,40",
                "AT+BLEADVPARAM?",
            ],
        );
        let mut server = host(profile, 2, &[]);
        server.play(&[
            ("AT+BLEADVPARAM=160,320,0,7", ok(profile)),
            (
                "AT+BLEADVPARAM?",
                &with_ok(profile, "+BLEADVPARAM:160,320,0,7\r\n"),
            ),
        ]);
        refuses(
            &mut server,
            profile,
            &[
                "AT+BLEADVPARAM=320,160,0,7",
                "AT+BLEADVPARAM=31,160,0,7",
                "AT+BLEADVPARAM=160,320,3,7",
                "AT+BLEADVPARAM=160,320,0,3",
                "AT+BLESCAN=1",
            ],
        );
    }
}

/// 6.1.5
#[test]
fn a_scan_tells_who_advertises() {
    for profile in Profile::ST67 {
        let peer = monitor().random();
        let silent = BlePeer::new([1; 6]);
        let mut host = host(profile, 1, &[&peer, &silent]);
        let rows = if profile == REFERENCE {
            "+BLESCAN:11:22:33:44:55:66,-71,020106,03094852,1\r\n".to_owned()
        } else {
            "+BLE:SCAN:\"11:22:33:44:55:66\",-71,020106,,1\r\n\
             +BLE:SCAN:\"11:22:33:44:55:66\",-71,,03094852,1\r\n"
                .to_owned()
        };
        host.write(b"AT+BLESCAN=1\r\n");
        host.simulation.advance(Duration::from_millis(500));
        let told = String::from_utf8(host.read()).unwrap();
        assert_eq!(told, format!("{}{rows}", ok(profile)));
        host.simulation.advance(Duration::from_secs(1));
        assert_eq!(String::from_utf8(host.read()).unwrap(), rows);
        host.play(&[("AT+BLESCAN=0", ok(profile))]);
        accepts(&mut host, profile, &["AT+BLESCANPARAM=0,0,0,40,40"]);
        let passive = host.ask("AT+BLESCAN=1");
        assert!(passive.contains(",-71,020106,,1\r\n"), "{passive:?}");
        assert!(!passive.contains("03094852"), "{passive:?}");
        host.ask("AT+BLESCAN=0");
        refuses(&mut host, profile, &["AT+BLESCAN=2"]);
    }
}

/// 6.1.6, 6.1.8, 6.1.9 and 6.1.10
#[test]
fn others_hear_what_is_advertised() {
    for profile in Profile::ST67 {
        let peer = BlePeer::new(ADDRESS);
        let mut host = host(profile, 2, &[&peer]);
        let line = "02010606095757575757";
        accepts(
            &mut host,
            profile,
            &[
                &format!("AT+BLEADVDATA=\"{line}\""),
                &format!("AT+BLESCANRSPDATA=\"{line}\""),
                "AT+BLEADVSTART",
            ],
        );
        let data = vec![2, 1, 6, 6, 9, b'W', b'W', b'W', b'W', b'W'];
        assert_eq!(peer.hears(), Some((data.clone(), data)));
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEADVSTART",
                "AT+BLEADVDATA=\"123\"",
                "AT+BLEADVDATA=\"xx\"",
                &format!("AT+BLEADVDATA=\"{}\"", "00".repeat(32)),
            ],
        );
        accepts(&mut host, profile, &["AT+BLEADVSTOP", "AT+BLEADVSTOP"]);
        assert_eq!(peer.hears(), None);
        peer.connect();
        host.expect("");
        assert!(!peer.is_connected());
    }
}

/// 6.1.11 and 6.1.13
#[test]
fn a_client_connects_and_disconnects() {
    for profile in Profile::ST67 {
        let address = quoted(profile, PEER);
        let (mut host, peer) = client(profile);
        assert!(peer.is_connected());
        let gone = if profile == REFERENCE {
            "+BLEDISCONN"
        } else {
            "+BLE:DISCONNECTED"
        };
        let nobody = if profile == REFERENCE {
            ""
        } else {
            "+BLECONN:\r\n"
        };
        host.play(&[
            (
                "AT+BLECONN?",
                &with_ok(profile, &format!("+BLECONN:0,{address}\r\n")),
            ),
            ("AT+BLECONN=0,\"11:22:33:44:55:66\"", error(profile)),
            (
                "AT+BLEDISCONN=0",
                &format!("{}{gone}:0,{address}{}\r\n", ok(profile), role(profile, 0)),
            ),
            ("AT+BLECONN?", &with_ok(profile, nobody)),
            ("AT+BLEDISCONN=0", error(profile)),
        ]);
        assert!(!peer.is_connected());
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLECONN=10,\"11:22:33:44:55:66\"",
                "AT+BLECONN=0,\"11:22:33:44:55\"",
                "AT+BLECONN=0,\"11:22:33:44:55:66\",2",
                "AT+BLECONN=0,\"11:22:33:44:55:66\",0,2",
            ],
        );
    }
}

#[test]
fn nobody_may_be_there() {
    for profile in Profile::ST67 {
        let mut host = host(profile, 1, &[&monitor()]);
        let failure = if profile == REFERENCE {
            "+BLECONN:1,-1\r\nERROR\r\n"
        } else {
            "\r\nERROR\r\n"
        };
        // The kind of the address counts.
        host.write(b"AT+BLECONN=1,\"11:22:33:44:55:66\",1,3\r\n");
        host.simulation.advance(Duration::from_millis(2_900));
        assert_eq!(host.read(), b"");
        host.expect(failure);
    }
}

#[test]
fn a_peer_may_disconnect() {
    for profile in Profile::ST67 {
        let gone = |by: u8| {
            let address = quoted(profile, PEER) + &role(profile, by);
            format!("+BLE:DISCONNECTED:0,{address}\r\n")
        };
        let (mut host, peer) = client(profile);
        peer.disconnect();
        host.expect(&gone(0));
        let (mut host, peer) = server(profile);
        peer.disconnect();
        host.expect(&gone(1));
        // The firmware advertised again by itself up to 2.0.97.
        peer.connect();
        host.wait();
        let again = ![REFERENCE, Profile::St67Fw2_0_106].contains(&profile);
        assert_eq!(peer.is_connected(), again);
    }
}

/// 6.1.12, 6.1.14 and 6.1.15
#[test]
fn connections_have_parameters() {
    for profile in Profile::ST67 {
        let (mut host, _) = client(profile);
        let (first, length) = if profile == REFERENCE {
            ("24,40,40,0,500", "")
        } else {
            ("24,40,0,0,0", "+BLE:DATALENUPDATED:0,251,2120,251,2120\r\n")
        };
        host.play(&[
            (
                "AT+BLECONNPARAM?",
                &with_ok(profile, &format!("+BLECONNPARAM:0,{first}\r\n")),
            ),
            (
                "AT+BLECONNPARAM=0,12,14,1,500",
                &format!("{}+BLE:CONNPARAM:0,12,14,14,1,500\r\n", ok(profile)),
            ),
            (
                "AT+BLECONNPARAM?",
                &with_ok(profile, "+BLECONNPARAM:0,12,14,14,1,500\r\n"),
            ),
            (
                "AT+BLEDATALEN=0,251,2120",
                &format!("{}{length}", ok(profile)),
            ),
            (
                "AT+BLEEXCHANGEMTU=0",
                &format!("{}+BLE:MTUSIZE:0,247\r\n", ok(profile)),
            ),
        ]);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLECONNPARAM=0,14,12,1,500",
                "AT+BLECONNPARAM=0,5,12,1,500",
                "AT+BLECONNPARAM=0,12,14,500,500",
                "AT+BLECONNPARAM=0,12,14,1,9",
                "AT+BLEDATALEN=0,26,2120",
                "AT+BLEDATALEN=0,252,2120",
                "AT+BLEDATALEN=1,251,2120",
                "AT+BLEEXCHANGEMTU=1",
            ],
        );
        let failure = if profile == REFERENCE {
            "+BLECONNPARAM: 1,-1\r\nERROR\r\n"
        } else {
            "\r\nERROR\r\n"
        };
        host.play(&[("AT+BLECONNPARAM=1,12,14,1,500", failure)]);
    }
}

/// 6.1.16 to 6.1.21
#[test]
fn services_are_offered() {
    for profile in Profile::ST67 {
        let mut host = host(profile, 2, &[]);
        accepts(
            &mut host,
            profile,
            &[
                &format!("AT+BLEGATTSSRVCRE=0,\"{UUID}\",1,2"),
                "AT+BLEGATTSSRVCRE=2,\"180D\",0,0",
                &format!("AT+BLEGATTSCHARCRE=0,0,\"{UUID2}\",2,3,2"),
                "AT+BLEGATTSCHARCRE=2,4,\"2a37\",16,1,0",
                "AT+BLEGATTSREGISTER=1",
                "AT+BLEGATTSREGISTER=0",
            ],
        );
        let (uuid, uuid2) = (quoted(profile, UUID), quoted(profile, UUID2));
        let (short, short2) = (quoted(profile, "180d"), quoted(profile, "2a37"));
        let (perm, perm2) = if profile == REFERENCE {
            ("", "")
        } else {
            ("3,", "1,")
        };
        let services = format!("+BLEGATTSSRV:0,{uuid},1,2\r\n+BLEGATTSSRV:2,{short},0,0\r\n");
        let characteristics = format!(
            "+BLEGATTSCHAR:0,0,{uuid2},2,{perm}2\r\n+BLEGATTSCHAR:2,4,{short2},16,{perm2}0\r\n"
        );
        host.play(&[
            ("AT+BLEGATTSSRV?", &with_ok(profile, &services)),
            ("AT+BLEGATTSCHAR?", &with_ok(profile, &characteristics)),
            ("AT+BLEGATTSSRVDEL=0", ok(profile)),
            (
                "AT+BLEGATTSSRV?",
                &with_ok(profile, &format!("+BLEGATTSSRV:2,{short},0,0\r\n")),
            ),
        ]);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEGATTSSRVDEL=0",
                "AT+BLEGATTSSRVCRE=2,\"180d\",1,0",
                "AT+BLEGATTSSRVCRE=3,\"180d\",1,0",
                "AT+BLEGATTSSRVCRE=0,\"180d\",1,2",
                "AT+BLEGATTSSRVCRE=0,\"180d11\",1,0",
                "AT+BLEGATTSCHARCRE=0,0,\"2a37\",16,1,0",
                "AT+BLEGATTSCHARCRE=2,5,\"2a37\",16,1,0",
                "AT+BLEGATTSCHARCRE=2,0,\"2a37\",1,1,0",
                "AT+BLEGATTSCHARCRE=2,0,\"2a37\",16,4,0",
                "AT+BLEGATTSREGISTER=0",
                "AT+BLEGATTSREGISTER=2",
            ],
        );
    }
}

/// 6.1.22 to 6.1.24
#[test]
fn a_server_talks_with_a_client() {
    for profile in Profile::ST67 {
        let (mut host, peer) = server(profile);
        let value = b"\r\nOK\r\n>\0\xff";
        let notify = if profile == REFERENCE {
            ">".to_owned()
        } else {
            "\r\nOK\r\n\r\n>".to_owned()
        };
        peer.subscribe(0, 0, BleUpdates::Notifications);
        peer.subscribe(0, 1, BleUpdates::Indications);
        host.expect("+BLE:NOTIFICATION:1,0,0\r\n+BLE:INDICATION:1,0,1\r\n");
        host.play(&[("AT+BLEGATTSNTFY=0,0,9", &notify)]);
        host.write(value);
        host.expect(&sent(profile, 9));
        host.play(&[("AT+BLEGATTSIND=0,1,4", prompt(profile))]);
        host.write(b"1234");
        host.expect(&format!("{}+BLE:INDICATION:2,0\r\n", sent(profile, 4)));
        assert_eq!(peer.updates(), [value.to_vec(), b"1234".to_vec()]);
        host.play(&[("AT+BLEGATTSRD=0,0,4", prompt(profile))]);
        host.write(b"abcd");
        host.expect(&sent(profile, 4));
        peer.read(0, 0);
        host.expect("+BLE:GATTREAD:0,0,0,4\r\n");
        assert_eq!(peer.answers(), [b"abcd".to_vec()]);
        peer.write(0, 0, *value);
        host.simulation.advance(crate::support::LONG);
        assert_eq!(host.read(), b"+BLE:GATTWRITE:0,0,0,9,\r\nOK\r\n>\0\xff\r\n");
        for (updates, characteristic, event) in [
            (BleUpdates::Notifications, 0, "+BLE:NOTIFICATION:1,0,0\r\n"),
            (BleUpdates::None, 0, "+BLE:NOTIFICATION:0,0,0\r\n"),
            (BleUpdates::Indications, 1, "+BLE:INDICATION:1,0,1\r\n"),
            (BleUpdates::None, 1, "+BLE:INDICATION:0,0,1\r\n"),
        ] {
            peer.subscribe(0, characteristic, updates);
            host.expect(event);
        }
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEGATTSNTFY=0,0,0",
                "AT+BLEGATTSNTFY=0,0,245",
                "AT+BLEGATTSNTFY=3,0,4",
                "AT+BLEGATTSIND=0,5,4",
                "AT+BLEGATTSRD=0,0",
            ],
        );
    }
}

#[test]
fn what_cannot_be_sent_fails_behind_the_data() {
    for (profile, failure) in [
        (REFERENCE, "Recv 1 bytes\r\nERROR\r\n"),
        (FW, "Recv 1 bytes\r\n\r\nSEND FAIL\r\n"),
    ] {
        let (mut host, peer) = server(profile);
        peer.disconnect();
        host.wait();
        for line in [
            "AT+BLEGATTSNTFY=0,0,1",
            "AT+BLEGATTSIND=0,0,1",
            "AT+BLEGATTSRD=0,1,1",
            "AT+BLEGATTSRD=1,0,1",
        ] {
            host.ask(line);
            host.write(b"x");
            host.expect(failure);
        }
    }
}

/// 6.1.24, and wire notes 5: what was not set before the host is asked for, while the client waits.
#[test]
fn a_client_waits_for_what_it_reads() {
    for profile in Profile::ST67 {
        let (mut host, peer) = server(profile);
        peer.read(0, 0);
        host.simulation.advance(Duration::from_secs(20));
        assert_eq!(host.read(), b"+BLE:GATTREAD:0,0,0,0\r\n");
        assert!(peer.answers().is_empty());
        host.play(&[("AT+BLEGATTSRD=0,0,2", prompt(profile))]);
        host.write(b"ab");
        host.expect(&sent(profile, 2));
        assert_eq!(peer.answers(), [b"ab".to_vec()]);
        host.simulation.advance(Duration::from_secs(20));
        assert!(peer.is_connected());
    }
}

/// The attribute protocol ends a connection in which nothing is answered for 30 s.
#[test]
fn a_client_that_is_not_answered_goes() {
    for profile in Profile::ST67 {
        let (mut host, peer) = server(profile);
        peer.read(0, 0);
        host.simulation.advance(Duration::from_secs(31));
        assert!(!peer.is_connected());
        let told = String::from_utf8(host.read()).unwrap();
        let asked = "+BLE:GATTREAD:0,0,0,0\r\n+BLE:DISCONNECTED:0,";
        assert!(told.starts_with(asked), "{told:?}");
    }
}

/// 6.1.25 and 6.1.26
#[test]
fn a_client_discovers() {
    for profile in Profile::ST67 {
        let (mut host, _) = client(profile);
        let (services, characteristics) = if profile == REFERENCE {
            (
                "+BLESRV=0,1,180d,1,1,8\r\n\
                 +BLESRV=0,2,6e400001-b5a3-f393-e0a9-e50e24dcca9e,0,9,9\r\n",
                "+BLESRVCHAR=0,1,1,2a37,24,2,3\r\n\
                 +BLESRVCHAR=0,1,2,2a38,1,5,6\r\n\
                 +BLESRVCHAR=0,1,3,2a39,5,7,8\r\n",
            )
        } else {
            (
                "+BLE:SRV:0,1,180d,1,1,8\r\n\
                 +BLE:SRV:0,2,6e400001-b5a3-f393-e0a9-e50e24dcca9e,0,9,9\r\n",
                "+BLE:SRVCHAR:0,1,1,2a37,0x30,2,3\r\n\
                 +BLE:SRVCHAR:0,1,2,2a38,0x02,5,6\r\n\
                 +BLE:SRVCHAR:0,1,3,2a39,0x0a,7,8\r\n",
            )
        };
        refuses(&mut host, profile, &["AT+BLEGATTCCHARDIS=0,1"]);
        host.play(&[
            ("AT+BLEGATTCSRVDIS=0", &with_ok(profile, services)),
            ("AT+BLEGATTCCHARDIS=0,1", &with_ok(profile, characteristics)),
            ("AT+BLEGATTCCHARDIS=0,2", ok(profile)),
        ]);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEGATTCCHARDIS=0,3",
                "AT+BLEGATTCCHARDIS=0,0",
                "AT+BLEGATTCSRVDIS=1",
            ],
        );
    }
}

/// 6.1.27 to 6.1.30
#[test]
fn a_client_uses_what_it_has_found() {
    for profile in Profile::ST67 {
        let (mut host, peer) = client(profile);
        host.ask("AT+BLEGATTCSRVDIS=0");
        host.ask("AT+BLEGATTCCHARDIS=0,1");
        host.write(b"AT+BLEGATTCRD=0,1,3\r\n");
        host.simulation.advance(crate::support::LONG);
        let row = if profile == REFERENCE {
            "+BLEREAD=0,1,3,7\r\n"
        } else {
            ""
        };
        assert_eq!(
            String::from_utf8(host.read()).unwrap(),
            format!("+BLE:GATTREAD:0,1,3,7,\r\nOK\r\n\0\r\n{row}{}", ok(profile))
        );
        host.play(&[("AT+BLEGATTCWR=0,1,3,4", prompt(profile))]);
        host.write(b"1234");
        host.expect(&sent(profile, 4));
        assert_eq!(peer.written(), [(8, b"1234".to_vec())]);
        let read = host.ask("AT+BLEGATTCRD=0,1,3");
        assert!(read.starts_with("+BLE:GATTREAD:0,1,3,4,1234\r\n"));
        peer.notify(3, *b"x");
        host.expect("");
        accepts(&mut host, profile, &["AT+BLEGATTCSUBSCRIBE=0,4,3,1"]);
        peer.notify(3, *b"\r\n\0\xff");
        host.simulation.advance(crate::support::LONG);
        let handle = if [REFERENCE, FW].contains(&profile) {
            ""
        } else {
            "3,"
        };
        let told = [
            format!("+BLE:NOTIDATA:0,{handle}4,").as_bytes(),
            b"\r\n\0\xff\r\n",
        ]
        .concat();
        assert_eq!(host.read(), told);
        accepts(&mut host, profile, &["AT+BLEGATTCUNSUBSCRIBE=0,3"]);
        peer.notify(3, *b"x");
        host.expect("");
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEGATTCUNSUBSCRIBE=0,3",
                "AT+BLEGATTCRD=0,1,1",
                "AT+BLEGATTCRD=0,1,4",
                "AT+BLEGATTCRD=0,3,1",
                "AT+BLEGATTCRD=1,1,1",
                "AT+BLEGATTCWR=0,1,3,245",
                "AT+BLEGATTCSUBSCRIBE=0,4,3,3",
            ],
        );
        host.ask("AT+BLEGATTCWR=0,1,2,1");
        host.write(b"x");
        let failed = host.wait();
        assert!(failed.ends_with(if profile == REFERENCE {
            "ERROR\r\n"
        } else {
            "SEND FAIL\r\n"
        }));
    }
}

const LABEL: &str = "11:22:33:44:55:66 (public)";
const KEY: &str = "01234567890123456789012345678900";

fn completed() -> String {
    format!("+BLE:PAIRINGCOMPLETED: Bonded BTADDR: {LABEL} LTK: {KEY}\r\n")
}

/// 6.1.32 to 6.1.39
#[test]
fn peers_are_paired() {
    for profile in Profile::ST67 {
        let good = completed();
        let ok = ok(profile);
        for (capability, level, asked, answer, told) in [
            (3, 2, String::new(), None, &good),
            (
                1,
                2,
                format!("+BLE:PAIRINGCONFIRM:{LABEL}\r\n"),
                Some("PAIRINGCONFIRM=0"),
                &good,
            ),
            (
                1,
                4,
                format!("+BLE:PASSKEYCONFIRM:{LABEL}PASSKEY:123456\r\n"),
                Some("PASSKEYCONFIRM=0"),
                &good,
            ),
            (
                0,
                3,
                "+BLE:PASSKEYDISPLAY:123456\r\n".to_owned(),
                None,
                &good,
            ),
            (
                4,
                4,
                format!("+BLE:PASSKEYENTRY:{LABEL}\r\n"),
                Some("PASSKEY=0,123456"),
                &good,
            ),
            (
                2,
                3,
                format!("+BLE:PASSKEYENTRY:{LABEL}\r\n"),
                Some("PASSKEY=0,654321"),
                &format!("+BLE:PAIRINGFAILED: {LABEL}\r\n"),
            ),
            (
                2,
                3,
                format!("+BLE:PASSKEYENTRY:{LABEL}\r\n"),
                Some("CANNEL=0"),
                &format!("+BLE:PAIRINGFAILED: {LABEL}\r\n"),
            ),
        ] {
            let (mut host, _) = client(profile);
            accepts(
                &mut host,
                profile,
                &[&format!("AT+BLESECPARAM={capability}")],
            );
            let at_once = if answer.is_none() { told.as_str() } else { "" };
            host.play(&[
                (
                    "AT+BLESECPARAM?",
                    &with_ok(profile, &format!("+BLESECPARAM:{capability}\r\n")),
                ),
                (
                    &format!("AT+BLESECSTART=0,{level}"),
                    &format!("{ok}{asked}{at_once}"),
                ),
            ]);
            let Some(answer) = answer else {
                continue;
            };
            let canceled = if answer == "CANNEL=0" {
                format!("+BLE:PAIRCANNELED:{LABEL}\r\n")
            } else {
                String::new()
            };
            host.play(&[(
                &format!("AT+BLESEC{answer}"),
                &format!("{canceled}{ok}{told}"),
            )]);
        }
    }
}

#[test]
fn a_peer_may_type_another_key() {
    for profile in Profile::ST67 {
        let peer = monitor().with_passkey(42).mistyping();
        let mut host = host(profile, 1, &[&peer]);
        host.ask("AT+BLECONN=1,\"11:22:33:44:55:66\"");
        accepts(&mut host, profile, &["AT+BLESECPARAM=0"]);
        host.play(&[(
            "AT+BLESECSTART=1,3",
            &format!(
                "{}+BLE:PASSKEYDISPLAY:000042\r\n+BLE:PAIRINGFAILED: {LABEL}\r\n",
                ok(profile)
            ),
        )]);
    }
}

#[test]
fn bonds_are_kept() {
    for profile in Profile::ST67 {
        let (mut host, _) = client(profile);
        let row = if profile == REFERENCE {
            format!("+BTADDR {LABEL} LTK:{KEY}\r\n")
        } else {
            format!("+BLESECGETLTKLIST: BONDADDR {LABEL} LTK:{KEY}\r\n")
        };
        host.play(&[("AT+BLESECGETLTKLIST?", ok(profile))]);
        host.ask("AT+BLESECSTART=0,2");
        host.play(&[("AT+BLESECGETLTKLIST?", &with_ok(profile, &row))]);
        host.ask("AT+RST");
        accepts(&mut host, profile, &["AT+BLEINIT=2"]);
        host.play(&[
            ("AT+BLESECGETLTKLIST?", &with_ok(profile, &row)),
            ("AT+BLESECUNPAIR=\"11:22:33:44:55:66\",0", ok(profile)),
            ("AT+BLESECGETLTKLIST?", ok(profile)),
        ]);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLESECUNPAIR=\"11:22:33:44:55:66\",2",
                "AT+BLESECPARAM=5",
            ],
        );
    }
}

#[test]
fn pairing_has_its_order() {
    for profile in Profile::ST67 {
        let (mut host, peer) = server(profile);
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLESECPASSKEYCONFIRM=0",
                "AT+BLESECPAIRINGCONFIRM=0",
                "AT+BLESECPASSKEY=0,123456",
                "AT+BLESECPASSKEY=0,1000000",
                "AT+BLESECCANNEL=0",
                "AT+BLESECSTART=0,4",
                "AT+BLESECSTART=0,5",
                "AT+BLESECSTART=1,2",
            ],
        );
        peer.pair(2);
        host.expect(&completed());
    }
}

/// 6.1.40 to 6.1.48
#[test]
fn profiles_are_offered() {
    for profile in Profile::ST67 {
        let (mut host, peer) = server(profile);
        accepts(&mut host, profile, &["AT+BLEBASINIT", "AT+BLEIASINIT"]);
        host.play(&[
            (
                "AT+BLEBASLVLGET?",
                &with_ok(profile, "+BLE:BASLEVEL:100\r\n"),
            ),
            ("AT+BLEBASLVLSET=0,42", ok(profile)),
            (
                "AT+BLEBASLVLGET?",
                &with_ok(profile, "+BLE:BASLEVEL:42\r\n"),
            ),
        ]);
        assert_eq!(peer.updates(), [vec![42]]);
        peer.alert(2);
        host.expect("+BLE:IAS:02\r\n");
        accepts(
            &mut host,
            profile,
            &[
                "AT+BLEIASDEINIT",
                "AT+BLEBASDEINIT",
                "AT+BLEDISINIT=100,101,102,103",
                "AT+BLEDISSET=\"manuf\",\"ST67W611M\",6",
            ],
        );
        assert_eq!(peer.information()["manuf"], b"ST67W6");
        peer.alert(2);
        host.expect("");
        refuses(
            &mut host,
            profile,
            &[
                "AT+BLEBASLVLSET=0,101",
                "AT+BLEBASLVLSET=1,42",
                "AT+BLEDISINIT=256,101,102,103",
                "AT+BLEDISINIT=100,65536,102,103",
                "AT+BLEDISSET=\"colour\",\"blue\",4",
                "AT+BLEDISSET=\"manuf\",\"ST67W611M\",22",
            ],
        );
        accepts(&mut host, profile, &["AT+BLEDISDEINIT"]);
        assert!(peer.information().is_empty());
    }
}
