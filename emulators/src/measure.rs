//! How much of a microcontroller a firmware takes.

use std::ops::Range;

use object::elf::PT_LOAD;
use object::read::elf::{ElfFile32, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags};

/// Where the RAM of every Cortex-M begins, and where what is no memory begins.
const RAM: Range<u64> = 0x2000_0000..0x4000_0000;

/// What a firmware takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Flash: code, constants, vector table, and the initial values of variables; what is written
    /// when it is flashed.
    pub flash: u64,
    /// RAM for variables with a fixed place; the stack comes on top.
    pub ram: u64,
}

/// Reads the sizes from an ELF file.
///
/// # Errors
///
/// It is not an ELF file for a 32-bit machine.
pub fn sizes(elf: &[u8]) -> object::Result<Sizes> {
    let file = ElfFile32::<Endianness>::parse(elf)?;
    let endian = file.endian();
    let segments = file.elf_program_headers().iter();
    let flash = segments
        .filter(|segment| segment.p_type(endian) == PT_LOAD)
        .map(|segment| u64::from(segment.p_filesz(endian)))
        .sum();
    let ram = file
        .sections()
        .filter(|section| is_in_memory(section.flags()) && RAM.contains(&section.address()))
        .map(|section| section.size())
        .sum();
    Ok(Sizes { flash, ram })
}

fn is_in_memory(flags: SectionFlags) -> bool {
    let SectionFlags::Elf { sh_flags } = flags else {
        return false;
    };
    sh_flags & u64::from(object::elf::SHF_ALLOC) != 0
}

/// Where the stack may lie: from the end of the variables up to where it begins to grow down.
/// `None` if the file is not linked by `cortex-m-rt`.
///
/// # Errors
///
/// It is not an ELF file for a 32-bit machine.
pub fn stack(elf: &[u8]) -> object::Result<Option<Range<u64>>> {
    let file = ElfFile32::<Endianness>::parse(elf)?;
    let address = |name: &'static str| {
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
        symbol.map(|symbol| symbol.address())
    };
    let ends = address("_stack_end").zip(address("_stack_start"));
    Ok(ends.map(|(end, start)| end..start))
}
