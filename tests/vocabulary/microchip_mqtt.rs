//! Chapter 6, "MQTT commands", with its events.

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
