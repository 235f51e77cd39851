//! What a stack makes of the wire: the share of the line rate that is payload, and the commands and
//! bytes of each operation.

use std::time::Duration;

use serde::Serialize;

use crate::limit;
use crate::stack::{ECHO, LENGTH, SINK, SOURCE, Stack, Uart};
use crate::subject::Subject;

/// Sizes of the caller's reads and writes.
pub const CHUNKS: [usize; 5] = [1, 64, 512, 1460, 4096];
/// How long the module takes to answer.
pub const LATENCIES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(2)];

/// Uploads in tiny writes take a command each; a part of the length shows the share as well.
const WRITES: usize = 2000;

/// Which way payload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the module to the host.
    Download,
    /// From the host to the module.
    Upload,
}

/// A share of the line rate.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// Which stack.
    pub subject: Subject,
    /// Which way.
    pub direction: Direction,
    /// The size of the caller's reads or writes, in bytes.
    pub chunk: usize,
    /// The module's latency, in milliseconds.
    pub latency_ms: u64,
    /// The payload's share of what the line can carry, in percent.
    pub percent: f64,
    /// The most that the module's protocol allows, in percent.
    pub limit: f64,
}

/// What an operation costs.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Which stack.
    pub subject: Subject,
    /// What is done.
    pub name: &'static str,
    /// Commands, each a round trip.
    pub round_trips: u64,
    /// Bytes to the module.
    pub to_module: u64,
    /// Bytes from the module.
    pub to_host: u64,
    /// The round trips that the module's protocol needs.
    pub limit: u64,
}

/// Measures every share of every subject.
pub fn shares() -> Vec<Share> {
    let mut shares = Vec::new();
    for subject in Subject::ALL {
        for latency in LATENCIES {
            let uart = Uart {
                baud: subject.baud(),
                latency,
            };
            for direction in [Direction::Download, Direction::Upload] {
                for chunk in CHUNKS {
                    let percent = subject.run(uart, |stack| match direction {
                        Direction::Download => download(stack, uart, chunk),
                        Direction::Upload => upload(stack, uart, chunk),
                    });
                    shares.push(Share {
                        subject,
                        direction,
                        chunk,
                        latency_ms: latency.as_millis() as u64,
                        percent,
                        limit: limit::share(subject, direction, chunk, uart),
                    });
                }
            }
        }
    }
    shares
}

fn download(stack: &mut dyn Stack, uart: Uart, chunk: usize) -> f64 {
    stack.connect(SOURCE);
    wait(stack, 10);
    let mut buffer = vec![0; chunk];
    let (begin, mut got) = (stack.simulation().now(), 0);
    while got < LENGTH {
        match stack.receive(&mut buffer) {
            Some(n) => got += n,
            None => stack.idle(),
        }
    }
    percent(uart, got, stack.simulation().now() - begin)
}

fn upload(stack: &mut dyn Stack, uart: Uart, chunk: usize) -> f64 {
    stack.connect(SINK);
    let writes = (LENGTH / chunk).min(WRITES);
    let payload = crate::stack::payload(chunk);
    let begin = stack.simulation().now();
    for _ in 0..writes {
        stack.send(&payload);
    }
    percent(uart, writes * chunk, stack.simulation().now() - begin)
}

fn percent(uart: Uart, bytes: usize, time: Duration) -> f64 {
    100.0 * bytes as f64 / (time.as_secs_f64() * uart.bytes_per_second())
}

/// Lets the module speak, and the stack listen.
fn wait(stack: &mut dyn Stack, milliseconds: u64) {
    let end = stack.simulation().now() + Duration::from_millis(milliseconds);
    while stack.simulation().now() < end {
        stack.idle();
    }
}

/// Measures every operation of every subject.
pub fn operations() -> Vec<Operation> {
    Subject::ALL.into_iter().flat_map(operations_of).collect()
}

/// Connects, sends 512 bytes, reads their echo, looks for more, and closes.
fn operations_of(subject: Subject) -> Vec<Operation> {
    const LEN: usize = 512;
    let uart = Uart {
        baud: subject.baud(),
        latency: Duration::ZERO,
    };
    subject.run(uart, |stack| {
        // Settings that are made once are not of the connection.
        stack.connect(ECHO);
        stack.close();
        wait(stack, 10);
        let mut operations = Vec::new();
        let mut measure = |stack: &mut dyn Stack, name, act: &mut dyn FnMut(&mut dyn Stack)| {
            let before = counters(stack);
            act(stack);
            let after = counters(stack);
            operations.push(Operation {
                subject,
                name,
                round_trips: after.0 - before.0,
                to_module: after.1 - before.1,
                to_host: after.2 - before.2,
                limit: limit::round_trips(subject, name),
            });
        };
        measure(stack, "connect", &mut |stack| stack.connect(ECHO));
        measure(stack, "send", &mut |stack| {
            stack.send(&crate::stack::payload(LEN));
        });
        // The echo is announced while nobody asks.
        wait(stack, 10);
        measure(stack, "receive with data", &mut |stack| {
            assert_eq!(stack.receive(&mut [0; 2 * LEN]), Some(LEN));
        });
        measure(stack, "receive without, behind a transfer", &mut |stack| {
            assert_eq!(stack.receive(&mut [0; LEN]), None);
            assert_eq!(stack.receive(&mut [0; LEN]), None);
        });
        measure(stack, "receive without", &mut |stack| {
            assert_eq!(stack.receive(&mut [0; LEN]), None);
        });
        measure(stack, "close", &mut |stack| stack.close());
        operations
    })
}

/// Commands, bytes to the module, bytes to the host.
fn counters(stack: &dyn Stack) -> (u64, u64, u64) {
    let simulation = stack.simulation();
    (
        simulation.commands(),
        simulation.to_module(),
        simulation.to_host(),
    )
}
