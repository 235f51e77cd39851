//! Where the bytes of a firmware come from: each byte of code from the source line that it was made
//! of, as the debug information has it.

use std::collections::BTreeMap;

use addr2line::Context;
use addr2line::gimli::{self, Dwarf, EndianSlice, RunTimeEndian};
use anyhow::Result;
use object::{Object, ObjectSection, SectionKind};
use serde::Serialize;

use crate::measure;

/// The core library, which is inlined everywhere.
pub const CORE: &str = "`core`";
/// `memcpy` and its like.
const BUILTINS: &str = "`compiler_builtins`";
/// The application, its UART, its clock and its runtime.
const FIRMWARE: &str = "the firmware itself and its UART";
/// Constants, of which nothing tells whose they are.
const LITERALS: &str = "literals and tables (.rodata)";

/// Bytes that come from one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// Made of its own lines, and of those of the core library that are inlined in them.
    pub with_core: i64,
    /// Made of its own lines alone.
    pub own: i64,
}

impl Bytes {
    fn add(&mut self, bytes: i64) {
        self.with_core += bytes;
        self.own += bytes;
    }
}

/// Bytes by source: a file of the driver's by its path below `src/`, all else in groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Causes(pub BTreeMap<String, Bytes>);

impl Causes {
    /// Reads where all the flash of an ELF file comes from; `root` is the workspace's folder.
    ///
    /// # Errors
    /// It is not an ELF file with debug information.
    pub fn read(elf: &[u8], root: &str) -> Result<Self> {
        let file = object::File::parse(elf)?;
        let mut causes = Causes::default();
        for section in file.sections() {
            match section.kind() {
                SectionKind::Text => causes.add_code(&file, &section, root)?,
                SectionKind::ReadOnlyData if section.name()? == ".rodata" => {
                    causes.of(LITERALS).add(section.size() as i64);
                }
                _ => {}
            }
        }
        // The vector table, routines in assembly, what fills up between functions.
        let flash = measure::sizes(elf)?.flash as i64;
        let rest = flash - causes.total().own;
        causes.of(FIRMWARE).add(rest);
        Ok(causes)
    }

    /// What there is beyond that of another firmware.
    pub fn beyond(mut self, other: &Causes) -> Self {
        for (source, bytes) in &other.0 {
            let of = self.of(source);
            of.with_core -= bytes.with_core;
            of.own -= bytes.own;
        }
        self
    }

    /// The sums.
    pub fn total(&self) -> Bytes {
        let sum = |of: fn(&Bytes) -> i64| self.0.values().map(of).sum();
        Bytes {
            with_core: sum(|bytes| bytes.with_core),
            own: sum(|bytes| bytes.own),
        }
    }

    fn of(&mut self, source: &str) -> &mut Bytes {
        self.0.entry(source.to_owned()).or_default()
    }

    fn add_code<'d>(
        &mut self,
        file: &object::File<'d>,
        section: &object::Section<'d, '_>,
        root: &str,
    ) -> Result<()> {
        let lines = lines(file)?;
        let end = section.address() + section.size();
        for (address, length, location) in lines.find_location_range(section.address(), end)? {
            let own = source(location.file.unwrap_or_default(), root);
            let owner = owner(&lines, address, root)?.unwrap_or(CORE.to_owned());
            self.of(&own).own += length as i64;
            self.of(&owner).with_core += length as i64;
        }
        Ok(())
    }
}

type Reader<'d> = EndianSlice<'d, RunTimeEndian>;

fn lines<'d>(file: &object::File<'d>) -> Result<Context<Reader<'d>>> {
    let load = |id: gimli::SectionId| -> Result<Reader<'d>> {
        let data = match file.section_by_name(id.name()) {
            Some(section) => section.data()?,
            None => &[],
        };
        Ok(EndianSlice::new(data, RunTimeEndian::Little))
    };
    Ok(Context::from_dwarf(Dwarf::load(load)?)?)
}

/// The source of the innermost function that is not the core library's.
fn owner(lines: &Context<Reader<'_>>, address: u64, root: &str) -> Result<Option<String>> {
    let mut frames = lines.find_frames(address).skip_all_loads()?;
    while let Some(frame) = frames.next()? {
        let file = frame.location.and_then(|location| location.file);
        let source = source(file.unwrap_or_default(), root);
        if source != CORE {
            return Ok(Some(source));
        }
    }
    Ok(None)
}

/// The group of a source file.
fn source(file: &str, root: &str) -> String {
    if let Some(path) = file.strip_prefix(root) {
        return path.strip_prefix("/src/").unwrap_or(FIRMWARE).to_owned();
    }
    let has = |folder: &str| file.contains(folder);
    match () {
        () if has("/library/core/") => CORE.to_owned(),
        () if has("/compiler-builtins/") || has("/compiler_builtins-") => BUILTINS.to_owned(),
        () if has("/cortex-m") || !has("/registry/src/") => FIRMWARE.to_owned(),
        () => format!("`{}`", package(file)),
    }
}

/// The name of the package that a file from a registry belongs to.
fn package(file: &str) -> &str {
    let folder = file
        .split('/')
        .skip_while(|&part| part != "registry")
        .nth(3);
    let folder = folder.unwrap_or(file);
    folder.rsplit_once('-').map_or(folder, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{BUILTINS, CORE, FIRMWARE, source};

    #[test]
    fn files_belong_to_their_group() {
        const BUILTINS_MEM: &str = "/usr/lib/rustlib/src/rust/library/compiler-builtins/\
            compiler-builtins/src/mem/impls.rs";
        const RUNTIME: &str = "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/\
            cortex-m-rt-0.7.7/src/lib.rs";
        const OTHER: &str = "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/\
            embedded-nal-0.9.0/src/dns.rs";
        for (file, expected) in [
            ("/home/me/atwifi/src/engine/word.rs", "engine/word.rs"),
            ("/home/me/atwifi/bench/firmware/src/work.rs", FIRMWARE),
            ("/rustc/0123abcd/library/core/src/option.rs", CORE),
            (BUILTINS_MEM, BUILTINS),
            (RUNTIME, FIRMWARE),
            (OTHER, "`embedded-nal`"),
            ("", FIRMWARE),
        ] {
            assert_eq!(source(file, "/home/me/atwifi"), expected);
        }
    }
}
