//! The vocabulary: which command takes which form, and who executes it.

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

const fn command(
    name: &'static str,
    query: Option<Handler>,
    set: Option<Handler>,
    execute: Option<Handler>,
) -> Command {
    Command {
        name,
        query,
        set,
        execute,
    }
}

/// All commands, by what follows `AT`. The arguments of each are checked by its handler.
const COMMANDS: &[Command] = &[
    command("", None, None, Some(St67::attention)),
    command("+RST", None, None, Some(St67::reset_command)),
    command("+GMR", None, None, Some(St67::version)),
    command("+CMD", Some(St67::list_commands), None, None),
    command("E0", None, None, Some(St67::echo_off)),
    command("E1", None, None, Some(St67::echo_on)),
    command("+RESTORE", None, None, Some(St67::restore)),
    command(
        "+SYSMSG",
        Some(St67::messages),
        Some(St67::set_messages),
        None,
    ),
    command(
        "+SYSLOG",
        Some(St67::error_codes),
        Some(St67::set_error_codes),
        None,
    ),
    command("+SYSSTORE", Some(St67::store), Some(St67::set_store), None),
    command("+FS", None, Some(St67::files), None),
    command("+CWMODE", Some(St67::mode), Some(St67::set_mode), None),
    command("+CWSTATE", Some(St67::state), None, None),
    command(
        "+CWJAP",
        Some(St67::joined_to),
        Some(St67::join),
        Some(St67::join_again),
    ),
    command(
        "+CWRECONNCFG",
        Some(St67::reconnect),
        Some(St67::set_reconnect),
        None,
    ),
    command("+CWLAPOPT", None, Some(St67::set_scan), None),
    command("+CWLAP", None, Some(St67::scan), Some(St67::scan)),
    command(
        "+CWQAP",
        None,
        Some(St67::leave_and_forget),
        Some(St67::leave_command),
    ),
    command(
        "+CWAUTOCONN",
        Some(St67::auto_join),
        Some(St67::set_auto_join),
        None,
    ),
    command(
        "+CWEVT",
        Some(St67::wifi_events),
        Some(St67::set_wifi_events),
        None,
    ),
    command("+CIPSTAMAC", Some(St67::mac), Some(St67::set_mac), None),
    command(
        "+CIPSTA",
        Some(St67::address),
        Some(St67::set_address),
        None,
    ),
    command("+CIPV6", Some(St67::ipv6), Some(St67::set_ipv6), None),
    command("+CIFSR", None, None, Some(St67::local_addresses)),
    command("+CIPDNS", Some(St67::dns), Some(St67::set_dns), None),
    command("+CIPDOMAIN", None, Some(St67::resolve), None),
    command("+PING", None, Some(St67::ping), None),
    command(
        "+CIPMUX",
        Some(St67::multiple),
        Some(St67::set_multiple),
        None,
    ),
    command(
        "+CIPDINFO",
        Some(St67::remote_in_ipd),
        Some(St67::set_remote_in_ipd),
        None,
    ),
    command(
        "+CIPRECVMODE",
        Some(St67::receive_mode),
        Some(St67::set_receive_mode),
        None,
    ),
    command(
        "+CIPEVT",
        Some(St67::link_events),
        Some(St67::set_link_events),
        None,
    ),
    command(
        "+CIPRECVBUF",
        Some(St67::receive_buffer),
        Some(St67::set_receive_buffer),
        None,
    ),
    command(
        "+CIPTCPOPT",
        Some(St67::tcp_options),
        Some(St67::set_tcp_options),
        None,
    ),
    command("+CIPSTART", Some(St67::started), Some(St67::start), None),
    command(
        "+CIPSSLCCONF",
        Some(St67::ssl_files),
        Some(St67::set_ssl_files),
        None,
    ),
    command(
        "+CIPSSLCSNI",
        Some(St67::ssl_name),
        Some(St67::set_ssl_name),
        None,
    ),
    command(
        "+CIPSSLCALPN",
        Some(St67::ssl_protocols),
        Some(St67::set_ssl_protocols),
        None,
    ),
    command(
        "+CIPSSLCPSK",
        Some(St67::ssl_key),
        Some(St67::set_ssl_key),
        None,
    ),
    command(
        "+CIPSSLCPSKHEX",
        Some(St67::ssl_key_hex),
        Some(St67::set_ssl_key_hex),
        None,
    ),
    command(
        "+CIPSERVER",
        Some(St67::server),
        Some(St67::set_server),
        None,
    ),
    command(
        "+CIPSERVERMAXCONN",
        Some(St67::most_peers),
        Some(St67::set_most_peers),
        None,
    ),
    command(
        "+CIPSTO",
        Some(St67::server_timeout),
        Some(St67::set_server_timeout),
        None,
    ),
    command("+CIPSTARTEX", None, Some(St67::start_anywhere), None),
    command("+CIPSTATE", Some(St67::link_states), None, None),
    command("+CIPSEND", None, Some(St67::send), None),
    command("+CIPSENDEX", None, Some(St67::send_escaped), None),
    command("+CIPRECVDATA", None, Some(St67::receive), None),
    command("+CIPRECVLEN", Some(St67::receivable), None, None),
    command(
        "+CIPCLOSE",
        None,
        Some(St67::close),
        Some(St67::close_single),
    ),
];

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
        let found = COMMANDS
            .iter()
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
        for (index, command) in COMMANDS.iter().enumerate() {
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
