//! Measures the instructions and the stack of work, and prints them.
//!
//! For QEMU's netduinoplus2 with `-icount shift=0`: an instruction takes a nanosecond there, and
//! so does a tick of TIM2. Built for a Cortex-M0+, it is that core's instructions that the
//! Cortex-M4 of the machine executes, and their number is the same.

use core::panic::PanicInfo;

use atwifi_workload::Meter;
use cortex_m_semihosting::{debug, hprintln};

/// Measures the work of stacks, and ends the emulation.
pub fn measure(stacks: &[(&'static str, fn(&mut dyn Meter))]) -> ! {
    let mut timer = Timer::start();
    timer.stack = "none";
    timer.measure("nothing", &mut || {});
    for &(stack, work) in stacks {
        timer.stack = stack;
        work(&mut timer);
    }
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

/// Says what went wrong, and ends the emulation.
pub fn panicked(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

/// TIM2, which counts nanoseconds.
struct Timer {
    stack: &'static str,
}

/// Reference manual RM0090, 18.4.
const TIM2: usize = 0x4000_0000;
const CR1: usize = TIM2;
const EGR: usize = TIM2 + 0x14;
const CNT: usize = TIM2 + 0x24;
const PSC: usize = TIM2 + 0x28;
const ARR: usize = TIM2 + 0x2c;

impl Timer {
    fn start() -> Self {
        for (register, value) in [(PSC, 0), (ARR, u32::MAX), (EGR, 1), (CR1, 1)] {
            // SAFETY: a register of a peripheral that nobody else uses.
            unsafe { (register as *mut u32).write_volatile(value) };
        }
        Timer { stack: "" }
    }

    fn now(&self) -> u32 {
        // SAFETY: as above.
        unsafe { (CNT as *const u32).read_volatile() }
    }
}

impl Meter for Timer {
    fn measure(&mut self, name: &'static str, work: &mut dyn FnMut()) {
        let stack = Stack::paint();
        let before = self.now();
        work();
        let after = self.now();
        let (instructions, stack) = (after.wrapping_sub(before), stack.used());
        hprintln!("{}\t{}\t{}\t{}", self.stack, name, instructions, stack);
    }
}

/// The memory that the work's stack will grow into.
struct Stack {
    top: usize,
}

impl Stack {
    /// More than the work takes.
    const ROOM: usize = 16 * 1024;
    const PAINT: u32 = 0xa5a5_a5a5;

    /// Fills it with something that the work does not write.
    #[inline(never)]
    fn paint() -> Self {
        // Not what this function itself may still use.
        let top = cortex_m::register::msp::read() as usize - 64;
        for word in (top - Self::ROOM..top).step_by(4) {
            // SAFETY: below the stack pointer there is nothing but room for the stack.
            unsafe { (word as *mut u32).write_volatile(Self::PAINT) };
        }
        Stack { top: top + 64 }
    }

    /// How deep it was written.
    #[inline(never)]
    fn used(&self) -> usize {
        let bottom = self.top - 64 - Self::ROOM;
        let words = (bottom..self.top).step_by(4);
        // SAFETY: as above.
        let is_paint =
            |word: &usize| unsafe { (*word as *const u32).read_volatile() } == Self::PAINT;
        self.top - (bottom + 4 * words.take_while(is_paint).count())
    }
}
