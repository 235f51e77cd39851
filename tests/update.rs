//! Updates of the ST67's firmware: whatever happens, the module works, with the old one or the new one.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::{in_weathers, spoilt};
use crate::common::*;
use atwifi::st67::{St67, Status, Update, UpdateError};
use atwifi::{Error, Image, ImageFault, TcpSocket, Usage, Versions};
use atwifi_simulator::{Config, Fault, FaultKind, Faults, Profile, Simulation, UpdateFaults};
use embedded_io::{ErrorType, Read, Write};
use embedded_nal::TcpClientStack;
use ring::digest::{SHA256, digest};

type Wifi<'b> = Driver<'b, St67>;

/// The version that the images of these tests tell, which no profile has.
const NEW: &str = "2.1.7";
const PART: usize = 4096;
/// Every so many bytes of the long way of an image, something is spoilt.
const PLACES: usize = 41;

/// An image with so long a body, in which every place can be told from every other.
fn image(body: usize) -> Vec<u8> {
    let body: Vec<u8> = (0..body as u32)
        .map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8)
        .collect();
    let mut image = vec![0; Image::HEADER];
    image[..16].copy_from_slice(b"QCC74X_OTA_Ver10");
    image[16..20].copy_from_slice(b"XZ  ");
    image[20..24].copy_from_slice(&(body.len() as u32).to_le_bytes());
    image[32..36].copy_from_slice(b"V1.0");
    image[48..48 + NEW.len()].copy_from_slice(NEW.as_bytes());
    image[64..96].copy_from_slice(digest(&SHA256, &body).as_ref());
    [image, body].concat()
}

/// A file that is read in pieces that do not fit anything.
struct File<'i>(&'i [u8]);

impl ErrorType for File<'_> {
    type Error = Infallible;
}

impl Read for File<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let count = into.len().min(self.0.len()).min(1000);
        let (now, later) = self.0.split_at(count);
        into[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn update(
    wifi: &mut Wifi<'_>,
    image: &[u8],
    progress: impl FnMut(u32, u32) -> ControlFlow<()>,
) -> Result<Option<Versions>, UpdateError<Infallible, Failure<St67>>> {
    wifi.update(&mut File(image), &mut vec![0; PART], progress)
}

fn module_error<R>(
    result: Result<R, UpdateError<Infallible, Failure<St67>>>,
) -> Result<R, Failure<St67>> {
    result.map_err(|error| match error {
        UpdateError::Module(error) => error,
        UpdateError::Read(never) => match never {},
    })
}

fn firmware(wifi: &mut Wifi<'_>) -> String {
    // The first call may be told of a restart.
    let versions = wifi.versions().or_else(|_| wifi.versions()).unwrap();
    versions.firmware.as_str().unwrap().to_owned()
}

/// A socket to the echo, and a number of bytes that have gone there and back.
fn echo(wifi: &mut Wifi<'_>, simulation: &Simulation, socket: &mut TcpSocket, n: usize) {
    try_echo(wifi, simulation, socket, n)
        .unwrap_or_else(|error| panic!("{error}\n{}", simulation.transcript()));
}

fn try_echo(
    wifi: &mut Wifi<'_>,
    simulation: &Simulation,
    socket: &mut TcpSocket,
    n: usize,
) -> Result<(), Failure<St67>> {
    let sent = payload()[..64 + n % 64].to_vec();
    assert_eq!(flat(wifi.send(socket, &sent))?, sent.len());
    let mut got = Vec::new();
    receive_until::<St67>(wifi, simulation, socket, 50, &mut got, |got| {
        got.len() >= sent.len()
    })?;
    assert_eq!(got, sent);
    Ok(())
}

fn connected(wifi: &mut Wifi<'_>) -> TcpSocket {
    let mut socket = wifi.socket().unwrap();
    flat(wifi.connect(&mut socket, at(ECHO))).unwrap();
    socket
}

#[test]
fn an_image_of_a_megabyte_arrives_with_a_socket_open_beside_it() {
    let image = image(1_000_000);
    each_joined::<St67>(|simulation, wifi| {
        let mut socket = connected(wifi);
        let mut part = vec![0; PART];
        let mut update = Update::new(&mut part).unwrap();
        for (n, piece) in image.chunks(PART - 96).enumerate() {
            update.writer(wifi).write_all(piece).unwrap();
            echo(wifi, simulation, &mut socket, n);
        }
        assert_eq!(update.sent() as usize, image.len());
        let known = update.image().unwrap().clone();
        assert_eq!(known.version.unwrap().as_str(), Some(NEW));
        assert_eq!(known.length as usize, image.len());
        update.finish(wifi).unwrap();
        let has_taken = simulation.transcript().to_string().contains("+OTAFIN");
        assert!(has_taken);
        // The module knows the image by its hash; by the reference it looks at nothing.
        wifi.join(SSID, PASSWORD).unwrap();
        let mut again = connected(wifi);
        echo(wifi, simulation, &mut again, 0);
        let old = flat(wifi.send(&mut socket, b"x"));
        assert!(old.is_err(), "its module has restarted");
    });
}

#[test]
fn the_new_version_is_told_and_progress_runs_to_the_end() {
    let image = image(20_000);
    for profile in [Profile::St67Fw2_0_75, Profile::St67Fw2_0_106] {
        let simulation = Simulation::new(config(profile), Network::default().build());
        with_joined::<St67, _>(&simulation, |wifi| {
            let mut seen = Vec::new();
            let told = update(wifi, &image, |sent, all| {
                seen.push((sent, all));
                ControlFlow::Continue(())
            });
            let versions = told.unwrap().unwrap();
            assert_eq!(versions.firmware.as_str(), Some(NEW));
            let all = image.len() as u32;
            let expected = (1..).map(|n| n * PART as u32).take_while(|&n| n < all);
            let expected: Vec<_> = expected.chain([all]).map(|sent| (sent, all)).collect();
            assert_eq!(seen, expected);
        });
    }
}

#[test]
fn what_is_no_image_is_refused_before_a_byte_is_sent() {
    let good = image(3000);
    let spoilt = |at: usize, with: &[u8]| {
        let mut image = good.clone();
        image[at..at + with.len()].copy_from_slice(with);
        image
    };
    let cases = [
        (spoilt(0, b"BL60X_OTA"), ImageFault::Magic),
        (spoilt(16, b"RAW "), ImageFault::Kind),
        (spoilt(20, &[0; 4]), ImageFault::Length),
        (spoilt(20, &[0xff; 4]), ImageFault::Length),
        (spoilt(64, &[0; 32]), ImageFault::Hash),
        (good[..500].to_vec(), ImageFault::Short),
        (Vec::new(), ImageFault::Short),
    ];
    each_joined::<St67>(|simulation, wifi| {
        let before = simulation.to_module();
        for (image, fault) in &cases {
            let told = update(wifi, image, |_, _| ControlFlow::Continue(()));
            let expected = Err(Error::Usage(Usage::Image(*fault)));
            assert_eq!(module_error(told), expected);
        }
        let too_small = Update::new(&mut [0; 1000]).map(drop);
        assert!(matches!(
            too_small,
            Err(Usage::BufferTooSmall { needed: 1024, .. })
        ));
        assert_eq!(simulation.to_module(), before);
    });
}

#[test]
fn an_image_that_the_module_has_no_room_for_is_refused_before_it_is_sent() {
    let mut image = image(5000);
    image[20..24].copy_from_slice(&2_097_153_u32.to_le_bytes());
    each_joined::<St67>(|simulation, wifi| {
        let told = update(wifi, &image, |_, _| ControlFlow::Continue(()));
        let expected = Err(Error::Usage(Usage::Image(ImageFault::Length)));
        assert_eq!(module_error(told), expected);
        assert!(!simulation.transcript().to_string().contains("OTASTART"));
    });
}

#[test]
fn an_image_that_ends_too_soon_or_too_late_is_not_taken() {
    let image = image(10_000);
    each_joined::<St67>(|_, wifi| {
        let old = firmware(wifi);
        let told = update(wifi, &image[..9000], |_, _| ControlFlow::Continue(()));
        let expected = Err(Error::Usage(Usage::Image(ImageFault::Short)));
        assert_eq!(module_error(told), expected);
        let mut part = [0; PART];
        let mut update = Update::new(&mut part).unwrap();
        update.writer(wifi).write_all(&image).unwrap();
        let more = update.writer(wifi).write(b"more");
        assert_eq!(more, Err(Error::Usage(Usage::Image(ImageFault::Long))));
        let more = update.writer(wifi).write(b"more");
        assert!(matches!(more, Err(Error::Usage(Usage::Unsupported(_)))));
        assert!(update.finish(wifi).is_err());
        assert_eq!(firmware(wifi), old);
    });
}

#[test]
fn what_fails_in_the_flash_is_told_at_the_end_and_changes_nothing() {
    let image = image(30_000);
    let spoilt = UpdateFaults {
        is_spoilt: true,
        ..UpdateFaults::default()
    };
    let fails = |n| UpdateFaults {
        fails_at: Some(n),
        ..UpdateFaults::default()
    };
    for spi in [false, true] {
        let profile = Profile::St67Fw2_0_75;
        let config = if spi {
            spi_config(profile)
        } else {
            config(profile)
        };
        let simulation = Simulation::new(config, Network::default().build());
        with_joined::<St67, _>(&simulation, |wifi| {
            let old = firmware(wifi);
            for faults in [spoilt.clone(), fails(0), fails(3), fails(7)] {
                simulation.set_faults(Faults {
                    update: faults.clone(),
                    ..Faults::default()
                });
                let before = simulation.now();
                let told = update(wifi, &image, |_, _| ControlFlow::Continue(()));
                let expected = Err(Error::Module(Status::NotUpdated));
                assert_eq!(module_error(told), expected, "{faults:?}");
                assert!(simulation.now() - before < Duration::from_secs(40));
                assert_eq!(firmware(wifi), old);
            }
            simulation.set_faults(Faults::default());
            let told = update(wifi, &image, |_, _| ControlFlow::Continue(()));
            assert_eq!(told.unwrap().unwrap().firmware.as_str(), Some(NEW));
        });
    }
}

#[test]
fn a_slow_flash_is_waited_for() {
    let image = image(20_000);
    each_joined::<St67>(|simulation, wifi| {
        simulation.set_faults(Faults {
            update: UpdateFaults {
                write: Duration::from_secs(9),
                ..UpdateFaults::default()
            },
            ..Faults::default()
        });
        let mut socket = connected(wifi);
        let told = update(wifi, &image, |_, _| {
            assert_eq!(simulation.links_open(), 1);
            ControlFlow::Continue(())
        });
        assert!(told.unwrap().is_some(), "{}", simulation.transcript());
        let _ = wifi.close(socket);
        wifi.join(SSID, PASSWORD).unwrap();
        socket = connected(wifi);
        echo(wifi, simulation, &mut socket, 1);
    });
}

/// Updates with something in the middle; then the module must do all that it should, with one of the
/// two firmwares, and take an update.
fn survives(config: &Config, image: &[u8], meddle: impl FnOnce(&Simulation, &mut Wifi<'_>)) {
    let simulation = Simulation::new(config.clone(), Network::default().build());
    with_joined::<St67, _>(&simulation, |wifi| {
        let old = firmware(wifi);
        meddle(&simulation, wifi);
        simulation.set_faults(Faults::default());
        let now = firmware(wifi);
        let has_image = config.profile != Profile::St67Reference;
        assert!(now == old || (now == NEW && has_image), "{now}");
        if goes_online(wifi, &simulation).is_err() {
            // A setting was spoilt on the way.
            wifi.reset().unwrap();
            goes_online(wifi, &simulation).unwrap();
        }
        let told = update(wifi, image, |_, _| ControlFlow::Continue(()));
        assert!(told.unwrap().is_some(), "{}", simulation.transcript());
        let now = firmware(wifi);
        assert!(!has_image || now == NEW, "{now}");
    });
}

fn goes_online(wifi: &mut Wifi<'_>, simulation: &Simulation) -> Result<(), Failure<St67>> {
    wifi.join(SSID, PASSWORD)?;
    let mut socket = wifi.socket()?;
    let echoed = flat(wifi.connect(&mut socket, at(ECHO)))
        .and_then(|()| try_echo(wifi, simulation, &mut socket, 0));
    wifi.close(socket)?;
    echoed
}

/// Firmware that checks images, on both wires, and the reference's.
fn wires() -> [Config; 3] {
    [
        config(Profile::St67Fw2_0_75),
        spi_config(Profile::St67Fw2_0_75),
        config(Profile::St67Reference),
    ]
}

#[test]
fn a_break_at_any_part_leaves_the_old_firmware() {
    let image = image(5 * PART);
    for config in wires() {
        for end in 1..=6 {
            survives(&config, &image, |simulation, wifi| {
                let (old, mut socket) = (firmware(wifi), connected(wifi));
                let mut parts = 0;
                let told = update(wifi, &image, |_, _| {
                    parts += 1;
                    match parts == end {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                });
                assert_eq!((told.unwrap(), parts), (None, end));
                assert_eq!(firmware(wifi), old);
                echo(wifi, simulation, &mut socket, end);
            });
        }
    }
}

#[test]
fn a_restart_between_two_parts_is_told_and_leaves_the_old_firmware() {
    let image = image(5 * PART);
    for config in wires() {
        for end in 1..=5 {
            survives(&config, &image, |simulation, wifi| {
                let old = firmware(wifi);
                let mut parts = 0;
                let told = update(wifi, &image, |_, _| {
                    parts += 1;
                    if parts == end {
                        simulation.reset_module();
                    }
                    ControlFlow::Continue(())
                });
                assert_eq!(module_error(told), Err(Error::ModuleReset));
                assert_eq!(firmware(wifi), old);
            });
        }
    }
}

#[test]
fn a_fault_at_any_part_leaves_a_module_that_works() {
    let image = image(5 * PART);
    for config in wires() {
        // Where the parts begin and end on the way to the module, and what it says to them.
        let simulation = Simulation::new(config.clone(), Network::default().build());
        let mut places = Vec::new();
        with_joined::<St67, _>(&simulation, |wifi| {
            firmware(wifi);
            let told = update(wifi, &image, |_, _| {
                places.push((simulation.to_module(), simulation.to_host()));
                ControlFlow::Continue(())
            });
            assert!(told.unwrap().is_some());
            places.push((simulation.to_module() - 1, simulation.to_host() - 1));
        });
        let is_serial = config.spi.is_none();
        for &(to_module, to_host) in &places {
            for (at, kind) in [(20, FaultKind::Reset), (900, FaultKind::Reset)]
                .into_iter()
                .chain(is_serial.then_some((900, FaultKind::Cut(Duration::from_secs(2)))))
                .chain(is_serial.then_some((900, FaultKind::Drop(1))))
            {
                let at = to_module.saturating_sub(at);
                let faults = Faults {
                    to_module: vec![Fault::new(at, kind)],
                    ..Faults::default()
                };
                fails_or_not(&config, &image, faults);
            }
            let faults = Faults {
                to_host: vec![Fault::new(to_host, FaultKind::Reset)],
                ..Faults::default()
            };
            fails_or_not(&config, &image, faults);
        }
    }
}

fn fails_or_not(config: &Config, image: &[u8], faults: Faults) {
    survives(config, image, |simulation, wifi| {
        simulation.set_faults(faults.clone());
        let before = simulation.now();
        let told = update(wifi, image, |_, _| ControlFlow::Continue(()));
        let taken = simulation.now() - before;
        assert!(taken < Duration::from_secs(120), "{faults:?}: {taken:?}");
        simulation.set_faults(Faults::default());
        if told.is_ok() && config.profile != Profile::St67Reference {
            assert_eq!(firmware(wifi), NEW, "{faults:?}");
        }
    });
}

#[test]
fn a_module_with_the_wrong_firmware_is_helped_by_an_update() {
    let image = image(9000);
    let config = Config {
        network_on_host: true,
        ..config(Profile::St67Fw2_0_75)
    };
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<St67, _>(&simulation, |wifi| {
        let refused = wifi.join(SSID, PASSWORD).map(drop);
        assert_eq!(refused, Err(Error::Module(Status::NetworkOnHost)));
        let told = update(wifi, &image, |_, _| ControlFlow::Continue(()));
        assert_eq!(told.unwrap().unwrap().firmware.as_str(), Some(NEW));
        wifi.join(SSID, PASSWORD).unwrap();
    });
}

/// All but the end, beside a socket that lives on.
#[test]
fn parts_stand_all_weathers() {
    in_weathers::<St67>(
        PLACES,
        |config| config,
        |wifi| {
            let image = image(700);
            let told = wifi.update(&mut File(&image), &mut [0; 1024], |sent, all| {
                match sent == all {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            module_error(told).map(|versions| format!("{}", versions.is_none()))
        },
    );
}

/// The end, with the restart: a fault at every byte, and an event in every gap.
#[test]
fn the_end_stands_all_weathers() {
    let image = image(600);
    for config in wires() {
        let simulation = Simulation::new(config.clone(), Network::default().build());
        let crossed = || {
            (
                simulation.to_module(),
                simulation.to_host(),
                simulation.gaps(),
            )
        };
        let (before, after) = with_joined::<St67, _>(&simulation, |wifi| {
            firmware(wifi);
            let mut before = crossed();
            let told = update(wifi, &image, |_, _| {
                before = crossed();
                ControlFlow::Continue(())
            });
            assert!(told.unwrap().is_some());
            (before, crossed())
        });
        let kinds = [
            FaultKind::Drop(1),
            FaultKind::Corrupt(0x04),
            FaultKind::Insert(b"\r\n".to_vec()),
            FaultKind::Reset,
            FaultKind::Cut(Duration::from_secs(2)),
        ];
        for kind in kinds {
            for at in (before.0..after.0).step_by(5) {
                fails_or_not(&config, &image, spoilt(true, at, kind.clone()));
            }
            for at in (before.1..after.1).step_by(5) {
                fails_or_not(&config, &image, spoilt(false, at, kind.clone()));
            }
        }
        for gap in before.2..after.2 {
            let event_in_gap = Some((gap, b"+CIP:4,DISCONNECTED\r\n".to_vec()));
            let faults = Faults {
                event_in_gap,
                ..Faults::default()
            };
            fails_or_not(&config, &image, faults);
        }
    }
}
