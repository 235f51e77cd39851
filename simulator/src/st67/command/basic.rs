//! Basic commands: chapter 2 of the reference.

use super::{Command, command};
use crate::st67::St67;

pub(super) const COMMANDS: &[Command] = &[
    command("").execute(St67::attention),
    command("+RST").execute(St67::reset_command),
    command("+GMR").execute(St67::version),
    command("+CMD").query(St67::list_commands),
    command("E0").execute(St67::echo_off),
    command("E1").execute(St67::echo_on),
    command("+RESTORE").execute(St67::restore),
    command("+SYSMSG")
        .query(St67::messages)
        .set(St67::set_messages),
    command("+SYSLOG")
        .query(St67::error_codes)
        .set(St67::set_error_codes),
    command("+SYSSTORE").query(St67::store).set(St67::set_store),
    command("+FS").set(St67::files),
];
