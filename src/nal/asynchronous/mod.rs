//! The asynchronous traits on the same driver, for crates that have left the blocking ones:
//! `embedded-io-async`, with `embedded-nal-async` or `edge-nal` above it.
//!
//! It is cooperative, and no more than that: a call that talks to the module blocks as it does in
//! the blocking traits, and only a read for which nothing is there yields. The transport says when it is
//! polled again: behind a signal, or at once, when the other tasks have had their turn.

mod connection;
mod datagrams;
#[cfg(feature = "edge-nal")]
mod edge;
#[cfg(feature = "edge-nal")]
mod listener;
mod stacks;

use core::cell::{RefCell, RefMut};
use core::future::poll_fn;
use core::task::{Poll, Waker};

use embedded_nal::nb;

use super::Shared;
use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::error::{Error, Resource};
use crate::transport::Transport;

pub use connection::{Connection, ReadHalf, WriteHalf};
pub use datagrams::Datagrams;
#[cfg(feature = "edge-nal")]
pub use listener::Listener;

/// Calls until there is something, and lets the other tasks have their turn in between.
async fn until_there<R, E>(
    mut call: impl FnMut() -> nb::Result<R, E>,
    wake_when_ready: impl Fn(&Waker),
) -> Result<R, E> {
    poll_fn(|context| {
        // Twice: what comes between the look and the waker is not slept through.
        for is_last in [false, true] {
            match call() {
                Ok(result) => return Poll::Ready(Ok(result)),
                Err(nb::Error::Other(error)) => return Poll::Ready(Err(error)),
                Err(nb::Error::WouldBlock) if is_last => {}
                Err(nb::Error::WouldBlock) => wake_when_ready(context.waker()),
            }
        }
        Poll::Pending
    })
    .await
}

/// The waker is told when the module may have said something.
fn wake_when_ready<D: Dialect, T: Transport, C: Clock>(
    module: &Shared<'_, '_, D, T, C>,
    waker: &Waker,
) {
    let told = module.with(|module| module.engine.link.transport.wake_when_ready(waker));
    if told.is_err() {
        // A call is under way: again when it is over.
        waker.wake_by_ref();
    }
}

/// What a call gave that blocks until it has finished.
fn finished<R, E, S>(result: nb::Result<R, Error<E, S>>) -> Result<R, Error<E, S>> {
    result.map_err(|error| match error {
        nb::Error::Other(error) => error,
        nb::Error::WouldBlock => Error::Timeout,
    })
}

/// What a socket lies in, which nobody holds while another task has its turn.
fn lent<G, E, S>(cell: &RefCell<G>) -> Result<RefMut<'_, G>, Error<E, S>> {
    cell.try_borrow_mut()
        .map_err(|_| Error::Resource(Resource::Module))
}
