//! QEMU, for the STM32F405.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use atwifi_emulators::measure;
use tempfile::NamedTempFile;

use super::{Figures, Heard};

/// What the stack is full of before the firmware starts: what differs at the end was used.
const PAINT: u8 = 0xa5;
/// PA8, in the register of port A that sets pins with its lower half and clears them with its upper.
const RESET_PIN: u32 = 8;

/// A QEMU whose monitor comes to us.
pub struct Qemu {
    monitor: TcpListener,
    paint: NamedTempFile,
    stack: Range<u64>,
}

impl Qemu {
    pub fn new(elf: &Path) -> Result<Qemu> {
        let stack = measure::stack(&std::fs::read(elf)?)?.context("it has no stack")?;
        let mut paint = NamedTempFile::new().context("no temporary file")?;
        paint.write_all(&vec![PAINT; (stack.end - stack.start) as usize])?;
        Ok(Qemu {
            monitor: TcpListener::bind("127.0.0.1:0").context("no free port")?,
            paint,
            stack,
        })
    }

    pub fn command(&self, elf: &Path, uart: SocketAddr) -> Result<Command> {
        let mut command = Command::new("qemu-system-arm");
        let socket = |id: &str, to: SocketAddr| {
            let (host, port) = (to.ip(), to.port());
            format!("socket,id={id},host={host},port={port},server=off,nodelay=on")
        };
        command
            .args(["-M", "netduinoplus2", "-display", "none"])
            // The third is USART3; QEMU 10.0 crashes when firmware resets the first.
            .args([
                "-serial",
                "null",
                "-serial",
                "null",
                "-serial",
                "chardev:wifi",
            ])
            .args(["-chardev", &socket("wifi", uart)])
            .args(["-chardev", &socket("monitor", self.monitor.local_addr()?)])
            .args(["-mon", "chardev=monitor,mode=readline"])
            // The log of defmt comes on standard output.
            .args(["-semihosting-config", "enable=on,target=native"])
            // QEMU has no GPIO, and says so of every access: this is how the reset pin is seen.
            .args(["-d", "unimp"])
            .arg("-device")
            .arg(format!(
                "loader,addr={:#x},force-raw=on,file={}",
                self.stack.start,
                self.paint.path().display()
            ))
            .arg("-kernel")
            .arg(elf);
        Ok(command)
    }

    /// Ends it after a look at the paint.
    pub fn finish(self) -> Result<Figures> {
        let (monitor, _) = self.monitor.accept().context("QEMU has no monitor")?;
        let mut tell = &monitor;
        let dump = NamedTempFile::new().context("no temporary file")?;
        let (start, length) = (self.stack.start, self.stack.end - self.stack.start);
        let path = dump.path().display();
        write!(
            tell,
            "stop\npmemsave {start:#x} {length} \"{path}\"\nquit\n"
        )?;
        // It closes the monitor when it has done all that.
        tell.read_to_end(&mut Vec::new())?;
        let memory = std::fs::read(dump.path())?;
        let untouched = memory.iter().take_while(|byte| **byte == PAINT).count();
        Ok(Figures {
            stack: length - untouched as u64,
            overruns: 0,
            broken: Vec::new(),
            rest: None,
        })
    }
}

/// QEMU complains of all that it has not, in words like
/// `GPIOA: unimplemented device write (size 4, offset 0x018, value 0x00000100)`.
pub fn hear(line: &str) -> Heard {
    let Some(access) = line.strip_prefix("GPIOA: unimplemented device write") else {
        let is_known = line.contains("unimplemented device") || line.starts_with("stm32_rcc_write");
        return if is_known {
            Heard::Nothing
        } else {
            Heard::Complaint
        };
    };
    let value = access
        .split_once("offset 0x018, value 0x")
        .map(|(_, value)| value);
    let value = value.and_then(|value| u32::from_str_radix(value.trim_end_matches(')'), 16).ok());
    match value {
        Some(value) if value & 1 << RESET_PIN != 0 => Heard::ResetPin(true),
        Some(value) if value & 1 << (RESET_PIN + 16) != 0 => Heard::ResetPin(false),
        _ => Heard::Nothing,
    }
}
