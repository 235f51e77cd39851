//! Chapter 3, "General commands".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
