//! The files of an ST67: readers and writers, and no call that hangs.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::in_all_weathers;
use crate::common::*;
use atwifi::st67::{St67, Status};
use atwifi::{Cause, Error, Usage};
use atwifi_simulator::Faults;
use embedded_io::{Read, ReadExactError, Seek, SeekFrom, Write};

/// All bytes, and much that looks like a module talking.
fn content() -> Vec<u8> {
    let mut content = payload();
    content.extend(b"\0\0\r\n\r\nOK\r\n\0+FS:READ,3,");
    content.extend(&download()[..3000]);
    content
}

fn name_of(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

#[test]
fn what_is_written_is_read_from_any_place() {
    each_joined::<St67>(|simulation, module| {
        let content = content();
        let mut files = module.files();
        files.write("a, b", &content).unwrap();
        assert_eq!(simulation.file("a, b"), Some(content.clone()));
        assert_eq!(files.size("a, b"), Ok(Some(content.len() as u32)));
        for (offset, length) in [(0, 10_000), (90, 300), (330, 40), (3000, 5000), (90_000, 3)] {
            let mut into = vec![0xee; length];
            let read = files.read("a, b", offset as u32, &mut into).unwrap();
            let expected = content.get(offset..).unwrap_or(&[]);
            let expected = expected.get(..length).unwrap_or(expected);
            assert_eq!(read, expected.len(), "{offset}");
            let differs = into.iter().zip(expected).position(|(a, b)| a != b);
            assert_eq!(differs, None, "{}", simulation.transcript());
        }
        files.write("a, b", b"short").unwrap();
        assert_eq!(simulation.file("a, b"), Some(b"short".to_vec()));
        files.write("a, b", b"").unwrap();
        assert_eq!(files.size("a, b"), Ok(Some(0)));
    });
}

#[test]
fn a_file_is_a_reader_a_writer_and_has_a_place() {
    each_joined::<St67>(|simulation, module| {
        let content = content();
        let mut files = module.files();
        let mut file = files.create("log").unwrap();
        file.write_all(&content).unwrap();
        file.flush().unwrap();
        assert_eq!(file.size() as usize, content.len());
        assert_eq!(simulation.file("log"), Some(content.clone()));

        let mut file = files.open("log").unwrap();
        let mut whole = vec![0; content.len()];
        file.read_exact(&mut whole).unwrap();
        let differs = whole.iter().zip(&content).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{}", simulation.transcript());
        assert_eq!(file.read(&mut [0; 10]), Ok(0), "the end");
        let more = file.read_exact(&mut [0]);
        assert!(matches!(more, Err(ReadExactError::UnexpectedEof)));

        assert_eq!(file.seek(SeekFrom::End(-4)), Ok(content.len() as u64 - 4));
        file.write_all(b"over the end").unwrap();
        assert_eq!(
            file.seek(SeekFrom::Current(-3)),
            Ok(content.len() as u64 + 5)
        );
        let mut end = [0; 3];
        file.read_exact(&mut end).unwrap();
        assert_eq!(&end, b"end");
        let size = i32::try_from(file.size()).unwrap();
        for beyond in [
            SeekFrom::End(1),
            SeekFrom::Current(-100_000),
            SeekFrom::Start(u64::MAX),
        ] {
            let beyond = file.seek(beyond);
            assert_eq!(
                beyond,
                Err(Error::Usage(Usage::OutOfRange { min: 0, max: size }))
            );
        }
        assert_eq!(file.read(&mut []), Ok(0));
        assert_eq!(file.write(&[]), Ok(0));
    });
}

/// Firmware never answers.
#[test]
fn what_is_not_there_is_no_hang() {
    each_joined::<St67>(|simulation, module| {
        let before = simulation.now();
        let mut files = module.files();
        assert_eq!(files.size("nothing"), Ok(None));
        assert_eq!(files.delete("nothing"), Ok(false));
        let read = files.read("nothing", 0, &mut [0; 10]).unwrap_err();
        assert_eq!(read.cause(), Some(Cause::File));
        assert_eq!(
            files.open("nothing").err(),
            Some(Error::Module(Status::NoFile))
        );
        assert!(simulation.now() - before < Duration::from_secs(1));
        files.write("something", b"x").unwrap();
        assert_eq!(files.delete("something"), Ok(true));
        assert_eq!(files.size("something"), Ok(None));
    });
}

#[test]
fn names_are_checked_before_a_byte() {
    each_joined::<St67>(|simulation, module| {
        let before = simulation.to_module();
        let mut files = module.files();
        assert_eq!(files.size(""), Err(Error::Usage(Usage::Empty)));
        let long = "x".repeat(128);
        assert_eq!(files.delete(&long), Err(Error::Usage(Usage::TooLong(127))));
        assert_eq!(
            files.write("a\r\nb", b""),
            Err(Error::Usage(Usage::Byte(b'\r')))
        );
        assert_eq!(simulation.to_module(), before);
        // The longest that there may be.
        files.write(&long[1..], b"x").unwrap();
        assert_eq!(files.size(&long[1..]), Ok(Some(1)));
    });
}

/// More than memory has room for, beside events, and with names that look like what a module says.
#[test]
fn files_are_listed_however_many_there_are() {
    for simulation in simulations::<St67>(|config| {
        (0..100).fold(config, |config, n| {
            let odd = ["ERR CODE", "ready?", "busy", ">", "a\\b"][n % 5];
            config.with_file(&format!("{odd} {n}"), "x")
        })
    }) {
        with_joined::<St67, _>(&simulation, |module| {
            let gap = simulation.gaps() + 50;
            simulation.set_faults(Faults {
                event_in_gap: Some((gap, b"+CIP:4,DISCONNECTED\r\n".repeat(20))),
                ..Faults::default()
            });
            let mut names = Vec::new();
            let count = module.files().list(|name| {
                names.push(name_of(name));
                ControlFlow::Continue(())
            });
            assert_eq!(count, Ok(100), "{}", simulation.transcript());
            names.sort();
            names.dedup();
            assert_eq!(names.len(), 100);
            let mut few = 0;
            let count = module.files().list(|_| {
                few += 1;
                match few {
                    3 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            });
            assert_eq!((count, few), (Ok(3), 3));
            // An event of a link that nobody knows is looked into.
            module.link_state().unwrap();
            let commands = simulation.commands();
            module.link_state().unwrap();
            assert_eq!(simulation.commands(), commands + 1, "in step");
        });
    }
}

#[test]
fn a_restart_ends_an_open_file() {
    each_joined::<St67>(|simulation, module| {
        let mut files = module.files();
        let mut file = files.create("log").unwrap();
        file.write_all(b"before").unwrap();
        simulation.reset_module();
        simulation.advance(Duration::from_secs(2));
        assert_eq!(file.write(b"behind"), Err(Error::ModuleReset));
        assert_eq!(
            file.read(&mut [0; 3]),
            Ok(0),
            "at its end there is nothing to ask for"
        );
        file.rewind().unwrap();
        assert_eq!(file.read(&mut [0; 3]), Err(Error::ModuleReset));
        assert_eq!(simulation.file("log"), Some(b"before".to_vec()));
        let mut file = files.open("log").unwrap();
        assert_eq!(file.size(), 6);
        file.write_all(b"Before").unwrap();
    });
}

#[test]
fn a_full_flash_says_so() {
    each_joined::<St67>(|simulation, module| {
        simulation.set_faults(Faults {
            flash_room: Some(1000),
            ..Faults::default()
        });
        let mut files = module.files();
        let full = files.write("much", &[1; 1001]).unwrap_err();
        assert_eq!(
            full.cause(),
            Some(Cause::File),
            "{}",
            simulation.transcript()
        );
        let mut file = files.create("more").unwrap();
        file.write_all(&[1; 999]).unwrap();
        let full = file.write_all(&[1; 2]).unwrap_err();
        assert_eq!(full.cause(), Some(Cause::File));
        assert_eq!(file.seek(SeekFrom::Current(0)), Ok(999));
        file.write_all(&[1]).unwrap();
        let before = simulation.now();
        let full = files.create("none").err().unwrap();
        assert_eq!(
            full.cause(),
            Some(Cause::File),
            "{}",
            simulation.transcript()
        );
        assert!(simulation.now() - before < Duration::from_secs(10));
    });
}

#[test]
fn files_stand_all_weathers() {
    in_all_weathers::<St67>(
        |config| config.with_file("a", &b"0123\x00456789\r\nOK\r\n"[..]),
        |module| {
            let mut files = module.files();
            files.write("b", b"new\r\n")?;
            // What it was is not looked at: a UART has no checksum.
            files
                .read("a", 2, &mut [0; 20])
                .map(|read| read.to_string())
        },
    );
}
