//! The vocabulary: which command takes how many parameters, and who executes it.

use super::engine::Reply;
use super::parameter::Parameters;
use super::status::Status;
use super::{Microchip, World};

/// Executes a command.
type Handler = fn(&mut Microchip, &Parameters, &mut World) -> Result<Reply, Status>;

struct Command {
    name: &'static str,
    /// Its forms, as its help shows them.
    forms: &'static [&'static str],
    /// Numbers of parameters that it takes.
    counts: &'static [usize],
    execute: Handler,
}

const fn command(
    name: &'static str,
    forms: &'static [&'static str],
    counts: &'static [usize],
    execute: Handler,
) -> Command {
    Command {
        name,
        forms,
        counts,
        execute,
    }
}

/// All commands with a `+`. What is missing is unknown to the simulated module.
const COMMANDS: &[Command] = &[
    command("+GMI", &[""], &[0], Microchip::manufacturer),
    command("+GMM", &[""], &[0], Microchip::model),
    command("+GMR", &[""], &[0], Microchip::revision),
    command("+LOWPOWER", &["=<MODE>"], &[1], Microchip::low_power),
    command("+READCERT", &["=<TYPE>"], &[1], Microchip::read_certificate),
    command("+IPR", &["", "=<BAUD_RATE>"], &[0, 1], Microchip::baud_rate),
    command("+CFG", &["", "=<ID>"], &[0, 1], Microchip::own_settings),
    command("+RST", &[""], &[0], Microchip::reset_command),
    command(
        "+TIME",
        &["=<FORMAT>", "=<FORMAT>,<TIME>"],
        &[1, 2],
        Microchip::time,
    ),
    command(
        "+WSCNC",
        &["", "=<ID>", "=<ID>,<VAL>"],
        &[0, 1, 2],
        Microchip::scan_settings,
    ),
    command(
        "+WSCNA",
        &["=<CHANNEL>", "=<CHANNEL>,<SSID>"],
        &[1, 2],
        Microchip::scan_actively,
    ),
    command(
        "+WSCNP",
        &["=<CHANNEL>", "=<CHANNEL>,<SSID>"],
        &[1, 2],
        Microchip::scan_passively,
    ),
    command(
        "+WSTAC",
        &["", "=<ID>", "=<ID>,<VAL>"],
        &[0, 1, 2],
        Microchip::station_settings,
    ),
    command(
        "+WSTA",
        &["", "=<STATE>", "=<STATE>,<TIMEOUT>"],
        &[0, 1, 2],
        Microchip::station_state,
    ),
    command(
        "+WAPC",
        &["", "=<ID>", "=<ID>,<VAL>"],
        &[0, 1, 2],
        Microchip::soft_ap_settings,
    ),
    command("+WAP", &["", "=<STATE>"], &[0, 1], Microchip::soft_ap_state),
    command(
        "+WPROVC",
        &["", "=<ID>", "=<ID>,<VAL>"],
        &[0, 1, 2],
        Microchip::provisioning_settings,
    ),
    command("+WPROV", &["", "=<STATE>"], &[0, 1], Microchip::provision),
    command(
        "+DNSRESOLV",
        &["=<TYPE>,<DOMAIN_NAME>"],
        &[2],
        Microchip::resolve,
    ),
    command(
        "+PING",
        &["=<TARGET_ADDR>", "=<TARGET_ADDR>,<IP_VERSION>"],
        &[1, 2],
        Microchip::ping,
    ),
    command(
        "+MQTTC",
        &["", "=<ID>", "=<ID>,<VAL>"],
        &[0, 1, 2],
        Microchip::mqtt_settings,
    ),
    command(
        "+MQTTCONN",
        &["", "=<CLEAN>"],
        &[0, 1],
        Microchip::mqtt_connect,
    ),
    command(
        "+MQTTSUB",
        &["=<TOPIC_NAME>,<MAX_QOS>"],
        &[2],
        Microchip::mqtt_subscribe,
    ),
    command(
        "+MQTTUNSUB",
        &["=<TOPIC_NAME>"],
        &[1],
        Microchip::mqtt_unsubscribe,
    ),
    command(
        "+MQTTPUB",
        &["=<DUP>,<QOS>,<RETAIN>,<TOPIC_NAME>,<TOPIC_PAYLOAD>"],
        &[5],
        Microchip::mqtt_publish,
    ),
    command(
        "+MQTTDISCONN",
        &["", "=<REASON_CODE>"],
        &[0, 1],
        Microchip::mqtt_disconnect,
    ),
    command("+SOCKO", &["=<PROTOCOL>"], &[1], Microchip::open),
    command(
        "+SOCKBL",
        &["=<SOCK_ID>,<LCL_PORT>"],
        &[2],
        Microchip::bind_local,
    ),
    command(
        "+SOCKBM",
        &["=<SOCK_ID>,<MCAST_ADDR>,<MCAST_PORT>"],
        &[3],
        Microchip::bind_multicast,
    ),
    command(
        "+SOCKBR",
        &["=<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>"],
        &[3],
        Microchip::bind_remote,
    ),
    command(
        "+SOCKWR",
        &["=<SOCK_ID>,<LENGTH>", "=<SOCK_ID>,<LENGTH>,<DATA>"],
        &[2, 3],
        Microchip::write,
    ),
    command(
        "+SOCKWRTO",
        &[
            "=<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>,<LENGTH>",
            "=<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>,<LENGTH>,<DATA>",
        ],
        &[4, 5],
        Microchip::write_to,
    ),
    command(
        "+SOCKRD",
        &["=<SOCK_ID>,<OUTPUT_MODE>,<LENGTH>"],
        &[3],
        Microchip::read,
    ),
    command(
        "+SOCKTLS",
        &["=<SOCK_ID>,<TLS_CONF>"],
        &[2],
        Microchip::upgrade,
    ),
    command(
        "+TLSC",
        &["=<CONF>", "=<CONF>,<ID>", "=<CONF>,<ID>,<VAL>"],
        &[1, 2, 3],
        Microchip::tls_settings,
    ),
    command(
        "+LOADCERT",
        &["=<LENGTH>,<CERTNAME>"],
        &[2],
        Microchip::load,
    ),
    command("+SOCKCL", &["=<SOCK_ID>"], &[1], Microchip::close),
    command("+SOCKLST", &["", "=<SOCK_ID>"], &[0, 1], Microchip::list),
];

impl Microchip {
    /// Finds and executes the command of a line.
    pub(super) fn command(&mut self, line: &[u8], world: &mut World) -> Result<Reply, Status> {
        let line = line.strip_prefix(b"AT").ok_or(Status::INVALID_COMMAND)?;
        if line.is_empty() {
            return Ok(Reply::Ok);
        }
        let equals = line.iter().position(|byte| *byte == b'=');
        let (name, parameters) = match equals {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let (name, suffix) = split_suffix(name);
        let Some(command) = find(name) else {
            return self.letters(name).map(|()| Reply::Ok);
        };
        if suffix == Suffix::Help || parameters.starts_with(b"?") {
            self.help(command);
            return Ok(Reply::Ok);
        }
        let parameters = match suffix {
            Suffix::Read => Parameters::default(),
            _ => Parameters::parse(parameters)?,
        };
        parameters.expect(command.counts)?;
        (command.execute)(self, &parameters, world)
    }

    fn help(&mut self, command: &Command) {
        for form in command.forms {
            self.say(&format!("AT{}{form}", command.name));
        }
    }

    /// `ATE<n>` and `ATV<n>`, of which one line may hold several.
    fn letters(&mut self, mut text: &[u8]) -> Result<(), Status> {
        while let [letter, rest @ ..] = text {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = rest[..digits].iter().fold(0_u32, |number, digit| {
                let digit = u32::from(digit - b'0');
                number.saturating_mul(10).saturating_add(digit)
            });
            match (letter, u8::try_from(number).unwrap_or(u8::MAX)) {
                (b'E', number @ 0..=1) => self.engine.console.echo = number == 1,
                (b'V', number @ 0..=5) => self.verbosity = number,
                _ => return Err(Status::UNKNOWN_COMMAND),
            }
            text = &rest[digits..];
        }
        Ok(())
    }
}

/// What may stand behind the name of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    None,
    /// `?`
    Read,
    /// `/?`
    Help,
}

fn split_suffix(name: &[u8]) -> (&[u8], Suffix) {
    if let Some(name) = name.strip_suffix(b"/?") {
        (name, Suffix::Help)
    } else if let Some(name) = name.strip_suffix(b"?").filter(|name| !name.is_empty()) {
        (name, Suffix::Read)
    } else {
        (name, Suffix::None)
    }
}

fn find(name: &[u8]) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| command.name.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_stands_in_the_way_of_another() {
        for command in COMMANDS {
            let found = find(command.name.as_bytes()).map(|command| command.name);
            assert_eq!(found, Some(command.name));
            assert_eq!(
                command.forms.len(),
                command.counts.len(),
                "{}",
                command.name
            );
        }
    }
}
