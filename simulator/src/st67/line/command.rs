//! The forms of a command, and who executes them.

use super::argument::Arguments;
use super::code::Code;
use super::job::Reply;
use crate::st67::{St67, World};

/// Executes one form of a command.
type Handler = fn(&mut St67, &Arguments, &mut World) -> Result<Reply, Code>;

/// A command and its forms: query (`?`), set (`=...`) and execute.
pub(in crate::st67) struct Command {
    pub name: &'static str,
    pub query: Option<Handler>,
    pub set: Option<Handler>,
    pub execute: Option<Handler>,
    /// The reference does not know it.
    pub of_firmware: bool,
}

/// A command by what follows `AT`, without any form.
pub(in crate::st67) const fn command(name: &'static str) -> Command {
    Command {
        name,
        query: None,
        set: None,
        execute: None,
        of_firmware: false,
    }
}

impl Command {
    pub const fn query(self, handler: Handler) -> Self {
        Command {
            query: Some(handler),
            ..self
        }
    }

    pub const fn set(self, handler: Handler) -> Self {
        Command {
            set: Some(handler),
            ..self
        }
    }

    pub const fn execute(self, handler: Handler) -> Self {
        Command {
            execute: Some(handler),
            ..self
        }
    }

    pub const fn of_firmware(self) -> Self {
        Command {
            of_firmware: true,
            ..self
        }
    }
}
