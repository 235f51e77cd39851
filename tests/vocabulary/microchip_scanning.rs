//! Chapter 4, "Scanning commands", with its events.

use atwifi::microchip::command::wlan::{AccessPointSecurity, SetAccessPoint};
use atwifi::microchip::command::{Channel, Rows, scanning::*};
use atwifi::microchip::{Event, Microchip, Text};
use atwifi::{Mac, Reported, Switch};
use atwifi_simulator::Profile;

use super::evidence::Chapter;
use super::microchip::{hear, hear_of, hear_own, row, rows};
use crate::common::SSID;

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    parameters(&mut chapter);
    scans(&mut chapter);
    events(&mut chapter);
    chapter
}

fn parameters(chapter: &mut Chapter) {
    let all = GetScanParameters { parameter: None };
    let one = |parameter| GetScanParameters {
        parameter: Some(parameter),
    };
    chapter
        .row("AT+WSCNC[=<param_id>]")
        .writes(&all, "AT+WSCNC")
        .writes(&one(ScanParameterId::PassiveMs), "AT+WSCNC=2")
        .reads(&all, "+WSCNC:1,30\r\n+WSCNC:2,300\r\n", Rows { count: 2 })
        .refuses(&all, "+WSCNC:1\r\n")
        .greatest(&one(ScanParameterId::ActiveMs))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            let values: Vec<_> = rows.iter().map(|row| ScanRow::parse(row)).collect();
            assert!(matches!(
                values[..],
                [Some(ScanRow::ActiveMs(_)), Some(ScanRow::PassiveMs(_))]
            ));
        });

    let set = |parameter| ConfigureScan { parameter };
    chapter
        .row("AT+WSCNC=<param_id>,<param_val>")
        .obeys(&set(ScanParameter::PassiveMs(300)), "AT+WSCNC=2,300")
        .greatest(&set(ScanParameter::ActiveMs(u16::MAX)))
        .talks::<Microchip>(move |module, _| {
            module.command(&set(ScanParameter::ActiveMs(120))).unwrap();
            let row = row(module, &one(ScanParameterId::ActiveMs));
            assert_eq!(ScanRow::parse(&row), Some(ScanRow::ActiveMs(120)));
        });
}

fn scans(chapter: &mut Chapter) {
    let all = ScanActively {
        channel: Channel::ANY,
        ssid: None,
    };
    let hidden = ScanActively {
        channel: Channel::new(11).unwrap(),
        ssid: Some(Text::new(b"test-network").unwrap()),
    };
    chapter
        .row("AT+WSCNA=<CHANNEL>[,<SSID>]")
        .obeys(&all, "AT+WSCNA=255")
        .obeys(&hidden, "AT+WSCNA=11,\"test-network\"")
        .greatest(&ScanActively {
            channel: Channel::ANY,
            ssid: Some(Text::new(&[0; 32]).unwrap()),
        })
        .talks::<Microchip>(move |module, simulation| {
            module.command(&all).unwrap();
            hear(module, simulation, found);
        });

    let passive = ScanPassively {
        channel: Channel::ANY,
        ssid: None,
    };
    chapter
        .row("AT+WSCNP=<CHANNEL>[,<SSID>]")
        .obeys(&passive, "AT+WSCNP=255")
        .greatest(&ScanPassively {
            channel: Channel::ANY,
            ssid: Some(Text::new(&[0; 32]).unwrap()),
        })
        .talks::<Microchip>(|module, simulation| {
            let ssid = Some(Text::new(SSID).unwrap());
            let channel = Channel::ANY;
            module.command(&ScanPassively { channel, ssid }).unwrap();
            hear(module, simulation, found);
        });
}

/// The access point of the simulation.
fn found(event: Event<'_>) -> Option<()> {
    match event {
        Event::Found(result) if result.ssid.is(SSID) => Some(()),
        _ => None,
    }
}

fn events(chapter: &mut Chapter) {
    chapter
        .row("+WSCNIND:<RSSI>,<SEC_TYPE>,<CHANNEL>,<BSSID>,<SSID>")
        .tells(
            r#"+WSCNIND:-57,0,1,"98:FC:11:41:E7:7C","test-network""#,
            |line| match Event::parse(line) {
                Some(Event::Found(result)) => {
                    result.rssi == -57
                        && result.security == AccessPointSecurity::Open
                        && result.channel == 1
                        && result.bssid == Mac([0x98, 0xfc, 0x11, 0x41, 0xe7, 0x7c])
                        && result.ssid.is(b"test-network")
                }
                _ => false,
            },
        )
        .tells(
            r#"+WSCNIND:-62,4,1,"24:F2:7F:A5:8B:80","enterprise-secure""#,
            |line| match Event::parse(line) {
                Some(Event::Found(result)) => result.security == AccessPointSecurity::Enterprise,
                _ => false,
            },
        )
        // In 4.3.7 with a blank before the SSID.
        .tells(
            r#"+WSCNIND:-62,0,6,"24:F2:7F:A5:8B:81", [466F6F20C2A920626172]"#,
            |line| match Event::parse(line) {
                Some(Event::Found(result)) => result.ssid.is("Foo \u{a9} bar".as_bytes()),
                _ => false,
            },
        )
        .tells(
            r#"+WSCNIND:-70,1,11,"24:F2:7F:A5:8B:81",[]"#,
            |line| match Event::parse(line) {
                Some(Event::Found(result)) => result.ssid.is_empty(),
                _ => false,
            },
        )
        // Quotes and commas of an SSID are not escaped (wire notes 4).
        .tells(r#"+WSCNIND:-70,9,11,"24:F2:7F:A5:8B:81","a",b"#, |line| {
            Event::parse(line).is_none()
        })
        .tells(
            r#"+WSCNIND:-70,9,11,"24:F2:7F:A5:8B:81","a",b""#,
            |line| match Event::parse(line) {
                Some(Event::Found(result)) => {
                    result.ssid.is(br#"a",b"#) && result.security == Reported::Unknown(9)
                }
                _ => false,
            },
        )
        .talks::<Microchip>(|module, simulation| {
            let all = ScanActively {
                channel: Channel::ANY,
                ssid: None,
            };
            module.command(&all).unwrap();
            let rssi = hear(module, simulation, |event| match event {
                Event::Found(result) if result.ssid.is(SSID) => Some(result.rssi),
                _ => None,
            });
            assert!(rssi < 0);
        });

    chapter
        .row("+WSCNDONE")
        .tells("+WSCNDONE", |line| {
            Event::parse(line) == Some(Event::ScanDone)
        })
        .talks::<Microchip>(|module, simulation| {
            let all = ScanActively {
                channel: Channel::ANY,
                ssid: None,
            };
            module.command(&all).unwrap();
            hear_of(module, simulation, atwifi::Event::ScanDone);
        });

    chapter
        .row("+WSCNERROR")
        .tells("+WSCNERROR", |line| {
            Event::parse(line) == Some(Event::ScanFailed)
        })
        // No firmware says it.
        .only_with(&[Profile::MicrochipReference])
        .talks::<Microchip>(|module, simulation| {
            let all = ScanActively {
                channel: Channel::ANY,
                ssid: None,
            };
            module.command(&all).unwrap();
            let access_point = Switch::On;
            module.command(&SetAccessPoint { access_point }).unwrap();
            hear_own(module, simulation, Event::ScanFailed);
        });
}
