//! Does the work of one stack once, for callgrind to count.
//!
//! `count st67 download` does all the work, and the download inside the function [`counted`].

use std::process::ExitCode;

use atwifi_workload::{Meter, esp_at_nal, microchip, st67};

struct Only {
    name: String,
}

impl Meter for Only {
    fn measure(&mut self, name: &'static str, work: &mut dyn FnMut()) {
        if name == self.name {
            counted(work);
        } else {
            work();
        }
    }
}

/// What callgrind counts.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let stack = arguments.next().unwrap_or_default();
    let mut only = Only {
        name: arguments.next().unwrap_or_default(),
    };
    match stack.as_str() {
        "st67" => st67(&mut only),
        "microchip" => microchip(&mut only),
        "esp-at-nal" => esp_at_nal(&mut only),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}
