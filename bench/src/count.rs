//! Does the work of one stack once, for callgrind to count.

use atwifi_workload::{Meter, esp_at_nal, microchip, st67};

use crate::subject::Subject;

/// Does all the work of a stack; the piece of this name inside the function [`counted`].
pub fn run(subject: Subject, name: &str) {
    let mut only = Only { name };
    match subject {
        Subject::St67 => st67(&mut only),
        Subject::Microchip => microchip(&mut only),
        Subject::EspAtNal => esp_at_nal(&mut only),
    }
}

struct Only<'n> {
    name: &'n str,
}

impl Meter for Only<'_> {
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
