//! Chapter 2, "Basic AT commands".

use atwifi::danger::IUnderstand;
use atwifi::st67::command::basic::*;
use atwifi::st67::command::{Done, Rows, wifi};
use atwifi::st67::{ErrorCode, St67, Status, Text};
use atwifi::{Error, Event, Mac, Printed, Ranged, Reported, Switch};

use super::evidence::Chapter;

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    identity(&mut chapter);
    settings(&mut chapter);
    efuse_and_flash(&mut chapter);
    pins(&mut chapter);
    update_and_files(&mut chapter);
    chapter
}

fn identity(chapter: &mut Chapter) {
    chapter
        .row("AT")
        .obeys(&Test, "AT")
        .greatest(&Test)
        .talks::<St67>(|module, _| assert_eq!(module.command(&Test), Ok(Done {})));

    chapter
        .row("AT+GMR")
        .writes(&GetVersions, "AT+GMR")
        .reads(
            &GetVersions,
            "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\n\
             component_version_macsw_1.6.38\r\n\
             lib_version_phyrf_00f7ad715\r\n\
             component_version_btble_1.8.25\r\n\
             lib_version_btblecontroller_1.6.89\r\n\
             component_version_sdk_2.0.75\r\n\
             compile time:Apr 30 2025 11:46:58\r\n",
            Versions {
                at: printed("1.0.0.1(Apr 30 2025 11:47:03)"),
                macsw: printed("1.6.38"),
                phyrf: printed("00f7ad715"),
                bluetooth_host: printed("1.8.25"),
                bluetooth_controller: printed("1.6.89"),
                sdk: printed("2.0.75"),
                compiled: printed("Apr 30 2025 11:46:58"),
            },
        )
        .refuses(&GetVersions, "")
        .greatest(&GetVersions)
        .talks::<St67>(|module, _| {
            let versions = module.command(&GetVersions).unwrap();
            assert!(versions.sdk.as_str().unwrap().starts_with("2.0."));
        });

    chapter
        .row("AT+RST")
        .obeys(&Restart, "AT+RST")
        .greatest(&Restart)
        .talks::<St67>(|module, simulation| {
            module.command(&Restart).unwrap();
            simulation.advance(std::time::Duration::from_secs(2));
            assert!(matches!(module.poll(), Ok(Some(Event::ModuleReset))));
            assert_eq!(module.command(&Test), Ok(Done {}));
        });

    let restore = danger::Restore::new(IUnderstand);
    chapter
        .row("AT+RESTORE")
        .obeys(&restore, "AT+RESTORE")
        .greatest(&restore)
        .talks::<St67>(move |module, simulation| {
            module.command(&SetStore { store: Switch::On }).unwrap();
            let mode = wifi::Mode::AccessPoint;
            let set = wifi::SetMode {
                mode,
                auto_connect: None,
            };
            module.command(&set).unwrap();
            module.command(&restore).unwrap();
            simulation.advance(std::time::Duration::from_secs(2));
            let reported = module.command(&wifi::GetMode).unwrap();
            assert_ne!(reported.mode, Reported::Known(mode), "it was stored");
        });

    chapter
        .row("AT+CMD?")
        .writes(&GetCommands, "AT+CMD?")
        .reads(
            &GetCommands,
            "+CMD:0,\"AT\",0,0,0,1\r\n+CMD:1,\"AT+RST\",0,0,0,1\r\n",
            Rows { count: 2 },
        )
        .refuses(&GetCommands, "+CMD:0,\"AT\",0,0\r\n")
        .greatest(&GetCommands)
        .talks::<St67>(|module, _| {
            let mut names = Vec::new();
            module
                .command_for_rows(&GetCommands, |line| {
                    let row = CommandRow::parse(line).unwrap();
                    names.push((row.name.to_owned(), row.queries, row.sets, row.executes));
                })
                .unwrap();
            assert!(names.contains(&("AT+RST".into(), false, false, true)));
            assert!(names.contains(&("AT+CWMODE".into(), true, true, false)));
        });

    chapter
        .row("ATE0")
        .obeys(&EchoOff, "ATE0")
        .greatest(&EchoOff)
        .talks::<St67>(|module, _| {
            module.command(&EchoOn).unwrap();
            assert_eq!(module.command(&EchoOff), Ok(Done {}));
        });
    chapter
        .row("ATE1")
        .obeys(&EchoOn, "ATE1")
        .greatest(&EchoOn)
        .talks::<St67>(|module, simulation| {
            module.command(&EchoOn).unwrap();
            let before = simulation.to_host();
            assert_eq!(module.command(&Test), Ok(Done {}), "the echo is no reply");
            assert!(simulation.to_host() - before > "\r\nOK\r\n".len() as u64);
        });

    let macs = FusedMacs {
        slots: [
            Mac([0x9c, 0xb7, 0x93, 0x0c, 0xc1, 0x26]),
            Mac([0; 6]),
            Mac([0x00, 0xb7, 0x00, 0x00, 0x00, 0x00]),
        ],
    };
    chapter
        .row("AT+GMAC?")
        .writes(&GetFusedMacs, "AT+GMAC?")
        .reads(
            &GetFusedMacs,
            "+GMACSLOT0:9c:b7:93:0c:c1:26\r\n\
             +GMACSLOT1:00:00:00:00:00:00\r\n\
             +GMACSLOT2:00:b7:00:00:00:00\r\n",
            macs,
        )
        .refuses(&GetFusedMacs, "+GMACSLOT0:9c:b7:93:0c:c1:26\r\n")
        .greatest(&GetFusedMacs)
        .talks::<St67>(|module, _| {
            let macs = module.command(&GetFusedMacs).unwrap();
            let station = module.command(&wifi::GetStationMac).unwrap();
            assert!(macs.slots.contains(&station.mac));
        });

    let part_number = PartNumber {
        number: printed("CP90-79196-2"),
    };
    chapter
        .row("AT+PN?")
        .writes(&GetPartNumber, "AT+PN?")
        .reads(&GetPartNumber, "+PN:CP90-79196-2\r\n", part_number)
        .refuses(&GetPartNumber, "")
        .greatest(&GetPartNumber)
        .talks::<St67>(|module, _| {
            let part = module.command(&GetPartNumber).unwrap();
            assert!(!part.number.as_bytes().is_empty());
        });

    chapter
        .row("AT+VBAT?")
        .writes(&GetSupplyVoltage, "AT+VBAT?")
        .reads(
            &GetSupplyVoltage,
            "+VBAT:3326\r\n",
            SupplyVoltage { millivolts: 3326 },
        )
        .greatest(&GetSupplyVoltage)
        .talks::<St67>(|module, _| {
            let supply = module.command(&GetSupplyVoltage).unwrap();
            assert!((2000..4000).contains(&supply.millivolts));
        });
}

fn settings(chapter: &mut Chapter) {
    let memory = Memory {
        system: 148_408,
        network: 84_044,
    };
    chapter
        .row("AT+SYSRAM?")
        .writes(&GetMemory, "AT+SYSRAM?")
        .reads(&GetMemory, "+SYSRAM:148408,84044\r\n", memory)
        .refuses(&GetMemory, "+SYSRAM:148408\r\n")
        .greatest(&GetMemory)
        .talks::<St67>(|module, _| assert!(module.command(&GetMemory).unwrap().system > 0));

    let details = PrintedMessages {
        messages: Messages::DETAILS,
    };
    chapter
        .row("AT+SYSMSG?")
        .writes(&GetMessages, "AT+SYSMSG?")
        .reads(&GetMessages, "+SYSMSG:2\r\n", details)
        .greatest(&GetMessages)
        .talks::<St67>(|module, _| {
            module.command(&GetMessages).unwrap();
        });
    let messages = |messages| SetMessages { messages };
    chapter
        .row("AT+SYSMSG=<state>")
        .obeys(&messages(Messages::DETAILS), "AT+SYSMSG=2")
        .greatest(&messages(Messages::ALL))
        .talks::<St67>(move |module, _| {
            for bits in 0..=7 {
                let set = Messages::from_bits(bits);
                module.command(&messages(set)).unwrap();
                assert_eq!(module.command(&GetMessages).unwrap().messages, set);
            }
            let refused = module.command(&messages(Messages::from_bits(8)));
            assert!(matches!(refused, Err(Error::Module(Status::Code(_)))));
        });

    chapter
        .row("AT+SYSLOG?")
        .writes(&GetErrorCodes, "AT+SYSLOG?")
        .reads(&GetErrorCodes, "+SYSLOG:1\r\n", error_codes(Switch::On))
        .refuses(&GetErrorCodes, "+SYSLOG:\r\n")
        .greatest(&GetErrorCodes)
        .talks::<St67>(|module, _| {
            assert_eq!(module.command(&GetErrorCodes), Ok(error_codes(Switch::On)));
        });
    let set = |codes| SetErrorCodes { codes };
    chapter
        .row("AT+SYSLOG=<status>")
        .obeys(&set(Switch::On), "AT+SYSLOG=1")
        .greatest(&set(Switch::On))
        .talks::<St67>(move |module, _| {
            module.command(&set(Switch::Off)).unwrap();
            assert_eq!(module.command(&GetErrorCodes), Ok(error_codes(Switch::Off)));
        });

    let store = |store| Store {
        store: Reported::Known(store),
    };
    chapter
        .row("AT+SYSSTORE?")
        .writes(&GetStore, "AT+SYSSTORE?")
        .reads(&GetStore, "+SYSSTORE:1\r\n", store(Switch::On))
        .greatest(&GetStore)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetStore), Ok(store(Switch::Off)));
        });
    let set = |store| SetStore { store };
    chapter
        .row("AT+SYSSTORE=<store_mode>")
        .obeys(&set(Switch::Off), "AT+SYSSTORE=0")
        .obeys(&set(Switch::On), "AT+SYSSTORE=1")
        .greatest(&set(Switch::On))
        .talks::<St67>(move |module, _| {
            module.command(&set(Switch::On)).unwrap();
            assert_eq!(module.command(&GetStore), Ok(store(Switch::On)));
        });

    let degrees = |millidegrees| Temperature { millidegrees };
    chapter
        .row("AT+TEMP?")
        .writes(&GetTemperature, "AT+TEMP?")
        .reads(&GetTemperature, "+TEMP:36\r\n", degrees(36_000))
        .reads(&GetTemperature, "+TEMP:36.123456\r\n", degrees(36_123))
        .reads(&GetTemperature, "+TEMP:-0.500000\r\n", degrees(-500))
        .refuses(&GetTemperature, "+TEMP:\r\n")
        .refuses(&GetTemperature, "+TEMP:1.x\r\n")
        .refuses(&GetTemperature, "+TEMP:4294967295\r\n")
        .greatest(&GetTemperature)
        .talks::<St67>(|module, _| {
            let temperature = module.command(&GetTemperature).unwrap();
            assert!((-40_000..=125_000).contains(&temperature.millidegrees));
        });
}

fn efuse_and_flash(chapter: &mut Chapter) {
    let read = |reload| ReadEfuse {
        length: Ranged::constant::<4>(),
        address: Address(0x1c),
        reload,
    };
    let write = |words, address| danger::WriteEfuse::new(words, Address(address), IUnderstand);
    let one = Ranged::constant::<1>();
    let burn = danger::BurnEfuse::new(IUnderstand);

    chapter
        .row("AT+EFUSE-W=<nbytes>,<addr>")
        .writes(&write(one, 0x1c), "AT+EFUSE-W=4,\"0x1c\"")
        // With the prompt of the reference, and as firmware has it.
        .exchanges::<St67>(
            &[
                ("AT+EFUSE-W=4,\"0x1c\"\r\n", "\r\nOK\r\n\r\n>"),
                ("aaaa", "\r\nSEND OK\r\n"),
                ("AT+EFUSE-W=4,\"0x1c\"\r\n", "\r\nOK\r\n"),
                ("aaaa", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
            ],
            |module| {
                for _ in 0..2 {
                    let written = module.command_with_data(&write(one, 0x1c), b"aaaa");
                    assert_eq!(written, Ok(Done {}));
                }
            },
        )
        .greatest(&write(Ranged::MAX, u32::MAX))
        .talks::<St67>(move |module, _| {
            let before = get(module, &read(Some(Switch::On)));
            module
                .command_with_data(&write(one, 0x1c), b"a\0\r\n")
                .unwrap();
            assert_eq!(get(module, &read(None)), b"a\0\r\n", "the copy has it");
            assert_eq!(get(module, &read(Some(Switch::On))), before, "not burnt");
        });
    chapter
        .row("AT+EFUSE-R=<nbytes>,<addr>,<reload>")
        .writes(&read(None), "AT+EFUSE-R=4,\"0x1c\"")
        .writes(&read(Some(Switch::On)), "AT+EFUSE-R=4,\"0x1c\",1")
        // As the reference's syntax and the firmware have it, and as the reference's example.
        .exchanges::<St67>(
            &[
                ("AT+EFUSE-R=4,\"0x1c\"\r\n", "+EFUSE-R:4,aaaa\r\n\r\nOK\r\n"),
                ("AT+EFUSE-R=4,\"0x1c\"\r\n", "+EFUSE-R:0000\r\n\r\nOK\r\n"),
            ],
            |module| {
                assert_eq!(get(module, &read(None)), b"aaaa");
                assert_eq!(get(module, &read(None)), b"0000");
            },
        )
        .greatest(&ReadEfuse {
            length: Ranged::MAX,
            address: Address(u32::MAX),
            reload: Some(Switch::On),
        })
        .talks::<St67>(move |module, _| assert_eq!(get(module, &read(None)).len(), 4));
    chapter
        .row("AT+EFUSE-CFM")
        .obeys(&burn, "AT+EFUSE-CFM")
        .greatest(&burn)
        .talks::<St67>(move |module, _| {
            module
                .command_with_data(&write(one, 0x1c), b"aaaa")
                .unwrap();
            module.command(&burn).unwrap();
            assert_eq!(get(module, &read(Some(Switch::On))), b"aaaa");
        });

    let write = |length, address| danger::WriteFlash::new(length, Address(address), IUnderstand);
    let read = |length| ReadFlash {
        length,
        address: Address(0x21_0000),
    };
    let four = Ranged::constant::<4>();
    let erase = |length, address| danger::EraseFlash::new(length, Address(address), IUnderstand);
    chapter
        .row("AT+FLASH-W=<nbytes>,<addr>")
        .writes(&write(four, 0x21_0000), "AT+FLASH-W=4,\"0x210000\"")
        .exchanges::<St67>(
            &[
                ("AT+FLASH-W=4,\"0x210000\"\r\n", "\r\nOK\r\n\r\n>"),
                ("aaaa", "\r\nSEND OK\r\n"),
                ("AT+FLASH-W=4,\"0x210000\"\r\n", "\r\nOK\r\n"),
                ("aaaa", "Recv 4 bytes\r\n\r\nSEND FAIL\r\n"),
            ],
            |module| {
                let command = write(four, 0x21_0000);
                assert_eq!(module.command_with_data(&command, b"aaaa"), Ok(Done {}));
                assert_eq!(
                    module.command_with_data(&command, b"aaaa"),
                    Err(Error::Module(Status::SendFailed))
                );
            },
        )
        .greatest(&write(Ranged::MAX, u32::MAX))
        .talks::<St67>(move |module, _| {
            let data = b"\r\nOK\r\n>\0";
            let eight = Ranged::constant::<8>();
            module.command(&erase(4096, 0x21_0000)).unwrap();
            module
                .command_with_data(&write(eight, 0x21_0000), data)
                .unwrap();
            assert_eq!(get(module, &read(eight)), data);
        });
    chapter
        .row("AT+FLASH-R=<nbytes>,<addr>")
        .writes(&read(four), "AT+FLASH-R=4,\"0x210000\"")
        .exchanges::<St67>(
            &[
                (
                    "AT+FLASH-R=4,\"0x210000\"\r\n",
                    "+FLASH-R:ffff\r\n\r\nOK\r\n",
                ),
                (
                    "AT+FLASH-R=4,\"0x210000\"\r\n",
                    "+FLASH-R:4,4,ff\r\n\r\nOK\r\n",
                ),
            ],
            |module| {
                assert_eq!(get(module, &read(four)), b"ffff");
                assert_eq!(get(module, &read(four)), b"4,ff");
            },
        )
        .greatest(&ReadFlash {
            length: Ranged::MAX,
            address: Address(u32::MAX),
        })
        .talks::<St67>(move |module, _| {
            assert_eq!(get(module, &read(Ranged::MAX)).len(), 8192);
        });
    chapter
        .row("AT+FLASH-E=<nbytes>,<addr>")
        .obeys(&erase(4096, 0x21_0000), "AT+FLASH-E=4096,\"0x210000\"")
        .greatest(&erase(u32::MAX, u32::MAX))
        .talks::<St67>(move |module, _| {
            module.command(&erase(4096, 0x21_0000)).unwrap();
            assert_eq!(get(module, &read(four)), [0xff; 4]);
        });
}

fn pins(chapter: &mut Chapter) {
    let pull = |pin, pull| SetPull { pin, pull };
    chapter
        .row("AT+IOPUPD=<pin>,<state>")
        .obeys(&pull(15, Pull::Up), "AT+IOPUPD=15,1")
        .greatest(&pull(255, Pull::Down))
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&pull(15, Pull::Up)), Ok(Done {}));
        });
    let output = |pin, level| SetOutput { pin, level };
    let state = |module: &mut crate::common::Driver<'_, St67>, pin| {
        module.command(&GetInput { pin }).unwrap().state
    };
    chapter
        .row("AT+IOOUT=<pin>,<state>")
        .obeys(&output(15, Level::High), "AT+IOOUT=15,1")
        .greatest(&output(255, Level::High))
        .talks::<St67>(move |module, _| {
            module.command(&pull(15, Pull::Up)).unwrap();
            module.command(&output(15, Level::High)).unwrap();
            assert_eq!(state(module, 15), 1);
        });
    let input = |pin, pull| SetInput { pin, pull };
    chapter
        .row("AT+IOIN=<pin>,<pull_state>")
        .obeys(&input(15, None), "AT+IOIN=15")
        .obeys(&input(15, Some(Pull::Up)), "AT+IOIN=15,1")
        .greatest(&input(255, Some(Pull::Down)))
        .talks::<St67>(move |module, _| {
            module.command(&input(15, Some(Pull::Up))).unwrap();
            assert_eq!(state(module, 15), 1);
            module.command(&input(15, Some(Pull::Down))).unwrap();
            assert_ne!(state(module, 15), 1);
        });
    chapter
        .row("AT+IOIN=<pin>?")
        .writes(&GetInput { pin: 15 }, "AT+IOIN=15?")
        .reads(
            &GetInput { pin: 15 },
            "+IOIN=15:1\r\n",
            Input { pin: 15, state: 1 },
        )
        .refuses(&GetInput { pin: 15 }, "+IOIN=15\r\n")
        .greatest(&GetInput { pin: 255 })
        .talks::<St67>(move |module, _| {
            module.command(&input(15, Some(Pull::Up))).unwrap();
            assert_eq!(state(module, 15), 1);
        });
    let reset = |pin| ResetPin { pin };
    chapter
        .row("AT+IORST=<pin>")
        .obeys(&reset(15), "AT+IORST=15")
        .greatest(&reset(255))
        .talks::<St67>(move |module, _| assert_eq!(module.command(&reset(15)), Ok(Done {})));
}

fn update_and_files(chapter: &mut Chapter) {
    chapter
        .row("AT+PART?")
        .writes(&GetPartitions, "AT+PART?")
        .reads(
            &GetPartitions,
            "+PART=0,0,\"   Boot2\",0x00000000,0x00000000,57344,0\r\n\r\n\
             +PART=0,0,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n",
            Rows { count: 2 },
        )
        .refuses(&GetPartitions, "+PART=0,0\r\n")
        .greatest(&GetPartitions)
        .talks::<St67>(|module, _| {
            let mut firmware = None;
            module
                .command_for_rows(&GetPartitions, |line| {
                    let row = PartitionRow::parse(line).unwrap();
                    if row.name == "FW" {
                        firmware = Some((row.active, row.addresses));
                    }
                })
                .unwrap();
            assert_eq!(firmware, Some((0, [0x1_0000, 0x21_0000])));
        });

    let update = |update| SetUpdate { update };
    let send = |length| SendUpdate { length };
    let part = move |module: &mut crate::common::Driver<'_, St67>| {
        module.command_with_data(&send(Ranged::constant::<512>()), &[0x55; 512])
    };
    chapter
        .row("AT+OTASTART=<enable>")
        .obeys(&update(Switch::On), "AT+OTASTART=1")
        .obeys(&update(Switch::Off), "AT+OTASTART=0")
        .greatest(&update(Switch::On))
        .talks::<St67>(move |module, _| {
            assert!(matches!(part(module), Err(Error::Module(_))), "not begun");
            module.command(&update(Switch::On)).unwrap();
            assert_eq!(part(module), Ok(Done {}));
            module.command(&update(Switch::Off)).unwrap();
            assert!(matches!(part(module), Err(Error::Module(_))), "given up");
        });
    chapter
        .row("AT+OTASEND=<length>")
        .writes(&send(Ranged::constant::<4>()), "AT+OTASEND=4")
        .exchanges::<St67>(
            &[
                ("AT+OTASEND=4\r\n", "\r\nOK\r\n\r\n>\r\n"),
                ("data", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
                ("AT+OTASEND=4\r\n", "\r\nOK\r\n>"),
                ("data", "\r\nSEND FAIL\r\n"),
            ],
            |module| {
                let command = send(Ranged::constant::<4>());
                assert_eq!(module.command_with_data(&command, b"data"), Ok(Done {}));
                assert_eq!(
                    module.command_with_data(&command, b"data"),
                    Err(Error::Module(Status::SendFailed))
                );
            },
        )
        .greatest(&send(Ranged::MAX))
        .talks::<St67>(move |module, _| {
            module.command(&update(Switch::On)).unwrap();
            assert_eq!(part(module), Ok(Done {}));
        });
    chapter
        .row("AT+OTAFIN")
        .obeys(&FinishUpdate, "AT+OTAFIN")
        .greatest(&FinishUpdate)
        .talks::<St67>(|module, _| {
            let refused = module.command(&FinishUpdate);
            assert!(matches!(refused, Err(Error::Module(_))), "nothing was sent");
        });

    let long = [b','; 99];
    let name = Text::new(b"ca_1.crt").unwrap();
    let longest = Text::new(&long).unwrap();
    let text = "-----BEGIN CERTIFICATE-----\r\nOK\r\n>";
    chapter
        .row("AT+FS=<type>,<operation>,<filename>[,<offset>][,<length>]")
        .obeys(&DeleteFile { name }, "AT+FS=0,0,\"ca_1.crt\"")
        .obeys(&CreateFile { name }, "AT+FS=0,1,\"ca_1.crt\"")
        .writes(&write(name, 0, 4), "AT+FS=0,2,\"ca_1.crt\",0,4")
        .writes(&read(name, 0, 4), "AT+FS=0,3,\"ca_1.crt\",0,4")
        .writes(&GetFileSize { name }, "AT+FS=0,4,\"ca_1.crt\"")
        .reads(
            &GetFileSize { name },
            "+FS:SIZE,1200\r\n",
            FileSize { bytes: 1200 },
        )
        .refuses(&GetFileSize { name }, "+FS:SIZE,\r\n")
        .writes(&files(), "AT+FS=0,5,\".\"")
        .reads(
            &files(),
            "+FS:LIST\r\n.\r\n..\r\nca_1.crt\r\nca_1.key\r\n",
            Rows { count: 4 },
        )
        .refuses(&files(), "ca_1.crt\r\n")
        .exchanges::<St67>(
            &[
                ("AT+FS=0,2,\"ca_1.crt\",0,4\r\n", "\r\nOK\r\n\r\n>"),
                ("data", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
                ("AT+FS=0,2,\"ca_1.crt\",0,4\r\n", "\r\nOK\r\n\r\n>"),
                (
                    "data",
                    "Recv 4 bytes\r\n\r\nERR CODE:0x01090000\r\n\r\nERROR\r\n",
                ),
                (
                    "AT+FS=0,3,\"ca_1.crt\",0,8\r\n",
                    "+FS:READ,4,data\r\n\r\nOK\r\n",
                ),
            ],
            |module| {
                let write = write(name, 0, 4);
                assert_eq!(module.command_with_data(&write, b"data"), Ok(Done {}));
                assert_eq!(
                    module.command_with_data(&write, b"data"),
                    Err(Error::Module(Status::Code(ErrorCode(0x0109_0000))))
                );
                assert_eq!(get(module, &read(name, 0, 8)), b"data");
            },
        )
        .greatest(&write(longest, u32::MAX, u32::MAX))
        .greatest(&read(longest, u32::MAX, u32::MAX))
        .talks::<St67>(move |module, _| {
            module.command(&CreateFile { name }).unwrap();
            let length = text.len() as u32;
            module
                .command_with_data(&write(name, 0, length), text.as_bytes())
                .unwrap();
            let size = module.command(&GetFileSize { name }).unwrap();
            assert_eq!(size.bytes, length);
            assert_eq!(get(module, &read(name, 0, 100)), text.as_bytes());
            assert_eq!(get(module, &read(name, 30, 2)), &text.as_bytes()[30..32]);
            let mut names = Vec::new();
            module
                .command_for_rows(&files(), |line| {
                    names.extend(FileRow::parse(line).map(|row| row.name.to_vec()));
                })
                .unwrap();
            assert!(names.contains(&b"ca_1.crt".to_vec()));
            module.command(&DeleteFile { name }).unwrap();
            let gone = module.command(&GetFileSize { name });
            assert!(matches!(gone, Err(Error::Module(_))));
        });
}

fn write(name: Text<'_, 127>, offset: u32, length: u32) -> WriteFile<'_> {
    WriteFile {
        name,
        offset,
        length,
    }
}

fn read(name: Text<'_, 127>, offset: u32, length: u32) -> ReadFile<'_> {
    ReadFile {
        name,
        offset,
        length,
    }
}

fn files() -> GetFiles<'static> {
    GetFiles {
        directory: Text::new(b".").unwrap(),
    }
}

/// What a command asks for.
fn get<T, C>(
    module: &mut atwifi::st67::Module<'_, T, C>,
    command: &impl atwifi::Download,
) -> Vec<u8>
where
    T: atwifi::Transport<Error: std::fmt::Debug>,
    C: atwifi::Clock,
{
    let mut data = vec![0; command.length()];
    let n = module.command_for_data(command, &mut data).unwrap();
    data.truncate(n);
    data
}

fn error_codes(codes: Switch) -> ErrorCodes {
    ErrorCodes {
        codes: Reported::Known(codes),
    }
}

fn printed<const N: usize>(text: &str) -> Printed<N> {
    Printed::new(text.as_bytes()).unwrap()
}
