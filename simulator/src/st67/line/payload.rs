//! Payloads: what comes behind a prompt, and is no command.

use std::fmt;

use super::job::{Job, Reply, Step, Task};
use crate::st67::{St67, World};

/// Goes on with a payload that is complete.
type Taker = Box<dyn FnOnce(&mut St67, &[u8], &mut World) -> Step + Send>;

/// Payload that is being collected behind a prompt.
pub(in crate::st67) struct Payload {
    taker: Taker,
    /// Bytes that are still awaited at most.
    left: usize,
    data: Vec<u8>,
    escapes: Escapes,
    /// The next piece is all of it, however long it is.
    is_one_piece: bool,
    /// Where the last backslash was, if they are looked for again.
    unescaped: usize,
}

/// What a backslash in the payload means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Escapes {
    /// Nothing: `AT+CIPSEND`.
    None,
    /// The next byte is literal, except that `\0` ends the payload: `AT+CIPSENDEX`.
    Unescaped,
    /// There was one just now.
    Backslash,
    /// The same as unescaped, but they are looked for again in all that has come.
    Again,
    /// Nothing, and what comes with the last of the payload belongs to it.
    Excess,
}

impl Payload {
    pub fn new(
        length: usize,
        taker: impl FnOnce(&mut St67, &[u8], &mut World) -> Step + Send + 'static,
    ) -> Self {
        Payload {
            taker: Box::new(taker),
            left: length,
            data: Vec::new(),
            escapes: Escapes::None,
            is_one_piece: false,
            unescaped: 0,
        }
    }

    pub fn with_escapes(self, escapes: Escapes) -> Self {
        Payload { escapes, ..self }
    }

    pub fn in_one_piece(self, is_one_piece: bool) -> Self {
        Payload {
            is_one_piece,
            ..self
        }
    }

    /// Bytes that can belong to it.
    fn most(&self) -> usize {
        match self.escapes {
            Escapes::None | Escapes::Again => self.left,
            Escapes::Unescaped | Escapes::Backslash | Escapes::Excess => usize::MAX,
        }
    }

    /// Takes more of it.
    fn extend(&mut self, bytes: Vec<u8>) {
        if self.escapes == Escapes::Excess {
            self.left = self.left.saturating_sub(bytes.len());
            self.data.extend(bytes);
            return;
        }
        if self.escapes == Escapes::Again {
            let length = self.left + self.data.len();
            self.data.extend(bytes);
            let ended = self.unescape();
            self.left = if ended { 0 } else { length - self.data.len() };
            return;
        }
        for byte in bytes {
            if self.left > 0 {
                self.add(byte);
            }
        }
    }

    /// Takes the backslashes out, and says whether one of them ends the payload.
    fn unescape(&mut self) -> bool {
        let mut backslash = false;
        let mut at = self.unescaped;
        while let Some(&byte) = self.data.get(at) {
            if backslash && byte == b'0' {
                self.data.truncate(at - 1);
                return true;
            }
            if backslash {
                at -= 1;
                self.data.remove(at);
                self.unescaped = at;
            }
            backslash = !backslash && byte == b'\\';
            at += 1;
        }
        false
    }

    fn add(&mut self, byte: u8) {
        match (self.escapes, byte) {
            (Escapes::Unescaped, b'\\') => {
                self.escapes = Escapes::Backslash;
                return;
            }
            (Escapes::Backslash, b'0') => {
                self.left = 0;
                return;
            }
            (Escapes::Backslash, _) => self.escapes = Escapes::Unescaped,
            _ => {}
        }
        self.data.push(byte);
        self.left -= 1;
    }
}

impl Task for Payload {
    fn takes_input(&self) -> bool {
        true
    }

    fn step(mut self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        while self.left > 0 {
            let Some(bytes) = module.input.payload(self.most()) else {
                return Step::Wait(Job::Task(self));
            };
            self.extend(bytes);
            if self.is_one_piece {
                break;
            }
        }
        let Payload { taker, data, .. } = *self;
        taker(module, &data, world)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("left", &self.left)
            .field("come", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl St67 {
    /// The prompt behind which a payload is awaited, and who takes it.
    pub(in crate::st67) fn prompt_for_payload(
        &mut self,
        length: usize,
        taker: impl FnOnce(&mut St67, &[u8], &mut World) -> Step + Send + 'static,
    ) -> Reply {
        let prompt = self.variant.prompt;
        self.output.write(&[prompt.as_bytes()]);
        Reply::Later(Payload::new(length, taker).into())
    }
}
