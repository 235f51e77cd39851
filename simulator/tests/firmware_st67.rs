//! What the ST67W611M1's own AT engine answers, row by row of the last table of the wire notes
//! ("What the firmware's own AT engine answers"), and what else section 11 of them says. Rows 24,
//! 33 and 46 may depend on what the engine was run on, and are not here; nor is 47, where the
//! firmware reads through a null pointer.

mod support;

use atwifi_simulator::{Config, MemoryNetwork, Profile};
use support::Host;

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
        for exchange in exchanges {
            let mut host = host(profile);
            for line in exchange.before {
                host.ask(line);
            }
            for piece in exchange.sent {
                host.write(piece.as_bytes());
            }
            let answer = host.wait();
            let source = exchange.source;
            assert_eq!(answer, exchange.answer, "{profile}, {source}");
        }
    }
}

/// A module that has just been switched on. Each write of the host is a frame of its own.
fn fresh(profile: Profile) -> Host {
    Host::new(
        Config::new(profile).with_access_point("home", "secret99"),
        MemoryNetwork::new(),
    )
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
