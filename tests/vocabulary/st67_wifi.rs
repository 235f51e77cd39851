//! Chapter 3, "Wi-Fi AT commands".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
