//! The whole vocabulary of both references: every command form and event is written and read with
//! the bytes of the reference, and is spoken with the simulated module.
//!
//! `tests/inventory.tsv` lists what there is; a file for each chapter says what is done with it.

mod evidence;

mod microchip;
mod microchip_general;
mod microchip_mqtt;
mod microchip_network;
mod microchip_scanning;
mod microchip_wlan;
mod st67_basic;
mod st67_ble;
mod st67_ble_events;
mod st67_events;
mod st67_low_power;
mod st67_mqtt;
mod st67_net;
mod st67_wifi;

use evidence::Chapter;

/// Makes the rows of a chapter.
type Make = fn() -> Chapter;

/// The chapters: the dialect, how their sections begin, and what is done with them.
const CHAPTERS: &[(&str, &str, Make)] = &[
    ("st67", "1.", st67_events::chapter),
    ("st67", "2.", st67_basic::chapter),
    ("st67", "3.", st67_wifi::chapter),
    ("st67", "4.", st67_net::chapter),
    ("st67", "5.", st67_mqtt::chapter),
    ("st67", "6.", st67_ble::chapter),
    ("st67", "7.", st67_low_power::chapter),
    ("microchip", "3.", microchip_general::chapter),
    ("microchip", "4.", microchip_scanning::chapter),
    ("microchip", "5.", microchip_wlan::chapter),
    ("microchip", "6.", microchip_mqtt::chapter),
    ("microchip", "7.", microchip_network::chapter),
];

/// A row of the inventory.
struct Row<'a> {
    dialect: &'a str,
    section: &'a str,
    form: &'a str,
    syntax: &'a str,
}

fn inventory() -> impl Iterator<Item = Row<'static>> {
    include_str!("../inventory.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let &[dialect, section, _, form, syntax] = columns.as_slice() else {
                panic!("five columns: {line}");
            };
            Row {
                dialect,
                section,
                form,
                syntax,
            }
        })
}

#[test]
fn every_row_of_the_inventory_is_covered() {
    let mut missing = Vec::new();
    let mut covered = 0;
    for &(dialect, start, chapter) in CHAPTERS {
        let chapter = chapter();
        let rows: Vec<Row> = inventory()
            .filter(|row| row.dialect == dialect)
            .filter(|row| row.section.starts_with(start))
            .collect();
        let mut here = 0;
        for row in &rows {
            match chapter.lacks(row.syntax, row.form == "event") {
                None => here += 1,
                Some(what) => {
                    missing.push(format!("{dialect} {} {}: {what}", row.section, row.syntax));
                }
            }
        }
        println!("{dialect} {start} {here} of {}", rows.len());
        covered += here;
    }
    let all = inventory().count();
    println!("{covered} of {all}");
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(covered, all, "every section belongs to a chapter");
}

#[test]
fn every_row_is_in_the_inventory() {
    for &(dialect, _, chapter) in CHAPTERS {
        for syntax in chapter().rows() {
            assert!(
                inventory().any(|row| row.dialect == dialect && row.syntax == syntax),
                "{dialect} {syntax}"
            );
        }
    }
}

/// The conversations of a chapter, with every firmware that can be simulated.
macro_rules! conversations {
    ($($chapter:ident)*) => {
        mod conversations {
            $(#[test] fn $chapter() { super::$chapter::chapter().talk(); })*
        }
    };
}

conversations! {
    st67_events st67_basic st67_wifi st67_net st67_mqtt st67_ble st67_low_power
    microchip_general microchip_scanning microchip_wlan microchip_mqtt microchip_network
}
