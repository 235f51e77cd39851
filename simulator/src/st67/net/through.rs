//! Data mode: what the host sends goes to a link, without commands, until it is all
//! (`AT+CIPSENDL`) or until the host has had enough (`AT+CIPSEND`, the passthrough mode).

use std::net::SocketAddr;
use std::time::Duration;

use crate::network::Connection;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::net::dial::{Dial, SavedLink};
use crate::st67::net::pipe::Follow;
use crate::st67::{St67, World};

/// Data wait so long for more, and `+++` stands alone if nothing comes so long before and behind.
const QUIET: Duration = Duration::from_millis(20);
/// Ends the data mode.
const END: &[u8] = b"+++";
/// The most that is taken of a frame.
const FRAME: usize = 3072;
/// The most that is sent at once.
const CHUNK: usize = 2920;

/// The data mode.
#[derive(Debug)]
pub(in crate::st67) struct Through {
    link: usize,
    long: Option<Long>,
    /// What has come and waits for more, and up to when.
    gathered: Vec<u8>,
    at: Option<Duration>,
    /// Where the passthrough mode goes when its link is lost.
    pub target: Option<SavedLink>,
    /// It is on its way there.
    pub dial: Option<Dial>,
}

/// `AT+CIPSENDL`.
#[derive(Debug)]
struct Long {
    /// Where datagrams go, if not to the peer of the link.
    to: Option<SocketAddr>,
    length: usize,
    received: usize,
    sent: usize,
    reported: usize,
}

impl Through {
    pub fn long(link: usize, to: Option<SocketAddr>, length: usize) -> Self {
        Through {
            long: Some(Long {
                to,
                length,
                received: 0,
                sent: 0,
                reported: 0,
            }),
            ..Through::passing(link, None)
        }
    }

    pub fn passing(link: usize, target: Option<SavedLink>) -> Self {
        Through {
            link,
            long: None,
            gathered: Vec::new(),
            at: None,
            target,
            dial: None,
        }
    }

    pub fn is_passthrough(&self) -> bool {
        self.long.is_none()
    }

    /// Bytes that are still to come.
    fn left(&self) -> usize {
        let left = self.long.as_ref().map(|long| long.length - long.received);
        left.unwrap_or(usize::MAX)
    }
}

impl Task for Through {
    fn next(&self) -> Option<Duration> {
        let dial = self.dial.as_ref().and_then(Dial::next);
        [self.at, dial].into_iter().flatten().min()
    }

    fn may_end_early(&self) -> bool {
        true
    }

    fn connection(&self) -> Option<Connection> {
        self.dial.as_ref().and_then(Dial::connection)
    }

    fn takes_input(&self) -> bool {
        true
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.pass(*self, world)
    }
}

impl St67 {
    /// `AT+CIPSEND`
    pub(in crate::st67) fn pass_through(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let link = self.links.get(0);
        let target = link.pipe().map(|pipe| SavedLink::of(link, pipe));
        if self.variant.net.checks_passthrough {
            if self.settings.multiple || self.settings.passive || link.follow != Follow::Nobody {
                return Err(Code::NOT_ALLOWED);
            }
            target.as_ref().ok_or(Code::FAILED)?;
        }
        if let Some(whole) = self.long_send {
            self.prompt_for_data();
            self.conclude_long(whole);
            return Ok(Reply::Silence);
        }
        Ok(self.enter_data_mode(Through::passing(0, target)))
    }

    fn prompt_for_data(&mut self) {
        self.conclude("OK");
        let prompt = self.variant.prompt;
        self.output.write(&[prompt.as_bytes()]);
    }

    pub(in crate::st67) fn enter_data_mode(&mut self, through: Through) -> Reply {
        self.prompt_for_data();
        self.passthrough = through.is_passthrough();
        Reply::Later(through.into())
    }

    /// The module is switched on, and a link was saved for it.
    pub(in crate::st67) fn begin_in_passthrough(&mut self) {
        if let Some(target) = self.flash.saved_link.clone() {
            let prompt = self.variant.prompt;
            self.output.write(&[prompt.as_bytes()]);
            self.passthrough = true;
            self.job = Through::passing(0, Some(target)).into();
        }
    }

    /// In passthrough mode, what comes is printed as it is.
    pub(in crate::st67) fn passes_through(&self) -> bool {
        self.passthrough
    }

    /// Events are kept quiet in passthrough mode, if `AT+SYSMSG` does not want them.
    pub(in crate::st67) fn is_muted(&self) -> bool {
        self.passes_through() && self.settings.kept.system_messages & 4 == 0
    }

    pub(in crate::st67) fn pass(&mut self, mut through: Through, world: &mut World) -> Step {
        if let Some(target) = &through.target {
            through.dial = self.dial_again(target, through.dial.take(), world);
        }
        while through.left() > 0 {
            let Some(chunk) = self.next_chunk(&mut through, world.now) else {
                return Step::Wait(through.into());
            };
            if chunk == END {
                return self.end_data_mode(through, world);
            }
            let sent = self.send_through(&through, &chunk, world);
            if let Some(long) = &mut through.long {
                long.received += chunk.len();
                long.sent += if sent { chunk.len() } else { 0 };
                self.report(long, sent);
            }
        }
        self.end_long(through)
    }

    /// The next piece to send. Where each piece from the host is one, what goes beyond the end is
    /// lost; otherwise they run together until there is a pause.
    fn next_chunk(&mut self, through: &mut Through, now: Duration) -> Option<Vec<u8>> {
        let left = through.left();
        if self.variant.net.takes_frames && self.config.baud.is_none() {
            return self.input.payload(left.min(FRAME));
        }
        let most = self.settings.long_sends.1.min(CHUNK).min(left);
        while let Some(piece) = self.input.payload(usize::MAX) {
            through.gathered.extend(piece);
            through.at = Some(now + QUIET);
        }
        let quiet = through.at.is_some_and(|at| at <= now);
        if through.gathered.len() < most && !quiet {
            return None;
        }
        let count = through.gathered.len().min(most);
        let chunk: Vec<u8> = through.gathered.drain(..count).collect();
        if through.gathered.is_empty() {
            through.at = None;
        }
        Some(chunk).filter(|chunk| !chunk.is_empty())
    }

    /// Sends a chunk, of `AT+CIPSENDL` in pieces of the size that is set for that.
    fn send_through(&mut self, through: &Through, data: &[u8], world: &mut World) -> bool {
        let Some(pipe) = self.links.get(through.link).pipe() else {
            return false;
        };
        let (to, most) = match &through.long {
            Some(long) => (long.to, self.settings.long_sends.1),
            None => (None, data.len()),
        };
        for piece in data.chunks(most) {
            self.send_over(through.link, pipe, to, piece, world);
        }
        true
    }

    /// `+CIPSENDL`, where a part of the data is done or has failed.
    fn report(&mut self, long: &mut Long, sent: bool) {
        let (size, _) = self.settings.long_sends;
        let each = self.variant.net.reports_each_part;
        if !sent {
            self.say_report(long.sent, long.received);
        }
        while long.sent - long.reported >= size {
            long.reported = if each {
                long.reported + size
            } else {
                long.sent / size * size
            };
            self.say_report(long.reported, long.received);
        }
    }

    fn say_report(&mut self, sent: usize, received: usize) {
        self.say(&format!("+CIPSENDL:{sent},{received}"));
    }

    fn end_long(&mut self, through: Through) -> Step {
        if let Some(long) = through.long {
            if self.variant.net.reports_each_part && long.reported < long.sent {
                self.say_report(long.sent, long.received);
            }
            let whole = long.sent == long.received;
            self.conclude_long(whole);
            self.long_send = Some(whole).filter(|_| self.variant.net.remembers_long_send);
        }
        Step::Next(Job::Idle)
    }

    fn conclude_long(&mut self, whole: bool) {
        self.conclude(if whole { "SEND OK" } else { "SEND FAIL" });
    }

    fn end_data_mode(&mut self, through: Through, world: &mut World) -> Step {
        if let Some(connection) = through.dial.as_ref().and_then(Dial::connection) {
            world.network.close(world.now, connection);
        }
        self.passthrough = false;
        if !through.is_passthrough() {
            self.long_send = None;
            self.conclude("SEND CANCELLED");
        } else if self.settings.kept.system_messages & 1 != 0 {
            self.conclude("+QUITT");
        }
        Step::Next(Job::Idle)
    }

    /// `AT+CIPSENDLCFG?`
    pub(in crate::st67) fn long_sends(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (report, transmit) = self.settings.long_sends;
        self.say(&format!("+CIPSENDLCFG:{report},{transmit}"));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSENDLCFG=<report size>[,<transmit size>]`
    pub(in crate::st67) fn set_long_sends(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (fewest, largest) = self.variant.net.report_arguments;
        arguments.expect(fewest..=2)?;
        let report = arguments.need_number(0, 100..=largest)?;
        let transmit = arguments.number(1, 100..=2920)?.unwrap_or(2920);
        let size = |number: i64| usize::try_from(number).unwrap_or(CHUNK);
        self.settings.long_sends = (size(report), size(transmit));
        Ok(Reply::Ok)
    }

    /// Prints what has come on a link in passthrough mode.
    pub(in crate::st67) fn print_through(&mut self, data: &[u8]) {
        self.output.write_unbroken(&[data]);
    }
}
