//! Payloads: as long as they were announced, or not.

use super::{Download, Follower, Upload, Waiting};
use crate::entry::{Entry, Format, Side};
use crate::secret::MASK;
use crate::stream::Piece;
use crate::syntax::Value;
use crate::told::{Kind, Mark};
use crate::vocabulary::Dialect;

/// What ends an answer, and may have been swallowed by a payload that was announced too long.
const ENDS: &[&[u8]] = &[b"\r\nOK\r\n", b"\r\nERROR\r\n", b"OK\r\n", b"ERROR\r\n"];

impl Follower {
    fn upload_mut(&mut self) -> Option<(usize, &mut Upload)> {
        self.waiting
            .iter_mut()
            .enumerate()
            .find_map(|(index, waiting)| {
                let upload = waiting.upload.as_mut()?;
                (upload.prompted && upload.item.is_none()).then_some((index, upload))
            })
    }

    /// Whether what the host says now is payload.
    pub(super) fn uploading(&self) -> bool {
        let mut uploads = self
            .waiting
            .iter()
            .filter_map(|waiting| waiting.upload.as_ref());
        uploads.any(|upload| upload.prompted && upload.item.is_none())
    }

    /// A payload that whoever wrote the log has hidden is as long as it must be.
    pub(super) fn masked_upload(&mut self, entry: &Entry) {
        let hidden = entry.bytes.starts_with(MASK.as_bytes());
        if let Some((_, upload)) = self.upload_mut().filter(|_| hidden) {
            upload.masked = true;
        }
    }

    /// Takes what belongs to the payload; whether there may be more.
    pub(super) fn host_payload(&mut self) -> bool {
        let Some((index, upload)) = self.upload_mut() else {
            return false;
        };
        let had = upload.piece.as_ref().map_or(0, |piece| piece.bytes.len());
        let masked = upload.masked;
        let length = upload.length;
        let leaves = length.is_none() && self.host.bytes() == b"+++";
        if !leaves {
            let part = self
                .host
                .take(length.map_or(usize::MAX, |length| length - had));
            let got = had + part.bytes.len();
            if let Some((_, upload)) = self.upload_mut() {
                append(&mut upload.piece, part);
            }
            if length != Some(got) && !masked {
                return !self.host.bytes().is_empty();
            }
        }
        self.upload_is_over(index);
        true
    }

    /// All of a payload has come, or all that will come: tells of it.
    fn upload_is_over(&mut self, index: usize) {
        let Some(mut waiting) = self.waiting.remove(index) else {
            return;
        };
        self.tell_upload(&mut waiting);
        self.waiting.insert(index, waiting);
    }

    fn tell_upload(&mut self, waiting: &mut Waiting) {
        let Some(upload) = &mut waiting.upload else {
            return;
        };
        let mut piece = upload.piece.take().unwrap_or(Piece {
            line: self.items[waiting.item].line,
            at: None,
            bytes: Vec::new(),
        });
        let count = piece.bytes.len();
        let clear = upload.secret && !upload.masked && count > 0;
        // In a log of lines the end of the payload's line is the log's own.
        if self.format == Format::Lines && self.host.bytes() == b"\r\n" {
            self.host.take(2);
        }
        if upload.secret {
            if let Ok(text) = std::str::from_utf8(&piece.bytes) {
                self.secrets.remember(text.trim());
            }
            piece.bytes = MASK.as_bytes().to_vec();
        }
        let index = self.item(&piece, Side::Host, Kind::Upload);
        let says = match upload.masked {
            true => "payload, hidden in the log".to_owned(),
            false => format!("payload of {count} bytes"),
        };
        let item = &mut self.items[index];
        item.says = says;
        item.command = Some(waiting.item);
        item.lane = waiting.lane.clone();
        let key = clear
            && self.items[waiting.item]
                .text
                .to_ascii_uppercase()
                .contains("PASSWORD");
        if key {
            self.items[index].marks.push(Mark::Secret);
        }
        upload.item = Some(index);
    }

    /// The module has ended an upload: it was as long as announced, or it was not.
    pub(super) fn settle_upload(&mut self, waiting: &mut Waiting, received: Option<usize>) {
        let Some(upload) = &waiting.upload else {
            return;
        };
        if !upload.prompted || upload.item.is_some() && received.is_none() {
            return;
        }
        let masked = upload.masked;
        let length = upload.length;
        let open = upload.item.is_none();
        let had = upload.piece.as_ref().map_or(0, |piece| piece.bytes.len());
        if open {
            self.tell_upload(waiting);
        }
        let (Some(length), Some(item)) = (
            length,
            waiting.upload.as_ref().and_then(|upload| upload.item),
        ) else {
            return;
        };
        let came = received.unwrap_or(had);
        let exact = self.format != Format::Lines || received.is_some();
        if came != length
            && !masked
            && exact
            && self.items[item]
                .marks
                .iter()
                .all(|mark| mark.name() != "length")
        {
            self.items[item].marks.push(Mark::Length(format!(
                "{length} bytes were announced and {came} came"
            )));
        }
    }

    /// Takes what belongs to the module's payload; whether there may be more.
    pub(super) fn module_payload(&mut self) -> bool {
        let Some(download) = &mut self.download else {
            return false;
        };
        let had = download.piece.as_ref().map_or(0, |piece| piece.bytes.len());
        let part = self.module.take(download.length - had);
        download.masked |= part.bytes.windows(3).any(|bytes| bytes == MASK.as_bytes());
        let whole = had + part.bytes.len() == download.length;
        append(&mut download.piece, part);
        if whole {
            self.tell_download(None);
        }
        whole || !self.module.bytes().is_empty()
    }

    fn tell_download(&mut self, mark: Option<Mark>) {
        let Some(download) = self.download.take() else {
            return;
        };
        let Some(mut piece) = download.piece else {
            return;
        };
        let count = piece.bytes.len();
        let lines = piece.bytes.iter().filter(|&&b| b == b'\n').count();
        if download.hidden {
            piece.bytes = MASK.as_bytes().to_vec();
        }
        let index = self.item(&piece, Side::Module, Kind::Download);
        let item = &mut self.items[index];
        item.says = format!("payload of {count} bytes");
        item.command = download.command;
        item.lane = download.lane;
        item.marks.extend(mark);
        // In a log of lines nobody knows how a payload's own lines ended.
        let exact = self.format != Format::Lines || lines == 0;
        self.behind = Some(index).filter(|_| exact && !download.masked && count > 0);
    }

    /// The host goes on, or the log ends, and a payload is not whole: it has swallowed what came behind it.
    pub(super) fn settle_download(&mut self) {
        let Some(Download {
            length,
            piece: Some(piece),
            masked,
            ..
        }) = &mut self.download
        else {
            self.download = None;
            return;
        };
        let end = ENDS.iter().find(|end| piece.bytes.ends_with(end));
        let came = piece.bytes.len() - end.map_or(0, |end| end.len());
        let rest = piece.bytes.split_off(came);
        let rest = Piece {
            line: piece.line,
            at: piece.at,
            bytes: rest,
        };
        // Lines that a log leaves out are missing without a lie.
        let loose = self.no_blank_lines || self.format == Format::Lines;
        let left_out = loose && may_be_blank(*length, &piece.bytes);
        let mark = (!*masked && !left_out)
            .then(|| Mark::Length(format!("{length} bytes were announced and {came} came")));
        self.tell_download(mark);
        self.behind = None;
        self.module.push_back(rest);
        while self.module_unit() {}
    }

    /// The log leaves out what comes behind a payload, which may have been the end of the answer.
    fn left_out(&mut self, index: usize, zeros: usize) {
        self.module.take(zeros);
        let command = self.items[index].command;
        self.items[index]
            .details
            .push("the log leaves out what came behind it".to_owned());
        if self
            .waiting
            .front()
            .is_some_and(|waiting| Some(waiting.item) == command)
        {
            self.waiting.pop_front();
        }
    }

    /// In a log without empty lines, the end of an answer that comes before the end of its payload.
    pub(super) fn is_left_out(&self, bytes: &[u8]) -> bool {
        let Some(Download {
            length,
            piece: Some(piece),
            ..
        }) = &self.download
        else {
            return false;
        };
        let loose = self.no_blank_lines || self.format == Format::Lines;
        loose && matches!(bytes, b"OK\r\n" | b"ERROR\r\n") && may_be_blank(*length, &piece.bytes)
    }

    /// Behind a payload there is the end of its line, and nothing else.
    pub(super) fn behind_payload(&mut self, index: usize) -> bool {
        let bytes = self.module.bytes();
        let Some(&first) = bytes.first() else {
            return false;
        };
        let zeros = bytes.iter().take_while(|&&b| b == 0).count();
        if zeros > 0 {
            self.left_out(index, zeros);
            return true;
        }
        // Data end a line; if its end has gone, the payload has swallowed it.
        let swallowed = first == b'\n' || bytes.starts_with(b"OK\r\n") && !self.no_blank_lines;
        if swallowed && self.dialect != Dialect::Microchip {
            let mark = Mark::Length("less came than was announced".to_owned());
            self.items[index].marks.push(mark);
        }
        let ends = [b"OK\r\n".as_slice(), b"+", b"\r", b"\n", b">"];
        if ends.iter().any(|end| bytes.starts_with(end)) {
            self.behind = None;
            return true;
        }
        if first == b'O' && bytes.len() < 4 {
            return false;
        }
        let Some(length) = self.module.line() else {
            return false;
        };
        self.behind = None;
        let piece = self.module.take(length);
        let more = piece
            .bytes
            .iter()
            .rposition(|b| !matches!(b, b'\r' | b'\n'))
            .map_or(0, |at| at + 1);
        let item = &mut self.items[index];
        item.marks.push(Mark::Length(format!(
            "{more} bytes more came than were announced"
        )));
        true
    }
}

/// Whether empty lines that a log leaves out can be what is missing of a payload of several lines.
fn may_be_blank(length: usize, came: &[u8]) -> bool {
    let lines = came.iter().filter(|&&b| b == b'\n').count();
    lines > 0 && length.saturating_sub(came.len()) <= 2 * (lines + 1)
}

fn append(piece: &mut Option<Piece>, part: Piece) {
    match piece {
        Some(piece) => piece.bytes.extend(part.bytes),
        None => *piece = Some(part),
    }
}

/// A text or hex value that is not as long as it should be.
pub fn wrong_length(length: u64, value: &Value) -> Option<Mark> {
    let hex = value
        .text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let lengths = match hex {
        Some(hex) => vec![hex.len() / 2],
        None if value.quoted => vec![value.text.len(), unescaped(&value.text)],
        None => return None,
    };
    if value.text.contains(MASK)
        || value.text.contains('\0')
        || lengths.iter().any(|&own| own as u64 == length)
    {
        return None;
    }
    Some(Mark::Length(format!(
        "{length} bytes were announced and {} came",
        lengths[lengths.len() - 1]
    )))
}

fn unescaped(text: &str) -> usize {
    let mut skip = false;
    let counted = text.bytes().filter(|&b| {
        skip = b == b'\\' && !skip;
        !skip
    });
    counted.count()
}
