"""An STM32F405 as far as the examples use it: the core of Unicorn, whose peripherals and interrupts are
made here. RCC says "ready" to everything; port B, SPI1, the DMA that serves it, EXTI, SysTick and what
masks interrupts are modelled; all other registers are memory.

Time passes with instructions, a few at once, and with each access to a peripheral.
"""

import struct

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_PRIMASK,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M4,
)
from unicorn.unicorn_const import UC_PROT_ALL

import elf

FLASH, FLASH_SIZE = 0x08000000, 1 << 20
RAM, RAM_SIZE = 0x20000000, 128 << 10
# Where a handler returns to: memory that nobody else uses.
RETURN = 0x1FFF0000
PERIPHERALS, BIT_BAND, CORE = 0x40000000, 0x42000000, 0xE0000000

SPI1 = 0x40013000
EXTI = 0x40013C00
GPIOB = 0x40020400
RCC = 0x40023800
DMA2 = 0x40026400
SYSTICK = 0xE000E010
NVIC_ENABLE, NVIC_DISABLE = 0xE000E100, 0xE000E180
# Offsets of registers.
IDR, ODR, BSRR = 0x10, 0x14, 0x18
CR, CFGR = 0x00, 0x08
CR2, SR, DR = 0x04, 0x08, 0x0C
LISR, LIFCR = 0x00, 0x08
IMR, RTSR, PR = 0x00, 0x08, 0x14

# Bits of port B, as an X-NUCLEO-67W61M1 is wired to it.
RDY, CHIP_EN, CS, BOOT = 1 << 3, 1 << 4, 1 << 6, 1 << 10

SYSTICK_EXCEPTION, FIRST_INTERRUPT = 15, 16
EXTI3, DMA2_STREAM0 = 9, 56
# SPI1's receive and transmit flags, and what it asks the DMA for.
RXNE, TXE = 1, 2
RXDMAEN, TXDMAEN = 1, 2
# The streams of DMA2 that may serve SPI1, their channel, direction and flags.
TO_MEMORY, TO_SPI = 0, 3
FLAGS = {TO_MEMORY: 1 << 5, TO_SPI: 1 << 27}
EN, TCIE, MINC = 1, 1 << 4, 1 << 10
KIND = 7 << 25 | 3 << 6
KINDS = {TO_MEMORY: 3 << 25, TO_SPI: 3 << 25 | 1 << 6}

CORE_HZ = 168_000_000
# An instruction, an access to a peripheral, and a byte at 21 MHz (ns).
INSTRUCTION, ACCESS, BYTE = 1e9 / CORE_HZ, 60, 8e9 / 21_000_000
# Bytes that the DMA moves at once.
BURST = 32
# Instructions between two looks at the interrupts.
SLICE = 2000
MASKED_SLICE = 4
WFI = b"\x30\xbf"
# What the stack is full of before the firmware starts: what differs at the end was used.
PAINT = b"\xa5"


class Chip:
    def __init__(self, file, clock, link, on_reset):
        """`on_reset` gets the level of the pin that holds the module in reset."""
        self.clock, self.link, self.on_reset = clock, link, on_reset
        self.registers = {}
        self.received = None
        self.is_rdy_high = False
        self.pending, self.enabled = set(), {SYSTICK_EXCEPTION}
        self.interrupted = None
        self.tick = None
        self.uc = uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        uc.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
        for start, size in ((FLASH, FLASH_SIZE), (RAM, RAM_SIZE), (RETURN, 0x1000)):
            uc.mem_map(start, size, UC_PROT_ALL)
        for start, size in ((PERIPHERALS, 0x80000), (CORE, 0x100000)):
            uc.mmio_map(start, size, self._read, start, self._write, start)
        uc.mmio_map(BIT_BAND, 0x2000000, self._read_bit, None, self._write_bit, None)
        for address, content in elf.segments(file):
            uc.mem_write(address, content)
        self.symbols = elf.symbols(file)
        self.stack = self.symbols["_stack_end"], self.symbols["_stack_start"]
        uc.mem_write(self.stack[0], PAINT * (self.stack[1] - self.stack[0]))
        uc.reg_write(UC_ARM_REG_SP, self._vector(0))
        self.pc = self._vector(1)

    def word(self, address):
        return struct.unpack("<I", self.uc.mem_read(address, 4))[0]

    def _vector(self, number):
        return self.word(FLASH + 4 * number)

    @property
    def used_stack(self):
        start, end = self.stack
        memory = bytes(self.uc.mem_read(start, end - start))
        return len(memory.lstrip(PAINT))

    def set_ready(self, is_high):
        """The level of RDY, whose rising edge is an interrupt."""
        is_rising = is_high and not self.is_rdy_high
        self.is_rdy_high = is_high
        get = self.registers.get
        if is_rising and get(EXTI + RTSR, 0) & get(EXTI + IMR, 0) & RDY:
            self.registers[EXTI + PR] = get(EXTI + PR, 0) | RDY
            self.pending.add(FIRST_INTERRUPT + EXTI3)

    @property
    def is_interrupted(self):
        return bool(self.pending & self.enabled)

    def run(self):
        """Runs a slice; whether the core sleeps now."""
        length = SLICE
        if not self.interrupted and self.is_interrupted:
            if self.uc.reg_read(UC_ARM_REG_PRIMASK):
                # Its turn is when interrupts are not masked any more, which may be a short while.
                length = MASKED_SLICE
            else:
                self._enter(min(self.pending & self.enabled))
        self.uc.emu_start(self.pc | 1, RETURN, count=length)
        self.pc = self.uc.reg_read(UC_ARM_REG_PC)
        if self.pc == RETURN:
            self.uc.context_restore(self.interrupted)
            self.interrupted = None
            self.pc = self.uc.reg_read(UC_ARM_REG_PC)
            return False
        if bytes(self.uc.mem_read(self.pc - 2, 2)) == WFI:
            return not self.is_interrupted
        self.clock.passes(length * INSTRUCTION)
        return False

    def _enter(self, exception):
        """Goes to a handler, behind which all registers are as before."""
        self.pending.remove(exception)
        self.interrupted = self.uc.context_save()
        # The core would put registers there; with those of the FPU, as much as this.
        self.uc.reg_write(UC_ARM_REG_SP, (self.uc.reg_read(UC_ARM_REG_SP) - 104) & ~7)
        self.uc.reg_write(UC_ARM_REG_LR, RETURN | 1)
        self.pc = self._vector(exception)

    def _tick(self):
        control, reload = (self.registers.get(SYSTICK + offset, 0) for offset in (0, 4))
        self.tick = None
        # Enabled, with its interrupt.
        if control & 3 == 3:
            self.tick = self.clock.after((reload + 1) * 1e9 / CORE_HZ, self._ticked)

    def _ticked(self):
        self.pending.add(SYSTICK_EXCEPTION)
        self._tick()

    def _read(self, _uc, offset, _size, start):
        at = start + offset
        self.clock.passes(ACCESS)
        value = self.registers.get(at, 0)
        if at == RCC + CR:
            # What is on is ready.
            return value | (value & 0x01010001) << 1
        if at == RCC + CFGR:
            return value | (value & 3) << 2
        if at == GPIOB + IDR:
            return RDY if self.is_rdy_high else 0
        if at == SPI1 + SR:
            return TXE if self.received is None else TXE | RXNE
        if at == SPI1 + DR:
            value, self.received = self.received or 0, None
        return value

    def _write(self, _uc, offset, _size, value, start):
        at = start + offset
        self.clock.passes(ACCESS)
        if at == EXTI + PR:
            # Ones clear.
            value = self.registers.get(at, 0) & ~value
        self.registers[at] = value
        if at == SPI1 + DR:
            self.clock.passes(BYTE)
            self.received = self.link.transfer(value & 0xFF)
        elif at == GPIOB + BSRR:
            self._drive(value & 0xFFFF, value >> 16)
        elif at == SYSTICK and not self.tick:
            self._tick()
        elif at == SPI1 + CR2 and value & RXDMAEN and value & TXDMAEN:
            self._begin_transfer()
        elif at == DMA2 + LIFCR:
            self.registers[DMA2 + LISR] = self.registers.get(DMA2 + LISR, 0) & ~value
        elif NVIC_ENABLE <= at < NVIC_ENABLE + 12:
            self.enabled |= _interrupts(at - NVIC_ENABLE, value)
        elif NVIC_DISABLE <= at < NVIC_DISABLE + 12:
            self.enabled -= _interrupts(at - NVIC_DISABLE, value)

    def _drive(self, high, low):
        """Sets and clears pins of port B."""
        output = self.registers.get(GPIOB + ODR, 0) & ~low | high
        self.registers[GPIOB + ODR] = output
        if (high | low) & CHIP_EN:
            if output & CHIP_EN and output & BOOT:
                self.link.broken.append("BOOT is high when CHIP_EN rises")
            self.on_reset(bool(output & CHIP_EN))
        self.link.select(bool(output & CS))

    def _begin_transfer(self):
        """SPI1 and DMA2 exchange bytes between the wires and the memory."""
        streams = [DMA2 + 0x10 + 0x18 * stream for stream in (TO_MEMORY, TO_SPI)]
        controls, counts, places, memories = (
            [self.registers.get(stream + offset, 0) for stream in streams] for offset in (0, 4, 8, 12)
        )
        for stream, control, place in zip((TO_MEMORY, TO_SPI), controls, places):
            is_right = control & EN and control & KIND == KINDS[stream] and place == SPI1 + DR
            if not is_right or self.registers.get(DMA2 + LISR, 0) & FLAGS[stream]:
                raise ValueError(f"stream {stream} does not serve SPI1, {control:#x}")
        steps = [1 if control & MINC else 0 for control in controls]
        if counts[0] != counts[1]:
            raise ValueError(f"{counts[0]} bytes in, {counts[1]} bytes out")

        def move(at):
            if at == counts[0]:
                self._end_transfer(streams, controls)
                return
            end = min(at + BURST, counts[0])
            for n in range(at, end):
                (mosi,) = self.uc.mem_read(memories[1] + n * steps[1], 1)
                miso = self.link.transfer(mosi)
                self.uc.mem_write(memories[0] + n * steps[0], bytes([miso]))
            self.clock.after((end - at) * BYTE, lambda: move(end))

        move(0)

    def _end_transfer(self, streams, controls):
        for stream, control in zip(streams, controls):
            self.registers[stream] = control & ~EN
        self.registers[DMA2 + LISR] = self.registers.get(DMA2 + LISR, 0) | sum(FLAGS.values())
        if controls[0] & TCIE:
            self.pending.add(FIRST_INTERRUPT + DMA2_STREAM0)

    # The bit-band region: a word for each bit of the peripherals.
    def _read_bit(self, uc, offset, _size, _):
        return self._read(uc, offset >> 5 & ~3, 4, PERIPHERALS) >> (offset >> 2 & 31) & 1

    def _write_bit(self, uc, offset, _size, value, _):
        at, bit = offset >> 5 & ~3, 1 << (offset >> 2 & 31)
        now = self.registers.get(PERIPHERALS + at, 0)
        self._write(uc, at, 4, now | bit if value & 1 else now & ~bit, PERIPHERALS)


def _interrupts(offset, bits):
    return {FIRST_INTERRUPT + 8 * offset + n for n in range(32) if bits & 1 << n}
