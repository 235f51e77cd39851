// Runs firmware for the RP2040, with its second UART or its first SPI on a TCP socket:
//
//     node run.mjs FIRMWARE.elf HOST:PORT RESET_PIN uart|spi
//
// What the firmware logs over RTT goes to standard output as it is. Standard error gets a line
// "reset low" or "reset high" each time the firmware drives the pin, and at the end, when standard
// input is closed, a line of JSON: the deepest stack in bytes, what the UART has lost, which rules of
// the SPI the firmware has broken, for how many percent of the time the core has slept, how often the
// watchdog was fed, and how often it has restarted the chip.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { Chip } from './chip.mjs';
import { Frames } from './spi.mjs';
import { NOT_FED } from './watchdog.mjs';

/** Bytes that wait for the chip before the socket is asked to wait too. */
const BACKLOG = 4096;

const [file, address, resetPin, wire] = process.argv.slice(2);
const isOnSpi = wire === 'spi';
const elf = readFileSync(file);
const sent = [];
const world = {
  resetPin,
  onSent: (bytes) => sent.push(...bytes),
  onReset: (isLow) => {
    frames.hold(isLow);
    flush();
    console.error(`reset ${isLow ? 'low' : 'high'}`);
  },
};
const chips = [new Chip(elf, world)];
let chip = chips[0];
const frames = new Frames(chip.spi);
const pending = () => (isOnSpi ? chip.spi.pending : chip.uart.pending);

const socket = connect(Number(address.split(':')[1]), address.split(':')[0]);
socket.setNoDelay();
socket.on('data', (bytes) => {
  if (isOnSpi) {
    frames.receive(bytes);
  } else {
    chip.uart.send(bytes);
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

/** Hands out what the firmware has sent and logged. */
function flush() {
  if (sent.length > 0) {
    socket.write(Buffer.from(sent.splice(0)));
  }
  const logged = chip.log();
  if (logged.length > 0) {
    process.stdout.write(logged);
  }
}

/** The watchdog has bitten. */
function restart() {
  chip = new Chip(elf, world, NOT_FED);
  chips.push(chip);
  frames.link = chip.spi;
}

while (!isOver) {
  const isAsleep = chip.run();
  flush();
  if (chip.watchdog.hasBitten) {
    restart();
  }
  if (pending() < BACKLOG && socket.isPaused()) {
    socket.resume();
  }
  if (isAsleep && chip.clock.nextAlarm && chip.clock.nextAlarm.nanos - chip.wallNanos > 2e6) {
    await setTimeout(1);
  } else {
    await setImmediate();
  }
}
flush();
const of = (figure) => chips.map(figure);
const sum = (numbers) => numbers.reduce((sum, number) => sum + number);
console.error(
  JSON.stringify({
    stack: Math.max(...of((chip) => chip.stackStart - chip.lowestStack)),
    overruns: sum(of((chip) => chip.uart.overruns)),
    broken: of((chip) => chip.spi.broken).flat(),
    transactions: sum(of((chip) => chip.spi.transactions)),
    asleep: Math.round((100 * sum(of((chip) => chip.slept))) / sum(of((chip) => chip.clock.nanos))),
    fed: sum(of((chip) => chip.watchdog.fed)),
    bites: chips.length - 1,
  }),
);
process.exit();
