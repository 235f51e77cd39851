//! What the protocols allow, worked out from the references: no driver can do better on the same
//! commands.
//!
//! A module takes one command at a time and answers in order (wire notes 1: what an ST67 is sent
//! while it is at work is dropped; wire notes 3: what a Microchip module is sent while it answers
//! is swallowed), so one direction idles while the other speaks: what goes up, what comes down and
//! the module's latency add up. Only notices of new data can travel beside a command.

use crate::stack::Uart;
use crate::subject::Subject;
use crate::wire::Direction;

/// The bytes of one transfer of `n` bytes that are not payload, and how often the module's latency
/// passes in it.
struct Overhead {
    bytes: usize,
    answers: u32,
}

/// The largest share of the line rate that payload can have, in percent, where the caller reads or
/// writes `chunk` bytes at a time.
pub fn share(subject: Subject, direction: Direction, chunk: usize, uart: Uart) -> f64 {
    let (n, overhead) = match direction {
        // Reading ahead, a driver asks for what it has room for.
        Direction::Download => {
            let n = chunk.max(subject.ahead()).min(longest_read(subject));
            (n, read(subject, n))
        }
        Direction::Upload => {
            let n = chunk.min(longest_write(subject));
            // What is left of a chunk goes in a command of its own.
            let rest = chunk % n;
            let mut overhead = write(subject, n);
            if rest > 0 {
                let last = write(subject, rest);
                let whole = chunk / n;
                overhead.bytes = overhead.bytes * whole + last.bytes;
                overhead.answers = overhead.answers * whole as u32 + last.answers;
                (chunk, overhead)
            } else {
                (n, overhead)
            }
        }
    };
    let waiting = uart.latency.as_secs_f64() * f64::from(overhead.answers);
    let time = (n + overhead.bytes) as f64 / uart.bytes_per_second() + waiting;
    100.0 * n as f64 / (time * uart.bytes_per_second())
}

/// The fewest commands that an operation needs.
pub fn round_trips(subject: Subject, operation: &str) -> u64 {
    match operation {
        // 512 bytes as text (see below).
        "send" if subject == Subject::Microchip => 3,
        // A Microchip socket is opened, then connected (`AT+SOCKO`, `AT+SOCKBR`).
        "connect" if subject == Subject::Microchip => 2,
        // What is told while it reads much is lost in Microchip's firmware (wire notes 2): both
        // data and a close must be asked for.
        "receive without, behind a transfer" if subject == Subject::Microchip => 2,
        // Data is announced: where nothing is, nothing needs to be asked.
        "receive without, behind a transfer" | "receive without" => 0,
        _ => 1,
    }
}

/// The most that a module holds for a connection: there is no more to be read at once.
fn longest_read(subject: Subject) -> usize {
    match subject {
        // Reference 4.1.31: the receive buffer, until it is set otherwise.
        Subject::St67 => 2920,
        // Wire notes 3.
        Subject::Microchip => 1460,
        // ESP-AT User Guide, `AT+CIPRECVDATA`: the TCP window.
        Subject::EspAtNal => 5760,
    }
}

fn longest_write(subject: Subject) -> usize {
    match subject {
        // Wire notes 1.
        Subject::St67 => 6144,
        // What fits a line of firmware 0.2.0 (wire notes 1). Binary data, of which 1400 bytes go at
        // once, the firmware drops in silence where it has no room (wire notes 12).
        Subject::Microchip => 226,
        // ESP-AT User Guide, `AT+CIPSEND`.
        Subject::EspAtNal => 8192,
    }
}

/// One read of `n` bytes: the command, and the lines around the payload.
fn read(subject: Subject, n: usize) -> Overhead {
    let bytes = match subject {
        // Wire notes 2.
        Subject::St67 => format!("AT+CIPRECVDATA=0,{n}\r\n+CIPRECVDATA:{n},\r\n\r\nOK\r\n"),
        // Wire notes 3; a handle is the milliseconds since the start (wire notes 6).
        Subject::Microchip => format!("AT+SOCKRD=1000,2,{n}\r\n+SOCKRD:1000,{n},\r\n#OK\r\n"),
        // ESP-AT User Guide, `AT+CIPRECVDATA`.
        Subject::EspAtNal => format!("AT+CIPRECVDATA=0,{n}\r\n+CIPRECVDATA:{n},\r\nOK\r\n"),
    }
    .len();
    Overhead { bytes, answers: 1 }
}

/// One write of `n` bytes: the command, the prompt, and the receipt.
fn write(subject: Subject, n: usize) -> Overhead {
    let (lines, answers) = match subject {
        // Wire notes 1. The receipt comes when the network has taken the payload.
        Subject::St67 => (
            format!("AT+CIPSEND=0,{n}\r\n\r\nOK\r\n\r\n>Recv {n} bytes\r\n\r\nSEND OK\r\n"),
            2,
        ),
        // Wire notes 4, for payload that can be quoted; other takes two characters a byte.
        Subject::Microchip => (format!("AT+SOCKWR=1000,{n},\"\"\r\nOK\r\n"), 1),
        // ESP-AT User Guide, `AT+CIPSEND`.
        Subject::EspAtNal => (
            format!("AT+CIPSEND=0,{n}\r\n\r\nOK\r\n\r\n>\r\nRecv {n} bytes\r\n\r\nSEND OK\r\n"),
            2,
        ),
    };
    Overhead {
        bytes: lines.len(),
        answers,
    }
}
