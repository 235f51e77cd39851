//! What must be shown for a row of the inventory.
//!
//! What can be told from bytes alone is checked when a row is made, conversations when the chapter
//! [talks](Chapter::talk).

use std::fmt::Debug;

use atat::AtatCmd;
use atwifi::mock;
use atwifi_simulator::{Config, Profile, Simulation};

use crate::common::{
    Driver, Network, UnderTest, config, met, parse, spi_config, wire, with_driver, with_mock,
};

/// The longest line that a module takes, with its CR LF: the shortest of any known firmware.
const LINE: usize = 255;

/// The rows of a chapter of a reference.
#[derive(Default)]
pub struct Chapter {
    rows: Vec<Row>,
}

/// A conversation, told how the form begins on the wire.
type Talk = Box<dyn Fn(&[String])>;

/// A command form or an event, named by its syntax in the inventory.
#[derive(Default)]
pub struct Row {
    syntax: &'static str,
    /// What stands on the wire, up to the first parameter.
    starts: Vec<String>,
    is_read: bool,
    is_greatest_known: bool,
    /// With which firmware the conversations are held, if not with every one.
    profiles: Option<&'static [Profile]>,
    talks: Vec<Talk>,
}

impl Chapter {
    /// A row, in the order of the reference.
    pub fn row(&mut self, syntax: &'static str) -> &mut Row {
        self.rows.push(Row {
            syntax,
            ..Row::default()
        });
        self.rows.last_mut().expect("it was pushed")
    }

    pub fn rows(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().map(|row| row.syntax)
    }

    /// What is missing for a row of the inventory.
    pub fn lacks(&self, syntax: &str, is_event: bool) -> Option<&'static str> {
        let Some(row) = self.rows.iter().find(|row| row.syntax == syntax) else {
            return Some("no row");
        };
        if row.starts.is_empty() {
            Some("not on the wire")
        } else if !row.is_read {
            Some("no reply is read")
        } else if row.talks.is_empty() {
            Some("no conversation")
        } else if !is_event && !row.is_greatest_known {
            Some("no greatest instance")
        } else {
            None
        }
    }

    /// Holds all conversations.
    pub fn talk(&self) {
        for row in &self.rows {
            for talk in &row.talks {
                talk(&row.starts);
            }
        }
    }
}

impl Row {
    /// The command is written with these bytes of the reference.
    pub fn writes(&mut self, command: &impl AtatCmd, expected: &str) -> &mut Self {
        assert_eq!(wire(command), format!("{expected}\r\n"), "{}", self.syntax);
        let written = wire(command);
        let start = written.find(['=', '?']).map_or(written.len(), |at| at + 1);
        self.starts.push(written[..start].into());
        self
    }

    /// What is no command of `atat`'s is written with these bytes; it has no parameters.
    pub fn spells(&mut self, bytes: &str) -> &mut Self {
        self.starts.push(bytes.into());
        self.is_greatest_known = true;
        self
    }

    /// The reply that the reference or firmware prints, without its `OK`, is read as this.
    pub fn reads<C>(&mut self, command: &C, reply: &str, expected: C::Response) -> &mut Self
    where
        C: AtatCmd<Response: PartialEq + Debug>,
    {
        assert_eq!(parse(command, reply), Ok(expected), "{}", self.syntax);
        for spoilt in spoilt(reply.as_bytes()) {
            // Whatever it is taken for, it does not panic.
            let _ = command.parse(Ok(&spoilt));
        }
        self.is_read = true;
        self
    }

    /// The command is written with these bytes, and answered with `OK` alone.
    pub fn obeys(&mut self, command: &impl AtatCmd, expected: &str) -> &mut Self {
        assert!(parse(command, "").is_ok(), "{}", self.syntax);
        self.is_read = true;
        self.writes(command, expected)
            .refuses(command, "+CWSTATE:2\r\n")
    }

    /// A reply that makes no sense is refused.
    pub fn refuses<C: AtatCmd>(&mut self, command: &C, reply: &str) -> &mut Self {
        assert!(parse(command, reply).is_err(), "{}: {reply:?}", self.syntax);
        self
    }

    /// An exchange that is more than a command and its reply, byte for byte as reference or
    /// firmware have it: what the driver sends, what the module answers.
    pub fn exchanges<D: UnderTest>(
        &mut self,
        script: &[(&str, &str)],
        test: impl FnOnce(&mut atwifi::Module<'_, D, mock::Uart, mock::Clock>),
    ) -> &mut Self {
        let uart = script
            .iter()
            .fold(met::<D>(), |uart, (sent, answer)| uart.answer(sent, answer));
        with_mock::<D, _>(&uart, test);
        uart.assert_done();
        self.is_read = true;
        self
    }

    /// An event line, and whether it is understood.
    pub fn tells(&mut self, line: &str, is_understood: impl FnOnce(&[u8]) -> bool) -> &mut Self {
        assert!(is_understood(line.as_bytes()), "{}: {line}", self.syntax);
        let is_value = |letter: char| letter == ',' || letter.is_ascii_digit();
        let start = line.find(is_value).filter(|start| *start > 0);
        let start = start.unwrap_or(line.len());
        self.starts.push(line[..start].into());
        self.is_read = true;
        self
    }

    /// The longest that the command can be.
    pub fn greatest(&mut self, command: &impl AtatCmd) -> &mut Self {
        let written = wire(command);
        assert!(written.len() <= LINE, "{} bytes: {written}", written.len());
        self.is_greatest_known = true;
        self
    }

    /// Only this firmware speaks this form; the conversations that follow are held with no other.
    pub fn only_with(&mut self, profiles: &'static [Profile]) -> &mut Self {
        self.profiles = Some(profiles);
        self
    }

    /// A conversation with every firmware of the dialect, on each kind of wire that it has, in which this form was really spoken.
    pub fn talks<D: UnderTest>(
        &mut self,
        test: impl Fn(&mut Driver<'_, D>, &Simulation) + 'static,
    ) -> &mut Self {
        let nothing = |(): &(), config| config;
        self.talks_near::<D, ()>(
            || (),
            nothing,
            move |module, simulation, ()| {
                test(module, simulation);
            },
        )
    }

    /// The same with something within the module's reach, which the test holds too.
    pub fn talks_near<D: UnderTest, W: 'static>(
        &mut self,
        make: impl Fn() -> W + 'static,
        put: impl Fn(&W, Config) -> Config + 'static,
        test: impl Fn(&mut Driver<'_, D>, &Simulation, &W) + 'static,
    ) -> &mut Self {
        let syntax = self.syntax;
        let profiles = self.profiles.unwrap_or(D::PROFILES);
        self.talks.push(Box::new(move |starts| {
            let serial = profiles.iter().map(|&profile| config(profile));
            let spi = D::SPI_PROFILES.iter().filter(|on| profiles.contains(on));
            for config in serial.chain(spi.map(|&profile| spi_config(profile))) {
                let near = make();
                let config = put(&near, config);
                let simulation = Simulation::new(config, Network::default().build());
                with_driver::<D, _>(&simulation, |module| {
                    module.reset().expect("reset");
                    test(module, &simulation, &near);
                });
                let transcript = simulation.transcript();
                let is_spoken = transcript.iter().any(|record| {
                    let begins = |start: &String| {
                        record
                            .bytes
                            .trim_ascii_start()
                            .starts_with(start.as_bytes())
                    };
                    starts.iter().any(begins)
                });
                assert!(is_spoken, "{syntax} was not spoken:\n{transcript}");
            }
        }));
        self
    }
}

/// The firmware of the ST67W611M1, which differs from its reference.
pub const FIRMWARE: &[Profile] = &[
    Profile::St67Fw2_0_75,
    Profile::St67Fw2_0_89,
    Profile::St67Fw2_0_97,
    Profile::St67Fw2_0_106,
];

/// A reply of which bytes were lost or spoilt on the wire.
fn spoilt(reply: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..reply.len()).map(|end| reply[..end].to_vec());
    let lost = (0..reply.len()).map(|at| [&reply[..at], &reply[at + 1..]].concat());
    let changed = (0..reply.len()).flat_map(move |at| {
        b"\",-9\\(\xff\0".iter().map(move |byte| {
            let mut reply = reply.to_vec();
            reply[at] = *byte;
            reply
        })
    });
    cut.chain(lost).chain(changed)
}
