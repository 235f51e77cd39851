// The chip from its start on, with what hangs on its pins. A restart makes a new one: all that is in it
// begins anew, as when its watchdog restarts it.

import { GPIOPinState, RP2040 } from 'rp2040js';

import { load } from './elf.mjs';
import { Rom } from './rom.mjs';
import { Link } from './spi.mjs';
import { Uart } from './uart.mjs';
import { Watchdog } from './watchdog.mjs';

/** Instructions between two looks at the world outside. */
const SLICE = 20_000;
/** How much later than the world outside the core may be, in nanoseconds. */
const LATE_MAX = 100e6;
/** The control block of RTT: its buffers begin behind an ID of 16 bytes and two counts. */
const RTT_UP_BUFFER = 24;

export class Chip {
  /**
   * `onSent` gets the bytes for the module, `onReset` whether the module's reset pin is low; `reason` is
   * what the watchdog tells of the last restart.
   */
  constructor(elf, { resetPin, onSent, onReset }, reason = 0) {
    const mcu = new RP2040();
    mcu.logger = { debug() {}, info() {}, warn() {}, error: (name, text) => console.error(name, text) };
    const { core, clock } = mcu;
    Object.assign(this, { mcu, core, clock });
    this.symbols = load(elf, mcu);
    this.rom = new Rom(mcu);
    this.began = process.hrtime.bigint();
    this.slept = 0;

    // The boot ROM and the second-stage bootloader have done their work.
    const vectors = this.symbols.get('__vector_table');
    core.VTOR = vectors;
    core.SP = mcu.readUint32(vectors);
    core.PC = mcu.readUint32(vectors + 4) & ~1;
    this.stackStart = this.symbols.get('_stack_start');
    this.lowestStack = this.stackStart;

    // The emulator would run the handler from a WFI with interrupts masked, and lose wake-ups.
    core.setInterrupt = (irq, isOn) => {
      const bit = 1 << irq;
      core.pendingInterrupts = isOn ? core.pendingInterrupts | bit : core.pendingInterrupts & ~bit;
      core.interruptsUpdated ||= isOn;
    };

    this.uart = new Uart(mcu, mcu.uart[1], (byte) => onSent([byte]));
    this.spi = new Link(mcu, {
      spi: mcu.spi[0],
      cs: 17,
      rdy: 20,
      onFrame: (payload) => onSent([payload.length & 0xff, payload.length >> 8, ...payload]),
    });
    this.watchdog = new Watchdog(mcu, reason);
    mcu.gpio[resetPin].addListener((state) => {
      if (state === GPIOPinState.Low || state === GPIOPinState.High) {
        onReset(state === GPIOPinState.Low);
      }
    });
  }

  /** What it has logged over RTT since the last time. */
  log() {
    const { mcu } = this;
    const up = this.symbols.get('_SEGGER_RTT') + RTT_UP_BUFFER;
    const [buffer, size, end] = [4, 8, 12].map((offset) => mcu.readUint32(up + offset));
    const start = mcu.readUint32(up + 16);
    const logged = [];
    for (let at = start; size !== 0 && at !== end; at = (at + 1) % size) {
      logged.push(mcu.readUint8(buffer + at));
    }
    if (logged.length > 0) {
      mcu.writeUint32(up + 16, end);
    }
    return Buffer.from(logged);
  }

  /** Nanoseconds since the start, in the world outside. */
  get wallNanos() {
    return Number(process.hrtime.bigint() - this.began);
  }

  /** Nanoseconds until something happens by itself. */
  get toAlarm() {
    return this.clock.nextAlarm ? this.clock.nextAlarm.nanos - this.clock.nanos : Infinity;
  }

  get isInterrupted() {
    const { core } = this;
    return (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick;
  }

  /** Lets the sleeping core's time pass, but not faster than that of the world outside. */
  sleep() {
    const late = this.wallNanos - this.clock.nanos;
    if (late > LATE_MAX) {
      // On a busy machine: a pause that makes up for all of it would be none in the world outside.
      this.began += BigInt(Math.round(late - LATE_MAX));
    }
    const behind = Math.min(Math.max(late, 0), LATE_MAX);
    const { toAlarm } = this;
    const passed = Math.min(behind, toAlarm);
    this.slept += passed;
    this.clock.tick(passed);
    return toAlarm <= behind;
  }

  /** Runs until the slice is over, the core sleeps or the watchdog bites; whether it sleeps. */
  run() {
    const { core, clock, rom } = this;
    const cycleNanos = 1e9 / this.mcu.clkSys;
    for (let n = 0; n < SLICE && !this.watchdog.hasBitten; n++) {
      if (core.waiting && this.isInterrupted) {
        core.waiting = false;
        core.interruptsUpdated = true;
      } else if (core.waiting) {
        if (!this.sleep()) {
          return true;
        }
      } else if (rom.isCalled()) {
        rom.call();
      } else {
        clock.tick(core.executeInstruction() * cycleNanos);
        if (core.SP < this.lowestStack) {
          this.lowestStack = core.SP;
        }
      }
    }
    return false;
  }
}
