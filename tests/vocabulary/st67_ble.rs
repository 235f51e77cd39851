//! Chapter 6, "Bluetooth LE AT commands".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
