//! Which dialect a log is in.

use crate::entry::{Log, Side};
use crate::syntax;
use crate::vocabulary::{self, Dialect};

/// What only one family says.
const TELLTALES: &[(&str, Dialect)] = &[
    ("+CW:", Dialect::St67),
    ("+CIP:", Dialect::St67),
    ("+IPD:", Dialect::St67),
    ("ERR CODE:0x01", Dialect::St67),
    ("component_version_", Dialect::St67),
    ("+CIPRECVDATA:", Dialect::St67),
    ("CIPRECVMODE", Dialect::St67),
    ("CWNETMODE", Dialect::St67),
    ("WIFI CONNECTED", Dialect::EspAt),
    ("WIFI GOT IP", Dialect::EspAt),
    ("WIFI DISCONNECT", Dialect::EspAt),
    ("+IPD,", Dialect::EspAt),
    (",CONNECT", Dialect::EspAt),
    ("_CUR=", Dialect::EspAt),
    ("_DEF=", Dialect::EspAt),
    ("UART_CUR", Dialect::EspAt),
    ("ALREADY CONNECTED", Dialect::EspAt),
    ("no change", Dialect::EspAt),
    ("SDK version", Dialect::EspAt),
    ("Bin version", Dialect::EspAt),
    ("ets Jan", Dialect::EspAt),
    ("ERROR:", Dialect::Microchip),
    ("+GMR=", Dialect::Microchip),
    ("+WSTA", Dialect::Microchip),
    ("+SOCK", Dialect::Microchip),
];

/// The dialect, and how many words speak for each of ST67, Microchip and ESP-AT.
pub fn guess(log: &Log) -> (Dialect, [u32; 3]) {
    let mut votes = [0_u32; 3];
    for entry in log
        .entries
        .iter()
        .filter(|entry| entry.side != Side::Remark)
    {
        let text = String::from_utf8_lossy(&entry.bytes);
        for line in text.lines() {
            vote(line.trim(), &mut votes);
        }
    }
    let [st67, microchip, esp] = votes;
    // The words of ESP-AT are those of the ST67 too, so what only one of them says decides.
    let dialect = match () {
        () if microchip > st67 + esp => Dialect::Microchip,
        () if st67 + esp > microchip && esp > 0 && esp * 4 >= st67 => Dialect::EspAt,
        () if st67 > microchip => Dialect::St67,
        () => Dialect::Unknown,
    };
    (dialect, votes)
}

fn vote(line: &str, votes: &mut [u32; 3]) {
    let mut add = |dialect: Dialect, weight: u32| match dialect {
        Dialect::St67 => votes[0] += weight,
        Dialect::Microchip => votes[1] += weight,
        Dialect::EspAt => votes[2] += weight,
        Dialect::Unknown => {}
    };
    for &(telltale, dialect) in TELLTALES {
        if line.contains(telltale) {
            let ends = !telltale.starts_with(',') || line.ends_with(telltale);
            add(
                dialect,
                if ends && !line.starts_with("+CIP:") || dialect == Dialect::St67 {
                    2
                } else {
                    0
                },
            );
        }
    }
    if let Some(phrase) = syntax::command(line) {
        match vocabulary::leaning(&phrase.name) {
            1 => add(Dialect::St67, 1),
            -1 => add(Dialect::Microchip, 1),
            _ => {}
        }
    }
}
