//! `AT+FS`: the files of the module, as certificates and keys are.

use std::fmt;
use std::time::Duration;

use crate::File;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::{St67, World};

/// Longest name.
const NAME: usize = 127;
/// Longest piece that is written or read at once.
const PIECE: i64 = 65_536;

/// Where a payload goes in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    name: String,
    offset: usize,
}

/// What becomes of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Delete(String),
    Create(String),
    Write(Place, Vec<u8>),
}

/// A change that is under way. The file system is as it was before until it is done.
struct Flashing {
    at: Duration,
    change: Change,
}

impl fmt::Debug for Flashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flashing")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Task for Flashing {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.change(self.change)
    }
}

impl St67 {
    /// `AT+FS=<type>,<operation>,<filename>[,<offset>][,<length>]`
    pub(in crate::st67) fn files(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(3..=5)?;
        arguments.need_number(0, 0..=0)?;
        let operation = arguments.any_number(1)?.ok_or(Code::parse(1))?;
        let name = String::from_utf8_lossy(arguments.need_text(2, NAME)?).into_owned();
        let offset = arguments.number(3, 0..=i64::from(i32::MAX))?;
        let length = arguments.number(4, 1..=PIECE)?;
        let part = offset.zip(length).and_then(|(offset, length)| {
            Some((usize::try_from(offset).ok()?, usize::try_from(length).ok()?))
        });
        match operation {
            0 if self.files.contains_key(&name) => {
                return Ok(self.change_files(world.now, Change::Delete(name)));
            }
            0 => return self.file_failure(Code::FAILED),
            1 if is_creatable(&name) => {
                // Even without a byte it takes room.
                if !self.files.contains_key(&name) && self.flash_room() == 0 {
                    return self.file_failure(Code::INPUT_OUTPUT);
                }
                return Ok(self.change_files(world.now, Change::Create(name)));
            }
            2 => {
                let (offset, length) = part.ok_or(Code::INVALID)?;
                return Ok(self.prompt_for_file(Place { name, offset }, length));
            }
            3 => self.read_file(&name, part.ok_or(Code::INVALID)?)?,
            4 => {
                let size = self.files.get(&name).ok_or(Code::INPUT_OUTPUT)?.0.len();
                self.say(&format!("+FS:SIZE,{size}"));
            }
            5 => self.list_files(&name)?,
            _ => return self.file_failure(Code::INVALID),
        }
        Ok(Reply::Ok)
    }

    /// Some failures the firmware never answers (wire notes 11).
    fn file_failure(&self, code: Code) -> Result<Reply, Code> {
        if self.variant.basic.hides_file_failures {
            return Ok(Reply::Silence);
        }
        Err(code)
    }

    fn prompt_for_file(&mut self, place: Place, length: usize) -> Reply {
        self.conclude("OK");
        self.prompt_for_payload(length, move |module, data, world| {
            module.say(&format!("Recv {} bytes", data.len()));
            let change = Change::Write(place, data.to_vec());
            Step::Next(module.begin_change(world.now, change))
        })
    }

    fn change_files(&mut self, now: Duration, change: Change) -> Reply {
        Reply::Later(self.begin_change(now, change))
    }

    /// A change of the files that takes its time.
    fn begin_change(&mut self, now: Duration, change: Change) -> Job {
        let at = now + self.config.faults.slow_flash;
        Flashing { at, change }.into()
    }

    fn change(&mut self, change: Change) -> Step {
        match change {
            Change::Delete(name) => {
                self.files.remove(&name);
            }
            Change::Create(name) => {
                self.files.entry(name).or_insert_with(|| File(Vec::new()));
            }
            Change::Write(place, data) => return self.write_file(&place, &data),
        }
        self.finish(Ok(()))
    }

    /// The payload for a file is complete.
    fn write_file(&mut self, place: &Place, data: &[u8]) -> Step {
        let number = self.file_writes;
        self.file_writes += 1;
        let (end, room) = (place.offset + data.len(), self.flash_room());
        // A file that has not been created is not written, nor one beyond its end.
        let file = self.files.get_mut(&place.name);
        let file = file.filter(|file| place.offset <= file.0.len());
        let file = file.filter(|file| end.saturating_sub(file.0.len()) <= room);
        let fails = self.config.faults.failed_writes.contains(&number);
        let Some(File(content)) = file.filter(|_| !fails) else {
            return self.finish(Err(Code::INPUT_OUTPUT));
        };
        if content.len() < end {
            content.resize(end, 0);
        }
        content[place.offset..end].copy_from_slice(data);
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
    }

    /// How many bytes still fit the flash.
    fn flash_room(&self) -> usize {
        let used: usize = self.files.values().map(|file| file.0.len()).sum();
        let room = self.config.faults.flash_room;
        room.map_or(usize::MAX, |room| room.saturating_sub(used))
    }

    /// The count is that of the bytes, but they are printed as a text, which ends with a zero.
    fn read_file(&mut self, name: &str, (offset, length): (usize, usize)) -> Result<(), Code> {
        let content = &self.files.get(name).ok_or(Code::INPUT_OUTPUT)?.0;
        let start = offset.min(content.len());
        let data = &content[start..content.len().min(start + length)];
        let shown = data.split(|byte| *byte == 0).next().unwrap_or_default();
        let head = format!("+FS:READ,{},", data.len());
        let row = [head.as_bytes(), shown, b"\r\n"].concat();
        self.output.write(&[&row]);
        Ok(())
    }

    /// There is only one directory.
    fn list_files(&mut self, name: &str) -> Result<(), Code> {
        if !matches!(name, "" | "." | "/") {
            return Err(Code::INPUT_OUTPUT);
        }
        let names: Vec<String> = self.files.keys().cloned().collect();
        for row in ["+FS:LIST", ".", ".."] {
            self.say(row);
        }
        names.iter().for_each(|name| self.say(name));
        Ok(())
    }
}

/// There is no directory but the root, in which nothing is without a name.
fn is_creatable(name: &str) -> bool {
    let name = name.strip_prefix('/').unwrap_or(name);
    !name.is_empty() && !name.contains('/')
}
