//! The vocabulary: which command takes which form, and who executes it.

mod basic;
mod ble;
mod low_power;
mod mqtt;
mod net;
mod wifi;

use super::argument::Arguments;
use super::code::Code;
use super::job::Reply;
use super::{St67, World};

/// Executes one form of a command.
pub(super) type Handler = fn(&mut St67, &Arguments, &mut World) -> Result<Reply, Code>;

/// A command and its forms: query (`?`), set (`=...`) and execute.
struct Command {
    name: &'static str,
    query: Option<Handler>,
    set: Option<Handler>,
    execute: Option<Handler>,
}

/// A command by what follows `AT`, without any form.
const fn command(name: &'static str) -> Command {
    Command {
        name,
        query: None,
        set: None,
        execute: None,
    }
}

impl Command {
    const fn query(self, handler: Handler) -> Self {
        Command {
            query: Some(handler),
            ..self
        }
    }

    const fn set(self, handler: Handler) -> Self {
        Command {
            set: Some(handler),
            ..self
        }
    }

    const fn execute(self, handler: Handler) -> Self {
        Command {
            execute: Some(handler),
            ..self
        }
    }
}

/// All commands, chapter by chapter. The arguments of each are checked by its handler.
const CHAPTERS: &[&[Command]] = &[
    basic::COMMANDS,
    wifi::COMMANDS,
    net::COMMANDS,
    mqtt::COMMANDS,
    ble::COMMANDS,
    low_power::COMMANDS,
];

fn commands() -> impl Iterator<Item = &'static Command> {
    CHAPTERS.iter().copied().flatten()
}

/// The form in which a command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Query,
    Set,
    Execute,
}

impl St67 {
    /// Finds and executes the command of a line.
    pub(super) fn command(&mut self, line: &[u8], world: &mut World) -> Result<Reply, Code> {
        let command = strip_at(line).ok_or(Code::NO_AT)?;
        let end = command.iter().position(|byte| matches!(byte, b'=' | b'?'));
        let (name, rest) = command.split_at(end.unwrap_or(command.len()));
        let found = commands()
            .find(|known| known.name.as_bytes().eq_ignore_ascii_case(name))
            .ok_or(Code::UNSUPPORTED)?;
        let (form, arguments) = form(rest);
        let handler = match form {
            Form::Query => found.query,
            Form::Set => found.set,
            Form::Execute => found.execute,
        };
        let arguments = Arguments::parse(arguments);
        if arguments.len() > Arguments::MOST {
            return Err(Code::count(Arguments::MOST, arguments.len()));
        }
        handler.ok_or(Code::OPERATION)?(self, &arguments, world)
    }

    /// `AT+CMD?`
    fn list_commands(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        for (index, command) in commands().enumerate() {
            let [query, set, execute] =
                [command.query, command.set, command.execute].map(|form| u8::from(form.is_some()));
            let name = command.name;
            self.say(&format!(
                "+CMD:{index},\"AT{name}\",0,{query},{set},{execute}"
            ));
        }
        Ok(Reply::Ok)
    }
}

fn strip_at(line: &[u8]) -> Option<&[u8]> {
    let (at, command) = line.split_at_checked(2)?;
    at.eq_ignore_ascii_case(b"AT").then_some(command)
}

/// The form and the arguments. A question mark at the end makes a query of anything, and so does
/// an equals sign with nothing behind it.
fn form(rest: &[u8]) -> (Form, &[u8]) {
    match rest {
        [] => (Form::Execute, rest),
        [b'=', arguments @ .., b'?'] | [b'=', arguments @ ..] if rest.ends_with(b"?") => {
            (Form::Query, arguments)
        }
        [b'='] | [b'?', ..] => (Form::Query, &[]),
        [_, arguments @ ..] => (Form::Set, arguments),
    }
}
