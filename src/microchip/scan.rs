//! The Microchip module's sequence for scans.

use super::command::wlan::AccessPointSecurity;
use super::event::ScanResult;
use super::status::Status;
use super::text::Rule;
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Scanner};
use crate::engine::gather::{Gather, Head, line_row};
use crate::engine::words::{Words, words};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{AccessPointInfo, ScanOptions, Security};

/// All channels (reference 4.2.2).
const ANY: u32 = 255;

/// The channels that there are.
const CHANNELS: u32 = 13;

/// How long a channel is listened to if nothing else is said (ms), actively and passively: what the
/// reference's example shows (4.1.5), and firmware has.
const ACTIVE: u16 = 30;
const PASSIVE: u16 = 300;

impl Scanner for Microchip {
    fn scan_time(options: &ScanOptions<'_>) -> Result<u32, Usage> {
        let range = |min, max| Err(Usage::OutOfRange { min, max });
        match options.channel {
            None | Some(1..=13) if options.dwell_ms != Some(0) => {
                Ok(options.patience(CHANNELS, dwell(options).into()))
            }
            None | Some(1..=13) => range(1, u16::MAX.into()),
            Some(_) => range(1, 13),
        }
    }

    fn scan<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        options: &ScanOptions<'_>,
        timeout: u32,
        each: &mut dyn FnMut(Option<&AccessPointInfo>),
    ) -> Outcome {
        let mut scan = Scan { each, end: None };
        compose(module, options);
        // Before a byte is sent, and again behind the command that is.
        module.check_command()?;
        let time = [1 + u32::from(options.is_passive), dwell(options).into()];
        module.tell("AT+WSCNC=#,#\r\n", &time)?;
        compose(module, options);
        module.gather(&mut scan, timeout)?;
        match scan.end {
            Some(End::Failed) => {
                module.session().refusal = Status::WifiRequestFailed;
                Err(Fault::Refused)
            }
            _ => Ok(()),
        }
    }
}

fn dwell(options: &ScanOptions<'_>) -> u16 {
    let default = if options.is_passive { PASSIVE } else { ACTIVE };
    options.dwell_ms.unwrap_or(default)
}

fn compose<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, options: &ScanOptions<'_>) {
    let channel = options.channel.map_or(ANY, u32::from);
    let template = match options.is_passive {
        true => "AT+WSCNP=#",
        false => "AT+WSCNA=#",
    };
    let command = module.compose(template, &[channel]);
    if let Some(ssid) = options.ssid {
        command.put(",", &[]).text::<Rule>(ssid, 32);
    }
    command.put("\r\n", &[]);
}

struct Scan<'s> {
    each: &'s mut dyn FnMut(Option<&AccessPointInfo>),
    end: Option<End>,
}

/// How a scan ends.
#[derive(Clone, Copy)]
enum End {
    Done,
    /// Firmware does not say so.
    Failed,
}

const ROW: &[u8] = b"+WSCNIND:";
const ENDS: Words<End> = words! {
    "+WSCNDONE" => End::Done,
    "+WSCNERROR" => End::Failed,
};

impl Gather for Scan<'_> {
    /// No row has line ends in it: what cannot be printed is escaped.
    fn take(&mut self, pending: &[u8]) -> Head {
        let Some((line, length)) = line_row(pending, b"") else {
            return Head::Other;
        };
        match line.strip_prefix(ROW).map(ScanResult::parse) {
            Some(Some(result)) => (self.each)(info(&result).as_ref()),
            Some(None) => return Head::Spoilt,
            None => match ENDS.find(line) {
                None => return Head::Other,
                end => self.end = end,
            },
        }
        Head::Row(length)
    }

    fn miss(&mut self) {
        (self.each)(None);
    }

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        self.end.is_some()
    }
}

fn info(result: &ScanResult<'_>) -> Option<AccessPointInfo> {
    Some(AccessPointInfo {
        ssid: result.ssid.keep()?,
        bssid: result.bssid,
        channel: result.channel.try_into().ok()?,
        rssi: result.rssi.try_into().ok()?,
        security: match result.security.known() {
            Some(AccessPointSecurity::Open) => Security::Open,
            Some(AccessPointSecurity::Wep) => Security::Wep,
            Some(AccessPointSecurity::Wpa) => Security::Wpa,
            Some(AccessPointSecurity::Wpa2) => Security::Wpa2,
            Some(AccessPointSecurity::Enterprise) => Security::Enterprise,
            None => Security::Unknown,
        },
        has_wps: None,
    })
}
