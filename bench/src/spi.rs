//! What the driver makes of the SPI of an ST67W611M1: the payload's share of its clocks, and the
//! transactions of each operation.

use serde::Serialize;

use crate::atwifi_stack;
use crate::stack::{ECHO, SINK, SOURCE, Stack};
use crate::wire::Direction;

/// The size of a transfer, in bytes.
const TRANSFER: usize = 1460;
/// How often it is repeated.
const REPEATS: usize = 40;

/// A share of the SPI's clocks.
#[derive(Clone, Debug, Serialize)]
pub struct SpiShare {
    /// Which way.
    pub direction: Direction,
    /// The payload's share of the bytes that are clocked, in percent.
    pub percent: f64,
    /// The most that frames allow, in percent.
    pub limit: f64,
}

/// What an operation costs.
#[derive(Clone, Debug, Serialize)]
pub struct SpiOperation {
    /// What is done.
    pub name: &'static str,
    /// Transactions.
    pub transactions: u64,
    /// Bytes clocked.
    pub clocked: u64,
    /// As many transactions as there are frames, of which each needs one.
    pub limit: u64,
}

/// Measures both directions.
pub fn shares() -> Vec<SpiShare> {
    let share = |direction, percent| SpiShare {
        direction,
        percent,
        limit: limit(direction),
    };
    vec![
        share(Direction::Download, atwifi_stack::run_on_spi(download)),
        share(Direction::Upload, atwifi_stack::run_on_spi(upload)),
    ]
}

fn download(stack: &mut dyn Stack) -> f64 {
    stack.connect(SOURCE);
    wait(stack);
    let (before, mut got) = (clocked(stack), 0);
    let mut buffer = [0; TRANSFER];
    while got < REPEATS * TRANSFER {
        match stack.receive(&mut buffer) {
            Some(n) => got += n,
            None => stack.idle(),
        }
    }
    100.0 * got as f64 / (clocked(stack) - before) as f64
}

fn upload(stack: &mut dyn Stack) -> f64 {
    stack.connect(SINK);
    wait(stack);
    let before = clocked(stack);
    let payload = crate::stack::payload(TRANSFER);
    for _ in 0..REPEATS {
        stack.send(&payload);
    }
    100.0 * (REPEATS * TRANSFER) as f64 / (clocked(stack) - before) as f64
}

/// A frame has a header of eight bytes, and whole words behind it; each of the module's write calls is
/// one, and each line of the host's.
fn limit(direction: Direction) -> f64 {
    let frames = match direction {
        Direction::Download => vec![
            format!("AT+CIPRECVDATA=0,{TRANSFER}\r\n").len(),
            format!("+CIPRECVDATA:{TRANSFER},\r\n").len() + TRANSFER,
            "\r\nOK\r\n".len(),
        ],
        Direction::Upload => vec![
            format!("AT+CIPSEND=0,{TRANSFER}\r\n").len(),
            "\r\nOK\r\n\r\n>".len(),
            TRANSFER,
            format!("Recv {TRANSFER} bytes\r\n").len(),
            "\r\nSEND OK\r\n".len(),
        ],
    };
    let clocked = frames.iter().map(|length| 8 + length.next_multiple_of(4));
    100.0 * TRANSFER as f64 / clocked.sum::<usize>() as f64
}

/// Connects, sends 512 bytes, reads their echo, looks for more, and closes.
pub fn operations() -> Vec<SpiOperation> {
    const LEN: usize = 512;
    atwifi_stack::run_on_spi(|stack| {
        // Settings that are made once are not of the connection.
        stack.connect(ECHO);
        stack.close();
        wait(stack);
        let mut operations = Vec::new();
        let mut measure =
            |stack: &mut dyn Stack, name, limit, act: &mut dyn FnMut(&mut dyn Stack)| {
                let before = stack.simulation().spi().counts();
                act(stack);
                let after = stack.simulation().spi().counts();
                operations.push(SpiOperation {
                    name,
                    transactions: after.transactions - before.transactions,
                    clocked: after.clocked - before.clocked,
                    limit,
                });
            };
        // The notice of the close before, the command, the notice, the result.
        measure(stack, "connect", 4, &mut |stack| stack.connect(ECHO));
        // The command, the prompt, the payload, the receipt, the result.
        measure(stack, "send", 5, &mut |stack| {
            stack.send(&crate::stack::payload(LEN));
        });
        wait(stack);
        // The notice of the data, the command, the data, the result.
        measure(stack, "receive with data", 4, &mut |stack| {
            assert_eq!(stack.receive(&mut [0; 2 * LEN]), Some(LEN));
        });
        measure(stack, "receive without", 0, &mut |stack| {
            assert_eq!(stack.receive(&mut [0; LEN]), None);
        });
        // The command, the notice, the result.
        measure(stack, "close", 3, &mut |stack| stack.close());
        operations
    })
}

fn clocked(stack: &dyn Stack) -> u64 {
    stack.simulation().spi().counts().clocked
}

/// Lets the module speak.
fn wait(stack: &mut dyn Stack) {
    for _ in 0..10 {
        stack.idle();
    }
}
