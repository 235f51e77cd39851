//! Rows of an answer, of which none may be missing unnoticed.

use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::gather::{Gather, Head};
use crate::st67::Module;
use crate::transport::Transport;

/// Sends the composed command, and hands over what stands behind the names of its rows; `each` says whether it
/// is what it should be.
///
/// A line that begins otherwise is none of them: it may be something that the module has to say.
pub(super) fn gather<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    names: [&'static [u8]; 2],
    timeout: u32,
    each: &mut dyn FnMut(&[u8]) -> Option<()>,
) -> Outcome {
    let mut rows = Rows {
        names,
        are_spoilt: false,
        each,
    };
    module.gather(&mut rows, timeout)?;
    match rows.are_spoilt {
        true => Err(module.engine.malformed()),
        false => Ok(()),
    }
}

struct Rows<'r> {
    names: [&'static [u8]; 2],
    are_spoilt: bool,
    each: &'r mut dyn FnMut(&[u8]) -> Option<()>,
}

impl Gather for Rows<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        let Some(end) = pending.iter().position(|&byte| byte == b'\n') else {
            return Head::Other;
        };
        let line = pending.get(..end).unwrap_or(&[]).trim_ascii();
        let Some(values) = self.names.iter().find_map(|name| line.strip_prefix(*name)) else {
            return Head::Other;
        };
        match (self.each)(values) {
            Some(()) => Head::Row(end + 1),
            None => Head::Spoilt,
        }
    }

    fn miss(&mut self) {
        self.are_spoilt = true;
    }

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        true
    }
}
