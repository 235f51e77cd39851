// Runs firmware for the RP2040, with its second UART or its first SPI on a TCP socket:
//
//     node run.mjs FIRMWARE.elf HOST:PORT RESET_PIN uart|spi
//
// What the firmware logs over RTT goes to standard output as it is. Standard error gets a line
// "reset low" or "reset high" each time the firmware drives the pin, and at the end, when standard
// input is closed, a line of JSON: the deepest stack in bytes, what the UART has lost, and which rules
// of the SPI the firmware has broken.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { GPIOPinState, RP2040 } from 'rp2040js';

import { load } from './elf.mjs';
import { Rom } from './rom.mjs';
import { Frames, Link } from './spi.mjs';
import { Uart } from './uart.mjs';

/** Instructions between two looks at the world outside. */
const SLICE = 20_000;
/** Bytes that wait for the chip before the socket is asked to wait too. */
const BACKLOG = 4096;
/** The control block of RTT: its buffers begin behind an ID of 16 bytes and two counts. */
const RTT_UP_BUFFER = 24;

const [elf, address, resetPin, wire] = process.argv.slice(2);
const mcu = new RP2040();
mcu.logger = { debug() {}, info() {}, warn() {}, error: (name, text) => console.error(name, text) };
const { core, clock } = mcu;
const symbols = load(readFileSync(elf), mcu);
const rom = new Rom(mcu);

// The boot ROM and the second-stage bootloader have done their work.
const vectors = symbols.get('__vector_table');
core.VTOR = vectors;
core.SP = mcu.readUint32(vectors);
core.PC = mcu.readUint32(vectors + 4) & ~1;

// The emulator would run the handler from a WFI with interrupts masked, and lose wake-ups.
core.setInterrupt = (irq, isOn) => {
  const bit = 1 << irq;
  core.pendingInterrupts = isOn ? core.pendingInterrupts | bit : core.pendingInterrupts & ~bit;
  core.interruptsUpdated ||= isOn;
};

const socket = connect(Number(address.split(':')[1]), address.split(':')[0]);
socket.setNoDelay();
const sent = [];
const uart = new Uart(mcu, mcu.uart[1], (byte) => sent.push(byte));
const spi = new Link(mcu, {
  spi: mcu.spi[0],
  cs: 17,
  rdy: 20,
  onFrame: (payload) => sent.push(payload.length & 0xff, payload.length >> 8, ...payload),
});
const frames = new Frames(spi);
const isOnSpi = wire === 'spi';
const pending = () => (isOnSpi ? spi.pending : uart.pending);
socket.on('data', (bytes) => {
  if (isOnSpi) {
    frames.receive(bytes);
  } else {
    uart.send(bytes);
  }
  if (pending() > BACKLOG) {
    socket.pause();
  }
});
let isOver = false;
for (const event of ['close', 'error']) {
  socket.on(event, () => (isOver = true));
}
process.stdin.on('end', () => (isOver = true)).resume();

mcu.gpio[resetPin].addListener((state) => {
  if (state === GPIOPinState.Low || state === GPIOPinState.High) {
    frames.hold(state === GPIOPinState.Low);
    flush();
    console.error(`reset ${state === GPIOPinState.Low ? 'low' : 'high'}`);
  }
});

/** Hands out what the firmware has sent and logged. */
function flush() {
  if (sent.length > 0) {
    socket.write(Buffer.from(sent.splice(0)));
  }
  const up = symbols.get('_SEGGER_RTT') + RTT_UP_BUFFER;
  const [buffer, size, end] = [4, 8, 12].map((offset) => mcu.readUint32(up + offset));
  const start = mcu.readUint32(up + 16);
  if (size === 0 || start === end) {
    return;
  }
  const logged = [];
  for (let at = start; at !== end; at = (at + 1) % size) {
    logged.push(mcu.readUint8(buffer + at));
  }
  mcu.writeUint32(up + 16, end);
  process.stdout.write(Buffer.from(logged));
}

const began = process.hrtime.bigint();
const wallNanos = () => Number(process.hrtime.bigint() - began);
const isInterrupted = () =>
  (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick;

/** Lets the sleeping core's time pass, but not faster than that of the world outside. */
function sleep() {
  const behind = Math.max(wallNanos() - clock.nanos, 0);
  const toAlarm = clock.nextAlarm ? clock.nextAlarm.nanos - clock.nanos : Infinity;
  clock.tick(Math.min(behind, toAlarm));
  return toAlarm <= behind;
}

const stackStart = symbols.get('_stack_start');
let lowestStack = stackStart;

/** Runs until the slice is over or the core sleeps; whether it sleeps. */
function run() {
  const cycleNanos = 1e9 / mcu.clkSys;
  for (let n = 0; n < SLICE; n++) {
    if (core.waiting && isInterrupted()) {
      core.waiting = false;
      core.interruptsUpdated = true;
    } else if (core.waiting) {
      if (!sleep()) {
        return true;
      }
    } else if (rom.isCalled()) {
      rom.call();
    } else {
      clock.tick(core.executeInstruction() * cycleNanos);
      if (core.SP < lowestStack) {
        lowestStack = core.SP;
      }
    }
  }
  return false;
}

while (!isOver) {
  const isAsleep = run();
  flush();
  if (pending() < BACKLOG && socket.isPaused()) {
    socket.resume();
  }
  if (isAsleep && clock.nextAlarm && clock.nextAlarm.nanos - wallNanos() > 2e6) {
    await setTimeout(1);
  } else {
    await setImmediate();
  }
}
flush();
console.error(
  JSON.stringify({
    stack: stackStart - lowestStack,
    overruns: uart.overruns,
    broken: spi.broken,
    transactions: spi.transactions,
  }),
);
process.exit();
