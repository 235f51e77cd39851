//! How long a test waits.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks, so that the module's thread and the server get a processor.
const PAUSE: Duration = Duration::from_micros(200);

/// What a test has when it waits for something that must happen.
pub struct Patience(Instant);

impl Patience {
    /// The waiting begins.
    #[must_use]
    pub fn new() -> Self {
        Patience(Instant::now() + LIMIT)
    }

    /// Waits a moment; panics when it has been too long.
    #[track_caller]
    pub fn wait(&self, what: &str) {
        assert!(Instant::now() < self.0, "{what}: not within {LIMIT:?}");
        thread::sleep(PAUSE);
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new()
    }
}
