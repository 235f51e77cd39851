//! Chapter 5, "MQTT AT commands".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
