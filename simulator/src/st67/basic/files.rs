//! `AT+FS`: the files of the module, as certificates and keys are.

use crate::File;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
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

impl St67 {
    /// `AT+FS=<type>,<operation>,<filename>[,<offset>][,<length>]`
    pub(in crate::st67) fn files(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
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
            0 if self.files.remove(&name).is_none() => return self.file_failure(Code::FAILED),
            0 => {}
            1 if is_creatable(&name) => {
                self.files.entry(name).or_insert_with(|| File(Vec::new()));
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
        self.prompt_for_payload(length, move |module, data, _| {
            module.write_file(&place, data)
        })
    }

    /// The payload for a file is complete.
    fn write_file(&mut self, place: &Place, data: &[u8]) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        // A file that has not been created is not written, nor one beyond its end.
        let file = self.files.get_mut(&place.name);
        let file = file.filter(|file| place.offset <= file.0.len());
        let Some(File(content)) = file else {
            return self.finish(Err(Code::INPUT_OUTPUT));
        };
        let end = place.offset + data.len();
        if content.len() < end {
            content.resize(end, 0);
        }
        content[place.offset..end].copy_from_slice(data);
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
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
