//! The receive ring: written by an interrupt, read by the driver, without locks.

use core::fmt;
#[cfg(not(loom))]
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady};
// In `tests/ring`, which tries every order in which the two sides can meet.
#[cfg(loom)]
use loom::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Received bytes between an interrupt, which [pushes](Ring::push), and the driver, which reads.
///
/// `N`, a power of two, is how many bytes it holds: what arrives in the longest time that the
/// program is busy elsewhere. At 921600 baud that is 92 bytes per millisecond; 2048 bytes last
/// 22 ms. The driver asks for as much payload as its caller's buffer takes, so with a longer
/// pause than that the UART needs hardware flow control.
///
/// It takes no lock, masks no interrupt and needs atomic loads and stores only, which every
/// Cortex-M has. One interrupt may push and one [`Reader`] read; with more of either bytes get
/// out of order, no worse.
///
/// # And [`heapless::spsc`](https://docs.rs/heapless/0.9/heapless/spsc/)
///
/// That is a queue between the same two sides, and as free of locks. What a driver of a module needs beyond it:
///
/// | | `Ring` | `heapless::spsc::Queue` |
/// |---|---|---|
/// | a byte for which there is no room | counted, and an error to the reader | given back to the interrupt, which is to tell somebody |
/// | losses that the UART has noticed | [`overrun`](Ring::overrun), in their place among the bytes | – |
/// | in a `static`, for an interrupt | as it is: both sides have `&self` | `split` wants `&'static mut`: by `static mut` and `unsafe`, or by a cell for it and a lock around the producer |
/// | `unsafe` inside | none | its slots are uninitialised memory |
/// | what it asks of the core | loads and stores | loads and stores |
/// | taking bytes out | as many as are there, into a slice | one by one |
/// | holds | `N` bytes | `N - 1` items |
///
/// For anything but received bytes that is the better choice. Every order in which the two sides of a `Ring` can
/// meet is tried on every change, with [loom](https://crates.io/crates/loom).
pub struct Ring<const N: usize> {
    bytes: [AtomicU8; N],
    /// Bytes pushed so far; only the interrupt writes it.
    pushed: AtomicUsize,
    /// Bytes read so far; only the reader writes it.
    read: AtomicUsize,
    /// Losses so far; only the interrupt writes it.
    losses: AtomicUsize,
}

impl<const N: usize> Ring<N> {
    /// An empty ring, for a `static`.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two(), "a ring's size is a power of two") };
        Ring {
            bytes: [const { AtomicU8::new(0) }; N],
            pushed: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            losses: AtomicUsize::new(0),
        }
    }

    /// The same, of atomics that watch each other.
    #[cfg(loom)]
    pub fn new() -> Self {
        Ring {
            bytes: core::array::from_fn(|_| AtomicU8::new(0)),
            pushed: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            losses: AtomicUsize::new(0),
        }
    }

    /// Takes a received byte, from the interrupt. Returns whether there was room; if not, the byte
    /// is lost, which is counted and reported to the driver.
    pub fn push(&self, byte: u8) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        let is_full = pushed.wrapping_sub(self.read.load(Ordering::Acquire)) >= N;
        match self.bytes.get(pushed % N) {
            Some(place) if !is_full => {
                place.store(byte, Ordering::Relaxed);
                self.pushed.store(pushed.wrapping_add(1), Ordering::Release);
                true
            }
            _ => {
                self.overrun();
                false
            }
        }
    }

    /// Takes note, from the interrupt, that bytes were lost before this moment: the UART reports
    /// an overrun, or a byte that it could not make out (framing, parity, noise).
    pub fn overrun(&self) {
        // There is one writer, so that this needs no read-modify-write, which Cortex-M0 lacks.
        let losses = self.losses.load(Ordering::Relaxed).wrapping_add(1);
        self.losses.store(losses, Ordering::Release);
    }

    /// How many times bytes were lost, since the start; it wraps.
    pub fn overruns(&self) -> usize {
        self.losses.load(Ordering::Relaxed)
    }

    /// Whether nothing is there to read: for a sleep that ends with the next interrupt.
    ///
    /// To be sure that no byte comes between the look and the sleep, do both with interrupts
    /// masked: `critical_section::with(|_| if RX.is_empty() { cortex_m::asm::wfi() })`.
    pub fn is_empty(&self) -> bool {
        self.pushed.load(Ordering::Acquire) == self.read.load(Ordering::Relaxed)
    }

    /// The reading end. Losses before this moment are not reported to it.
    pub fn reader(&self) -> Reader<'_, N> {
        Reader {
            ring: self,
            losses_seen: self.overruns(),
        }
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The reading end of a [`Ring`].
pub struct Reader<'r, const N: usize> {
    ring: &'r Ring<N>,
    losses_seen: usize,
}

/// Bytes were lost: the ring was full, or the UART said so.
///
/// It is reported once for all losses before it. The driver then gives up the exchange that it
/// was in, gets back into step before the next, and asks the module what it may have missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Overrun;

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("received bytes were lost")
    }
}

impl core::error::Error for Overrun {}

impl embedded_io::Error for Overrun {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl<const N: usize> Reader<'_, N> {
    /// How many bytes are there, all of them from before the next loss.
    fn available(&mut self) -> Result<usize, Overrun> {
        // In this order: what was pushed after a loss must not pass for what was before it.
        let pushed = self.ring.pushed.load(Ordering::Acquire);
        let losses = self.ring.losses.load(Ordering::Acquire);
        if losses != self.losses_seen {
            self.losses_seen = losses;
            return Err(Overrun);
        }
        Ok(pushed.wrapping_sub(self.ring.read.load(Ordering::Relaxed)))
    }
}

impl<const N: usize> ErrorType for Reader<'_, N> {
    type Error = Overrun;
}

impl<const N: usize> ReadReady for Reader<'_, N> {
    fn read_ready(&mut self) -> Result<bool, Overrun> {
        self.available().map(|n| n > 0)
    }
}

impl<const N: usize> Read for Reader<'_, N> {
    /// Waits for a byte; the driver asks [`read_ready`](ReadReady::read_ready) first.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Overrun> {
        if into.is_empty() {
            return Ok(0);
        }
        let available = loop {
            match self.available()? {
                0 => core::hint::spin_loop(),
                n => break n,
            }
        };
        let start = self.ring.read.load(Ordering::Relaxed) % N;
        let (wrapped, straight) = self.ring.bytes.split_at(start);
        let places = straight.iter().chain(wrapped).take(available);
        let mut n = 0_usize;
        for (to, from) in into.iter_mut().zip(places) {
            *to = from.load(Ordering::Relaxed);
            n += 1;
        }
        let read = self.ring.read.load(Ordering::Relaxed);
        self.ring
            .read
            .store(read.wrapping_add(n), Ordering::Release);
        Ok(n)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order_and_wrap() {
        let ring = Ring::<4>::new();
        let mut reader = ring.reader();
        let mut next_in = 0_u8;
        let mut next_out = 0_u8;
        for burst in [3, 4, 1, 2, 4, 4] {
            for _ in 0..burst {
                assert!(ring.push(next_in));
                next_in += 1;
            }
            let mut into = [0; 3];
            while !ring.is_empty() {
                let n = reader.read(&mut into).unwrap();
                for byte in &into[..n] {
                    assert_eq!(*byte, next_out);
                    next_out += 1;
                }
            }
        }
        assert_eq!((next_in, ring.overruns()), (next_out, 0));
    }

    #[test]
    fn a_full_ring_reports_the_loss_once_and_keeps_what_it_has() {
        let ring = Ring::<4>::new();
        let mut reader = ring.reader();
        let pushed = *b"abcdef";
        assert_eq!(
            pushed.map(|byte| ring.push(byte)),
            [true, true, true, true, false, false]
        );
        assert_eq!(ring.overruns(), 2);
        assert_eq!(reader.read_ready(), Err(Overrun));
        let mut into = [0; 8];
        assert_eq!(reader.read(&mut into), Ok(4));
        assert_eq!(&into[..4], b"abcd");
        assert_eq!(reader.read_ready(), Ok(false));
    }

    #[test]
    fn a_loss_in_the_uart_is_reported_before_what_follows_it() {
        let ring = Ring::<8>::new();
        ring.overrun();
        let mut reader = ring.reader();
        assert_eq!(reader.read_ready(), Ok(false));
        ring.push(b'a');
        ring.overrun();
        ring.push(b'c');
        assert_eq!(reader.read(&mut [0; 8]), Err(Overrun));
        assert_eq!(reader.read(&mut [0; 8]), Ok(2));
    }

    #[test]
    fn a_thread_that_pushes_while_another_reads_loses_nothing() {
        static RING: Ring<64> = Ring::new();
        const COUNT: u32 = 200_000;
        let producer = std::thread::spawn(|| {
            for n in 0..COUNT {
                while RING.pushed.load(Ordering::Relaxed) - RING.read.load(Ordering::Relaxed) == 64
                {
                    std::thread::yield_now();
                }
                assert!(RING.push((n % 251) as u8));
            }
        });
        let mut reader = RING.reader();
        let (mut into, mut seen) = ([0; 48], 0);
        while seen < COUNT {
            let n = reader.read(&mut into).unwrap();
            for byte in &into[..n] {
                assert_eq!(u32::from(*byte), seen % 251);
                seen += 1;
            }
        }
        producer.join().unwrap();
        assert!(RING.is_empty());
    }
}
