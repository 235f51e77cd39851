//! Section 1.1.2, "Message reports".

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    Chapter::default()
}
