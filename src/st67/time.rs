//! The ST67's sequences for the time of day.

use super::command::net::{DateTime, GetTime};
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Time};
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::UnixTime;

/// How many servers there can be (reference 4.1.22).
const SERVERS: usize = 3;

impl Time for St67 {
    fn set_time_servers<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        servers: &[&str],
    ) -> Outcome {
        if servers.len() > SERVERS {
            return Err(module.refuse(Usage::Unsupported("a fourth time server")));
        }
        // On, and in UTC.
        let command = module.compose("AT+CIPSNTPCFG=1,0", &[]);
        for server in servers {
            command.put(",", &[]).text::<Rule>(server.as_bytes(), 64);
        }
        command.put("\r\n", &[]);
        module.send_composed(module.timeouts.command)
    }

    fn time<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Option<UnixTime>> {
        module.write(&GetTime);
        module.keep_rows("+CIPSNTPTIME:", module.timeouts.command)?;
        let DateTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = module.parse_reply(&GetTime)?;
        let day = UnixTime::from_date(year, month, day);
        Ok(day.and_then(|day| day.at(hour, minute, second)))
    }
}
