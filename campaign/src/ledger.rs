//! What each stream has carried, as the host was told, against what its peer knows.

use atwifi::{Closed, Error};

use crate::finding::{Finding, Kind};
use crate::trouble::News;
use crate::world::{Line, World};

/// What the host knows of one connection.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The connection at its peer.
    line: usize,
    /// Bytes that were handed out.
    pub taken: usize,
    /// Bytes that were acknowledged.
    pub acked: usize,
    /// The caller was told that it is not whole.
    pub told: bool,
    /// Bytes that may differ, on their way to the host and to the peer.
    flips: (usize, usize),
    /// What is wrong with it can be seen by nobody, on the way to the host and to the peer.
    tainted: (bool, bool),
    /// How many upheavals there had been when it began.
    upheavals: usize,
}

impl Account {
    /// The caller gives up in the middle of a stream, and, if it had gathered some, does not know how
    /// much has gone out.
    pub fn lose_count(&mut self, had_gathered: bool) {
        self.tainted.1 |= had_gathered;
    }
}

/// All connections that the host has had.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: Vec<Account>,
}

fn finding(kind: Kind, place: &'static str, seen: String) -> Finding {
    Finding { kind, place, seen }
}

impl Ledger {
    /// The host has a connection; returns its number in the ledger.
    pub fn open(&mut self, line: usize, upheavals: usize) -> usize {
        self.accounts.push(Account {
            line,
            upheavals,
            ..Account::default()
        });
        self.accounts.len() - 1
    }

    /// Whether a connection is somebody's already.
    #[must_use]
    pub fn has(&self, line: usize) -> bool {
        self.accounts.iter().any(|account| account.line == line)
    }

    /// What the host knows of a connection.
    pub fn account(&mut self, number: usize) -> &mut Account {
        &mut self.accounts[number]
    }

    /// The connection at its peer.
    #[must_use]
    pub fn line(&self, number: usize) -> usize {
        self.accounts[number].line
    }

    /// How many upheavals there had been when a connection began.
    #[must_use]
    pub fn upheavals(&self, number: usize) -> usize {
        self.accounts[number].upheavals
    }

    /// What has struck excuses what nobody can see: in those connections that stand.
    pub fn excuse(&mut self, news: &News, world: &World) {
        let knows = world.knows();
        for account in &mut self.accounts {
            let line = &knows.lines[account.line];
            account.flips.0 += news.to_host.flips;
            account.flips.1 += news.to_module.flips;
            let mixed = news.to_module.numbers || news.to_module.added;
            let compensated = news.to_host.added && news.to_host.lost;
            let talked = line.manner == crate::program::To::Talking
                && (news.to_host.lost || news.to_host.added || news.to_host.flips > 0);
            account.tainted.0 |= mixed || compensated || talked;
            // The answer to what the module has not heard.
            let agreed = news.to_host.agreed && news.to_module.lost;
            account.tainted.1 |= mixed || agreed;
        }
    }

    /// Nothing can be said of a connection any more.
    pub fn taint(&mut self, number: usize) {
        self.accounts[number].tainted = (true, true);
    }

    /// Bytes were handed out.
    pub fn received(
        &mut self,
        number: usize,
        bytes: &[u8],
        place: &'static str,
        world: &World,
    ) -> Option<Finding> {
        let account = &mut self.accounts[number];
        let from = account.taken;
        account.taken += bytes.len();
        if account.tainted.0 {
            return None;
        }
        let knows = world.knows();
        let line = &knows.lines[account.line];
        if account.taken > line.sent {
            let seen = format!(
                "{} bytes from {from} on of line {}, of which the peer has sent {}",
                bytes.len(),
                account.line,
                line.sent
            );
            return Some(finding(Kind::WrongBytes, place, seen));
        }
        let expected = line.sent_text(account.line, from, bytes.len());
        let wrong = differences(bytes, &expected);
        if wrong > account.flips.0 {
            let seen = format!(
                "{wrong} of {} bytes from {from} on of line {}: {}",
                bytes.len(),
                account.line,
                bytes.escape_ascii()
            );
            account.tainted.0 = true;
            return Some(finding(
                Kind::WrongBytes,
                place,
                seen.chars().take(300).collect(),
            ));
        }
        account.flips.0 -= wrong;
        None
    }

    /// A call for this connection failed. There is firmware that loses what nobody has read when the
    /// peer closes.
    pub fn failed<E>(
        &mut self,
        number: usize,
        error: &Error<E, String>,
        place: &'static str,
        upheavals: usize,
        loses_unread: bool,
        world: &World,
    ) -> Option<Finding> {
        let account = &mut self.accounts[number];
        account.told = true;
        if !matches!(error, Error::Closed(Closed::ByPeer)) || upheavals > account.upheavals {
            return None;
        }
        let knows = world.knows();
        let line = &knows.lines[account.line];
        if line.peer_reset || account.tainted.0 {
            return None;
        }
        if !line.peer_closed {
            let seen = format!("line {}, whose peer is there", account.line);
            return Some(finding(Kind::FalseEnd, place, seen));
        }
        if place == "receive" && account.taken < line.sent && !loses_unread {
            let seen = format!("{} of {} bytes", account.taken, line.sent);
            return Some(finding(Kind::EarlyEnd, place, seen));
        }
        None
    }

    /// What the peers have received, against what was acknowledged.
    pub fn check(&self, upheavals: usize, world: &World) -> Vec<Finding> {
        let knows = world.knows();
        let mut findings = Vec::new();
        for account in self.accounts.iter().filter(|account| !account.tainted.1) {
            let line = &knows.lines[account.line];
            let count = account.acked.min(line.received.len());
            let expected = Line::own_text(account.line, 0, count);
            let wrong = differences(&line.received[..count], &expected);
            if wrong > account.flips.1 {
                let first = (0..count).find(|&n| line.received[n] != expected[n]);
                let seen = format!(
                    "line {}: {wrong} of {} acknowledged bytes, from {} on",
                    account.line,
                    account.acked,
                    first.unwrap_or(0)
                );
                findings.push(finding(Kind::WrongSent, "send", seen));
            } else if count < account.acked
                && account.upheavals == upheavals
                && !(account.told || line.peer_reset || line.peer_closed)
            {
                let seen = format!("line {}: {count} of {} bytes", account.line, account.acked);
                findings.push(finding(Kind::Missing, "send", seen));
            }
        }
        findings
    }

    /// Nobody can say what is still to come of a connection.
    #[must_use]
    pub fn is_over(&self, number: usize, world: &World) -> bool {
        let account = &self.accounts[number];
        account.told || account.tainted.0 || world.knows().lines[account.line].peer_reset
    }

    /// What waits for the host and has not been handed out though nobody was told why.
    #[must_use]
    pub fn waiting(&self, number: usize, world: &World) -> usize {
        if self.is_over(number, world) {
            return 0;
        }
        let account = &self.accounts[number];
        world.knows().lines[account.line]
            .sent
            .saturating_sub(account.taken)
    }
}

fn differences(one: &[u8], other: &[u8]) -> usize {
    one.iter()
        .zip(other)
        .filter(|(one, other)| one != other)
        .count()
}
