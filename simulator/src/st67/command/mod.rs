//! The vocabulary: which command takes which form, and who executes it.

mod basic;
mod ble;
mod low_power;
mod mqtt;
mod net;
mod wifi;

use super::argument::Arguments;
use super::code::Code;
use super::input::is_command;
use super::job::Reply;
use super::variant::Variant;
use super::words::{Form, Words};
use super::{St67, World};

/// Executes one form of a command.
pub(super) type Handler = fn(&mut St67, &Arguments, &mut World) -> Result<Reply, Code>;

/// A command and its forms: query (`?`), set (`=...`) and execute.
struct Command {
    name: &'static str,
    query: Option<Handler>,
    set: Option<Handler>,
    execute: Option<Handler>,
    /// The reference does not know it.
    of_firmware: bool,
}

/// A command by what follows `AT`, without any form.
const fn command(name: &'static str) -> Command {
    Command {
        name,
        query: None,
        set: None,
        execute: None,
        of_firmware: false,
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

    const fn of_firmware(self) -> Self {
        Command {
            of_firmware: true,
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

fn commands(variant: &Variant) -> impl Iterator<Item = &'static Command> {
    let all = CHAPTERS.iter().copied().flatten();
    all.filter(|command| variant.is_firmware || !command.of_firmware)
}

impl St67 {
    /// Finds and executes the command of a line.
    pub(super) fn command(&mut self, line: &[u8], world: &mut World) -> Result<Reply, Code> {
        if !is_command(line) {
            return Err(Code::NO_AT);
        }
        let words = Words::scan(&line[2..])?;
        let found = commands(self.variant)
            .find(|known| known.name.as_bytes().eq_ignore_ascii_case(&words.name))
            .ok_or(Code::UNSUPPORTED)?;
        let handler = match words.form {
            Form::Query => found.query,
            Form::Set => found.set,
            Form::Execute => found.execute,
            Form::Test => None,
        };
        handler.ok_or(Code::UNTOLD)?(self, &words.arguments, world)
    }

    /// `AT+CMD?`
    fn list_commands(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        for (index, command) in commands(self.variant).enumerate() {
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
