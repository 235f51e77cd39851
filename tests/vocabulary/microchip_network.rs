//! Chapter 7, "Network commands", with its events.

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
