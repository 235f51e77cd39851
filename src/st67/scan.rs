//! The ST67's sequence for scans.

use super::command::wifi::{self, Columns, ScanRow};
use super::station::become_station;
use super::status::{Status, Subcategory};
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Scanner};
use crate::engine::gather::{Gather, Head};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{AccessPointInfo, Printed, Reported, ScanOptions, Security, Switch};

/// What a row shows, as ST's host driver asks for it: as much that no SSID, of 32 bytes at most, can
/// hold what follows the SSID in a row. So the end of a row is where a row can end first.
const COLUMNS: u32 = 1695;

/// No row is longer than this.
const ROW_MAX: usize = 128;

/// Every way of protection; and as many access points as can be told of (reference 3.1.7).
const OPTIONS: &str = ",255,50\r\n";

/// The channels that there are (reference 3.1.8).
const CHANNELS: u32 = 14;

/// How long a channel is listened to if nothing else is said (ms), actively and passively.
const ACTIVE: u16 = 120;
const PASSIVE: u16 = 360;

impl Scanner for St67 {
    fn scan_time(options: &ScanOptions<'_>) -> Result<u32, Usage> {
        let range = |min, max| Err(Usage::OutOfRange { min, max });
        let dwell = match (options.dwell_ms, options.is_passive) {
            (Some(dwell @ 1..=1500), _) => dwell,
            (Some(_), _) => return range(1, 1500),
            (None, false) => ACTIVE,
            (None, true) => PASSIVE,
        };
        match options.channel {
            None | Some(1..=14) => Ok(options.patience(CHANNELS, dwell.into())),
            Some(_) => range(1, 14),
        }
    }

    fn scan<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        options: &ScanOptions<'_>,
        timeout: u32,
        each: &mut dyn FnMut(Option<&AccessPointInfo>),
    ) -> Outcome {
        let mut scan = Scan {
            each,
            is_answered: false,
            has_rows: false,
            is_over: false,
        };
        compose(module, options);
        // Before a byte is sent, and again behind the commands that are.
        module.check_command()?;
        let weakest = options.min_rssi.unwrap_or(-100).clamp(-100, -1);
        let weakest = weakest.unsigned_abs().into();
        module
            .compose("AT+CWLAPOPT=1,#,-#", &[COLUMNS, weakest])
            .put(OPTIONS, &[]);
        module.send_composed(module.timeouts.command)?;
        compose(module, options);
        let mut scanned = module.gather(&mut scan, timeout);
        if is_no_station(module, &scanned) {
            become_station(module)?;
            compose(module, options);
            scanned = module.gather(&mut scan, timeout);
        }
        match scanned {
            // The reference's module says nothing at all of having found nothing.
            Err(Fault::Timeout) if scan.is_answered && !scan.has_rows => Ok(()),
            other => other,
        }
    }
}

/// A module that has never joined is no station, and refuses to scan.
fn is_no_station<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, scanned: &Outcome) -> bool {
    let refusal = module.session().refusal;
    let is_not_allowed =
        matches!(refusal, Status::Code(code) if code.subcategory() == Subcategory::NotAllowed);
    *scanned == Err(Fault::Refused) && is_not_allowed
}

/// The channel is named always where anything is: firmware keeps the last one else (wire notes, 32).
fn compose<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, options: &ScanOptions<'_>) {
    let channel = options.channel.unwrap_or(0).into();
    let command = module.compose("AT+CWLAP=#,", &[options.is_passive.into()]);
    if let Some(ssid) = options.ssid {
        command.text::<Rule>(ssid, 32);
    }
    command.put(",,#", &[channel]);
    if let Some(dwell) = options.dwell_ms {
        command.put(",#,#", &[dwell.into(), dwell.into()]);
    }
    command.put("\r\n", &[]);
}

struct Scan<'s> {
    each: &'s mut dyn FnMut(Option<&AccessPointInfo>),
    is_answered: bool,
    has_rows: bool,
    is_over: bool,
}

const ROW: &[u8] = b"+CWLAP:";
const END: &[u8] = b"+CW:SCAN_DONE\r\n";

impl Gather for Scan<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        if pending.starts_with(END) {
            self.is_over = true;
            return Head::Row(END.len());
        }
        if !pending.starts_with(ROW) {
            return Head::Other;
        }
        let ends = (0..pending.len()).filter(|&at| pending.get(at) == Some(&b'\n'));
        for end in ends.map(|at| at + 1) {
            if let Some(found) = pending.get(..end).and_then(found) {
                self.has_rows = true;
                (self.each)(Some(&found));
                return Head::Row(end);
            }
        }
        match pending.len() > ROW_MAX {
            true => Head::Spoilt,
            false => Head::Part,
        }
    }

    fn miss(&mut self) {
        self.has_rows = true;
        (self.each)(None);
    }

    /// The reference's module prints its rows before `OK`, and nothing behind it.
    fn answered(&mut self) -> Option<u32> {
        self.is_answered = true;
        self.is_over |= self.has_rows;
        None
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

fn found(row: &[u8]) -> Option<AccessPointInfo> {
    let row = row.strip_suffix(b"\r\n")?;
    let row = ScanRow::parse(row, Columns::from_bits(COLUMNS))?;
    Some(AccessPointInfo {
        ssid: Printed::new(row.ssid?)?,
        bssid: row.bssid?,
        channel: row.channel?,
        // None is received with 0 dBm or more; and without a minus an SSID could hold a row's end.
        rssi: row.rssi?.try_into().ok().filter(|&rssi: &i8| rssi < 0)?,
        security: security(row.security?),
        has_wps: row.wps?.known().map(|wps| wps == Switch::On),
    })
}

pub(super) fn security(reported: Reported<wifi::Security>) -> Security {
    match reported.known() {
        Some(wifi::Security::Open) => Security::Open,
        Some(wifi::Security::Wep) => Security::Wep,
        Some(wifi::Security::Wpa) => Security::Wpa,
        Some(wifi::Security::Wpa2) => Security::Wpa2,
        Some(wifi::Security::WpaWpa2) => Security::WpaWpa2,
        Some(wifi::Security::Enterprise) => Security::Enterprise,
        Some(wifi::Security::Wpa3) => Security::Wpa3,
        Some(wifi::Security::Wpa2Wpa3) => Security::Wpa2Wpa3,
        None => Security::Unknown,
    }
}
