//! Updates over the air: the firmware comes from the host.

use ring::digest;

use crate::st67::basic::memory::UPDATE_PARTITION;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
use crate::st67::line::payload::Payload;
use crate::st67::{St67, World};

/// Begins an image, and is as long as this.
const HEADER: usize = 512;
const MAGIC: &[u8] = b"QCC74X_OTA";
/// Where the header says what kind of image follows, how long it is, and what its hash is.
const KIND: std::ops::Range<usize> = 16..20;
const LENGTH: std::ops::Range<usize> = 20..24;
const HASH: std::ops::Range<usize> = 64..96;

/// An update that has begun.
#[derive(Debug, Default)]
pub(in crate::st67) struct Update {
    /// `AT+OTASTART`.
    enabled: bool,
    image: Option<Image>,
}

/// What has come of the image.
#[derive(Debug, Default)]
struct Image {
    /// Length and hash, where the image has a header.
    expected: Option<(usize, Vec<u8>)>,
    body: Vec<u8>,
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
        (data.starts_with(MAGIC) && known && fits).then(|| Image {
            expected: usize::try_from(length).ok().map(|length| (length, hash)),
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
        let payload = Payload::new(length, |module, data, _| module.take_update(data));
        Ok(Reply::Later(payload.into()))
    }

    fn checks_images(&self) -> bool {
        self.variant.basic.knows_images && !self.config.accepts_any_update
    }

    /// The next piece of the image is complete. Where the image is checked, nobody is told that it
    /// is no image.
    pub(in crate::st67) fn take_update(&mut self, data: &[u8]) -> Step {
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
        self.update.image = image.filter(Image::fits);
        let lost = self.update.image.is_none() && !known;
        self.conclude(if lost { "SEND FAIL" } else { "SEND OK" });
        Step::Next(Job::Idle)
    }

    /// `AT+OTAFIN`
    pub(in crate::st67) fn finish_update(
        &mut self,
        none: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let image = self.update.image.take().ok_or(Code::NOT_BEGUN)?;
        if image.is_whole() {
            self.memory.updates += 1;
            let restart = self.reset_command(none, world);
            self.leave(world);
            return restart;
        }
        Ok(Reply::Ok)
    }
}
