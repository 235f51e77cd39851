//! What each program takes of its microcontroller.

use anyhow::Result;
use atwifi_emulators::measure;

use crate::board::{Board, Program};
use crate::firmware;
use crate::run::{self, Job};
use crate::world::World;

/// Builds, measures and runs the programs, and prints what each takes, as a table in Markdown.
pub fn print(programs: &[Program]) -> Result<()> {
    let mut world = World::new()?;
    let mut rows = Vec::new();
    for board in Board::ALL {
        let programs = &board.wanted(programs);
        for &dialect in board.dialects() {
            let hardware = firmware::build_for_hardware(board, dialect, programs)?;
            let emulated = firmware::build(board, dialect, programs, &world.settings())?;
            for &program in programs {
                let sizes = measure::sizes(&std::fs::read(hardware.elf(program))?)?;
                let figures = run::run(Job::undisturbed(program), &emulated, &mut world, false)?;
                rows.push(format!(
                    "| {board} | {dialect} | {program} | {} | {} | {} |",
                    sizes.flash, sizes.ram, figures.stack
                ));
            }
        }
    }
    println!("\n{HEAD}");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

const HEAD: &str = "\
All in bytes. Flash and RAM are those of the ELF file that `cargo build --release` makes, with logs
over RTT, whose buffer is 1 KiB of the RAM. The stack is the deepest that was seen in a run of the
program in its emulator, interrupts and logging included: what it wrote to on the STM32, where the
stack pointer was on the RP2040. A path that was not taken may be deeper.

| board | module | program | flash | RAM | stack |
|---|---|---|---|---|---|";
