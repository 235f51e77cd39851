//! What the ST67W611M1's own AT engine answers, row by row of the last table of the wire notes
//! ("What the firmware's own AT engine answers"), and what else section 11 of them says. Rows 24,
//! 33 and 46 may depend on what the engine was run on, and are not here; nor is 47, where the
//! firmware reads through a null pointer.

use std::time::Duration;

use crate::support::{Host, server};
use atwifi_simulator::{BlePeer, BleUpdates, Config, MemoryNetwork, Profile, services};

/// All profiles of a real firmware.
fn firmware() -> impl Iterator<Item = Profile> {
    let all = Profile::ST67.into_iter();
    all.filter(|profile| *profile != Profile::St67Reference)
}

/// One exchange with a module.
struct Exchange {
    /// Where it is from.
    source: &'static str,
    /// Lines that come before, whatever they are answered.
    before: &'static [&'static str],
    /// What is written, each in one piece.
    sent: &'static [&'static str],
    /// All that comes back.
    answer: &'static str,
}

const fn exchange(
    source: &'static str,
    before: &'static [&'static str],
    sent: &'static [&'static str],
    answer: &'static str,
) -> Exchange {
    Exchange {
        source,
        before,
        sent,
        answer,
    }
}

/// Plays each exchange with a module of its own.
#[track_caller]
fn play(exchanges: &[Exchange], host: impl Fn(Profile) -> Host) {
    for profile in firmware() {
        play_with(profile, exchanges, &host);
    }
}

#[track_caller]
fn play_with(profile: Profile, exchanges: &[Exchange], host: impl Fn(Profile) -> Host) {
    for exchange in exchanges {
        let answer = answer(&mut host(profile), exchange);
        let source = exchange.source;
        assert_eq!(answer, exchange.answer, "{profile}, {source}");
    }
}

fn answer(host: &mut Host, exchange: &Exchange) -> String {
    for line in exchange.before {
        host.ask(line);
    }
    for piece in exchange.sent {
        host.write(piece.as_bytes());
    }
    host.wait()
}

/// A module that has just been switched on. Each write of the host is a frame of its own.
fn fresh(profile: Profile) -> Host {
    Host::new(
        Config::new(profile).with_access_point("home", "secret99"),
        MemoryNetwork::new(),
    )
}

/// The same, whose wake-up pin is held.
fn kept_awake(profile: Profile) -> Host {
    let mut host = fresh(profile);
    host.ask("AT+SLWKIO=28,0");
    host.simulation.wake_pin(true);
    host
}

/// The same on a UART.
fn on_a_uart(profile: Profile) -> Host {
    Host::new(
        Config::new(profile).with_baud(2_000_000),
        MemoryNetwork::new(),
    )
}

const LINES: &[Exchange] = &[
    exchange("row 9", &[], &["\r\nAT\r\n"], "\r\nERROR\r\n\r\nOK\r\n"),
    exchange("row 10", &[], &["\r\n\r\n"], "\r\nERROR\r\n\r\nERROR\r\n"),
    exchange("row 13", &[], &["AT+CIPMUX=?\r\n"], "\r\nERROR\r\n"),
    exchange("row 13", &[], &["AT+CWMODE=?\r\n"], "\r\nERROR\r\n"),
    exchange(
        "row 13: only these run the query",
        &[],
        &["AT+CIPMUX=0?\r\n", "AT+CIPMUX=\r\n"],
        "+CIPMUX:0\r\n\r\nOK\r\n+CIPMUX:0\r\n\r\nOK\r\n",
    ),
    exchange("row 14", &[], &["AT+CIPMUX??\r\n"], "\r\nERROR\r\n"),
    exchange("row 15", &[], &["AT+CIPMUX=1,\r\n"], "\r\nOK\r\n"),
    exchange(
        "row 15: only one",
        &[],
        &["AT+CIPMUX=1,,\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange(
        "row 16",
        &["ATE1"],
        &["AT+CIP", "MUX?\r\n"],
        "AT+CIPMUX?\r\n+CIPMUX:0\r\n\r\nOK\r\n",
    ),
    exchange("row 17", &["ATE1"], &["\r\n"], "\r\nERROR\r\n"),
    exchange(
        "row 18",
        &["ATE1"],
        &["AT\r\nAT\r\n"],
        "AT\r\n\r\nbusy p...\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 1: the code in front of busy",
        &["AT+SYSLOG=1"],
        &["AT\r\nAT\r\n"],
        "ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 11: numbers saturate",
        &["AT+SYSLOG=1"],
        &["AT+CWMODE=99999999999\r\n"],
        "ERR CODE:0x01070000\r\n\r\nERROR\r\n",
    ),
];

#[test]
fn lines() {
    play(LINES, fresh);
}

const LONG: &str = concat!(
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "0123456789012345678901234567890123456789012345678901234567890123456789012",
);
const LONGER: &str = concat!(
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "012345678901234567890123456789",
);

const LINES_ON_A_UART: &[Exchange] = &[
    exchange(
        "row 8",
        &["AT+FS=0,1,\"f\"", "AT+FS=0,2,\"f\",0,5"],
        &["1234567", "AT\r\n"],
        "Recv 5 bytes\r\n\r\nSEND OK\r\n\r\nERROR\r\n",
    ),
    exchange("row 11", &[], &[LONG, "\r\n", "AT\r\n"], "\r\nERROR\r\n"),
    exchange("row 12", &[], &[LONGER, "\r\n"], "\r\nERROR\r\n"),
];

#[test]
fn lines_on_a_uart() {
    assert_eq!((LONG.len(), LONGER.len()), (255, 303));
    play(LINES_ON_A_UART, on_a_uart);
}

const BASIC: &[Exchange] = &[
    exchange("row 2", &[], &["AT+FS=0,0,\"nofile\"\r\n"], ""),
    exchange("row 2", &[], &["AT+FS=0,9,\"f\"\r\n"], ""),
    exchange("row 2: create", &[], &["AT+FS=0,1,\"no/file\"\r\n"], ""),
    exchange(
        "row 2: the next command is answered",
        &["AT+FS=0,9,\"f\""],
        &["AT\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 5",
        &["AT+SYSLOG=1"],
        &["AT+SYSMSG?\r\n"],
        "+SYSMSG:1\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 5: overwrites",
        &["AT+SYSMSG=6", "AT+SYSLOG=0"],
        &["AT+SYSMSG?\r\n"],
        "+SYSMSG:0\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 5: codes after a restart",
        &["AT+SYSMSG=4", "AT+RST"],
        &["AT+FAKE\r\n"],
        "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
    ),
    exchange(
        "row 38",
        &[],
        &["AT+FS=0,5,\"\"\r\n"],
        "+FS:LIST\r\n.\r\n..\r\n\r\nOK\r\n",
    ),
    exchange("row 39", &[], &["AT+CIUPDATE\r\n"], "\r\nOK\r\n"),
    exchange("row 39", &[], &["AT+USERRAM?\r\n"], "\r\nOK\r\n"),
    exchange(
        "row 40",
        &[],
        &["AT+FAKEOUTPUT?\r\n"],
        "+FAKEOUTPUT:0\r\n\r\nOK\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 42",
        &["AT+SYSLOG=1"],
        &["AT+SYSMSG\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange(
        "row 45",
        &["AT+SYSLOG=1"],
        &["AT+CWJAP=\"a,\"b\"\r\n"],
        "ERR CODE:0x01080001\r\n\r\nERROR\r\n",
    ),
];

#[test]
fn basic_commands() {
    play(BASIC, fresh);
}

const JOIN: &str = "AT+CWJAP=\"home\",\"secret99\"";

const WIFI: &[Exchange] = &[
    exchange(
        "row 3",
        &["AT+SYSLOG=1"],
        &["AT+CWQAP\r\n"],
        "ERR CODE:0x010c0000\r\n\r\nERROR\r\n",
    ),
    exchange(
        "row 3",
        &["AT+CWMODE=2"],
        &["AT+CWQAP\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange("row 3", &["AT+CWMODE=1,0"], &["AT+CWQAP\r\n"], "\r\nOK\r\n"),
    exchange(
        "row 4",
        &["AT+CWMODE=1,0", JOIN],
        &["AT+CWJAP=\"x\",\"password\"\r\n"],
        "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n+CW:CONNECTING\r\n\r\nOK\r\n+CW:ERROR,12\r\n",
    ),
    exchange(
        "row 20",
        &["AT+CWMODE=1,0", JOIN, "AT+CWMODE=0"],
        &["AT+CWMODE=1\r\n"],
        "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n",
    ),
    exchange(
        "row 28",
        &[],
        &["AT+CWLAPOPT?\r\n"],
        "+CWLAPOPT:1,2047,-100,255,50\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 29",
        &["AT+CWMODE=1,0"],
        &["AT+CWJAP=\"home\",\"secret99\",,0,0\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange(
        "row 29",
        &["AT+CWMODE=1,0"],
        &["AT+CWJAP=\"home\",\"secret99\",,0,3,2\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange(
        "row 29",
        &["AT+CWMODE=1,0"],
        &["AT+CWJAP=\"home\",\"secret99\",,0,3,1,2\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange("row 30", &[], &["AT+CWJAP\r\n"], "\r\nOK\r\n"),
    exchange(
        "row 30",
        &["AT+CWMODE=1,0", JOIN, "AT+CWQAP"],
        &["AT+CWJAP\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 31",
        &["AT+CWEVT=5"],
        &["AT+CWEVT?\r\n"],
        "+CWEVT:5\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 31",
        &["AT+CIPEVT=7"],
        &["AT+CIPEVT?\r\n"],
        "+CIPEVT:7\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 32: the SSID does not matter",
        &["AT+CWMODE=1,0", "AT+CWLAPOPT=1,2"],
        &["AT+CWLAP=0,\"x\"\r\n"],
        "\r\nOK\r\n+CWLAP:(\"home\")\r\n+CW:SCAN_DONE\r\n",
    ),
    exchange(
        "row 32: the channel stays",
        &["AT+CWMODE=1,0", "AT+CWLAP=0,,,3"],
        &["AT+CWLAP\r\n"],
        "\r\nOK\r\n+CW:SCAN_DONE\r\n",
    ),
];

#[test]
fn wifi() {
    play(WIFI, fresh);
}

/// The rows in which the state of the station is asked for; later firmware tells more.
const STATES: &[Exchange] = &[
    exchange(
        "row 21",
        &["AT+CWMODE=1,0"],
        &["AT+CWSTATE?\r\n"],
        "+CWSTATE:4,\"\"\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 22: after a failed join",
        &["AT+CWMODE=1,0", "AT+CWJAP=\"x\",\"password\""],
        &["AT+CWSTATE?\r\n"],
        "+CWSTATE:4,\"\"\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 22: as an access point",
        &["AT+CWMODE=1,0", JOIN, "AT+CWMODE=2"],
        &["AT+CWSTATE?\r\n"],
        "+CWSTATE:0,\"\"\r\n\r\nOK\r\n",
    ),
];

#[test]
fn states() {
    for profile in [Profile::St67Fw2_0_75, Profile::St67Fw2_0_89] {
        play_with(profile, STATES, fresh);
    }
}

/// A station that has joined, with several links, which are received from on demand.
fn joined(profile: Profile) -> Host {
    Host::online(profile, network())
}

/// The same, on a UART.
fn joined_on_a_uart(profile: Profile) -> Host {
    let config = Config::new(profile).with_access_point("home", "secret99");
    Host::new(config.with_baud(2_000_000), network()).joined()
}

const START: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",7";
const DATAGRAMS: &str = "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",7";

/// Somebody who sends back what he receives.
fn network() -> MemoryNetwork {
    MemoryNetwork::new()
        .serve(server(7), |_| services::echo())
        .serve_udp(server(7), services::udp_echo())
}

const NET: &[Exchange] = &[
    exchange(
        "row 1",
        &[START],
        &["AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",7\r\n"],
        "",
    ),
    exchange(
        "row 1: the next command is answered",
        &[START, START],
        &["AT+CIPSTATE?\r\n"],
        "+CIPSTATUS:0,\"TCP\",\"192.168.101.110\",7,49153,0\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 1: single mode",
        &["AT+CIPMUX=0", "AT+CIPSTART=\"TCP\",\"192.168.101.110\",7"],
        &["AT+CIPSTART=\"UDP\",\"192.168.101.110\",7\r\n"],
        "",
    ),
    exchange(
        "row 6",
        &[
            "AT+CIPMUX=0",
            "AT+CIPRECVMODE=0",
            "AT+SYSLOG=1",
            "AT+CIPSTART=\"TCP\",\"192.168.101.110\",7",
            "AT+CIPSEND",
        ],
        &["+++"],
        "\r\n+QUITT\r\n",
    ),
    exchange(
        "row 7",
        &[START, "AT+CIPSENDL=0,5", "12345"],
        &["AT+CIPSEND\r\n"],
        "\r\nOK\r\n\r\n>\r\nSEND OK\r\n",
    ),
    exchange(
        "section 11: passthrough with several links",
        &[START],
        &["AT+CIPSEND\r\n=0,325\r\n"],
        "\r\nbusy p...\r\n\r\nOK\r\n\r\n>",
    ),
    exchange(
        "row 7: command mode",
        &[START, "AT+CIPSENDL=0,5", "12345", "AT+CIPSEND"],
        &["AT\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 19",
        &[
            START,
            "AT+CIPSTART=1,\"UDP\",\"192.168.101.110\",7",
            "AT+CIPSTART=2,\"UDP\",\"192.168.101.110\",7",
            "AT+CIPSTART=4,\"UDP\",\"192.168.101.110\",7",
        ],
        &["AT+CIPCLOSE=5\r\n"],
        "+CIP:0,DISCONNECTED\r\n+CIP:1,DISCONNECTED\r\n\r\nOK\r\n\
         +CIP:2,DISCONNECTED\r\n+CIP:4,DISCONNECTED\r\n",
    ),
    exchange(
        "row 23: joined by DHCP",
        &[],
        &["AT+CIPDNS?\r\n"],
        "+CIPDNS:0,\"192.168.1.1\",\"0.0.0.0\",\"0.0.0.0\"\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 25",
        &["AT+CIPSERVER=1,4000"],
        &["AT+CIPRECVMODE=0\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 25: with a link",
        &[START],
        &["AT+CIPRECVMODE=0\r\n"],
        "\r\nERROR\r\n",
    ),
    exchange(
        "row 26",
        &[],
        &["AT+CIPSERVER=1,4000,\"UDP\"\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 26: type",
        &["AT+CIPSERVER=1,4000,\"UDP\""],
        &["AT+CIPSERVER?\r\n"],
        "+CIPSERVER:1,4000,\"UDP\",0,0\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 27",
        &["AT+CIPMUX=0", "AT+CIPSSLCALPN=1,\"h2\""],
        &["AT+CIPSSLCALPN?\r\n"],
        "+CIPSSLCALPN:,\"h2\"\r\n\r\nOK\r\n",
    ),
    exchange("row 37", &[], &["AT+CIPTCPOPT=0,1,2\r\n"], "\r\nERROR\r\n"),
    exchange(
        "row 37: linger is set",
        &["AT+CIPTCPOPT=4,1,2"],
        &["AT+CIPTCPOPT?\r\n"],
        "+CIPTCPOPT:0,-1,0,0,0\r\n+CIPTCPOPT:1,-1,0,0,0\r\n+CIPTCPOPT:2,-1,0,0,0\r\n\
         +CIPTCPOPT:3,-1,0,0,0\r\n+CIPTCPOPT:4,1,0,0,0\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 43",
        &["AT+CIPMUX=0", "AT+SYSLOG=1"],
        &["AT+CIPSEND=0,5\r\n"],
        "ERR CODE:0x01080001\r\n\r\nERROR\r\n",
    ),
    exchange(
        "row 44",
        &["AT+CIPMUX=0", "AT+SYSLOG=1"],
        &["AT+CIPCLOSE=9\r\n"],
        "ERR CODE:0x01100000\r\n\r\nERROR\r\n",
    ),
];

#[test]
fn net() {
    play(NET, joined);
}

#[test]
fn a_fresh_module_knows_no_name_server() {
    let servers = |servers| format!("+CIPDNS:0,{servers}\r\n\r\nOK\r\n");
    for profile in firmware() {
        let mut host = fresh(profile);
        // Row 23.
        let none = servers("\"0.0.0.0\",\"0.0.0.0\",\"0.0.0.0\"");
        assert_eq!(host.ask("AT+CIPDNS?"), none, "{profile}");
        host.ask("AT+CIPDNS=0");
        let own = servers("\"208.67.222.222\",\"8.8.8.8\",\"0.0.0.0\"");
        assert_eq!(host.ask("AT+CIPDNS?"), own, "{profile}");
    }
}

#[test]
fn the_first_datagram_makes_a_link() {
    for profile in firmware() {
        let mut host = joined(profile);
        host.ask("AT+CIPDINFO=0");
        host.ask("AT+CIPSERVER=1,4000,\"UDP\"");
        assert_eq!(host.simulation.links_open(), 1, "{profile}");
        let send = |host: &Host, from: [u8; 4], data: &[u8]| {
            let to = ([192, 168, 1, 50], 4000);
            host.simulation.send_datagram((from, 5000), to, data);
        };
        // Row 26.
        send(&host, [10, 0, 0, 1], b"ab");
        host.expect("+CIP:0,CONNECTED\r\n+IPD:0,2\r\n");
        assert_eq!(host.simulation.links_open(), 1, "{profile}");
        // Section 11: the latest datagram names the sender, and answers go there.
        host.ask("AT+CIPDINFO=1");
        send(&host, [10, 0, 0, 2], b"cde");
        host.expect("+IPD:0,3,\"10.0.0.2\",5000\r\n");
        host.play(&[
            (
                "AT+CIPSTATE?",
                "+CIPSTATUS:0,\"UDP\",\"10.0.0.2\",5000,4000,1\r\n\r\nOK\r\n",
            ),
            ("AT+CIPRECVDATA=0,9", "+CIPRECVDATA:5,abcde\r\n\r\nOK\r\n"),
            ("AT+CIPCLOSE=0", "\r\nOK\r\n+CIP:0,DISCONNECTED\r\n"),
        ]);
        assert_eq!(host.simulation.links_open(), 0, "{profile}");
    }
}

#[test]
fn backslashes_are_looked_for_again() {
    for profile in firmware() {
        let mut host = joined_on_a_uart(profile);
        host.ask(START);
        host.ask("AT+CIPSENDEX=0,5");
        host.write(br"ab\\cde");
        // Row 36.
        host.expect("Recv 5 bytes\r\n\r\nSEND OK\r\n+IPD:0,5,\"192.168.101.110\",7\r\n");
        let received = host.ask("AT+CIPRECVDATA=0,9");
        assert_eq!(received, "+CIPRECVDATA:5,abcde\r\n\r\nOK\r\n", "{profile}");
    }
}

#[test]
fn long_sends_go_in_pieces() {
    for profile in firmware() {
        let mut host = joined(profile);
        host.ask(DATAGRAMS);
        host.ask("AT+CIPSENDLCFG=1000,100");
        host.ask("AT+CIPSENDL=0,250");
        host.write(&[b'x'; 250]);
        let answer = host.wait();
        // Row 41: the echo comes datagram by datagram.
        let echoes: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("+IPD"))
            .collect();
        let echo = |count| format!("+IPD:0,{count},\"192.168.101.110\",7");
        assert_eq!(echoes, [echo(100), echo(100), echo(50)], "{profile}");
    }
}

#[test]
fn a_connection_that_is_being_opened_counts() {
    for profile in firmware() {
        let mut host = Host::online(profile, network().silent(server(9)));
        host.write(b"AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",9\r\n");
        host.simulation.advance(Duration::from_secs(1));
        assert_eq!(host.simulation.links_open(), 1, "{profile}");
        host.simulation.advance(Duration::from_secs(30));
        assert_eq!(host.simulation.links_open(), 0, "{profile}");
    }
}

const MQTT: &[Exchange] = &[
    exchange(
        "row 34",
        &[],
        &["AT+MQTTUSERCFG=0,5,\"id\"\r\n"],
        "\r\nOK\r\n",
    ),
    exchange(
        "row 34: 2 counts as 1",
        &["AT+MQTTUSERCFG=0,0,\"id\""],
        &["AT+MQTTCONN=0,\"192.168.101.110\",1883,2\r\n"],
        "\r\nOK\r\n+MQTT:CONNECTED,0\r\n",
    ),
    exchange(
        "row 35: wrong link",
        &["AT+MQTTCONN=1,\"broker\",1883,0"],
        &["AT+MQTTCONN?\r\n"],
        "+MQTTCONN:0,0,0,\"broker\",,0\r\n\r\nOK\r\n",
    ),
    exchange(
        "row 35: wrong port",
        &["AT+MQTTCONN=0,\"broker\",0,0"],
        &["AT+MQTTCONN?\r\n"],
        "+MQTTCONN:0,0,0,\"broker\",,0\r\n\r\nOK\r\n",
    ),
];

#[test]
fn mqtt() {
    play(MQTT, |profile| {
        let broker = services::MqttBroker::new();
        let network = MemoryNetwork::new().serve(server(1883), move |_| broker.serve());
        Host::online(profile, network)
    });
}

const LOW_POWER: &[Exchange] = &[exchange(
    "section 11: bare AT+TWT_TEARDOWN",
    &["AT+TWT_SLEEP"],
    &["AT+TWT_TEARDOWN\r\n"],
    "\r\nOK\r\n",
)];

#[test]
fn low_power() {
    play(LOW_POWER, kept_awake);
}

/// What has changed with a firmware, and is the same with those that are later.
const SINCE_2_0_89: &[Exchange] = &[
    exchange(
        "section 7: AT+GET_AP_DTIM",
        &[],
        &["AT+GET_AP_DTIM?\r\n"],
        "+DTIM:1\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 7: AT+GET_TWT_SUPPORTED",
        &[],
        &["AT+GET_TWT_SUPPORTED?\r\n"],
        "+TWT_SUPPORT:0\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 7: AT+TWT_STATUS",
        &[],
        &["AT+TWT_STATUS?\r\n"],
        "+TWT:INACTIVE\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 4: quotes",
        &["AT+MQTTSNI=0,\"name\""],
        &["AT+MQTTSNI?\r\n"],
        "+MQTTSNI:0,\"name\"\r\n\r\nOK\r\n",
    ),
];

const SINCE_2_0_97: &[Exchange] = &[
    exchange(
        "section 2: the fifth parameter of AT+PING",
        &[],
        &["AT+PING=\"192.168.101.200\",32,1,1000,500\r\n"],
        "\r\nOK\r\n+PING:TIMEOUT\r\n",
    ),
    exchange(
        "section 7: AT+CWSTATE",
        &[],
        &["AT+CWSTATE?\r\n"],
        "+CWSTATE:2,\"home\",3,3\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 5: both roles",
        &["AT+BLEINIT=3", "AT+BLEADVSTART"],
        &["AT+BLESCANPARAM?\r\n"],
        "+BLESCANPARAM:1,0,0,40,40\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 5: ten connections",
        &["AT+BLEINIT=1", "AT+BLECONN=9,\"11:22:33:44:55:66\""],
        &["AT+BLECONN?\r\n"],
        "+BLECONN:9,\"11:22:33:44:55:66\"\r\n\r\nOK\r\n",
    ),
    exchange(
        "section 5: the role of a connection that has ended",
        &["AT+BLEINIT=1", "AT+BLECONN=9,\"11:22:33:44:55:66\""],
        &["AT+BLEDISCONN=9\r\n"],
        "\r\nOK\r\n+BLE:DISCONNECTED:9,\"11:22:33:44:55:66\",0\r\n",
    ),
    exchange(
        "section 5: the connection that is notified",
        &["AT+BLEINIT=3"],
        &["AT+BLEGATTSNTFY=0,0,4,9\r\n"],
        "\r\nOK\r\n\r\n>",
    ),
    exchange(
        "section 11: a server for datagrams over IPv6",
        &["AT+CIPV6=1"],
        &["AT+CIPSERVER=1,4000,\"UDPv6\"\r\n"],
        "\r\nOK\r\n",
    ),
];

const SINCE_2_0_106: &[Exchange] = &[
    exchange(
        "section 1: what is more than AT+CIPSEND has announced is lost",
        &[DATAGRAMS, "AT+CIPSEND=0,4"],
        &["123456"],
        "Recv 4 bytes\r\n\r\nSEND OK\r\n+IPD:0,4,\"192.168.101.110\",7\r\n",
    ),
    exchange(
        "section 5: AT+BLEGATTSRD",
        &["AT+BLEINIT=2"],
        &["AT+BLEGATTSRD=0,0,241\r\n"],
        "\r\nERROR\r\n",
    ),
];

#[test]
fn later_firmware() {
    let host = |profile| {
        let peer = BlePeer::new([0x11, 0x22, 0x33, 0x44, 0x55, 0x66]).advertising([], []);
        let config = Config::new(profile).with_access_point("home", "secret99");
        Host::new(config.with_ble_peer(&peer), network()).joined()
    };
    let all = Profile::ST67;
    for (first, exchanges) in [(2, SINCE_2_0_89), (3, SINCE_2_0_97), (4, SINCE_2_0_106)] {
        for (index, profile) in all.into_iter().enumerate().skip(1) {
            if index >= first {
                play_with(profile, exchanges, host);
            } else {
                for exchange in exchanges {
                    assert_ne!(answer(&mut host(profile), exchange), exchange.answer);
                }
            }
        }
    }
}

#[test]
fn later_firmware_tells_its_version() {
    for (profile, version) in [
        (Profile::St67Fw2_0_75, "2.0.75"),
        (Profile::St67Fw2_0_89, "2.0.89"),
        (Profile::St67Fw2_0_97, "2.0.97"),
        (Profile::St67Fw2_0_106, "2.0.106"),
    ] {
        let told = fresh(profile).ask("AT+GMR");
        assert!(
            told.contains(&format!("\ncomponent_version_sdk_{version}\r\n")),
            "{told}"
        );
    }
}

#[test]
fn a_client_must_subscribe_since_2_0_106() {
    for profile in firmware() {
        let peer = BlePeer::new([1; 6]);
        let mut host = Host::new(
            Config::new(profile).with_ble_peer(&peer),
            MemoryNetwork::new(),
        );
        for line in [
            "AT+BLEINIT=2",
            "AT+BLEGATTSSRVCRE=0,\"180D\",1,0",
            "AT+BLEGATTSCHARCRE=0,0,\"2A37\",16,3,0",
            "AT+BLEGATTSREGISTER=1",
            "AT+BLEADVSTART",
        ] {
            assert_eq!(host.ask(line), "\r\nOK\r\n", "{profile}, {line}");
        }
        peer.connect();
        host.wait();
        host.ask("AT+BLEGATTSNTFY=0,0,1");
        host.ask("x");
        let sent = profile != Profile::St67Fw2_0_106;
        assert_eq!(!peer.updates().is_empty(), sent, "{profile}");
        peer.subscribe(0, 0, BleUpdates::Notifications);
        host.wait();
        host.ask("AT+BLEGATTSNTFY=0,0,1");
        host.ask("x");
        assert!(!peer.updates().is_empty(), "{profile}");
    }
}
