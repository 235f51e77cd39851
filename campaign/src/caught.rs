//! Panics as results: caught without a word, with the place where they happened.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A call does not end: what a clock panics with to end it.
pub struct Hangs;

/// Why a call was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caught {
    /// It does not end.
    Hang,
    /// It panicked: where, and what it said.
    Panic(String),
}

/// Calls, and catches a panic.
///
/// # Errors
///
/// It panicked, or does not end.
pub fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Caught> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| match IS_CATCHING.get() {
            true => SAID.set(info.to_string()),
            false => before(info),
        }));
    });
    let outer = IS_CATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    IS_CATCHING.set(outer);
    result.map_err(|panic| match panic.is::<Hangs>() {
        true => Caught::Hang,
        false => Caught::Panic(SAID.take()),
    })
}
