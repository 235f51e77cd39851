//! Updates over the air: the firmware comes from the host.

use std::time::Duration;

use ring::digest;

use crate::st67::basic::memory::UPDATE_PARTITION;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::line::payload::Payload;
use crate::st67::{St67, World};

/// Begins an image, and is as long as this.
const HEADER: usize = 512;
const MAGIC: &[u8] = b"QCC74X_OTA";
/// Where the header says what kind of image follows, how long it is, and what its hash is.
const KIND: std::ops::Range<usize> = 16..20;
const LENGTH: std::ops::Range<usize> = 20..24;
const VERSION: std::ops::Range<usize> = 48..64;
const HASH: std::ops::Range<usize> = 64..96;

/// From the end of the check to the restart.
const RESTART: Duration = Duration::from_millis(100);

/// An update that has begun.
#[derive(Debug, Default)]
pub(in crate::st67) struct Update {
    /// `AT+OTASTART`.
    enabled: bool,
    image: Option<Image>,
    /// Parts that have come.
    parts: usize,
    /// When the last part begins to be written, and when it is.
    begins: Duration,
    written: Duration,
}

impl Update {
    /// The flash takes one part after the other; behind the one that is being written, there is room
    /// for one. Returns when there is for this.
    fn queue(&mut self, now: Duration, takes: Duration) -> Duration {
        let queued = now.max(self.begins);
        self.begins = queued.max(self.written);
        self.written = self.begins + takes;
        queued
    }
}

/// What has come of the image.
#[derive(Debug, Default)]
struct Image {
    /// Length and hash, where the image has a header.
    expected: Option<(usize, Vec<u8>)>,
    /// The version that it tells.
    version: Option<String>,
    body: Vec<u8>,
}

/// The answer to something that has to wait for the flash.
#[derive(Debug)]
struct Queued {
    at: Duration,
    /// The update is to be checked then.
    is_end: bool,
}

impl Task for Queued {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        if !self.is_end {
            module.conclude("SEND OK");
            return Step::Next(Job::Idle);
        }
        module.answer(Ok(()));
        Step::Next(module.check_update(world))
    }
}

impl Image {
    /// The image that begins with this header, if it is one. The check takes compressed images only
    /// (wire notes 11).
    fn with_header(data: &[u8]) -> Option<Self> {
        let kind = data.get(KIND)?;
        let length = data.get(LENGTH)?.try_into().map(u32::from_le_bytes).ok()?;
        let fits = length <= UPDATE_PARTITION;
        let known = kind.starts_with(b"XZ");
        let hash = data.get(HASH)?.to_vec();
        let version = data.get(VERSION)?.split(|&byte| byte == 0).next()?;
        let version = std::str::from_utf8(version).ok().map(str::to_owned);
        (data.starts_with(MAGIC) && known && fits).then(|| Image {
            expected: usize::try_from(length).ok().map(|length| (length, hash)),
            version: version.filter(|version| !version.is_empty()),
            body: Vec::new(),
        })
    }

    /// Takes the next piece; what goes beyond the length that the header tells is lost.
    fn extend(&mut self, data: &[u8]) {
        let most = self
            .expected
            .as_ref()
            .map_or(usize::MAX, |(length, _)| *length);
        let room = most.saturating_sub(self.body.len());
        self.body.extend(data.iter().take(room));
    }

    fn is_whole(&self) -> bool {
        self.expected.as_ref().is_none_or(|(length, hash)| {
            let found = digest::digest(&digest::SHA256, &self.body);
            self.body.len() == *length && found.as_ref() == hash.as_slice()
        })
    }

    fn fits(&self) -> bool {
        u32::try_from(self.body.len()).is_ok_and(|length| length <= UPDATE_PARTITION)
    }
}

impl St67 {
    /// `AT+OTASTART?`
    pub(in crate::st67) fn update(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("OTASTART", self.update.enabled)
    }

    /// `AT+OTASTART=<enable>`
    pub(in crate::st67) fn set_update(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.update.enabled = arguments.need_switch(0)?;
        if !self.update.enabled {
            self.update.image = None;
            self.update.parts = 0;
        }
        Ok(Reply::Ok)
    }

    /// `AT+OTASEND=<length>`
    pub(in crate::st67) fn send_update(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        if !self.update.enabled {
            return Err(Code::NOT_BEGUN);
        }
        let length = arguments.need_number(0, 1..=self.variant.basic.longest_update)?;
        let length = usize::try_from(length).map_err(|_| Code::INVALID)?;
        let begins = self.update.image.is_none();
        if self.checks_images() && begins && length < HEADER {
            return Err(Code::INVALID);
        }
        let ok = format!("{}OK\r\n", self.variant.lead);
        let prompt = self.variant.prompt_ex;
        self.output.write(&[ok.as_bytes(), prompt.as_bytes()]);
        let payload = Payload::new(length, |module, data, world| {
            module.take_update(data, world)
        });
        Ok(Reply::Later(payload.into()))
    }

    fn checks_images(&self) -> bool {
        self.variant.basic.knows_images && !self.config.accepts_any_update
    }

    /// The next piece of the image is complete. Where the image is checked, nobody is told that it
    /// is no image.
    pub(in crate::st67) fn take_update(&mut self, data: &[u8], world: &World) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        let known = self.checks_images();
        let (begun, rest) = match self.update.image.take() {
            Some(image) => (Some(image), data),
            None if known => (
                Image::with_header(data),
                data.get(HEADER..).unwrap_or_default(),
            ),
            None => (Some(Image::default()), data),
        };
        let image = begun.map(|mut image| {
            image.extend(rest);
            image
        });
        let faults = &self.config.faults.update;
        let is_written = faults.fails_at != Some(self.update.parts);
        let queued = self.update.queue(world.now, faults.write);
        self.update.parts += 1;
        self.update.image = image.filter(|image| image.fits() && is_written);
        if self.update.image.is_none() && !known {
            self.conclude("SEND FAIL");
            return Step::Next(Job::Idle);
        }
        let (at, is_end) = (queued, false);
        Step::Next(Queued { at, is_end }.into())
    }

    /// `AT+OTAFIN`
    pub(in crate::st67) fn finish_update(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if self.update.image.is_none() {
            return Err(Code::NOT_BEGUN);
        }
        let (at, is_end) = (self.update.queue(world.now, Duration::ZERO), true);
        Ok(Reply::Later(Queued { at, is_end }.into()))
    }

    /// Restarts with the update, if it is one; otherwise not a word is said.
    fn check_update(&mut self, world: &mut World) -> Job {
        self.update.parts = 0;
        let image = self.update.image.take();
        let Some(image) = image.filter(|image| image.is_whole()) else {
            return Job::Idle;
        };
        if self.config.faults.update.is_spoilt {
            return Job::Idle;
        }
        let at = world.now.max(self.update.written) + RESTART;
        self.leave(world);
        Switch { at, image }.into()
    }
}

/// The module is about to restart with an update, which does TCP/IP itself. Up to then the old firmware
/// is the active one.
#[derive(Debug)]
struct Switch {
    at: Duration,
    image: Image,
}

impl Task for Switch {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.memory.updates += 1;
        module.memory.version = self.image.version;
        module.config.network_on_host = false;
        Step::Next(Job::Restart { at: world.now })
    }
}
