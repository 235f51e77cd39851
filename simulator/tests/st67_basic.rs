//! Chapter 2 of the ST67W611M1's reference: system, memory, pins, update.

use std::time::Duration;

use crate::support::Host;
use atwifi_simulator::{Config, Faults, MemoryNetwork, Profile, UpdateFaults};
use ring::digest;

fn host(profile: Profile) -> Host {
    Host::new(Config::new(profile), MemoryNetwork::new())
}

fn reference() -> Host {
    host(Profile::St67Reference)
}

fn firmware() -> Host {
    host(Profile::St67Fw2_0_75)
}

/// 2.2.7, 2.2.11, 2.2.27 to 2.2.29
#[test]
fn what_the_module_tells_of_itself() {
    reference().play(&[
        ("AT+SYSRAM?", "+SYSRAM:148408,84044\r\nOK\r\n"),
        ("AT+TEMP?", "+TEMP:35\r\nOK\r\n"),
        (
            "AT+GMAC?",
            "+GMACSLOT0:40:82:7b:12:34:56\r\n\
             +GMACSLOT1:00:00:00:00:00:00\r\n\
             +GMACSLOT2:00:00:00:00:00:00\r\n\
             OK\r\n",
        ),
        ("AT+PN?", "+PN:CP90-79196-2\r\nOK\r\n"),
        ("AT+VBAT?", "+VBAT:3326\r\nOK\r\n"),
    ]);
    firmware().play(&[
        ("AT+SYSRAM?", "+SYSRAM:148408,84044\r\n\r\nOK\r\n"),
        ("AT+TEMP?", "+TEMP:35.500000\r\n\r\nOK\r\n"),
        ("AT+PN?", "+PN:CP90-79196-2\r\n\r\nOK\r\n"),
    ]);
}

/// 2.2.10.5
#[test]
fn what_is_stored_outlives_a_restart() {
    for mut host in [reference(), firmware()] {
        host.ask("AT+SYSSTORE=0");
        host.ask("AT+SYSMSG=1");
        host.ask("AT+CWMODE=1,0");
        assert!(host.ask("AT+SYSMSG?").starts_with("+SYSMSG:1\r\n"));
        host.ask("AT+RST");
        assert!(host.ask("AT+SYSSTORE?").starts_with("+SYSSTORE:1\r\n"));
        assert!(host.ask("AT+SYSMSG?").starts_with("+SYSMSG:0\r\n"));
        assert!(host.ask("AT+CWMODE?").starts_with("+CWMODE:0\r\n"));
        host.ask("AT+SYSMSG=6");
        host.ask("AT+CWMODE=3,0");
        host.ask("AT+RST");
        assert!(host.ask("AT+SYSMSG?").starts_with("+SYSMSG:6\r\n"));
        assert!(host.ask("AT+CWMODE?").starts_with("+CWMODE:3\r\n"));
        host.ask("AT+RESTORE");
        assert!(host.ask("AT+SYSMSG?").starts_with("+SYSMSG:0\r\n"));
        assert!(host.ask("AT+CWMODE?").starts_with("+CWMODE:0\r\n"));
    }
}

/// 2.2.13.5, 2.2.14.2
#[test]
fn efuses_are_burnt_when_they_are_confirmed() {
    reference().play(&[
        ("AT+EFUSE-R=4,\"0x1c\"", "+EFUSE-R:4,\0\0\0\0\r\nOK\r\n"),
        ("AT+EFUSE-W=4,\"0x1c\"", "OK\r\n>"),
    ]);
    let mut host = reference();
    host.ask("AT+EFUSE-W=4,\"0x1c\"");
    host.write(b"aaaa");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[
        ("AT+EFUSE-R=4,\"0x1c\"", "+EFUSE-R:4,aaaa\r\nOK\r\n"),
        ("AT+EFUSE-R=4,\"0x1c\",1", "+EFUSE-R:4,\0\0\0\0\r\nOK\r\n"),
    ]);
    host.ask("AT+EFUSE-W=4,\"0x1c\"");
    host.write(b"aaaa");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[
        ("AT+EFUSE-CFM", "OK\r\n"),
        ("AT+RST", "OK\r\nready\r\n"),
        ("AT+EFUSE-R=4,\"0x1c\",1", "+EFUSE-R:4,aaaa\r\nOK\r\n"),
        ("AT+EFUSE-R=3,\"0x1c\"", "ERROR\r\n"),
        ("AT+EFUSE-R=8193,\"0\"", "ERROR\r\n"),
        ("AT+EFUSE-R=4,\"fuse\"", "ERROR\r\n"),
    ]);
}

#[test]
fn the_firmware_prompts_for_memory_without_a_mark() {
    let mut host = firmware();
    assert_eq!(host.ask("AT+EFUSE-W=4,\"0x1c\""), "\r\nOK\r\n");
    host.write(b"aaaa");
    host.expect("Recv 4 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(host.ask("AT+FLASH-W=4,\"0x3fffff\""), "\r\nOK\r\n");
    host.write(b"aaaa");
    host.expect("Recv 4 bytes\r\n\r\nSEND FAIL\r\n");
    host.write(b"AT+EFUSE-R=7,\"0x014\"\r\n");
    host.simulation.advance(crate::support::LONG);
    assert_eq!(
        host.read(),
        b"+EFUSE-R:7,\x56\x34\x12\x7b\x82\x40\x00\r\n\r\nOK\r\n"
    );
}

/// 2.2.15 to 2.2.17
#[test]
fn flash_is_erased_before_it_is_written() {
    let mut host = reference();
    assert_eq!(host.ask("AT+FLASH-W=4,\"0x210000\""), "OK\r\n>");
    host.write(b"ffff");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[
        ("AT+FLASH-R=4,\"0x210000\"", "+FLASH-R:ffff\r\nOK\r\n"),
        ("AT+FLASH-W=4,\"0x210000\"", "OK\r\n>"),
    ]);
    host.write(b"aaaa");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[
        ("AT+FLASH-R=4,\"0x210000\"", "+FLASH-R:````\r\nOK\r\n"),
        ("AT+FLASH-E=4096,\"0x210000\"", "OK\r\n"),
    ]);
    host.write(b"AT+FLASH-R=2,\"0x210000\"\r\n");
    host.simulation.advance(crate::support::LONG);
    assert_eq!(host.read(), b"+FLASH-R:\xff\xff\r\nOK\r\n");
    host.play(&[
        ("AT+FLASH-R=4,\"0x3ffffd\"", "ERROR\r\n"),
        ("AT+FLASH-W=4,\"0x3ffffd\"", "ERROR\r\n"),
        ("AT+FLASH-E=4096,\"0x3fffff\"", "ERROR\r\n"),
        ("AT+FLASH-R=0,\"0x210000\"", "ERROR\r\n"),
        ("AT+FLASH-R=4", "ERROR\r\n"),
    ]);
    let mut host = firmware();
    host.write(b"AT+FLASH-R=2,\"0x210000\"\r\n");
    host.simulation.advance(crate::support::LONG);
    assert_eq!(host.read(), b"+FLASH-R:2,\xff\xff\r\n\r\nOK\r\n");
}

/// 2.2.18 to 2.2.21
#[test]
fn pins() {
    reference().play(&[
        ("AT+IOPUPD=15,1", "OK\r\n"),
        ("AT+IOOUT=15,1", "OK\r\n"),
        ("AT+IOIN=15", "OK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:1\r\nOK\r\n"),
        ("AT+IOIN=15,2", "OK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:2\r\nOK\r\n"),
        ("AT+IORST=15", "OK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:0\r\nOK\r\n"),
        ("AT+IOIN=15,3", "ERROR\r\n"),
        ("AT+IOOUT=15,2", "ERROR\r\n"),
        ("AT+IORST=99", "ERROR\r\n"),
    ]);
    firmware().play(&[
        ("AT+IOIN=15", "\r\nERROR\r\n"),
        ("AT+IOIN=15,1", "\r\nOK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:1\r\n\r\nOK\r\n"),
        ("AT+IOIN=15,2", "\r\nOK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:0\r\n\r\nOK\r\n"),
        ("AT+IOPUPD=15,2", "\r\nOK\r\n"),
        ("AT+IOOUT=15,1", "\r\nOK\r\n"),
        ("AT+IOIN=15?", "+IOIN=15:1\r\n\r\nOK\r\n"),
    ]);
}

/// 2.2.22
#[test]
fn partitions() {
    assert_eq!(
        reference().ask("AT+PART?"),
        "+PART:0,0,\"   Boot2\",0x00000000,0x00000000,57344,0\r\n\
         +PART:0,0,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n\
         +PART:0,0,\"     mfg\",0x00210000,0x00000000,1474560,0\r\n\
         +PART:0,0,\"   media\",0x00378000,0x00000000,462848,0\r\n\
         +PART:0,0,\"     PSM\",0x003e9000,0x00000000,32768,0\r\n\
         OK\r\n"
    );
    let rows = firmware().ask("AT+PART?");
    assert!(rows.starts_with("+PART=0,0,\"   Boot2\",0x00000000,"));
}

/// 2.2.23 to 2.2.25
#[test]
fn an_update_as_documented() {
    let mut host = reference();
    host.play(&[
        ("AT+OTASEND=4", "ERROR\r\n"),
        ("AT+OTAFIN", "ERROR\r\n"),
        ("AT+OTASTART=2", "ERROR\r\n"),
        ("AT+OTASTART=1", "OK\r\n"),
        ("AT+OTAFIN", "ERROR\r\n"),
        ("AT+OTASEND=4", "OK\r\n>"),
    ]);
    host.write(b"code");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[("AT+OTAFIN", "OK\r\nready\r\n")]);
    let rows = host.ask("AT+PART?");
    assert!(rows.contains("+PART:1,1,\"      FW\""), "{rows}");
    host.play(&[("AT+OTASTART=1", "OK\r\n"), ("AT+OTASEND=4", "OK\r\n>")]);
    host.write(b"code");
    host.expect("Recv 4 bytes\r\nSEND OK\r\n");
    host.play(&[("AT+OTASTART=0", "OK\r\n"), ("AT+OTAFIN", "ERROR\r\n")]);
}

/// An image as the firmware knows it: a header of 512 bytes, then the body.
fn image(body: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 512];
    image[..10].copy_from_slice(b"QCC74X_OTA");
    image[16..18].copy_from_slice(b"XZ");
    let length = u32::try_from(body.len()).unwrap();
    image[20..24].copy_from_slice(&length.to_le_bytes());
    image[64..96].copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
    [image, body.to_vec()].concat()
}

fn send_image(host: &mut Host, image: &[u8]) {
    for piece in image.chunks(4096) {
        let length = piece.len();
        let prompt = host.ask(&format!("AT+OTASEND={length}"));
        assert_eq!(prompt, "\r\nOK\r\n\r\n>\r\n");
        host.write(piece);
        host.expect(&format!("Recv {length} bytes\r\n\r\nSEND OK\r\n"));
    }
}

#[test]
fn the_firmware_checks_an_image_at_the_end() {
    let body: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let mut host = firmware();
    host.play(&[
        ("AT+OTASEND=512", "\r\nERROR\r\n"),
        ("AT+OTASTART=1", "\r\nOK\r\n"),
        ("AT+OTASTART?", "+OTASTART:1\r\n\r\nOK\r\n"),
        ("AT+OTASEND=511", "\r\nERROR\r\n"),
        ("AT+OTASEND=4097", "\r\nERROR\r\n"),
        ("AT+OTAFIN", "\r\nERROR\r\n"),
    ]);
    send_image(&mut host, &[0; 1024]);
    host.play(&[("AT+OTAFIN", "\r\nERROR\r\n")]);
    let mut broken = image(&body);
    broken[5000] ^= 1;
    send_image(&mut host, &broken);
    host.play(&[("AT+OTAFIN", "\r\nOK\r\n")]);
    send_image(&mut host, &image(&body));
    host.play(&[("AT+OTAFIN", "\r\nOK\r\n\r\nready\r\n")]);
    let rows = host.ask("AT+PART?");
    assert!(rows.contains("+PART=1,1,\"      FW\""), "{rows}");
}

#[test]
fn an_update_waits_for_its_flash_and_tells_its_faults_at_the_end() {
    let mut image = image(&[7; 10_000]);
    image[48..55].copy_from_slice(b"2.0.106");
    let mut host = firmware();
    let faulty = |update| Faults {
        update,
        ..Faults::default()
    };
    for fault in [
        UpdateFaults {
            fails_at: Some(1),
            ..UpdateFaults::default()
        },
        UpdateFaults {
            is_spoilt: true,
            ..UpdateFaults::default()
        },
    ] {
        let is_spoilt = fault.is_spoilt;
        host.simulation.set_faults(faulty(fault));
        host.play(&[
            ("AT+OTASTART=0", "\r\nOK\r\n"),
            ("AT+OTASTART=1", "\r\nOK\r\n"),
        ]);
        send_image(&mut host, &image);
        let told = if is_spoilt { "OK" } else { "ERROR" };
        host.play(&[("AT+OTAFIN", &format!("\r\n{told}\r\n"))]);
    }
    host.simulation.set_faults(faulty(UpdateFaults {
        write: Duration::from_secs(100),
        ..UpdateFaults::default()
    }));
    host.play(&[
        ("AT+OTASTART=0", "\r\nOK\r\n"),
        ("AT+OTASTART=1", "\r\nOK\r\n"),
    ]);
    let (queued, last) = image.split_at(8192);
    send_image(&mut host, queued);
    host.ask(&format!("AT+OTASEND={}", last.len()));
    host.write(last);
    host.expect(&format!("Recv {} bytes\r\n", last.len()));
    host.simulation.advance(Duration::from_secs(100));
    host.expect("\r\nSEND OK\r\n");
    host.play(&[("AT+OTAFIN", "")]);
    host.simulation.advance(Duration::from_secs(200));
    host.expect("\r\nOK\r\n\r\nready\r\n");
    let versions = host.ask("AT+GMR");
    assert!(
        versions.contains("component_version_sdk_2.0.106\r\n"),
        "{versions}"
    );
}

/// A flash that is full, and one that fails.
#[test]
fn what_does_not_fit_the_flash_is_not_written() {
    for (mut host, lead) in [(reference(), ""), (firmware(), "\r\n")] {
        let (ok, error) = (format!("{lead}OK\r\n"), format!("{lead}ERROR\r\n"));
        let write = |host: &mut Host, data: &str| {
            host.ask(&format!("AT+FS=0,2,\"f\",0,{}", data.len()));
            host.write(data.as_bytes());
            host.wait()
        };
        host.play(&[("AT+FS=0,1,\"f\"", &ok)]);
        host.simulation.set_faults(Faults {
            flash_room: Some(5),
            failed_writes: vec![2],
            ..Faults::default()
        });
        assert_eq!(
            write(&mut host, "123456"),
            format!("Recv 6 bytes\r\n{error}")
        );
        assert_eq!(host.simulation.file("f"), Some(Vec::new()));
        let sent = format!("Recv 5 bytes\r\n{lead}SEND OK\r\n");
        assert_eq!(write(&mut host, "12345"), sent);
        assert_eq!(
            write(&mut host, "abcde"),
            format!("Recv 5 bytes\r\n{error}")
        );
        assert_eq!(host.simulation.file("f"), Some(b"12345".to_vec()));
        // Of a failure to create one firmware says nothing.
        let created = if lead.is_empty() { &error } else { "" };
        host.play(&[("AT+FS=0,1,\"g\"", created)]);
    }
}

#[test]
fn a_slow_flash_is_as_it_was_until_it_is_done() {
    for mut host in [reference(), firmware()] {
        host.ask("AT+FS=0,1,\"f\"");
        host.simulation.set_faults(Faults {
            slow_flash: Duration::from_secs(60),
            ..Faults::default()
        });
        host.ask("AT+FS=0,2,\"f\",0,3");
        host.write(b"abc");
        host.simulation.advance(Duration::from_secs(50));
        assert!(!String::from_utf8_lossy(&host.read()).contains("SEND OK"));
        host.simulation.reset_module();
        host.simulation.advance(Duration::from_secs(60));
        assert_eq!(host.simulation.file("f"), Some(Vec::new()));
    }
}
