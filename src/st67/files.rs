//! The ST67's sequences for files (reference 2.2.26), as certificates and keys are.
//!
//! A byte that is lost, changed or added on the way to the flash is found by reading back. Firmware
//! prints what it reads as a string, which a NUL ends (wire notes 6): so each piece ends in front of a
//! NUL, and a NUL is a piece of its own.
//!
//! What a fault leaves half written must not be taken for a certificate, neither by the module, to which
//! a missing authority means that nobody is checked, nor by the driver. So the first byte of a file is a
//! NUL, with which neither PEM nor DER begins, until everything else of it is there and right.

use super::status::{Status, Subcategory};
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Certificates, Outcome};
use crate::engine::gather::{Gather, Head};
use crate::engine::text::number;
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::bytes::copy;

/// How long the name of a file may be (wire notes 3), and of one that TLS is to find (2).
pub(super) const NAME_MAX: usize = 127;
const CERTIFICATE_NAME_MAX: usize = 31;

/// Written at once at most: the firmware has it in its memory before it writes.
pub(super) const WRITE_MAX: usize = 2048;

/// Read at once at most: with what stands before and behind it, it fits the least line buffer.
pub(super) const READ_MAX: usize = 128;

/// How long a question about a file may take on average (ms), and the writes of one, with a flash that
/// has to make room first. No source has figures.
const QUESTION: u32 = 100;
const WRITES: u32 = 20_000;

/// How many writes and other questions loading has, besides those that read back.
const FURTHER: u32 = 10;

impl Certificates for St67 {
    fn load_time(content: &[u8]) -> u32 {
        let (mut pieces, mut rest) = (FURTHER, content);
        while let Some((_, behind)) = piece_of(rest) {
            pieces += 1;
            rest = behind;
        }
        WRITES.saturating_add(pieces.saturating_mul(QUESTION))
    }

    fn load_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
        content: &[u8],
    ) -> Outcome {
        check_name(module, name, CERTIFICATE_NAME_MAX)?;
        remove(module, name)?;
        create(module, name)?;
        let filled = fill(module, name, content);
        if matches!(filled, Err(Fault::Refused | Fault::Untaken)) {
            // The flash is full: what there is of it is in the way.
            let refusal = module.session().refusal;
            let _ = remove(module, name);
            module.session().refusal = refusal;
        }
        filled
    }

    /// Whether there is a file that does not begin with a NUL.
    fn has_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
    ) -> Outcome<bool> {
        check_name(module, name, CERTIFICATE_NAME_MAX)?;
        let mut first = [0];
        match read_piece(module, name, 0, &mut first) {
            Ok((_, got)) => Ok(got > 0 && first != [0]),
            Err(fault) if is_missing(module, fault) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    fn delete_certificate<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
    ) -> Outcome<bool> {
        check_name(module, name, CERTIFICATE_NAME_MAX)?;
        remove(module, name)
    }

    fn certificates<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Outcome {
        list(module, each)
    }
}

/// Whether a name can be that of a file; nothing is sent.
pub(super) fn check_name<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    most: usize,
) -> Outcome {
    if name.is_empty() {
        return Err(module.refuse(Usage::Empty));
    }
    compose(module, 4, name, most);
    module.check_command()
}

/// `AT+FS=0,<operation>,"<name>"`, without its line end.
fn compose<'m, 'b, T: Transport, C: Clock>(
    module: &'m mut Module<'b, T, C>,
    operation: u32,
    name: &str,
    most: usize,
) -> &'m mut crate::engine::compose::Command<'b> {
    module
        .compose("AT+FS=0,#,", &[operation])
        .text::<Rule>(name.as_bytes(), most)
}

/// Whether the module says that there is no such file.
fn is_missing<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, fault: Fault) -> bool {
    let is_io = matches!(
        module.session().refusal,
        Status::Code(code) if code.subcategory() == Subcategory::Io
    );
    fault == Fault::Refused && is_io
}

/// How long a file is; `None` if there is none.
pub(super) fn size<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
) -> Outcome<Option<u32>> {
    let mut told = None;
    compose(module, 4, name, NAME_MAX).put("\r\n", &[]);
    let timeout = module.timeouts.command;
    match module.ask("+FS:SIZE,", timeout, &mut |row: &[u8]| told = number(row)) {
        Ok(()) if told.is_some() => Ok(told),
        Ok(()) => Err(module.engine.malformed()),
        Err(fault) if is_missing(module, fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Deletes a file; whether there was one. Firmware never answers where there is none (wire notes 11).
pub(super) fn remove<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
) -> Outcome<bool> {
    if size(module, name)?.is_none() {
        return Ok(false);
    }
    compose(module, 0, name, NAME_MAX).put("\r\n", &[]);
    module.send_composed(module.timeouts.command)?;
    Ok(true)
}

/// Creates a file; one that is there stays as it is. Firmware never answers where it cannot.
pub(super) fn create<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, name: &str) -> Outcome {
    compose(module, 1, name, NAME_MAX).put("\r\n", &[]);
    match module.send_composed(module.timeouts.command) {
        Err(Fault::Timeout) => match size(module, name)? {
            Some(_) => Ok(()),
            None => {
                module.session().refusal = Status::NotCreated;
                Err(Fault::Refused)
            }
        },
        other => other,
    }
}

/// Writes a file that is there and empty, its first byte last, and reads it back.
fn fill<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    content: &[u8],
) -> Outcome {
    let Some((first, rest)) = content.split_first_chunk::<1>() else {
        return Err(module.refuse(Usage::Empty));
    };
    write(module, name, 0, &[0])?;
    write_all(module, name, 1, rest)?;
    compare(module, name, 1, rest)?;
    if size(module, name)? != Some(content.len() as u32) {
        return Err(module.engine.malformed());
    }
    let begun = match first {
        [0] => Ok(()),
        _ => write(module, name, 0, first),
    };
    let begun = begun.and_then(|()| compare(module, name, 0, first));
    if begun == Err(Fault::Malformed) {
        // It begins with something else.
        let _ = write(module, name, 0, &[0]);
    }
    begun
}

/// Writes all of it into a file that is there.
pub(super) fn write_all<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    mut offset: u32,
    content: &[u8],
) -> Outcome {
    for piece in content.chunks(WRITE_MAX) {
        write(module, name, offset, piece)?;
        offset += piece.len() as u32;
    }
    Ok(())
}

pub(super) fn write<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    offset: u32,
    piece: &[u8],
) -> Outcome {
    compose(module, 2, name, NAME_MAX).put(",#,#\r\n", &[offset, piece.len() as u32]);
    module.upload(piece, module.timeouts.send)
}

/// Whether a file has this content at this place.
fn compare<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    mut offset: u32,
    mut content: &[u8],
) -> Outcome {
    while let Some((piece, rest)) = piece_of(content) {
        let mut memory = [0; READ_MAX];
        let into = memory.get_mut(..piece.len()).unwrap_or(&mut []);
        let (_, got) = read_piece(module, name, offset, into)?;
        if got != piece.len() || into != piece {
            return Err(module.engine.malformed());
        }
        offset += piece.len() as u32;
        content = rest;
    }
    Ok(())
}

/// As much as can be read at once, and the rest: nothing but what stands before a NUL, or one alone.
fn piece_of(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let most = content.get(..READ_MAX).unwrap_or(content);
    let length = match most.iter().position(|&byte| byte == 0) {
        Some(0) => 1,
        Some(end) => end,
        None => most.len(),
    };
    content.split_at_checked(length).filter(|_| length > 0)
}

/// Reads from a file as much as it has there, and returns how much that was. At once it reads less
/// where NULs were.
pub(super) fn read<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    offset: u32,
    into: &mut [u8],
) -> Outcome<usize> {
    let (mut done, mut most) = (0, READ_MAX);
    while done < into.len() {
        let rest = into.get_mut(done..).unwrap_or(&mut []);
        let length = rest.len().min(most);
        let part = rest.get_mut(..length).unwrap_or(&mut []);
        let place = offset.saturating_add(done as u32);
        let (told, mut got) = match read_piece(module, name, place, part) {
            // A NUL has cut it, and an event stands where the rest of it was looked for.
            Err(Fault::Malformed) if length > 1 => (length, 0),
            other => other?,
        };
        if got > 1 && part.get(..got).is_some_and(|part| part.ends_with(END)) {
            // With a NUL in their place it would look the same.
            got -= END.len();
        }
        done += got;
        if got < told {
            // A NUL ended it; or so it seems, and the next byte alone will tell.
            most = 1;
        } else if got < length {
            break;
        } else {
            most = READ_MAX.min(2 * most);
        }
    }
    Ok(done)
}

/// Reads once: how much the module says that it was, and how much of it has come before a NUL that is
/// not the only byte.
fn read_piece<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    offset: u32,
    into: &mut [u8],
) -> Outcome<(usize, usize)> {
    compose(module, 3, name, NAME_MAX).put(",#,#\r\n", &[offset, into.len() as u32]);
    let mut part = Part {
        into,
        told: None,
        got: 0,
        cut: None,
    };
    module.gather(&mut part, module.timeouts.command)?;
    match part.told {
        Some(told) => Ok((told, part.got)),
        None => Err(module.engine.malformed()),
    }
}

const ROW: &[u8] = b"+FS:READ,";
const END: &[u8] = b"\r\n";
/// What comes behind a row that a NUL has cut; firmware has another line end between them.
const BEHIND: &[u8] = b"\r\nOK\r\n";

/// `+FS:READ,<count>,<data>`: data is what stands there, whatever it looks like.
struct Part<'p> {
    into: &'p mut [u8],
    /// How much the module says that it has read.
    told: Option<usize>,
    /// How much there is of it.
    got: usize,
    /// How long the row is if nothing follows what is here, and how much the module has told then.
    cut: Option<(usize, usize)>,
}

impl Part<'_> {
    fn keep(&mut self, data: &[u8]) {
        self.got = copy(data, self.into);
    }
}

impl Gather for Part<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        self.cut = None;
        let Some(values) = pending.strip_prefix(ROW).filter(|_| self.told.is_none()) else {
            return Head::Other;
        };
        let Some(comma) = values.iter().position(|&byte| byte == b',') else {
            return Head::Part;
        };
        let (count, data) = values.split_at_checked(comma).unwrap_or_default();
        let data = data.get(1..).unwrap_or(&[]);
        let told = number(count).map(|count| count as usize);
        let Some(told) = told.filter(|&told| told <= self.into.len()) else {
            return Head::Spoilt;
        };
        let before = pending.len() - data.len();
        if told == 1 && data.starts_with(END) {
            // A carriage return would have another one behind it.
            self.keep(&[0]);
            self.told = Some(told);
            return Head::Row(before + END.len());
        }
        // What looks like the end of the answer, and nothing behind it, may be that end, and the row be cut.
        let is_all = data.len() <= told + END.len() && data.ends_with(BEHIND);
        match (data.get(..told), data.get(told..told + END.len())) {
            (Some(data), Some(END)) if !is_all => {
                self.keep(data);
                self.told = Some(told);
                Head::Row(before + told + END.len())
            }
            (Some(_), Some(_)) if !is_all => Head::Spoilt,
            _ => {
                if let Some(shown) = data.strip_suffix(BEHIND) {
                    // Of line ends that belong to the data, none is lost: they are read again.
                    let shown = shown.strip_suffix(END).unwrap_or(shown);
                    self.keep(shown);
                    self.cut = Some((before + shown.len() + END.len(), told));
                }
                Head::Part
            }
        }
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        true
    }

    fn cut(&mut self) -> usize {
        let Some((length, told)) = self.cut.take() else {
            return 0;
        };
        self.told = Some(told);
        length
    }
}

/// Hands over the name of each file.
pub(super) fn list<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    each: &mut dyn FnMut(&[u8]),
) -> Outcome {
    module.compose("AT+FS=0,5,\".\"\r\n", &[]);
    let timeout = module.timeouts.command;
    module.ask("", timeout, &mut |row: &[u8]| {
        if !matches!(row, b"." | b".." | b"+FS:LIST") {
            each(row);
        }
    })
}
