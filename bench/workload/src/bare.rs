//! The transport alone: the same bytes with no driver between.

use embedded_io::{Read, ReadReady, Write};

use crate::script::{Port, Script};
use crate::{Meter, TRANSFER};

/// The words of a module.
pub struct Words {
    /// A command without parameters.
    pub command: &'static [u8],
    /// The command that reads a transfer.
    pub read: &'static [u8],
    /// The length of what stands before its payload.
    pub head: usize,
    /// The command that writes one.
    pub write: &'static [u8],
    /// The notice of new data.
    pub event: &'static [u8],
}

/// Does the work of a driver, less the driver.
pub fn measure(meter: &mut dyn Meter, script: &Script, words: &Words) {
    let payload = [b'.'; TRANSFER];
    let mut buffer = [0; TRANSFER + 128];
    let mut port = Port(script);
    meter.measure("bare download", &mut || {
        ask(&mut port, words.read);
        // The payload to its place, as what a copy costs depends on where it goes.
        take_once(&mut port, &mut [0; 32][..words.head]);
        take_once(&mut port, &mut buffer[..TRANSFER]);
        take(&mut port, &mut [0; 32]);
    });
    meter.measure("bare upload", &mut || {
        ask(&mut port, words.write);
        take(&mut port, &mut buffer);
        ask(&mut port, &payload);
        take(&mut port, &mut buffer);
    });
    meter.measure("bare command", &mut || {
        ask(&mut port, words.command);
        take(&mut port, &mut buffer);
    });
    script.say(words.event);
    meter.measure("bare event", &mut || take(&mut port, &mut buffer));
    meter.measure("bare empty receive", &mut || take(&mut port, &mut buffer));
}

fn ask(port: &mut Port<'_>, bytes: &[u8]) {
    let Ok(_) = port.write(bytes);
    let Ok(()) = port.flush();
}

fn take_once(port: &mut Port<'_>, buffer: &mut [u8]) {
    if let Ok(true) = port.read_ready() {
        let Ok(_) = port.read(buffer);
    }
}

fn take(port: &mut Port<'_>, buffer: &mut [u8]) {
    while let Ok(true) = port.read_ready() {
        let Ok(_) = port.read(buffer);
    }
}
