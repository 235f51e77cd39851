//! Certificates, files, and updates of the firmware.

use std::collections::BTreeSet;

use atwifi::Error;
use atwifi::st67::Update;
use atwifi_simulator::Profile;
use ring::digest::{SHA256, digest};

use super::radio::Radio;
use super::services::goes_on;
use super::{Player, Story, Told};
use crate::finding::Kind;
use crate::flash::{Flash, Flaw, Image, NAMES, State};
use crate::shelf::{certificate, file, is_certificate};
use crate::target::{Driver, Failure, OnFile, Target};

/// What loading, or writing, may take besides its pieces, in milliseconds.
const WRITES: u64 = 20_000;
/// What each piece may take, of so many bytes, or a zero, in milliseconds; and a `+` on the Microchip module.
const PIECE_MS: u64 = 100;
const PIECE: usize = 128;
const PLUS_MS: u64 = 400;
/// How many commands take no more than is given to each.
const QUICK_MS: u64 = 50;
/// What is written at once at most.
const WRITE: usize = 2048;
/// What a part of an update may take, and its end, in milliseconds.
const PART_MS: u64 = 90_000;
const END_MS: u64 = 120_000;
/// How much is sent between two parts.
const SAID: usize = 100;
const HEADER: usize = 512;

/// What one call has left in the flash.
struct After<R> {
    told: Result<R, Told>,
    /// What was there before it, and what is there now.
    before: Option<Vec<u8>>,
    now: Option<Vec<u8>>,
    /// Something has struck meanwhile.
    is_struck: bool,
}

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn flash(&mut self, flash: &Flash) {
        match *flash {
            Flash::Load { name, size } => self.load(of(name), size),
            Flash::Become(ref state) => {
                self.story.shelf.state = state.clone();
                self.story.trouble.set_flash(state);
            }
            _ if !D::HAS_FILES => {}
            Flash::Has { name } => self.has(of(name)),
            Flash::Delete { name } => self.delete_certificate(of(name)),
            Flash::List { break_behind } => self.list(break_behind),
            Flash::WriteFile { name, size } => self.write_file(of(name), size),
            Flash::Append { name, size, piece } => self.append(of(name), size, piece),
            Flash::ReadFile { name, offset, size } => self.read_file(of(name), offset, size),
            Flash::Size { name } => self.size(of(name)),
            Flash::DeleteFile { name } => self.delete_file(of(name)),
            Flash::Update {
                image,
                part,
                break_behind,
                talks,
            } => self.update(image, part, break_behind, talks),
        }
    }

    /// Makes a call about what has this name.
    fn call_about<R>(
        &mut self,
        place: &'static str,
        name: &'static str,
        longest_ms: u64,
        must: bool,
        call: impl FnOnce(&mut Driver<'_, D>) -> Result<R, Failure<D>>,
    ) -> After<R> {
        let struck = self.story.trouble.count_struck;
        let before = self.story.simulation.file(name);
        let told = self.serve(place, longest_ms, must, |module| {
            call(&mut module.borrow_mut())
        });
        let after = After {
            told,
            before,
            now: self.story.simulation.file(name),
            is_struck: self.story.trouble.count_struck != struck,
        };
        if after.is_struck {
            // A question may have become an order, or have been about another name.
            NAMES
                .into_iter()
                .for_each(|name| self.story.shelf.forget(name));
        }
        after
    }

    /// Unless something has struck, what was told is so.
    fn check_about<R>(&mut self, after: &After<R>, is_so: bool, told: &dyn std::fmt::Debug) {
        if !is_so && !after.is_struck {
            self.story.find(Kind::WrongAnswer, format!("{told:?}"));
        }
    }

    /// What lies under a name is what the host knows of it.
    fn look_at(&mut self, name: &'static str) {
        let content = self.story.simulation.file(name);
        if !self.story.shelf.allows(name, content.as_deref()) {
            let seen = content.map(|content| content.escape_ascii().to_string());
            let seen = format!("{name}: {seen:?}")
                .chars()
                .take(300)
                .collect::<String>();
            self.story.find(Kind::WrongFile, seen);
            self.story.shelf.forget(name);
        }
    }

    /// The same for all names.
    pub(super) fn look_into_the_flash(&mut self) {
        self.story.place = "flash";
        if D::HAS_FILES {
            NAMES.into_iter().for_each(|name| self.look_at(name));
        }
    }

    /// Whether a call that changes a file goes through.
    fn can_write(&self, content: &[u8]) -> bool {
        let State { room, slow_ms, .. } = self.story.shelf.state;
        let writes = 5 + content.len() as u64 / WRITE as u64;
        room.is_none() && self.is_quick() && slow_ms * writes < WRITES / 2
    }

    fn is_quick(&self) -> bool {
        self.story.latency_ms <= QUICK_MS
    }

    fn load(&mut self, name: &'static str, size: usize) {
        let content = certificate(self.story.shelf.number(), size);
        let must = self.can_write(&content);
        let after = self.call_about(
            "load certificate",
            name,
            load_ms(&content),
            must,
            |module| module.load_certificate(name, &content),
        );
        let is_there = after.now.as_ref() == Some(&content);
        if after.told.is_ok() && !is_there && (D::HAS_FILES || !after.is_struck) {
            let seen = format!("{name} is not what was loaded");
            self.story.find(Kind::WrongFile, seen);
        }
        if !D::HAS_FILES || matches!(after.told, Err(Error::Usage(_))) {
            return;
        }
        if after.told.is_ok() {
            return self.story.shelf.has(name, content);
        }
        let is_left = after.now == after.before;
        if is_certificate(after.now.as_deref()) && !is_there && !is_left {
            self.story
                .find(Kind::WrongFile, format!("{name} is cut short"));
        }
        self.story.shelf.may_have(name, content);
    }

    fn has(&mut self, name: &'static str) {
        let must = self.is_quick();
        let after = self.call_about("has certificate", name, 0, must, |module| {
            module.has_certificate(name)
        });
        if let Ok(told) = after.told {
            let is_so = told == is_certificate(after.now.as_deref());
            self.check_about(&after, is_so, &told);
        }
        self.look_at(name);
    }

    fn delete_certificate(&mut self, name: &'static str) {
        let must = self.can_write(&[]);
        let after = self.call_about("delete certificate", name, 0, must, |module| {
            module.delete_certificate(name)
        });
        self.deleted(name, &after, |&told| told);
    }

    fn delete_file(&mut self, name: &'static str) {
        let must = self.can_write(&[]);
        let after = self.call_about("delete file", name, 0, must, |module| {
            D::on_file(module, name, OnFile::Delete)
        });
        self.deleted(name, &after, |told| told.is_some());
    }

    fn deleted<R>(&mut self, name: &'static str, after: &After<R>, was_there: fn(&R) -> bool) {
        match &after.told {
            Ok(told) => {
                let is_so = after.now.is_none() && was_there(told) == after.before.is_some();
                self.check_about(after, is_so, &was_there(told));
                if !after.is_struck {
                    self.story.shelf.has_not(name);
                }
            }
            Err(_) => self.story.shelf.forget(name),
        }
    }

    fn list(&mut self, break_behind: Option<usize>) {
        let mut names = Vec::new();
        let after = self.call_about("list certificates", NAMES[0], 0, true, |module| {
            module.certificates(|name| {
                names.push(String::from_utf8_lossy(name).into_owned());
                goes_on(&names, break_behind)
            })
        });
        let Ok(count) = after.told else { return };
        let is_counted = count == names.len();
        let is_broken_off = break_behind.is_some_and(|most| most <= names.len());
        let told: BTreeSet<_> = names.iter().map(String::as_str).collect();
        let simulation = &self.story.simulation;
        let is_so = NAMES.into_iter().all(|name| {
            let is_there = simulation.file(name).is_some();
            told.contains(name) == is_there || (is_there && is_broken_off)
        });
        self.check_about(&after, is_counted && is_so && told.len() == count, &names);
    }

    fn write_file(&mut self, name: &'static str, size: usize) {
        let content = file(self.story.shelf.number(), size);
        let must = self.can_write(&content);
        let after = self.call_about("write file", name, load_ms(&content), must, |module| {
            D::on_file(module, name, OnFile::Write(&content))
        });
        self.written(name, &after, content);
    }

    fn append(&mut self, name: &'static str, size: usize, piece: usize) {
        let more = file(self.story.shelf.number(), size);
        let before = self.story.simulation.file(name);
        let must = self.can_write(&more) && before.is_some() && piece > PIECE;
        let pieces = size.div_ceil(piece.min(WRITE)) as u64;
        // Each piece is a call of its own.
        let longest = pieces.min(9) * WRITES;
        let piece = piece.max(size / 8 + 1);
        let after = self.call_about("append", name, longest, must, |module| {
            D::on_file(module, name, OnFile::Append(&more, piece))
        });
        let whole = [before.unwrap_or_default(), more].concat();
        if let Ok(told) = after.told {
            self.check_about(&after, told == Some(whole.len()), &told);
        }
        let is_none = after.before.is_none() && after.now.is_none();
        if after.told.is_ok() || !is_none {
            self.written(name, &after, whole);
        }
    }

    /// Nothing guards what is written so, but what has not been struck is right.
    fn written(&mut self, name: &'static str, after: &After<Option<usize>>, content: Vec<u8>) {
        match after.told {
            Err(Error::Usage(_)) => {}
            Ok(_) if !after.is_struck => {
                self.story.shelf.has(name, content);
                self.look_at(name);
            }
            _ => self.story.shelf.forget(name),
        }
    }

    fn read_file(&mut self, name: &'static str, offset: usize, size: usize) {
        let mut into = vec![0; size];
        let must = self.is_quick() && self.story.simulation.file(name).is_some();
        let content = self.story.simulation.file(name).unwrap_or_default();
        let part = content.get(offset..).unwrap_or_default();
        let longest = pieces(&part[..part.len().min(size)]) * (PIECE_MS + self.story.latency_ms);
        let after = self.call_about("read file", name, longest, must, |module| {
            D::on_file(module, name, OnFile::Read(offset as u32, &mut into))
        });
        if let Ok(count) = after.told {
            let content = after.now.as_deref().unwrap_or_default();
            let expected = content.get(offset..).unwrap_or_default();
            let expected = &expected[..expected.len().min(size)];
            let count = count.unwrap_or_default();
            let is_so = after.now.is_some() && into.get(..count) == Some(expected);
            self.check_about(&after, is_so, &(count, expected.len()));
        }
        self.look_at(name);
    }

    fn size(&mut self, name: &'static str) {
        let after = self.call_about("size", name, 0, true, |module| {
            D::on_file(module, name, OnFile::Size)
        });
        if let Ok(told) = after.told {
            let is_so = told == after.now.as_ref().map(Vec::len);
            self.check_about(&after, is_so, &told);
        }
        self.look_at(name);
    }

    fn update(&mut self, image: Image, part: usize, break_behind: Option<usize>, talks: bool) {
        let number = self.story.shelf.number();
        let version = [7, number / 100, number % 100];
        let bytes = image.bytes(version, part);
        let before = self.story.simulation.updates();
        let struck = self.story.trouble.count_struck;
        let parts = bytes.len().div_ceil(part);
        let State {
            fails_at,
            is_spoilt,
            ..
        } = self.story.shelf.state;
        // The reference's module does not look at what it gets.
        let looks = self.story.profile != Profile::St67Reference;
        let is_written = !is_spoilt && fails_at.is_none_or(|failing| failing >= parts);
        let is_right = image.flaw.is_none() || (image.flaw == Some(Flaw::Hash) && !looks);
        let must = is_written && is_right;
        let told = match talks {
            true => self.update_in_parts(&bytes, part, break_behind, must),
            false => {
                let longest = parts as u64 * PART_MS + END_MS;
                self.serve("update", longest, must, |module| {
                    let mut memory = vec![0; part];
                    D::update(&mut module.borrow_mut(), &bytes, &mut memory, break_behind)
                })
            }
        };
        let is_struck = self.story.trouble.count_struck != struck;
        let changed = self.story.simulation.updates() - before;
        if changed > 0 {
            self.runs(looks.then_some(version), told.is_ok());
        }
        let may = match &told {
            Ok(Some(_)) => changed == 1 && must,
            Ok(None) | Err(Error::Usage(_)) => changed == 0,
            Err(Error::Module(_)) => changed == 0 || is_struck,
            Err(_) => changed <= 1 && (changed == 0 || must),
        };
        if !may && (looks || !is_struck) {
            let seen = format!("{told:?}, {changed} updates");
            self.story.find(Kind::WrongFirmware, seen);
        }
        if let Ok(Some(told)) = told
            && !is_struck
        {
            let expected = self.story.version::<D>();
            self.check(told == expected, &told);
        }
    }

    /// In calls of their own, between which the host does other things.
    fn update_in_parts(
        &mut self,
        image: &[u8],
        part: usize,
        break_behind: Option<usize>,
        must: bool,
    ) -> Result<Option<[u32; 3]>, Told> {
        let mut memory = vec![0; part];
        let mut update = Update::new(&mut memory).map_err(Error::Usage)?;
        let mut parts = 0..break_behind.unwrap_or(usize::MAX);
        for piece in image.chunks(part) {
            if parts.next().is_none() {
                break;
            }
            self.serve("write update", PART_MS, must, |module| {
                D::write_update(&mut module.borrow_mut(), &mut update, piece)
            })?;
            self.send(0, SAID);
            self.receive(0, SAID, std::time::Duration::ZERO);
        }
        let breaks = parts.is_empty();
        self.serve("end update", END_MS, must, |module| {
            D::end_update(&mut module.borrow_mut(), update, breaks)
        })
    }

    /// Another firmware runs, of which the host was told, or was not.
    fn runs(&mut self, version: Option<[u32; 3]>, is_told: bool) {
        self.end_connections();
        self.story.forget_events();
        self.story.radio = match is_told {
            true => Radio::fresh(),
            false => Radio::default(),
        };
        if let Some(version) = version {
            self.story.shelf.version = Some(version);
        }
    }
}

impl Story {
    /// The version that runs.
    pub(super) fn version<D: Target>(&self) -> [u32; 3] {
        let updated = self.shelf.version;
        updated.unwrap_or_else(|| D::version(self.profile))
    }
}

impl Image {
    /// An image that says that it has this version.
    fn bytes(self, version: [u32; 3], part: usize) -> Vec<u8> {
        let size = (self.size * part / 100).max(1);
        let mut body: Vec<u8> = (0..size as u32).map(|n| (n ^ (n >> 8)) as u8).collect();
        let mut head = vec![0; HEADER];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        let [major, minor, patch] = version;
        put(0, b"QCC74X_OTA_Ver10");
        put(16, b"XZ  ");
        put(20, &(size as u32).to_le_bytes());
        put(48, format!("{major}.{minor}.{patch}").as_bytes());
        put(64, digest(&SHA256, &body).as_ref());
        match self.flaw {
            Some(Flaw::Magic) => put(0, b"BL60X_OTA"),
            Some(Flaw::Hash) => body[size / 2] ^= 0x10,
            Some(Flaw::Short) => body.truncate(size - 1),
            None => {}
        }
        [head, body].concat()
    }
}

fn of(name: usize) -> &'static str {
    NAMES[name % NAMES.len()]
}

/// How long loading, or writing, may take.
fn load_ms(content: &[u8]) -> u64 {
    let pluses = content.iter().filter(|&&byte| byte == b'+').count();
    WRITES + PIECE_MS * pieces(content) + PLUS_MS * pluses as u64
}

/// How many commands reading something back takes, and a few more.
fn pieces(content: &[u8]) -> u64 {
    let zeros = content.iter().filter(|&&byte| byte == 0).count();
    (10 + 3 * zeros + content.len() / PIECE) as u64
}
