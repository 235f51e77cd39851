//! The vocabulary: the commands of all chapters, and how one of them is found.

use super::line::argument::Arguments;
use super::line::code::Code;
use super::line::command::Command;
use super::line::input::is_command;
use super::line::job::Reply;
use super::line::words::{Form, Words};
use super::variant::Variant;
use super::{St67, World, basic, ble, low_power, mqtt, net, wifi};

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
    pub(in crate::st67) fn command(
        &mut self,
        line: &[u8],
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !is_command(line) {
            return Err(Code::NO_AT);
        }
        let words = Words::scan(&line[2..])?;
        let found = commands(self.variant)
            .find(|known| known.name.as_bytes().eq_ignore_ascii_case(&words.name))
            .filter(|known| !(self.config.network_on_host && known.name.starts_with("+CIP")))
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
    pub(in crate::st67) fn list_commands(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
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
