//! Chapter 3, "Wi-Fi AT commands".

use std::net::Ipv4Addr;
use std::time::Duration;

use atwifi::st67::command::wifi::*;
use atwifi::st67::command::{Done, Rows};
use atwifi::st67::{self, JoinError, Secret, St67, Status, Text};
use atwifi::{
    Addresses, Error, Event, LinkState, Mac, Printed, PrintedSecret, Ranged, Reported, Switch,
};
use atwifi_simulator::Profile;

use super::evidence::{Chapter, FIRMWARE};
use crate::common::{Driver, PASSWORD, SSID};

const NEIGHBOUR: Mac = Mac([0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc]);

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    modes(&mut chapter);
    joining(&mut chapter);
    scanning(&mut chapter);
    soft_ap(&mut chapter);
    dhcp(&mut chapter);
    addresses(&mut chapter);
    names(&mut chapter);
    radio(&mut chapter);
    chapter
}

fn modes(chapter: &mut Chapter) {
    let reported = |radio| Radio {
        radio: Reported::Known(radio),
    };
    chapter
        .row("AT+WIFISP?")
        .writes(&GetRadio, "AT+WIFISP?")
        .reads(&GetRadio, "+WIFISP:0\r\n", reported(Switch::Off))
        .greatest(&GetRadio)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetRadio), Ok(reported(Switch::On)));
        });
    let set = |radio| SetRadio { radio };
    chapter
        .row("AT+WIFISP=<enable>")
        .obeys(&set(Switch::On), "AT+WIFISP=1")
        .greatest(&set(Switch::On))
        .talks::<St67>(move |module, _| {
            module.command(&set(Switch::Off)).unwrap();
            assert_eq!(module.command(&GetRadio), Ok(reported(Switch::Off)));
        });

    let mode = |mode| CurrentMode {
        mode: Reported::Known(mode),
    };
    chapter
        .row("AT+CWMODE?")
        .writes(&GetMode, "AT+CWMODE?")
        .reads(&GetMode, "+CWMODE:3\r\n", mode(Mode::Both))
        .reads(
            &GetMode,
            "+CWMODE:4\r\n",
            CurrentMode {
                mode: Reported::Unknown(4),
            },
        )
        .greatest(&GetMode)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetMode), Ok(mode(Mode::Off)));
        });
    let set = |mode, auto_connect| SetMode { mode, auto_connect };
    chapter
        .row("AT+CWMODE=<mode>[,<auto_connect>]")
        .obeys(&set(Mode::Station, None), "AT+CWMODE=1")
        .obeys(&set(Mode::Station, Some(Switch::Off)), "AT+CWMODE=1,0")
        .greatest(&set(Mode::Both, Some(Switch::On)))
        .talks::<St67>(move |module, _| {
            for to in [Mode::Both, Mode::AccessPoint, Mode::Station, Mode::Off] {
                module.command(&set(to, Some(Switch::Off))).unwrap();
                assert_eq!(module.command(&GetMode), Ok(mode(to)));
            }
        });

    let mode = |mode| CurrentNetworkMode {
        mode: Reported::Known(mode),
    };
    chapter
        .row("AT+CWNETMODE?")
        .writes(&GetNetworkMode, "AT+CWNETMODE?")
        .reads(
            &GetNetworkMode,
            "+CWNETMODE:1\r\n",
            mode(NetworkMode::Module),
        )
        .greatest(&GetNetworkMode)
        .talks::<St67>(move |module, _| {
            let module_does_it = Ok(mode(NetworkMode::Module));
            assert_eq!(module.command(&GetNetworkMode), module_does_it);
        });

    let state = |state, ssid: &[u8]| State {
        state,
        ssid: printed(ssid),
    };
    let up = move |ssid: &[u8]| state(LinkState::Up, ssid);
    let mut row = chapter.row("AT+CWSTATE?");
    row = row
        .writes(&GetState, "AT+CWSTATE?")
        .reads(&GetState, "+CWSTATE:2,\"abc\"\r\n", up(b"abc"))
        .reads(&GetState, "+CWSTATE:2,\"a\",b\"\r\n", up(b"a\",b"))
        .reads(&GetState, "+CWSTATE:2,\"abc\",3,7\r\n", up(b"abc"))
        .refuses(&GetState, "+CWSTATE:,\"a\"\r\n");
    for (n, link_state) in [
        (0, LinkState::Idle),
        (1, LinkState::NoAddress),
        (3, LinkState::Connecting),
        (4, LinkState::Disconnected),
        (9, LinkState::Unknown(9)),
    ] {
        let reply = format!("+CWSTATE:{n},\"\"\r\n");
        row = row.reads(&GetState, &reply, state(link_state, b""));
    }
    row.greatest(&GetState).talks::<St67>(move |module, _| {
        assert_eq!(module.command(&GetState), Ok(state(LinkState::Idle, b"")));
        module.join(SSID, PASSWORD).unwrap();
        assert_eq!(module.command(&GetState), Ok(up(SSID)));
    });
}

fn joining(chapter: &mut Chapter) {
    let joined = |ssid, rssi| Joined {
        access_point: Some(AccessPoint {
            ssid: printed(ssid),
            bssid: Mac([0xca, 0xd7, 0x19, 0xd8, 0xa6, 0x44]),
            channel: 6,
            rssi,
            wep: Reported::Known(Switch::Off),
        }),
    };
    chapter
        .row("AT+CWJAP?")
        .writes(&GetJoined, "AT+CWJAP?")
        .reads(
            &GetJoined,
            "+CWJAP:\"abc\",\"ca:d7:19:d8:a6:44\",6,-42,0\r\n",
            joined(b"abc", -42),
        )
        .reads(
            &GetJoined,
            "+CWJAP:\"a\",\"b\",\"ca:d7:19:d8:a6:44\",6,0,0\r\n",
            joined(b"a\",\"b", 0),
        )
        .reads(&GetJoined, "", Joined { access_point: None })
        .refuses(&GetJoined, "+CWJAP:\"abc\",\"ca:d7:19:d8:a6\",6,-42,0\r\n")
        .refuses(&GetJoined, "+CWJAP:\"abc\"\r\n")
        .greatest(&GetJoined)
        .talks::<St67>(|module, _| {
            let nowhere = module.command(&GetJoined).unwrap();
            assert_eq!(nowhere.access_point, None);
            module.join(SSID, PASSWORD).unwrap();
            let there = module.command(&GetJoined).unwrap().access_point.unwrap();
            assert_eq!(there.ssid.as_bytes(), SSID);
            assert_eq!(there.bssid, Mac([0x5a, 0x67, 0x11, 0, 0, 1]));
        });

    let bssid = Mac([0xca, 0xd7, 0x19, 0xd8, 0xa6, 0x44]);
    chapter
        .row("AT+CWJAP=[<ssid>],[<pwd>][,<bssid>][,<wep_en>]")
        .obeys(
            &join(b"abc", b"0123456789"),
            "AT+CWJAP=\"abc\",\"0123456789\"",
        )
        .writes(
            &join(br"ab\,c", br#"0123456789"\"#),
            r#"AT+CWJAP="ab\\\,c","0123456789\"\\""#,
        )
        .writes(
            &Join {
                bssid: Some(bssid),
                ..join(b"abc", b"0123456789")
            },
            "AT+CWJAP=\"abc\",\"0123456789\",\"ca:d7:19:d8:a6:44\"",
        )
        .writes(
            &Join {
                timeout_s: Some(Ranged::constant::<30>()),
                ..join(b"abc", b"0123456789")
            },
            "AT+CWJAP=\"abc\",\"0123456789\",,,,,30",
        )
        // The reference's refusal, with its reason before it.
        .exchanges::<St67>(
            &[("AT+CWJAP=\"abc\",\"\"\r\n", "+CWJAP:3\r\n\r\nERROR\r\n")],
            |module| {
                let reason = Status::JoinError(JoinError::NoAccessPoint);
                assert_eq!(
                    module.command(&join(b"abc", b"")),
                    Err(Error::Module(reason))
                );
            },
        )
        .greatest(&Join {
            ssid: Text::new(&[b','; 32]).unwrap(),
            password: Secret::new(&[b'\\'; 64]).unwrap(),
            bssid: Some(bssid),
            wep: Some(Switch::On),
            listen_interval: Some(Ranged::MAX),
            scan: Some(JoinScan::All),
            timeout_s: Some(Ranged::MAX),
        })
        .talks::<St67>(|module, simulation| {
            station(module);
            let command = Join {
                bssid: Some(Mac([0x5a, 0x67, 0x11, 0, 0, 1])),
                ..join(SSID, PASSWORD)
            };
            module.command(&command).unwrap();
            let credentials = Some((SSID.to_vec(), PASSWORD.to_vec()));
            assert_eq!(simulation.joined(), credentials);
            await_event(module, simulation, |event| {
                matches!(event, Event::StationAddress(_))
            });
        });
    chapter
        .row("AT+CWJAP")
        .obeys(&JoinAgain, "AT+CWJAP")
        .greatest(&JoinAgain)
        // Firmware says OK and does nothing.
        .only_with(FIRMWARE)
        .talks::<St67>(|module, simulation| {
            station(module);
            module.command(&JoinAgain).unwrap();
            assert_eq!(simulation.joined(), None);
        })
        .only_with(&[Profile::St67Reference])
        .talks::<St67>(|module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            module.leave().unwrap();
            while module.poll().unwrap().is_some() {}
            module.command(&JoinAgain).unwrap();
            await_event(module, simulation, |event| {
                matches!(event, Event::StationAddress(_))
            });
        });

    let reported = |interval_s, attempts| Reconnecting {
        interval_s,
        attempts,
    };
    chapter
        .row("AT+CWRECONNCFG?")
        .writes(&GetReconnecting, "AT+CWRECONNCFG?")
        .reads(&GetReconnecting, "+CWRECONNCFG:1,100\r\n", reported(1, 100))
        .refuses(&GetReconnecting, "+CWRECONNCFG:1\r\n")
        .greatest(&GetReconnecting)
        .talks::<St67>(|module, _| {
            module.command(&GetReconnecting).unwrap();
        });
    let set = |interval_s, attempts| SetReconnecting {
        interval_s,
        attempts,
    };
    let reconnecting = set(Ranged::constant::<1>(), Ranged::constant::<100>());
    chapter
        .row("AT+CWRECONNCFG=<interval_second>,<repeat_count>")
        .obeys(&reconnecting, "AT+CWRECONNCFG=1,100")
        .obeys(&set(Ranged::MIN, Ranged::MIN), "AT+CWRECONNCFG=0,0")
        .greatest(&set(Ranged::MAX, Ranged::MAX))
        .talks::<St67>(move |module, _| {
            module.command(&reconnecting).unwrap();
            assert_eq!(module.command(&GetReconnecting), Ok(reported(1, 100)));
        });

    let leave = |forget| LeaveAnd { forget };
    chapter
        .row("AT+CWQAP=[<restore>]")
        .obeys(&leave(Switch::On), "AT+CWQAP=1")
        .greatest(&leave(Switch::On))
        .talks::<St67>(move |module, _| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&leave(Switch::On)).unwrap();
            let nowhere = module.command(&GetJoined).unwrap();
            assert_eq!(nowhere.access_point, None);
        })
        .only_with(&[Profile::St67Reference])
        .talks::<St67>(move |module, _| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&leave(Switch::On)).unwrap();
            let again = module.command(&JoinAgain);
            assert!(matches!(again, Err(Error::Module(_))), "it was forgotten");
        });
    chapter
        .row("AT+CWQAP")
        .obeys(&Leave, "AT+CWQAP")
        .greatest(&Leave)
        .talks::<St67>(|module, _| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&Leave).unwrap();
            let nowhere = module.command(&GetJoined).unwrap();
            assert_eq!(nowhere.access_point, None);
        });

    let set = |enable| SetAutoConnect { enable };
    chapter
        .row("AT+CWAUTOCONN=<enable>")
        .obeys(&set(Switch::On), "AT+CWAUTOCONN=1")
        .greatest(&set(Switch::On))
        .talks::<St67>(move |module, simulation| {
            use atwifi::st67::command::basic::SetStore;
            module.command(&SetStore { store: Switch::On }).unwrap();
            station(module);
            module.command(&join(SSID, PASSWORD)).unwrap();
            await_event(module, simulation, |event| {
                matches!(event, Event::StationAddress(_))
            });
            for enable in [Switch::On, Switch::Off] {
                module.command(&set(enable)).unwrap();
                module.reset().unwrap();
                for _ in 0..10 {
                    simulation.advance(Duration::from_secs(1));
                    while module.poll().unwrap().is_some() {}
                }
                let joined = module.command(&GetJoined).unwrap().access_point;
                assert_eq!(joined.is_some(), enable == Switch::On);
            }
        });
}

fn scanning(chapter: &mut Chapter) {
    let options = |columns| SetScanOptions {
        sort: Switch::On,
        columns,
        rssi_min: None,
        securities: None,
        count: None,
    };
    let five = Columns::from_bits(0x1f);
    chapter
        .row(
            "AT+CWLAPOPT=<sort_enable>,<print mask>[,<rssi filter>][,<authmode mask>]\
             [,<max_count>]",
        )
        .obeys(&options(five), "AT+CWLAPOPT=1,31")
        .obeys(
            &SetScanOptions {
                rssi_min: Some(Ranged::constant::<-100>()),
                securities: Some(Securities::OPEN),
                ..options(five)
            },
            "AT+CWLAPOPT=1,31,-100,1",
        )
        .greatest(&SetScanOptions {
            rssi_min: Some(Ranged::MIN),
            securities: Some(Securities::ALL),
            count: Some(Ranged::MAX),
            ..options(Columns::ALL)
        })
        .talks::<St67>(move |module, simulation| {
            station(module);
            module.command(&options(Columns::SSID)).unwrap();
            let rows = scan(module, simulation, &Scan);
            let names: Vec<_> = rows
                .iter()
                .map(|line| ScanRow::parse(line, Columns::SSID).unwrap().ssid.unwrap())
                .collect();
            assert_eq!(names, [SSID]);
        });

    let certain = ScanFor {
        scan: ScanType::Active,
        ssid: Some(Text::new(b"Wi-Fi").unwrap()),
        bssid: None,
        channel: None,
        time_min_ms: None,
        time_max_ms: None,
    };
    let all = ScanFor {
        bssid: Some(Mac([0xca, 0xd7, 0x19, 0xd8, 0xa6, 0x44])),
        channel: Some(Ranged::constant::<6>()),
        time_min_ms: Some(Ranged::constant::<0>()),
        time_max_ms: Some(Ranged::constant::<400>()),
        ..certain.clone()
    };
    chapter
        .row("AT+CWLAP=[<scan_type>,<ssid>,<mac>,<channel>,<scan_time_min>,<scan_time_max>]")
        .writes(&certain, "AT+CWLAP=0,\"Wi-Fi\"")
        .writes(&all, "AT+CWLAP=0,\"Wi-Fi\",\"ca:d7:19:d8:a6:44\",6,0,400")
        .reads(&certain, "", Rows { count: 0 })
        .greatest(&ScanFor {
            ssid: Some(Text::new(&[b','; 32]).unwrap()),
            channel: Some(Ranged::MAX),
            time_min_ms: Some(Ranged::MAX),
            time_max_ms: Some(Ranged::MAX),
            ..all
        })
        // Firmware tells of all networks, whatever it is asked to look for.
        .only_with(FIRMWARE)
        .talks::<St67>({
            let certain = certain.clone();
            move |module, simulation| {
                station(module);
                assert_eq!(scan(module, simulation, &certain).len(), 1);
            }
        })
        .only_with(&[Profile::St67Reference])
        .talks::<St67>(move |module, simulation| {
            station(module);
            assert_eq!(scan(module, simulation, &certain).len(), 0);
            let home = ScanFor {
                ssid: Some(Text::new(SSID).unwrap()),
                ..certain.clone()
            };
            assert_eq!(scan(module, simulation, &home).len(), 1);
        });

    let whole = "3,\"a, \"b\"\",-42,\"ca:d7:19:d8:a6:44\",6,-1,-1,4,4,7,1";
    for line in [format!("+CWLAP:({whole})"), format!("+CWLAP:{whole}")] {
        let row = ScanRow::parse(line.as_bytes(), Columns::ALL);
        assert_eq!(
            row,
            Some(ScanRow {
                security: Some(Reported::Known(Security::Wpa2)),
                ssid: Some(b"a, \"b\""),
                rssi: Some(-42),
                bssid: Some(Mac([0xca, 0xd7, 0x19, 0xd8, 0xa6, 0x44])),
                channel: Some(6),
                frequency_offset: Some(-1),
                frequency_calibration: Some(-1),
                pairwise_cipher: Some(Reported::Known(Cipher::Ccmp)),
                group_cipher: Some(Reported::Known(Cipher::Ccmp)),
                standards: Some(Standards::B | Standards::G | Standards::N),
                wps: Some(Reported::Known(Switch::On)),
            })
        );
    }
    // Firmware leaves a column out, whatever it was told.
    let line = format!("+CWLAP:({})", whole.replace(",4,4,", ",4,"));
    let row = ScanRow::parse(line.as_bytes(), Columns::ALL).unwrap();
    assert_eq!((row.group_cipher, row.channel), (None, Some(6)));
    for line in [
        "+CWLAP:(3,\"a\",-42",
        "+CWLAP:(3,\"a\")",
        "+CWLAP:()",
        "+CWLAP:",
    ] {
        let columns = Columns::SECURITY | Columns::SSID | Columns::RSSI;
        assert_eq!(ScanRow::parse(line.as_bytes(), columns), None, "{line}");
    }
    chapter
        .row("AT+CWLAP")
        .writes(&Scan, "AT+CWLAP")
        .reads(&Scan, &format!("+CWLAP:{whole}\r\n"), Rows { count: 1 })
        .reads(&Scan, "", Rows { count: 0 })
        .refuses(&Scan, "+CWSTATE:0,\"\"\r\n")
        .greatest(&Scan)
        .talks::<St67>(|module, simulation| {
            station(module);
            let rows = scan(module, simulation, &Scan);
            let row = ScanRow::parse(&rows[0], Columns::ALL).unwrap();
            assert_eq!(row.ssid, Some(SSID));
            assert_eq!(row.bssid, Some(Mac([0x5a, 0x67, 0x11, 0, 0, 1])));
        });
}

fn soft_ap(chapter: &mut Chapter) {
    let reported = |ssid, password, stations| SoftAp {
        ssid: printed(ssid),
        password: PrintedSecret::new(password).unwrap(),
        channel: 6,
        security: Reported::Known(SoftApSecurity::Wpa2),
        stations,
        hidden: Reported::Known(Switch::On),
    };
    chapter
        .row("AT+CWSAP?")
        .writes(&GetSoftAp, "AT+CWSAP?")
        .reads(
            &GetSoftAp,
            "+CWSAP:\"AP-NAME\",\"12345678\",6,3,4,1\r\n",
            reported(b"AP-NAME", b"12345678", 4),
        )
        .reads(
            &GetSoftAp,
            "+CWSAP:\"a\",b\",\"1234\"\\,8\",6,3,4,1\r\n",
            reported(b"a\",b", b"1234\"\\,8", 4),
        )
        .refuses(&GetSoftAp, "+CWSAP:\"AP-NAME\",\"12345678\",6,3,4\r\n")
        .greatest(&GetSoftAp)
        .talks::<St67>(|module, _| {
            let refused = module.command(&GetSoftAp);
            assert!(matches!(refused, Err(Error::Module(_))), "there is none");
            access_point(module);
            let ap = module.command(&GetSoftAp).unwrap();
            assert!(ap.ssid.as_str().unwrap().starts_with("AP_"));
        });
    let set = |ssid, password, stations| SetSoftAp {
        ssid: Text::new(ssid).unwrap(),
        password: Secret::new(password).unwrap(),
        channel: Ranged::constant::<6>(),
        security: SoftApSecurity::Wpa2,
        stations,
        hidden: Some(Switch::On),
    };
    let most = Some(Ranged::constant::<3>());
    chapter
        .row("AT+CWSAP=<ssid>,<pwd>,<chl>,<ecn>[,<max conn>][,<ssid hidden>]")
        .obeys(
            &SetSoftAp {
                channel: Ranged::constant::<1>(),
                hidden: Some(Switch::Off),
                ..set(b"AP_SSID", b"12345678", Some(Ranged::MAX))
            },
            "AT+CWSAP=\"AP_SSID\",\"12345678\",1,3,10,0",
        )
        .greatest(&SetSoftAp {
            channel: Ranged::MAX,
            ..set(&[b','; 32], &[b','; 64], Some(Ranged::MAX))
        })
        .talks::<St67>(move |module, _| {
            access_point(module);
            let (ssid, password) = (b"a, \"b\"", b"1234,\"\\8");
            module.command(&set(ssid, password, most)).unwrap();
            let ap = module.command(&GetSoftAp).unwrap();
            assert_eq!(ap, reported(ssid, password, 3));
            assert!(!format!("{ap:?}").contains("1234"));
        });

    chapter
        .row("AT+CWLIF")
        .writes(&GetClients, "AT+CWLIF")
        .reads(
            &GetClients,
            "+CWLIF:192.168.4.2,18:b9:05:ed:59:cc\r\n",
            Rows { count: 1 },
        )
        .refuses(&GetClients, "+CWLIF:192.168.4.2\r\n")
        .greatest(&GetClients)
        .talks::<St67>(|module, simulation| {
            access_point(module);
            assert_eq!(clients(module), []);
            simulation.station_joins(NEIGHBOUR.0);
            simulation.advance(Duration::from_secs(3));
            let [client] = clients(module)[..] else {
                panic!("one station has joined");
            };
            assert_eq!(client.mac, NEIGHBOUR);
            assert_eq!(client.ip, Ipv4Addr::new(192, 168, 4, 2));
        });
    chapter
        .row("AT+CWQIF")
        .obeys(&DropClients, "AT+CWQIF")
        .greatest(&DropClients)
        .talks::<St67>(|module, simulation| {
            access_point(module);
            simulation.station_joins(NEIGHBOUR.0);
            simulation.advance(Duration::from_secs(3));
            module.command(&DropClients).unwrap();
            assert_eq!(clients(module), []);
        });
    let drop = DropClient { mac: NEIGHBOUR };
    chapter
        .row("AT+CWQIF=<mac>")
        .obeys(&drop, "AT+CWQIF=\"18:b9:05:ed:59:cc\"")
        .greatest(&drop)
        .talks::<St67>(move |module, simulation| {
            access_point(module);
            assert!(matches!(module.command(&drop), Err(Error::Module(_))));
            simulation.station_joins(NEIGHBOUR.0);
            simulation.advance(Duration::from_secs(3));
            module.command(&drop).unwrap();
            assert_eq!(clients(module), []);
        });
}

fn dhcp(chapter: &mut Chapter) {
    let reported = |dhcp| CurrentDhcp { dhcp };
    chapter
        .row("AT+CWDHCP?")
        .writes(&GetDhcp, "AT+CWDHCP?")
        .reads(&GetDhcp, "3\r\n", reported(Dhcp::ALL))
        .reads(&GetDhcp, "+CWDHCP:1\r\n", reported(Dhcp::STATION))
        .refuses(&GetDhcp, "+CWDHCP:\r\n")
        .greatest(&GetDhcp)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetDhcp), Ok(reported(Dhcp::ALL)));
        });
    let set = |operate, dhcp| SetDhcp { operate, dhcp };
    chapter
        .row("AT+CWDHCP=<operate>,<mode>")
        .obeys(&set(Switch::On, Dhcp::STATION), "AT+CWDHCP=1,1")
        .obeys(&set(Switch::Off, Dhcp::SOFT_AP), "AT+CWDHCP=0,2")
        .greatest(&set(Switch::On, Dhcp::ALL))
        .talks::<St67>(move |module, _| {
            module.command(&set(Switch::Off, Dhcp::ALL)).unwrap();
            assert_eq!(module.command(&GetDhcp), Ok(reported(Dhcp::NONE)));
            module.command(&set(Switch::On, Dhcp::SOFT_AP)).unwrap();
            assert_eq!(module.command(&GetDhcp), Ok(reported(Dhcp::SOFT_AP)));
        });

    let leases = |lease_min, first, last| DhcpServer {
        lease_min,
        first: Ipv4Addr::new(192, 168, 4, first),
        last: Ipv4Addr::new(192, 168, 4, last),
    };
    chapter
        .row("AT+CWDHCPS?")
        .writes(&GetDhcpServer, "AT+CWDHCPS?")
        .reads(
            &GetDhcpServer,
            "+CWDHCPS=3,\"192.168.4.10\",\"192.168.4.15\"\r\n",
            leases(3, 10, 15),
        )
        .reads(
            &GetDhcpServer,
            "+CWDHCPS:120,192.168.4.2,192.168.4.101\r\n",
            leases(120, 2, 101),
        )
        .refuses(&GetDhcpServer, "+CWDHCPS:120,192.168.4.2\r\n")
        .greatest(&GetDhcpServer)
        .talks::<St67>(move |module, _| {
            access_point(module);
            let usual = leases(120, 2, 101);
            assert_eq!(module.command(&GetDhcpServer), Ok(usual));
        });
    let range = |lease_min, first, last| {
        let address = |last| Ipv4Addr::new(192, 168, 4, last);
        SetDhcpServer::range(lease_min, address(first), address(last))
    };
    let three = Ranged::constant::<3>();
    chapter
        .row("AT+CWDHCPS=<enable>,<lease time>,<start IP>,<end IP>")
        .obeys(
            &range(three, 10, 15),
            "AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.15\"",
        )
        .obeys(&SetDhcpServer::default_range(), "AT+CWDHCPS=0")
        .greatest(&range(Ranged::MAX, 100, 200))
        .talks::<St67>(move |module, _| {
            access_point(module);
            module.command(&range(three, 10, 15)).unwrap();
            assert_eq!(module.command(&GetDhcpServer), Ok(leases(3, 10, 15)));
            module.command(&SetDhcpServer::default_range()).unwrap();
            let usual = leases(120, 2, 101);
            assert_eq!(module.command(&GetDhcpServer), Ok(usual));
        });
}

fn addresses(chapter: &mut Chapter) {
    let other = Mac([0x1a, 0xfe, 0x35, 0x98, 0xd3, 0x7b]);
    assert!(SetStationMac::new(Mac([0x15, 0, 0, 0, 0, 1])).is_err());
    assert!(SetStationMac::new(Mac([0xff; 6])).is_err());
    assert!(SetSoftApMac::new(Mac([0; 6])).is_err());
    chapter
        .row("AT+CIPSTAMAC?")
        .writes(&GetStationMac, "AT+CIPSTAMAC?")
        .reads(
            &GetStationMac,
            "+CIPSTAMAC:\"1a:fe:35:98:d3:7b\"\r\n",
            OwnMac { mac: other },
        )
        .refuses(&GetStationMac, "+CIPSTAMAC:\"1a:fe:35:98:d3\"\r\n")
        .greatest(&GetStationMac)
        .talks::<St67>(|module, _| {
            assert_ne!(module.command(&GetStationMac).unwrap().mac, Mac::default());
        });
    let set = SetStationMac::new(other).unwrap();
    chapter
        .row("AT+CIPSTAMAC=<mac>")
        .obeys(&set, "AT+CIPSTAMAC=\"1a:fe:35:98:d3:7b\"")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetStationMac), Ok(OwnMac { mac: other }));
        });
    chapter
        .row("AT+CIPAPMAC?")
        .writes(&GetSoftApMac, "AT+CIPAPMAC?")
        .reads(
            &GetSoftApMac,
            "+CIPAPMAC:\"1a:fe:35:98:d3:7b\"\r\n",
            OwnMac { mac: other },
        )
        .greatest(&GetSoftApMac)
        .talks::<St67>(|module, _| {
            assert_ne!(module.command(&GetSoftApMac).unwrap().mac, Mac::default());
        });
    let own = Mac([0x18, 0xfe, 0x35, 0x98, 0xd3, 0x7b]);
    let set = SetSoftApMac::new(own).unwrap();
    chapter
        .row("AT+CIPAPMAC=<mac>")
        .obeys(&set, "AT+CIPAPMAC=\"18:fe:35:98:d3:7b\"")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetSoftApMac), Ok(OwnMac { mac: own }));
        });

    let ipv4 = |network, host| {
        let (gateway, mask) = (
            Ipv4Addr::new(192, 168, network, 1),
            Ipv4Addr::new(255, 255, 255, 0),
        );
        Addresses::new(Ipv4Addr::new(192, 168, network, host)).with_network(gateway, mask)
    };
    let station_has = |ipv4| StationAddresses {
        ipv4,
        link_local: None,
        global: None,
    };
    let rows = "+CIPSTA:ip:\"192.168.6.100\"\r\n\
                +CIPSTA:gateway:\"192.168.6.1\"\r\n\
                +CIPSTA:netmask:\"255.255.255.0\"\r\n";
    chapter
        .row("AT+CIPSTA?")
        .writes(&GetAddresses, "AT+CIPSTA?")
        .reads(&GetAddresses, rows, station_has(ipv4(6, 100)))
        .reads(
            &GetAddresses,
            &format!(
                "{rows}+CIPSTA:ip6ll:\"FE80::1AFE:35FF:FE98:D37B\"\r\n\
                 +CIPSTA:ip6gl:\"2001:db8::1\"\r\n"
            ),
            StationAddresses {
                ipv4: ipv4(6, 100),
                link_local: Some("fe80::1afe:35ff:fe98:d37b".parse().unwrap()),
                global: Some("2001:db8::1".parse().unwrap()),
            },
        )
        .refuses(&GetAddresses, "+CIPSTA:ip:\"192.168.6.\"\r\n")
        .greatest(&GetAddresses)
        .talks::<St67>(|module, _| {
            let ip = |module: &mut Driver<'_, St67>| module.command(&GetAddresses).unwrap().ipv4.ip;
            assert_eq!(ip(module), Ipv4Addr::UNSPECIFIED);
            let address = module.join(SSID, PASSWORD).unwrap();
            assert_eq!(ip(module), address);
        });
    let set = SetStationAddress {
        ip: Ipv4Addr::new(192, 168, 6, 100),
        gateway: Some(Ipv4Addr::new(192, 168, 6, 1)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
        dns: None,
    };
    chapter
        .row("AT+CIPSTA=<\"ip\">[,<\"gateway\">,<\"netmask\">,<\"dns\">]")
        .obeys(
            &set,
            "AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"",
        )
        .greatest(&SetStationAddress {
            ip: Ipv4Addr::BROADCAST,
            gateway: Some(Ipv4Addr::BROADCAST),
            netmask: Some(Ipv4Addr::BROADCAST),
            dns: Some(Ipv4Addr::BROADCAST),
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            let fixed = module.command(&GetAddresses);
            assert_eq!(fixed, Ok(station_has(ipv4(6, 100))));
            let dhcp = module.command(&GetDhcp).unwrap().dhcp;
            assert_eq!(dhcp, Dhcp::SOFT_AP, "a fixed address ends DHCP");
        });

    let rows = "+CIPAP:ip:\"192.168.5.1\"\r\n\
                +CIPAP:gateway:\"192.168.5.1\"\r\n\
                +CIPAP:netmask:\"255.255.255.0\"\r\n";
    chapter
        .row("AT+CIPAP?")
        .writes(&GetSoftApAddresses, "AT+CIPAP?")
        .reads(&GetSoftApAddresses, rows, ipv4(5, 1))
        .refuses(&GetSoftApAddresses, "+CIPAP:ip:\"192.168.5.1\"\r\n")
        .greatest(&GetSoftApAddresses)
        .talks::<St67>(move |module, _| {
            access_point(module);
            assert_eq!(module.command(&GetSoftApAddresses), Ok(ipv4(4, 1)));
        });
    let set = SetSoftApAddress {
        ip: Ipv4Addr::new(192, 168, 5, 1),
        gateway: Some(Ipv4Addr::new(192, 168, 5, 1)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
    };
    chapter
        .row("AT+CIPAP=<\"ip\">[,<\"gateway\">,<\"netmask\">]")
        .obeys(
            &set,
            "AT+CIPAP=\"192.168.5.1\",\"192.168.5.1\",\"255.255.255.0\"",
        )
        .greatest(&SetSoftApAddress {
            ip: Ipv4Addr::BROADCAST,
            gateway: Some(Ipv4Addr::BROADCAST),
            netmask: Some(Ipv4Addr::BROADCAST),
        })
        .talks::<St67>(move |module, _| {
            access_point(module);
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetSoftApAddresses), Ok(ipv4(5, 1)));
        });
}

fn names(chapter: &mut Chapter) {
    let named = |name| HostName {
        name: printed(name),
    };
    chapter
        .row("AT+CWHOSTNAME?")
        .writes(&GetHostName, "AT+CWHOSTNAME?")
        .reads(&GetHostName, "+CWHOSTNAME:my_test\r\n", named(b"my_test"))
        .reads(
            &GetHostName,
            "+CWHOSTNAME:\"my_test\"\r\n",
            named(b"my_test"),
        )
        .refuses(&GetHostName, "")
        .greatest(&GetHostName)
        .talks::<St67>(|module, _| {
            assert!(
                !module
                    .command(&GetHostName)
                    .unwrap()
                    .name
                    .as_bytes()
                    .is_empty()
            );
        });
    let set = |name| SetHostName {
        name: Text::new(name).unwrap(),
    };
    chapter
        .row("AT+CWHOSTNAME=<hostname>")
        .obeys(&set(b"my_test"), "AT+CWHOSTNAME=\"my_test\"")
        .greatest(&set(&[b','; 32]))
        .talks::<St67>(move |module, _| {
            station(module);
            module.command(&set(b"my_test")).unwrap();
            assert_eq!(module.command(&GetHostName), Ok(named(b"my_test")));
        });

    let country = |policy, code| Country {
        policy: Reported::Known(policy),
        code: printed(code),
    };
    chapter
        .row("AT+CWCOUNTRY?")
        .writes(&GetCountry, "AT+CWCOUNTRY?")
        .reads(
            &GetCountry,
            "+CWCOUNTRY:1,\"CN\"\r\n",
            country(CountryPolicy::Fixed, b"CN"),
        )
        .refuses(&GetCountry, "+CWCOUNTRY:1\r\n")
        .greatest(&GetCountry)
        .talks::<St67>(|module, _| {
            module.command(&GetCountry).unwrap();
        });
    let set = |policy, code| SetCountry {
        policy,
        code: Text::new(code).unwrap(),
    };
    chapter
        .row("AT+CWCOUNTRY=<country_policy>,<country_code>")
        .obeys(&set(CountryPolicy::Fixed, b"CN"), "AT+CWCOUNTRY=1,\"CN\"")
        .greatest(&set(CountryPolicy::Fixed, b",,,"))
        .talks::<St67>(move |module, _| {
            for policy in [CountryPolicy::AccessPoint, CountryPolicy::Fixed] {
                module.command(&set(policy, b"JP")).unwrap();
                assert_eq!(module.command(&GetCountry), Ok(country(policy, b"JP")));
            }
        });
}

fn radio(chapter: &mut Chapter) {
    let monitor = |enable, length_min, length_max| SetMonitor {
        enable,
        channel: Ranged::constant::<6>(),
        length_min,
        length_max,
    };
    chapter
        .row("AT+CWMONITOR=<enable>,<channel>,[<min_pkg_len>],[<max_pkg_len>]")
        .obeys(&monitor(Switch::On, None, None), "AT+CWMONITOR=1,6")
        .obeys(
            &monitor(Switch::On, None, Some(177)),
            "AT+CWMONITOR=1,6,,177",
        )
        .greatest(&SetMonitor {
            channel: Ranged::MAX,
            ..monitor(Switch::On, Some(u16::MAX), Some(u16::MAX))
        })
        .talks::<St67>(move |module, simulation| {
            module.command(&monitor(Switch::On, None, None)).unwrap();
            // A beacon comes every 102.4 ms.
            simulation.advance(Duration::from_millis(150));
            let event = module.poll().unwrap();
            let Some(Event::Other(line)) = event else {
                panic!("{event:?}");
            };
            let Some(st67::Event::Monitored { length, data, .. }) = st67::Event::parse(line) else {
                panic!("{}", line.escape_ascii());
            };
            assert_eq!(data.len(), 2 * usize::from(length));
            assert!(data.starts_with(b"80000000ffffffffffff"));
            module.command(&monitor(Switch::Off, None, None)).unwrap();
            let other = SetMonitor {
                channel: Ranged::constant::<14>(),
                ..monitor(Switch::On, None, None)
            };
            let refused = module.command(&other);
            assert!(matches!(refused, Err(Error::Module(_))), "no such channel");
        });

    let used = |standards| UsedStandards { standards };
    let bgn = Standards::B | Standards::G | Standards::N;
    chapter
        .row("AT+CWSTAPROTO?")
        .writes(&GetStationStandards, "AT+CWSTAPROTO?")
        .reads(&GetStationStandards, "+CWSTAPROTO:7\r\n", used(bgn))
        .greatest(&GetStationStandards)
        .talks::<St67>(move |module, _| {
            let all = Ok(used(Standards::ALL));
            assert_eq!(module.command(&GetStationStandards), all);
        });
    let set = |standards| SetStationStandards { standards };
    chapter
        .row("AT+CWSTAPROTO=<protocol>")
        .obeys(&set(Standards::B), "AT+CWSTAPROTO=1")
        .greatest(&set(Standards::ALL))
        .talks::<St67>(move |module, _| {
            module.command(&set(bgn)).unwrap();
            assert_eq!(module.command(&GetStationStandards), Ok(used(bgn)));
        });
    chapter
        .row("AT+CWAPPROTO?")
        .writes(&GetSoftApStandards, "AT+CWAPPROTO?")
        .reads(&GetSoftApStandards, "+CWAPPROTO:7\r\n", used(bgn))
        .greatest(&GetSoftApStandards)
        .talks::<St67>(move |module, _| {
            let all = Ok(used(Standards::ALL));
            assert_eq!(module.command(&GetSoftApStandards), all);
        });
    let set = |standards| SetSoftApStandards { standards };
    chapter
        .row("AT+CWAPPROTO=<protocol>")
        .obeys(&set(Standards::B), "AT+CWAPPROTO=1")
        .greatest(&set(Standards::ALL))
        .talks::<St67>(move |module, _| {
            module.command(&set(bgn)).unwrap();
            assert_eq!(module.command(&GetSoftApStandards), Ok(used(bgn)));
        });

    let wps = |enable, floor| SetWps { enable, floor };
    chapter
        .row("AT+WPS=<enable>[,<auth floor>]")
        .obeys(&wps(Switch::On, None), "AT+WPS=1")
        .obeys(&wps(Switch::On, Some(WpsFloor::Wpa2)), "AT+WPS=1,3")
        .greatest(&wps(Switch::On, Some(WpsFloor::WpaWpa2)))
        .talks::<St67>(move |module, simulation| {
            let home = atwifi_simulator::AccessPoint::new(SSID, PASSWORD).pressing_wps();
            simulation.set_access_points(vec![home]);
            station(module);
            module.command(&wps(Switch::On, None)).unwrap();
            await_event(module, simulation, |event| {
                matches!(event, Event::StationAddress(_))
            });
        });

    let diversity = |dynamic, fixed, pin| AntennaDiversity {
        dynamic: Reported::Known(dynamic),
        fixed: Reported::Known(fixed),
        pin,
    };
    chapter
        .row("AT+CWANTENABLE?")
        .writes(&GetAntennaDiversity, "AT+CWANTENABLE?")
        .reads(
            &GetAntennaDiversity,
            "+CWANTENABLE:1,0,3\r\n",
            diversity(Switch::On, Switch::Off, 3),
        )
        .refuses(&GetAntennaDiversity, "+CWANTENABLE:1,0\r\n")
        .greatest(&GetAntennaDiversity)
        .talks::<St67>(move |module, _| {
            let none = Ok(diversity(Switch::Off, Switch::Off, 0));
            assert_eq!(module.command(&GetAntennaDiversity), none);
        });
    let set = |dynamic, fixed, pin| SetAntennaDiversity {
        dynamic,
        fixed,
        pin,
    };
    chapter
        .row("AT+CWANTENABLE=<dynamic_enable>,<static_enable>[,<pin>]")
        .obeys(
            &set(Switch::On, Switch::On, Some(0)),
            "AT+CWANTENABLE=1,1,0",
        )
        .greatest(&set(Switch::On, Switch::On, Some(u8::MAX)))
        .talks::<St67>(move |module, _| {
            use atwifi::st67::command::basic::SetStore;
            module.command(&SetStore { store: Switch::On }).unwrap();
            let command = set(Switch::On, Switch::Off, Some(3));
            module.command(&command).unwrap();
            module.reset().unwrap();
            let set = Ok(diversity(Switch::On, Switch::Off, 3));
            assert_eq!(module.command(&GetAntennaDiversity), set);
        });
    chapter
        .row("AT+CWANTNUM?")
        .writes(&GetAntennas, "AT+CWANTNUM?")
        .reads(&GetAntennas, "+CWANTNUM:2\r\n", Antennas { count: 2 })
        .greatest(&GetAntennas)
        .talks::<St67>(|module, _| {
            assert_eq!(module.command(&GetAntennas), Ok(Antennas { count: 2 }));
        });
    chapter
        .row("AT+CWANT?")
        .writes(&GetAntenna, "AT+CWANT?")
        .reads(&GetAntenna, "+CWANT:1\r\n", Antenna { antenna: 1 })
        .greatest(&GetAntenna)
        .talks::<St67>(|module, _| {
            assert_eq!(module.command(&GetAntenna), Ok(Antenna { antenna: 0 }));
        });
    let set = |antenna| SetAntenna { antenna };
    chapter
        .row("AT+CWANT=<ant_id>")
        .obeys(&set(1), "AT+CWANT=1")
        .obeys(&set(0), "AT+CWANT=0")
        .greatest(&set(u8::MAX))
        .talks::<St67>(move |module, _| {
            module.command(&set(1)).unwrap();
            assert_eq!(module.command(&GetAntenna), Ok(Antenna { antenna: 1 }));
        });
}

fn printed<const N: usize>(text: &[u8]) -> Printed<N> {
    Printed::new(text).unwrap()
}

fn join<'a>(ssid: &'a [u8], password: &'a [u8]) -> Join<'a> {
    Join::new(Text::new(ssid).unwrap(), Secret::new(password).unwrap())
}

fn set_mode(module: &mut Driver<'_, St67>, mode: Mode) {
    let auto_connect = Some(Switch::Off);
    let set = module.command(&SetMode { mode, auto_connect });
    assert_eq!(set, Ok(Done {}));
}

fn station(module: &mut Driver<'_, St67>) {
    set_mode(module, Mode::Station);
}

fn access_point(module: &mut Driver<'_, St67>) {
    set_mode(module, Mode::AccessPoint);
}

fn clients(module: &mut Driver<'_, St67>) -> Vec<ClientRow> {
    let mut rows = Vec::new();
    module
        .command_for_rows(&GetClients, |line| {
            rows.push(ClientRow::parse(line).unwrap());
        })
        .unwrap();
    rows
}

/// The rows of a scan, be they the reply or events behind it.
fn scan(
    module: &mut Driver<'_, St67>,
    simulation: &atwifi_simulator::Simulation,
    command: &impl atat::AtatCmd,
) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    while module.poll().unwrap().is_some() {}
    module
        .command_for_rows(command, |line| rows.push(line.to_vec()))
        .unwrap();
    // In the reference the reply was all.
    simulation.advance(Duration::from_secs(3));
    while let Some(event) = module.poll().unwrap() {
        if let Event::Other(line) = event {
            rows.push(line.to_vec());
        }
    }
    rows
}

/// Waits up to ten virtual seconds for an event.
fn await_event(
    module: &mut Driver<'_, St67>,
    simulation: &atwifi_simulator::Simulation,
    mut is_it: impl FnMut(Event<'_>) -> bool,
) {
    let deadline = simulation.now() + Duration::from_secs(10);
    loop {
        match module.poll().unwrap() {
            Some(event) if is_it(event) => return,
            Some(_) => {}
            None if simulation.now() < deadline => simulation.idle(),
            None => panic!("no event:\n{}", simulation.transcript()),
        }
    }
}
