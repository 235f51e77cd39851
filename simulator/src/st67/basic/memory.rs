//! The memory of the chip: efuses, flash and its partitions.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::st67::St67;
use crate::st67::line::argument::{Arguments, mac_text};
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
use crate::st67::line::payload::Payload;
use crate::st67::{Config, World};

/// Efuses, in bytes.
const EFUSES: usize = 8192;
/// Flash, in bytes.
const FLASH: usize = 4 << 20;
/// What is erased at once.
const SECTOR: usize = 4096;
/// The most that is read or written at once.
const PIECE: i64 = 8192;
/// Longest address, such as `0x00210000`.
const LONGEST_ADDRESS: usize = 11;

/// Where the efuses hold the MAC address, its last byte first.
const MAC: usize = 0x14;
/// Where the efuses hold the part number, up to an end-of-text character.
const PART_NUMBER: usize = 0x100;
const PART: &[u8] = b"CP90-79196-2\x03";

/// Name, addresses and sizes of a partition.
type Partition = (&'static str, [u32; 2], [u32; 2]);

const PARTITIONS: [Partition; 5] = [
    ("Boot2", [0, 0], [57_344, 0]),
    (
        "FW",
        [0x0001_0000, 0x0021_0000],
        [2_097_152, UPDATE_PARTITION],
    ),
    ("mfg", [0x0021_0000, 0], [1_474_560, 0]),
    ("media", [0x0037_8000, 0], [462_848, 0]),
    ("PSM", [0x003e_9000, 0], [32_768, 0]),
];

/// Size of the partition that an update is written to.
pub(in crate::st67) const UPDATE_PARTITION: u32 = 1_474_560;

/// What is in the chip, which nothing clears.
#[derive(Debug)]
pub(in crate::st67) struct Memory {
    efuses: Vec<u8>,
    /// The efuses as they were read last, with what has been written and not confirmed.
    shadow: Vec<u8>,
    /// Sectors that are not all ones.
    sectors: BTreeMap<usize, Vec<u8>>,
    /// Updates so far.
    pub updates: u32,
    /// The version that the last of them told.
    pub version: Option<String>,
    /// `AT+SET_CLOCK`.
    pub clock: i64,
}

/// Where a payload goes in memory.
#[derive(Clone, Copy, Debug)]
enum Cell {
    Efuse(usize),
    Flash(usize),
}

impl Memory {
    pub fn new(config: &Config) -> Self {
        let mut efuses = vec![0; EFUSES];
        let mac = config.mac.iter().rev();
        efuses[MAC..]
            .iter_mut()
            .zip(mac)
            .for_each(|(to, from)| *to = *from);
        efuses[PART_NUMBER..][..PART.len()].copy_from_slice(PART);
        Memory {
            shadow: efuses.clone(),
            efuses,
            sectors: BTreeMap::new(),
            updates: 0,
            version: None,
            clock: 1,
        }
    }

    /// What has been written to the efuses and not been confirmed is lost.
    pub fn reload(&mut self) {
        self.shadow.clone_from(&self.efuses);
    }

    /// The MAC address in the first of three slots; the others are empty.
    fn mac(&self) -> [u8; 6] {
        std::array::from_fn(|index| self.efuses[MAC + 5 - index])
    }

    fn part_number(&self) -> String {
        let text = self.efuses[PART_NUMBER..].iter();
        let text = text.take_while(|byte| **byte > 3).copied().collect();
        String::from_utf8(text).unwrap_or_default()
    }

    fn read_flash(&self, cells: Range<usize>) -> Vec<u8> {
        let byte = |at: usize| {
            let sector = self.sectors.get(&(at / SECTOR));
            sector.map_or(0xff, |sector| sector[at % SECTOR])
        };
        cells.map(byte).collect()
    }

    /// Writing clears bits and sets none.
    fn write_flash(&mut self, start: usize, data: &[u8]) {
        for (at, byte) in (start..).zip(data) {
            let sector = self.sectors.entry(at / SECTOR);
            sector.or_insert_with(|| vec![0xff; SECTOR])[at % SECTOR] &= byte;
        }
    }

    /// Erases all sectors that the cells touch.
    fn erase_flash(&mut self, cells: Range<usize>) {
        let sectors = cells.start / SECTOR..cells.end.div_ceil(SECTOR);
        self.sectors.retain(|sector, _| !sectors.contains(sector));
    }
}

/// The cells that `<nbytes>,<addr>` names.
fn cells(arguments: &Arguments, most: i64) -> Result<Range<usize>, Code> {
    let count = arguments.need_number(0, 1..=most)?;
    let count = usize::try_from(count).map_err(|_| Code::INVALID)?;
    let text = arguments.need_text(1, LONGEST_ADDRESS)?;
    let text = std::str::from_utf8(text).unwrap_or_default();
    let digits = text.trim_start_matches("0x").trim_start_matches("0X");
    let start = usize::from_str_radix(digits, 16).map_err(|_| Code::INVALID)?;
    Ok(start..start.saturating_add(count))
}

impl St67 {
    fn efuse_cells(&self, arguments: &Arguments) -> Result<Range<usize>, Code> {
        let cells = cells(arguments, PIECE)?;
        if self.variant.basic.aligns_efuses && cells.len() % 4 != 0 || cells.end > EFUSES {
            return Err(Code::INVALID);
        }
        Ok(cells)
    }

    /// `AT+EFUSE-W=<nbytes>,<addr>`
    pub(in crate::st67) fn set_efuses(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let cells = self.efuse_cells(arguments)?;
        Ok(self.prompt_for_memory(Cell::Efuse(cells.start), cells.len()))
    }

    /// `AT+EFUSE-R=<nbytes>,<addr>[,<reload>]`
    pub(in crate::st67) fn efuses(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=3)?;
        let cells = self.efuse_cells(arguments)?;
        if arguments.number(2, 0..=1)? == Some(1) {
            self.memory.reload();
        }
        let head = format!("+EFUSE-R:{},", cells.len());
        let data = &self.memory.shadow[cells];
        let row = [head.as_bytes(), data, b"\r\n"].concat();
        self.output.write(&[&row]);
        Ok(Reply::Ok)
    }

    /// `AT+EFUSE-CFM`: a bit that is set stays set.
    pub(in crate::st67) fn confirm_efuses(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let Memory { efuses, shadow, .. } = &mut self.memory;
        let pairs = efuses.iter_mut().zip(shadow);
        pairs.for_each(|(efuse, shadow)| {
            *efuse |= *shadow;
            *shadow = *efuse;
        });
        Ok(Reply::Ok)
    }

    /// `AT+FLASH-W=<nbytes>,<addr>`
    pub(in crate::st67) fn set_flash(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let cells = cells(arguments, PIECE)?;
        if cells.end > FLASH && !self.variant.basic.looks_at_address_late {
            return Err(Code::ADDRESS);
        }
        Ok(self.prompt_for_memory(Cell::Flash(cells.start), cells.len()))
    }

    /// `AT+FLASH-R=<nbytes>,<addr>`
    pub(in crate::st67) fn flash(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let cells = cells(arguments, PIECE)?;
        if cells.end > FLASH {
            return Err(Code::ADDRESS);
        }
        let head = if self.variant.basic.counts_flash {
            format!("+FLASH-R:{},", cells.len())
        } else {
            "+FLASH-R:".to_owned()
        };
        let data = self.memory.read_flash(cells);
        let row = [head.as_bytes(), &data, b"\r\n"].concat();
        self.output.write(&[&row]);
        Ok(Reply::Ok)
    }

    /// `AT+FLASH-E=<nbytes>,<addr>`
    pub(in crate::st67) fn erase_flash(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let cells = cells(arguments, i64::from(i32::MAX))?;
        if cells.end > FLASH {
            return Err(Code::INPUT_OUTPUT);
        }
        self.memory.erase_flash(cells);
        Ok(Reply::Ok)
    }

    fn prompt_for_memory(&mut self, cell: Cell, length: usize) -> Reply {
        self.conclude("OK");
        let prompt = self.variant.basic.prompt_memory;
        if !prompt.is_empty() {
            self.output.write(&[prompt.as_bytes()]);
        }
        let payload = Payload::new(length, move |module, data, _| {
            module.write_memory(cell, data)
        });
        Reply::Later(payload.into())
    }

    /// The payload for the memory is complete.
    fn write_memory(&mut self, cell: Cell, data: &[u8]) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        match cell {
            Cell::Efuse(start) => {
                self.memory.shadow[start..start + data.len()].copy_from_slice(data);
            }
            Cell::Flash(start) if start + data.len() > FLASH => {
                self.conclude("SEND FAIL");
                return Step::Next(Job::Idle);
            }
            Cell::Flash(start) => self.memory.write_flash(start, data),
        }
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
    }

    /// `AT+PART?`
    pub(in crate::st67) fn partitions(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let separator = self.variant.basic.partition_separator;
        for (name, [a, b], [long, also]) in PARTITIONS {
            let updates = if name == "FW" { self.memory.updates } else { 0 };
            let active = updates % 2;
            self.say(&format!(
                "+PART{separator}{active},{updates},\"{name:>8}\",0x{a:08x},0x{b:08x},{long},{also}"
            ));
        }
        Ok(Reply::Ok)
    }

    /// `AT+GMAC?`
    pub(in crate::st67) fn factory_macs(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        for (slot, mac) in [self.memory.mac(), [0; 6], [0; 6]].into_iter().enumerate() {
            let mac = mac_text(mac);
            self.say(&format!("+GMACSLOT{slot}:{mac}"));
        }
        Ok(Reply::Ok)
    }

    /// `AT+PN?`
    pub(in crate::st67) fn part_number(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+PN:{}", self.memory.part_number()));
        Ok(Reply::Ok)
    }
}
