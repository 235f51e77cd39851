//! Chapter 3, "General commands".

use atwifi::microchip::command::general::*;
use atwifi::microchip::{Event, Microchip, Status, Text};
use atwifi::{Error, Printed, Ranged, Switch};
use atwifi_simulator::Profile;
use rcgen::CertificateParams;

use super::evidence::Chapter;
use super::microchip::{Module, hear};

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    identity(&mut chapter);
    certificates(&mut chapter);
    chapter
}

fn identity(chapter: &mut Chapter) {
    let off = SetEcho { echo: Switch::Off };
    chapter
        .row("ATE[<N>]")
        .obeys(&off, "ATE0")
        .obeys(&SetEcho { echo: Switch::On }, "ATE1")
        .greatest(&off)
        .talks::<Microchip>(move |module, _| {
            module.command(&SetEcho { echo: Switch::On }).unwrap();
            // The driver switches it off again.
            let echoed = module.command(&Test);
            assert!(matches!(echoed, Ok(_) | Err(Error::ModuleReset)));
            module.command(&off).unwrap();
        });

    chapter
        .row("AT+GMI")
        .writes(&GetManufacturer, "AT+GMI")
        .reads(
            &GetManufacturer,
            "+GMI:\"Microchip\"\r\n",
            named("Microchip"),
        )
        .reads(
            &GetManufacturer,
            "+GMI=\"Microchip\"\r\n",
            named("Microchip"),
        )
        .refuses(&GetManufacturer, "+GMI=Microchip\r\n")
        .greatest(&GetManufacturer)
        .talks::<Microchip>(|module, _| {
            assert_eq!(module.command(&GetManufacturer), Ok(named("Microchip")));
        });

    chapter
        .row("AT+GMM")
        .writes(&GetModel, "AT+GMM")
        .reads(&GetModel, "+GMM:\"WINC1500\"\r\n", named("WINC1500"))
        .reads(&GetModel, "+GMM=\"PIC32MZW1\"\r\n", named("PIC32MZW1"))
        .refuses(&GetModel, "+GMI=\"PIC32MZW1\"\r\n")
        .greatest(&GetModel)
        .talks::<Microchip>(|module, _| {
            let model = module.command(&GetModel).unwrap();
            assert!(!model.name.as_bytes().is_empty());
        });

    let firmware_alone = Revision {
        chip: None,
        firmware: printed("0.3.2"),
        driver: None,
        rollback: None,
    };
    let all_four = Revision {
        chip: Some(printed("15x0")),
        firmware: printed("19.6.1"),
        driver: Some(printed("19.6.1")),
        rollback: Some(printed("19.5.3")),
    };
    let versions = "\"15x0\",\"19.6.1\",\"19.6.1\",\"19.5.3\"\r\n";
    chapter
        .row("AT+GMR")
        .writes(&GetRevision, "AT+GMR")
        .reads(&GetRevision, "+GMR=\"0.3.2\"\r\n", firmware_alone)
        .reads(&GetRevision, &format!("+GMR:{versions}"), all_four.clone())
        .reads(&GetRevision, &format!("+VER:{versions}"), all_four)
        .refuses(&GetRevision, "+GMR=0.3.2\r\n")
        .refuses(&GetRevision, "+GMR=\"1\",\"2\",\"3\",\"4\",\"5\"\r\n")
        .greatest(&GetRevision)
        .talks::<Microchip>(|module, _| {
            let revision = module.command(&GetRevision).unwrap();
            assert!(revision.firmware.as_str().unwrap().contains('.'));
        });

    let sleep = Sleep {
        mode: SleepMode::Deep,
    };
    chapter
        .row("AT+LOWPOWER[=<MODE>]")
        .obeys(&sleep, "AT+LOWPOWER=4")
        .greatest(&sleep)
        .talks::<Microchip>(move |module, simulation| {
            module.command(&sleep).unwrap();
            assert_eq!(module.command(&Test), Err(Error::Timeout));
            simulation.wake();
            simulation.advance(std::time::Duration::from_secs(2));
            let woken = module.command(&Test);
            assert!(matches!(woken, Ok(_) | Err(Error::ModuleReset)));
            assert!(matches!(
                module.poll(),
                Ok(Some(atwifi::Event::ModuleReset))
            ));
        });
}

fn certificates(chapter: &mut Chapter) {
    let read = |certificate| ReadCertificate { certificate };
    chapter
        .row("AT+READCERT[=<TYPE>]")
        .writes(&read(Certificate::Device), "AT+READCERT=1")
        .writes(&read(Certificate::Loaded), "AT+READCERT=3")
        .exchanges::<Microchip>(
            &[
                (
                    "AT+READCERT=1\r\n",
                    "+READCERT:1, 35,\"-----BEGIN CERTIFICATE-----\\nMII\\\"\\\\\\r\\n\"\r\nOK\r\n",
                ),
                ("AT+READCERT=3\r\n", "+READCERT:3,3,[3000ff]\r\nOK\r\n"),
                ("AT+READCERT=3\r\n", "ERROR:1,\"General Error\"\r\n"),
            ],
            move |module| {
                let mut text = [0; 1500];
                let mut get = |certificate| {
                    let n = module.command_for_data(&read(certificate), &mut text)?;
                    Ok(text[..n].to_vec())
                };
                let pem = b"-----BEGIN CERTIFICATE-----\nMII\"\\\r\n".to_vec();
                assert_eq!(get(Certificate::Device), Ok(pem));
                assert_eq!(get(Certificate::Loaded), Ok(vec![0x30, 0, 0xff]));
                assert_eq!(
                    get(Certificate::Loaded),
                    Err(Error::Module(Status::General))
                );
            },
        )
        .greatest(&read(Certificate::Signer))
        .talks::<Microchip>(move |module, _| {
            for certificate in [Certificate::Device, Certificate::Root] {
                let pem = text_of(module, certificate);
                assert!(pem.starts_with(b"-----BEGIN CERTIFICATE-----\nMII"));
                assert!(pem.ends_with(b"\n-----END CERTIFICATE-----\n"));
            }
        });

    let load = |length: usize, name| LoadCertificate {
        length: Ranged::new(length as u32).unwrap(),
        name: Text::new(name).unwrap(),
    };
    chapter
        .row("AT+LOADCERT=<LEN>,<NAME>")
        .obeys(
            &load(1500, b"app_client_cert_der_mosquitto_org"),
            "AT+LOADCERT=1500,\"app_client_cert_der_mosquitto_org\"",
        )
        .exchanges::<Microchip>(
            &[
                ("AT+LOADCERT=3,\"ca\"\r\n", "#"),
                ("a+b", "+LOADCERT:0\r\n"),
                ("AT+LOADCERT=3,\"ca\"\r\n", "#"),
                ("abc", "+LOADCERT:1\r\n"),
            ],
            move |module| {
                let ca = load(3, b"ca");
                module.command_with_data(&ca, b"a+b").unwrap();
                assert_eq!(
                    module.command_with_data(&ca, b"abc"),
                    Err(Error::Module(Status::CertificateRefused))
                );
            },
        )
        .greatest(&load(1500, &[b'\\'; 64]))
        .talks::<Microchip>(move |module, simulation| {
            let certificate = certificate();
            let name = Text::new(b"ca").unwrap();
            let length = Ranged::new(certificate.len() as u32).unwrap();
            let command = LoadCertificate { length, name };
            module.command_with_data(&command, &certificate).unwrap();
            simulation.advance(std::time::Duration::from_secs(1));
            assert_eq!(text_of(module, Certificate::Loaded), certificate);
        });

    chapter
        .row("+LOADCERT:<RESPONSE>")
        .tells("+LOADCERT:0", |line| {
            Event::parse(line) == Some(Event::CertificateLoaded(Ok(())))
        })
        .tells("+LOADCERT:1", |line| {
            Event::parse(line) == Some(Event::CertificateLoaded(Err(1)))
        })
        // Firmware says it in place of the status of the command, as above.
        .only_with(&[Profile::MicrochipReference])
        .talks::<Microchip>(move |module, simulation| {
            module.command_with_data(&load(3, b"ca"), b"abc").unwrap();
            hear(module, simulation, |event| match event {
                Event::CertificateLoaded(Err(1)) => Some(()),
                _ => None,
            });
        });
}

/// A certificate, in DER.
fn certificate() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["example.test".into()]).unwrap();
    certificate.self_signed(&key).unwrap().der().to_vec()
}

fn text_of(module: &mut Module<'_>, certificate: Certificate) -> Vec<u8> {
    let mut text = [0; 1500];
    let n = module
        .command_for_data(&ReadCertificate { certificate }, &mut text)
        .unwrap();
    text[..n].to_vec()
}

fn named(name: &str) -> Identity {
    Identity {
        name: printed(name),
    }
}

fn printed<const N: usize>(text: &str) -> Printed<N> {
    Printed::new(text.as_bytes()).unwrap()
}
