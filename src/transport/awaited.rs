//! Waking the tasks that wait for the module to speak.

use core::cell::Cell;
use core::task::Waker;

use critical_section::Mutex;
use embedded_io::{ErrorType, Read, Write};

use super::Transport;

/// What the interrupt calls when something has come, for the tasks that wait for it.
///
/// `N` is how many tasks may wait at a time. One more takes the place of another, which is woken and
/// looks again: nobody is forgotten, but they keep each other awake.
///
/// It masks interrupts for the few instructions in which it hands the wakers over, and needs no
/// compare-and-swap; the program has one implementation of `critical-section`.
pub struct Signal<const N: usize = 4> {
    wakers: Mutex<Cell<[Option<Waker>; N]>>,
}

impl<const N: usize> Signal<N> {
    /// One that nobody waits for, for a `static`.
    pub const fn new() -> Self {
        const { assert!(N > 0, "a signal has room for a task") };
        Signal {
            wakers: Mutex::new(Cell::new([const { None }; N])),
        }
    }

    /// Wakes all who wait. From the interrupt, behind what it has pushed into a
    /// [`Ring`](super::Ring) or when RDY has changed; and from a task once a second.
    pub fn wake(&self) {
        let wakers = critical_section::with(|cs| {
            let wakers = self.wakers.borrow(cs);
            wakers.replace([const { None }; N])
        });
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Wakes this one the next time.
    fn register(&self, waker: &Waker) {
        let waker = waker.clone();
        let displaced = critical_section::with(|cs| {
            let place = self.wakers.borrow(cs);
            let mut wakers = place.replace([const { None }; N]);
            let (known, free) = (
                (wakers.iter()).position(|w| w.as_ref().is_some_and(|w| w.will_wake(&waker))),
                wakers.iter().position(Option::is_none),
            );
            let displaced = match (known, free) {
                (Some(_), _) => None,
                (None, free) => {
                    let at = free.unwrap_or(0);
                    wakers.get_mut(at).and_then(|place| place.replace(waker))
                }
            };
            place.set(wakers);
            displaced
        });
        if let Some(displaced) = displaced {
            displaced.wake();
        }
    }
}

impl<const N: usize> Default for Signal<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A transport for the asynchronous traits whose waiting reads sleep until a [`Signal`] wakes them.
///
/// With any other transport they wake themselves at once, and the executor never sleeps.
///
/// ```
/// use atwifi::transport::{Awaited, Halves, Ring, Signal};
///
/// static RX: Ring<2048> = Ring::new();
/// static HEARD: Signal = Signal::new();
///
/// // #[interrupt]
/// fn usart() {
/// #   let mut data_register = Some(b'a');
///     while let Some(byte) = data_register.take() {
///         RX.push(byte);
///     }
///     HEARD.wake();
/// }
///
/// # let transmitter: Vec<u8> = Vec::new();
/// let transport = Awaited::new(Halves::new(RX.reader(), transmitter), &HEARD);
/// # usart();
/// # let _ = transport;
/// ```
///
/// Two things the driver does by time, not by what the module says: it asks what it may have missed
/// ([`Timeouts::unheard`](crate::Timeouts)), and whether there is more to receive. So let a task call
/// [`Signal::wake`] once a second. With an [`Spi`](super::Spi), both edges of RDY are interrupts that
/// call it: at the falling one a transaction ends.
pub struct Awaited<'s, T, const N: usize = 4> {
    transport: T,
    signal: &'s Signal<N>,
}

impl<'s, T, const N: usize> Awaited<'s, T, N> {
    /// Takes a transport, and what its interrupt calls.
    pub fn new(transport: T, signal: &'s Signal<N>) -> Self {
        Awaited { transport, signal }
    }

    /// Gives the transport back.
    pub fn release(self) -> T {
        self.transport
    }
}

impl<T: ErrorType, const N: usize> ErrorType for Awaited<'_, T, N> {
    type Error = T::Error;
}

impl<T: Transport, const N: usize> Transport for Awaited<'_, T, N> {
    fn read_ready(&mut self) -> Result<bool, T::Error> {
        self.transport.read_ready()
    }

    fn restart(&mut self) -> Result<(), T::Error> {
        self.transport.restart()
    }

    fn trouble(&mut self) -> Result<(), T::Error> {
        self.transport.trouble()
    }

    fn rest(&mut self) {
        self.transport.rest();
    }

    fn wake_when_ready(&mut self, waker: &Waker) {
        self.signal.register(waker);
    }
}

impl<T: Read, const N: usize> Read for Awaited<'_, T, N> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, T::Error> {
        self.transport.read(into)
    }
}

impl<T: Write, const N: usize> Write for Awaited<'_, T, N> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        self.transport.write(bytes)
    }

    fn flush(&mut self) -> Result<(), T::Error> {
        self.transport.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Count {
        fn woken(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn task() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (Arc::clone(&count), Waker::from(count))
    }

    #[test]
    fn all_who_wait_are_woken_once() {
        let signal = Signal::<2>::new();
        let ((one, first), (two, second)) = (task(), task());
        signal.register(&first);
        signal.register(&second);
        signal.register(&first);
        assert_eq!((one.woken(), two.woken()), (0, 0));
        signal.wake();
        signal.wake();
        assert_eq!((one.woken(), two.woken()), (1, 1));
    }

    #[test]
    fn who_is_displaced_is_woken_and_not_forgotten() {
        let signal = Signal::<1>::new();
        let ((one, first), (two, second)) = (task(), task());
        signal.register(&first);
        signal.register(&second);
        assert_eq!((one.woken(), two.woken()), (1, 0));
        signal.wake();
        assert_eq!((one.woken(), two.woken()), (1, 1));
    }
}
