//! Asking a host for echoes: how, and what came of it.

use core::time::Duration;

/// How a host is asked for echoes: by default four times, once a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct PingOptions {
    /// How often.
    pub count: u16,
    /// How many bytes each time, where the module can choose: 1 to 65534 on the ST67. `None` is the
    /// module's own choice.
    pub length: Option<u16>,
    /// From one question to the next, in milliseconds; later if the answer takes longer.
    pub interval_ms: u16,
    /// How long an answer may take, in milliseconds; later is lost. The ST67 gives up after 1000 by
    /// itself.
    pub timeout_ms: u16,
}

impl PingOptions {
    /// Four times, once a second, with a second for the answer.
    #[must_use]
    pub const fn new() -> Self {
        PingOptions {
            count: 4,
            length: None,
            interval_ms: 1000,
            timeout_ms: 1000,
        }
    }

    /// The same so many [times](PingOptions::count).
    #[must_use]
    pub const fn with_count(mut self, count: u16) -> Self {
        self.count = count;
        self
    }

    /// The same with so many [bytes](PingOptions::length).
    #[must_use]
    pub const fn with_length(mut self, length: u16) -> Self {
        self.length = Some(length);
        self
    }

    /// The same at this [interval](PingOptions::interval_ms).
    #[must_use]
    pub const fn with_interval_ms(mut self, milliseconds: u16) -> Self {
        self.interval_ms = milliseconds;
        self
    }

    /// The same with so much [time](PingOptions::timeout_ms) for the answer.
    #[must_use]
    pub const fn with_timeout_ms(mut self, milliseconds: u16) -> Self {
        self.timeout_ms = milliseconds;
        self
    }
}

impl Default for PingOptions {
    fn default() -> Self {
        PingOptions::new()
    }
}

/// What came of a ping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct PingSummary {
    /// How often the host was asked.
    pub sent: u16,
    /// How often it answered.
    pub received: u16,
    /// The quickest answer.
    pub min: Duration,
    /// The slowest answer.
    pub max: Duration,
    sum_ms: u32,
}

impl PingSummary {
    pub(crate) fn count(&mut self, time: Option<Duration>) {
        self.sent += 1;
        let Some(time) = time else { return };
        self.min = match self.received {
            0 => time,
            _ => self.min.min(time),
        };
        self.max = self.max.max(time);
        self.received += 1;
        let time = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.sum_ms = self.sum_ms.saturating_add(time);
    }

    /// How long answers took on average; `None` if there was none.
    #[must_use]
    pub fn average(&self) -> Option<Duration> {
        let average = self.sum_ms.checked_div(self.received.into())?;
        Some(Duration::from_millis(average.into()))
    }
}
