//! Chapter 4, "TCP/IP AT commands".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
