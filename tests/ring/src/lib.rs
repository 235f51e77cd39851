//! The receive ring of the driver under `loom`: an interrupt pushes while the driver reads, and every
//! order in which that can happen, and every value that a load may see, is tried.

#[path = "../../../src/transport/ring.rs"]
mod ring;

pub use ring::{Overrun, Reader, Ring};

#[cfg(test)]
mod tests {
    use embedded_io::{Read, ReadReady};
    use loom::thread;

    use super::*;

    /// What the reader sees: a byte, or that bytes were lost.
    type Seen = Vec<Result<u8, Overrun>>;

    /// Reads up to so many times what is there.
    fn read<const N: usize>(reader: &mut Reader<'_, N>, times: usize, seen: &mut Seen) {
        for _ in 0..times {
            match reader.read_ready() {
                Ok(false) => {}
                Ok(true) => {
                    let mut bytes = [0; 2];
                    match reader.read(&mut bytes) {
                        Ok(count) => seen.extend(bytes[..count].iter().map(|&byte| Ok(byte))),
                        Err(lost) => seen.push(Err(lost)),
                    }
                }
                Err(lost) => seen.push(Err(lost)),
            }
        }
    }

    /// What the reader sees while `push` runs in the interrupt, and after that.
    ///
    /// The reader is the thread that is started: `loom` looks for other orders when a thread loads
    /// what another has stored before, which the interrupt hides by loading its own counts.
    fn watch<const N: usize, R: 'static>(push: fn(&Ring<N>) -> R, check: fn(R, Seen)) {
        loom::model(move || {
            // As in a `static`; it is small.
            let ring: &'static Ring<N> = Box::leak(Box::new(Ring::new()));
            let mut reader = ring.reader();
            let driver = thread::spawn(move || {
                let mut seen = Seen::new();
                read(&mut reader, 3, &mut seen);
                (reader, seen)
            });
            let pushed = push(ring);
            let (mut reader, mut seen) = driver.join().expect("it does not panic");
            read(&mut reader, 4, &mut seen);
            assert!(ring.is_empty());
            check(pushed, seen);
        });
    }

    #[test]
    fn bytes_come_whole_once_and_in_their_order() {
        watch::<4, _>(
            |ring| (1..=3).all(|byte| ring.push(byte)),
            |fitted, seen| {
                assert!(fitted);
                assert_eq!(seen, [Ok(1), Ok(2), Ok(3)]);
            },
        );
    }

    #[test]
    fn what_does_not_fit_is_told_and_nothing_else_is_lost() {
        watch::<2, _>(
            |ring| [1, 2, 3].map(|byte| (byte, ring.push(byte))),
            |pushed, seen| {
                let fitted = pushed.iter().filter(|(_, fitted)| *fitted);
                let fitted: Vec<u8> = fitted.map(|(byte, _)| *byte).collect();
                let bytes: Vec<u8> = seen.iter().flatten().copied().collect();
                assert_eq!(bytes, fitted);
                let losses = seen.iter().filter(|seen| seen.is_err()).count();
                assert_eq!(losses > 0, fitted.len() < pushed.len());
            },
        );
    }

    #[test]
    fn nothing_from_behind_a_loss_passes_for_what_was_before_it() {
        watch::<4, _>(
            |ring| {
                ring.push(1);
                ring.overrun();
                ring.push(2);
            },
            |(), seen| {
                let place = |wanted| seen.iter().position(|seen| *seen == wanted);
                assert!(place(Err(Overrun)) < place(Ok(2)), "{seen:?}");
                assert_eq!(seen.len(), 3);
            },
        );
    }
}
