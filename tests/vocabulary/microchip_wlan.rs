//! Chapter 5, "WLAN commands", with its events.

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
