//! What happened between a host and an AT-command Wi-Fi module, told from a log of the wire.
//!
//! ```
//! let log = br#"
//! 0.10 -> AT+CWMODE=1,0\r\n
//! 0.11 <- \r\nOK\r\n
//! 0.12 -> AT+CWJAP="home","hunter22"\r\n
//! 0.90 <- +CW:ERROR,12\r\n
//! "#;
//! let told = atwifi_explain::explain(log, None);
//! assert_eq!(told.dialect, atwifi_explain::Dialect::St67);
//! let text = told.text();
//! assert!(text.contains("no such access point was found"));
//! assert!(text.contains("command without a reply"));
//! assert!(!text.contains("hunter22"));
//! ```
//!
//! From the bottom up: `input` makes [entries](Log) of a log of any kind; `guess` says which dialect it is;
//! `stream` cuts the bytes of both directions into lines and payloads, and `follow` keeps who is owed
//! what; `vocabulary` has the words, `syntax` takes a line apart, and `secret` keeps keys out of
//! everything. `text` and `html` write it down.
//!
//! Nothing here is shared with the driver or the simulator: what one of them has misunderstood shows.
#![forbid(unsafe_code)]

mod entry;
mod follow;
mod guess;
mod html;
mod input;
mod secret;
mod stream;
mod syntax;
mod text;
mod told;
mod vocabulary;

pub use entry::{Entry, Format, Log, Side};
pub use input::read;
pub use told::{Change, Item, Kind, Lane, Mark, Told};
pub use vocabulary::Dialect;

/// Reads a log and tells what happened, in a dialect or in the one that it seems to be.
#[must_use]
pub fn explain(log: &[u8], dialect: Option<Dialect>) -> Told {
    let log = input::read(log);
    follow::follow(&log, dialect)
}
