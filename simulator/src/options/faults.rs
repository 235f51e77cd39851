//! What goes wrong.

use std::time::Duration;

use atwifi_simulator::{Fault, FaultKind, Faults, Fragment, UpdateFaults};
use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Faults")]
pub struct FaultOptions {
    /// The host gets at most this many bytes at once.
    #[arg(long, value_name = "BYTES")]
    fragment: Option<usize>,

    /// The host gets a random number of bytes at once, at most this many.
    #[arg(long, value_name = "BYTES", conflicts_with = "fragment")]
    random_fragment: Option<usize>,

    /// Each write of the firmware arrives by itself.
    #[arg(long)]
    split_writes: bool,

    /// The byte with this number from the module is lost. May be repeated.
    #[arg(long, value_name = "N")]
    drop: Vec<u64>,

    /// The byte with this number to the module is lost. May be repeated.
    #[arg(long, value_name = "N")]
    drop_to_module: Vec<u64>,

    /// The byte with this number from the module arrives with all bits flipped. May be repeated.
    #[arg(long, value_name = "N")]
    corrupt: Vec<u64>,

    /// The byte with this number to the module arrives with all bits flipped. May be repeated.
    #[arg(long, value_name = "N")]
    corrupt_to_module: Vec<u64>,

    /// From this byte of the module on, everything comes so much later. May be repeated.
    #[arg(long, value_name = "N:MS", value_parser = number_and_time)]
    delay: Vec<(u64, Duration)>,

    /// The module resets when it has sent this many bytes. May be repeated.
    #[arg(long, value_name = "BYTES")]
    reset_after: Vec<u64>,

    /// The command line with this number is dropped, by an ST67W611M1 with "busy p...". May be
    /// repeated.
    #[arg(long, value_name = "N")]
    busy: Vec<u64>,

    /// The command line with this number is answered so much later. May be repeated.
    #[arg(long, value_name = "N:MS", value_parser = number_and_time)]
    late: Vec<(u64, Duration)>,

    /// Something is printed as an event in the gap with this number; \r and \n are understood.
    #[arg(long, value_name = "N:TEXT", value_parser = number_and_text)]
    event_in_gap: Option<(u64, String)>,

    /// A peer's close arrives right behind its last data.
    #[arg(long)]
    close_behind_data: bool,

    /// What a peer sent before it closed is lost if it has not been read by then.
    #[arg(long)]
    clear_on_close: bool,

    /// A PIC32MZW1 with firmware 0.3.2 does not notice what happens on its sockets while it prints
    /// binary data of more than 128 bytes.
    #[arg(long)]
    deaf_while_reading: bool,

    /// An ST67W611M1 takes the payload of an MQTT message for a text, which ends with a zero.
    #[arg(long)]
    cut_messages_at_zero: bool,

    /// The files of an ST67W611M1 have room for so many bytes in all.
    #[arg(long, value_name = "BYTES")]
    flash_room: Option<usize>,

    /// The write to a file with this number fails in an ST67W611M1. May be repeated.
    #[arg(long, value_name = "N")]
    fail_write: Vec<u64>,

    /// Each change of a file takes an ST67W611M1 so long.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slow_flash: u64,

    /// Each part of an update takes an ST67W611M1 this long to write.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slow_update: u64,

    /// The part of an update with this number cannot be written.
    #[arg(long, value_name = "N")]
    bad_update: Option<usize>,

    /// An update is spoilt as it is written.
    #[arg(long)]
    spoil_update: bool,
}

impl FaultOptions {
    pub fn faults(&self) -> Faults {
        let fragment = match (self.fragment, self.random_fragment) {
            (Some(size), _) => Fragment::Every(size),
            (_, Some(size)) => Fragment::Random(size),
            _ => Fragment::Whole,
        };
        Faults {
            fragment,
            to_host: self.faults_to_host(),
            to_module: losses(&self.drop_to_module, &self.corrupt_to_module),
            event_in_gap: self.event(),
            busy: self.busy.clone(),
            late: self.late.clone(),
            fifo: None,
            close_behind_data: self.close_behind_data,
            split_writes: self.split_writes,
            clear_on_close: self.clear_on_close,
            deaf_while_reading: self.deaf_while_reading,
            cut_messages_at_zero: self.cut_messages_at_zero,
            flash_room: self.flash_room,
            failed_writes: self.fail_write.clone(),
            slow_flash: Duration::from_millis(self.slow_flash),
            update: UpdateFaults {
                fails_at: self.bad_update,
                is_spoilt: self.spoil_update,
                write: Duration::from_millis(self.slow_update),
            },
        }
    }

    fn faults_to_host(&self) -> Vec<Fault> {
        let delays = self.delay.iter();
        let delays = delays.map(|(at, delay)| Fault::new(*at, FaultKind::Delay(*delay)));
        let resets = self.reset_after.iter();
        let resets = resets.map(|bytes| Fault::new(bytes.saturating_sub(1), FaultKind::Reset));
        let mut faults = losses(&self.drop, &self.corrupt);
        faults.extend(delays.chain(resets));
        faults
    }

    fn event(&self) -> Option<(u64, Vec<u8>)> {
        let (gap, text) = self.event_in_gap.as_ref()?;
        let text = text.replace("\\r", "\r").replace("\\n", "\n");
        Some((*gap, text.into_bytes()))
    }
}

fn losses(drop: &[u64], corrupt: &[u64]) -> Vec<Fault> {
    let drops = drop.iter().map(|at| Fault::new(*at, FaultKind::Drop(1)));
    let flips = corrupt
        .iter()
        .map(|at| Fault::new(*at, FaultKind::Corrupt(0xff)));
    drops.chain(flips).collect()
}

fn number_and_text(text: &str) -> Result<(u64, String), String> {
    let usage = "write a number, a colon and the rest";
    let (number, rest) = text.split_once(':').ok_or(usage)?;
    let number = number.parse().map_err(|_| usage)?;
    Ok((number, rest.to_owned()))
}

fn number_and_time(text: &str) -> Result<(u64, Duration), String> {
    let (number, rest) = number_and_text(text)?;
    let milliseconds = rest.parse().map_err(|_| "the time is in milliseconds")?;
    Ok((number, Duration::from_millis(milliseconds)))
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use clap::Parser;

    #[test]
    fn faults_are_understood() {
        let options = Options::parse_from([
            "atwifi-simulator",
            "st67",
            "--tcp=127.0.0.1:0",
            "--reset-after=10",
            "--delay=3:40",
            "--event-in-gap=2:+CW:GOTIP\\r\\n",
        ]);
        let faults = options.config().unwrap().faults;
        let delay = FaultKind::Delay(Duration::from_millis(40));
        let expected = [Fault::new(3, delay), Fault::new(9, FaultKind::Reset)];
        assert_eq!(faults.to_host, expected);
        assert_eq!(faults.event_in_gap, Some((2, b"+CW:GOTIP\r\n".to_vec())));
    }
}
