//! The SPI of the ST67W611M1, byte by byte: what stands on its wires in exchanges that are known.
//!
//! A line of a script is an edge (`CS+`, `RDY-`), bytes of the host (`>`) or of the module (`<`), which
//! go with the host's on the same clocks. `xx` is anything, `xx*20` twenty of them, `|` a pause.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;

use atwifi::Transport;
use atwifi::transport::{Spi, SpiError};
use embedded_hal::delay::DelayNs;
use embedded_hal::{digital, spi};
use embedded_io::{Read, Write};

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Cs(bool),
    Rdy(bool),
    Clock { mosi: Option<u8>, miso: u8 },
}

#[derive(Clone, Default)]
struct Wires(Rc<RefCell<Script>>);

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    rdy: bool,
}

/// A script of lines.
fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        match line.split_at_checked(1) {
            Some((">", mosi)) => {
                let miso = lines.next_if(|line| line.starts_with('<'));
                let (mosi, miso) = (bytes(mosi), bytes(miso.map_or("", |line| &line[1..])));
                steps.extend((0..mosi.len().max(miso.len())).map(|n| Step::Clock {
                    mosi: mosi.get(n).copied().flatten(),
                    miso: miso.get(n).copied().flatten().unwrap_or(0x77),
                }));
            }
            _ => steps.extend(line.split_whitespace().map(|edge| match edge {
                "CS+" => Step::Cs(true),
                "CS-" => Step::Cs(false),
                "RDY+" => Step::Rdy(true),
                "RDY-" => Step::Rdy(false),
                other => panic!("{other:?} is no edge"),
            })),
        }
    }
    steps
}

fn bytes(text: &str) -> Vec<Option<u8>> {
    let words = text.split_whitespace().filter(|word| *word != "|");
    words
        .flat_map(|word| {
            let (byte, count) = word.split_once('*').unwrap_or((word, "1"));
            let byte = (byte != "xx").then(|| u8::from_str_radix(byte, 16).unwrap());
            vec![byte; count.parse().unwrap()]
        })
        .collect()
}

impl Wires {
    fn take(&self, done: impl Fn(&Step) -> bool, what: &str) -> Step {
        let mut script = self.0.borrow_mut();
        match script.steps.front() {
            Some(step) if done(step) => script.steps.pop_front().unwrap(),
            step => panic!("{what}, where the script has {step:x?}"),
        }
    }

    fn clock(&self, sent: u8) -> u8 {
        let is_right = |step: &Step| matches!(step, Step::Clock { mosi, .. } if mosi.is_none_or(|b| b == sent));
        match self.take(is_right, &format!("the host sends {sent:02x}")) {
            Step::Clock { miso, .. } => miso,
            _ => unreachable!(),
        }
    }

    fn cs(&self, level: bool) {
        self.take(
            |step| *step == Step::Cs(level),
            &format!("CS becomes {level}"),
        );
    }

    fn rdy(&self) -> bool {
        let mut script = self.0.borrow_mut();
        if let Some(&Step::Rdy(level)) = script.steps.front() {
            script.rdy = level;
            script.steps.pop_front();
        }
        script.rdy
    }
}

impl spi::ErrorType for Wires {
    type Error = Infallible;
}

impl spi::SpiBus for Wires {
    fn read(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        words.iter_mut().for_each(|word| *word = self.clock(0));
        Ok(())
    }

    fn write(&mut self, words: &[u8]) -> Result<(), Infallible> {
        for &word in words {
            self.clock(word);
        }
        Ok(())
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), Infallible> {
        assert_eq!(read.len(), write.len());
        for (place, &word) in read.iter_mut().zip(write) {
            *place = self.clock(word);
        }
        Ok(())
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        words.iter_mut().for_each(|word| *word = self.clock(*word));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl digital::ErrorType for Wires {
    type Error = Infallible;
}

impl digital::OutputPin for Wires {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.cs(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.cs(true);
        Ok(())
    }
}

impl digital::InputPin for Wires {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.rdy())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.rdy())
    }
}

impl DelayNs for Wires {
    fn delay_ns(&mut self, _: u32) {}
}

type OnWires<'b> = Spi<'b, Wires, Wires, Wires, Wires>;

/// Plays a script; all of it must have been played when `act` is done.
fn play<R>(script: &str, act: impl FnOnce(&mut OnWires<'_>) -> R) -> R {
    let wires = Wires::default();
    wires.0.borrow_mut().steps = steps(script).into();
    let mut memory = [0; 64];
    let [bus, cs, rdy, delay] = std::array::from_fn(|_| wires.clone());
    let result = act(&mut Spi::new(bus, cs, rdy, delay, &mut memory));
    let script = wires.0.borrow();
    assert!(script.steps.is_empty(), "not played: {:x?}", script.steps);
    result
}

/// All that there is to hear.
fn hear(spi: &mut OnWires<'_>) -> Vec<u8> {
    let mut heard = Vec::new();
    while spi.read_ready().unwrap() {
        let mut piece = [0; 100];
        let count = spi.read(&mut piece).unwrap();
        heard.extend_from_slice(&piece[..count]);
    }
    heard
}

/// A frame of the host's, with nothing coming back.
fn host_frame(mosi: &str, payload: &[u8]) {
    let script = format!("CS+ RDY+\n> {mosi}\n< AA 55 00 00 00 00 00 00\nRDY- CS-");
    play(&script, |spi| {
        assert_eq!(spi.write(payload), Ok(payload.len()));
    });
}

/// A frame of the module's, for which the host sends a bare header.
fn module_frame(miso: &str) -> Vec<u8> {
    let script = format!("RDY+ CS+\n> AA 55 00 00 00 00 00 00\n< {miso}\nRDY- CS-");
    play(&script, hear)
}

#[test]
fn boot() {
    let ready = module_frame("AA 55 09 00 00 00 00 00 | 0D 0A 72 65 61 64 79 0D 0A 00 00 00");
    assert_eq!(ready, b"\r\nready\r\n");
}

#[test]
fn at_and_ok() {
    let script = "CS+ RDY+
        > AA 55 04 00 00 00 00 00 41 54 0D 0A
        < AA 55 00 00 00 00 00 00 DD CC BB AA
        RDY- CS-
        RDY+ CS+
        > AA 55 00 00 00 00 00 00 | xx*8
        < AA 55 06 00 00 00 00 00 | 0D 0A 4F 4B 0D 0A 00 00
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT\r\n"), Ok(4));
        assert_eq!(hear(spi), b"\r\nOK\r\n");
    });
}

#[test]
fn host_frames_of_7_to_10_bytes() {
    for (mosi, payload) in [
        (
            "AA 55 07 00 00 00 00 00 41 54 2B 41 42 0D 0A 88",
            "AT+AB\r\n",
        ),
        (
            "AA 55 08 00 00 00 00 00 41 54 2B 41 42 43 0D 0A",
            "AT+ABC\r\n",
        ),
        (
            "AA 55 09 00 00 00 00 00 41 54 2B 41 42 43 44 0D 0A 88 88 88",
            "AT+ABCD\r\n",
        ),
        (
            "AA 55 0A 00 00 00 00 00 41 54 2B 41 42 43 44 45 0D 0A 88 88",
            "AT+ABCDE\r\n",
        ),
    ] {
        host_frame(mosi, payload.as_bytes());
    }
}

#[test]
fn module_frames_of_6_to_9_bytes() {
    for (miso, payload) in [
        (
            "AA 55 06 00 00 00 00 00 | 2B 58 3A 31 0D 0A 00 00",
            "+X:1\r\n",
        ),
        (
            "AA 55 07 00 00 00 00 00 | 2B 58 3A 31 32 0D 0A 00",
            "+X:12\r\n",
        ),
        (
            "AA 55 08 00 00 00 00 00 | 2B 58 3A 31 32 33 0D 0A",
            "+X:123\r\n",
        ),
        (
            "AA 55 09 00 00 00 00 00 | 2B 58 3A 31 32 33 34 0D 0A 00 00 00",
            "+X:1234\r\n",
        ),
    ] {
        assert_eq!(module_frame(miso), payload.as_bytes());
    }
}

#[test]
fn both_at_once_the_host_longer() {
    let script = "CS+ RDY+
        > AA 55 0E 00 00 00 00 00 41 54 2B 43 49 50 53 54 41 54 45 3F 0D 0A 88 88
        < AA 55 06 00 00 00 00 00 0D 0A 4F 4B 0D 0A 00 00 5A 5A 5A 5A 5A 5A 5A 5A
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT+CIPSTATE?\r\n"), Ok(14));
        assert_eq!(hear(spi), b"\r\nOK\r\n");
    });
}

#[test]
fn both_at_once_the_module_longer() {
    let script = "CS+ RDY+
        > AA 55 04 00 00 00 00 00 41 54 0D 0A | xx*20
        < AA 55 17 00 00 00 00 00 2B 49 50 44 | 3A 30 2C 35 2C 22 31 30 2E 30 2E 30 2E 32 22 2C 37 0D 0A 00
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT\r\n"), Ok(4));
        assert_eq!(hear(spi), b"+IPD:0,5,\"10.0.0.2\",7\r\n");
    });
}

#[test]
fn both_at_once_the_module_one_word_longer() {
    let script = "CS+ RDY+
        > AA 55 08 00 00 00 00 00 41 54 2B 47 4D 52 0D 0A | xx*4
        < AA 55 0B 00 00 00 00 00 2B 43 57 3A 47 4F 54 49 | 50 0D 0A 00
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT+GMR\r\n"), Ok(8));
        assert_eq!(hear(spi), b"+CW:GOTIP\r\n");
    });
}

#[test]
fn a_stall_with_a_payload_that_counts() {
    // Behind the header that says so, the payload of a dropped frame need not go out.
    let script = "CS+ RDY+
        > AA 55 04 00 00 00 00 00 xx*4 | xx*4
        < AA 55 06 00 04 00 00 00 0D 0A 4F 4B | 0D 0A 00 00
        RDY- CS-
        CS+ RDY+
        > AA 55 04 00 00 00 00 00 41 54 0D 0A
        < AA 55 00 00 00 00 00 00 xx*4
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT\r\n"), Ok(0));
        assert_eq!(spi.write(b"AT\r\n"), Ok(4));
        assert_eq!(hear(spi), b"\r\nOK\r\n");
    });
}

#[test]
fn a_bare_stall() {
    let script = "CS+ RDY+
        > AA 55 04 00 00 00 00 00
        < AA 55 00 00 04 00 00 00
        RDY- CS-
        CS+ RDY+
        > AA 55 04 00 00 00 00 00 41 54 0D 0A
        < AA 55 00 00 00 00 00 00
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT\r\n"), Ok(0));
        assert_eq!(spi.trouble(), Err(SpiError::Stalled));
        assert_eq!(spi.write(b"AT\r\n"), Ok(4));
        assert_eq!(spi.trouble(), Ok(()));
    });
}

#[test]
fn upload_of_hello() {
    let script = "CS+ RDY+
        > AA 55 10 00 00 00 00 00 41 54 2B 43 49 50 53 45 4E 44 3D 30 2C 35 0D 0A
        < AA 55 00 00 00 00 00 00
        RDY- CS-
        RDY+ CS+
        > AA 55 00 00 00 00 00 00
        < AA 55 09 00 00 00 00 00 | 0D 0A 4F 4B 0D 0A 0D 0A 3E xx xx xx
        RDY- CS-
        CS+ RDY+
        > AA 55 05 00 00 00 00 00 68 65 6C 6C 6F 88 88 88
        < AA 55 00 00 00 00 00 00
        RDY- CS-
        RDY+ CS+
        > AA 55 00 00 00 00 00 00
        < AA 55 0E 00 00 00 00 00 | 52 65 63 76 20 35 20 62 79 74 65 73 0D 0A 00 00
        RDY- CS-
        RDY+ CS+
        > AA 55 00 00 00 00 00 00
        < AA 55 0B 00 00 00 00 00 | 0D 0A 53 45 4E 44 20 4F 4B 0D 0A 00
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.write(b"AT+CIPSEND=0,5\r\n"), Ok(16));
        assert!(spi.read_ready().unwrap());
        let mut prompt = [0; 9];
        spi.read_exact(&mut prompt).unwrap();
        assert_eq!(&prompt, b"\r\nOK\r\n\r\n>");
        assert_eq!(spi.write(b"hello"), Ok(5));
        assert_eq!(hear(spi), b"Recv 5 bytes\r\n\r\nSEND OK\r\n");
    });
}

#[test]
fn download_of_hello() {
    let heard = module_frame(
        "AA 55 16 00 00 00 00 00 | \
         2B 43 49 50 52 45 43 56 44 41 54 41 3A 35 2C 68 65 6C 6C 6F 0D 0A xx xx",
    );
    assert_eq!(heard, b"+CIPRECVDATA:5,hello\r\n");
}

#[test]
fn a_long_reply_of_whole_words() {
    let heard = module_frame("AA 55 C8 05 00 00 00 00 | 41*1480");
    assert_eq!(heard, [b'A'; 1480]);
}

#[test]
fn the_limit_in_both_directions() {
    assert_eq!(
        module_frame("AA 55 00 18 00 00 00 00 | 42*6144"),
        [b'B'; 6144]
    );
    host_frame("AA 55 00 18 00 00 00 00 43*6144", &[b'C'; 6144]);
    // One byte more is not sent.
    let script = "CS+ RDY+\n> AA 55 00 18 00 00 00 00 43*6144\n< AA 55 00 00 00 00 00 00\nRDY- CS-";
    play(script, |spi| assert_eq!(spi.write(&[b'C'; 6145]), Ok(6144)));
    // And not believed.
    let script = "RDY+ CS+\n> AA 55 00 00 00 00 00 00\n< AA 55 01 18 00 00 00 00 xx*8\nRDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.read(&mut [0; 8]), Err(SpiError::Header));
    });
}

#[test]
fn a_frame_of_another_type_is_dropped() {
    let script = "RDY+ CS+
        > AA 55 00 00 00 00 00 00
        < AA 55 3C 00 00 01 00 00 | 99*60
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(hear(spi), b"");
        assert_eq!(spi.dropped_frames(), 1);
    });
}

#[test]
fn the_factory_firmware_is_recognised() {
    let script = "RDY+ CS+
        > AA 55 00 00 00 00 00 00
        < 01 55 00 00 00 00 01 00 xx*8
        RDY- CS-";
    play(script, |spi| {
        assert_eq!(spi.read(&mut [0; 8]), Err(SpiError::FactoryFirmware));
    });
}

#[test]
fn a_line_that_nobody_drives_is_silence() {
    for line in ["00*8", "FF*8"] {
        let script = format!("RDY+ CS+\n> AA 55 00 00 00 00 00 00\n< {line}");
        play(&script, |spi| {
            assert_eq!(spi.read(&mut [0; 8]), Ok(0));
            assert_eq!(spi.trouble(), Err(SpiError::Silent));
        });
    }
}
