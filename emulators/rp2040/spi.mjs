// The SPI of an ST67W611M1 on an SPI of the RP2040: the module's side of the wires, in the time of the
// chip. Its frames come from somewhere else.

import { GPIOPinState } from 'rp2040js';

const HEADER = 8;
const WORD = 4;
const FRAME_MAX = 6144;
/** RDY is high for so long at least, and from the header on for so long (ns). */
const BLIND = 70_000;
const ACKNOWLEDGING = 10_000;
/** From CS, or from a frame that waits, to RDY (ns). */
const ARMING = 60_000;
/** What the module's buffer holds after power-up, and what a line reads that nobody drives. */
const FRESH = [0xdd, 0xcc, 0xbb, 0xaa];
const UNDRIVEN = 0xff;

export class Link {
  /** `onFrame` gets the payload of each frame of the chip's. */
  constructor(mcu, { spi, cs, rdy, onFrame }) {
    Object.assign(this, { mcu, spi, onFrame });
    this.rdy = mcu.gpio[rdy];
    this.queue = [];
    this.state = 'configured';
    this.isSelected = false;
    /** The module does not run, or was reset in this transaction: nobody is to blame. */
    this.isOff = false;
    this.isExcused = false;
    this.isArming = false;
    this.arming = mcu.clock.createAlarm(() => this.arm());
    this.acknowledging = mcu.clock.createAlarm(() => this.acknowledge());
    this.shift = mcu.clock.createAlarm(() => spi.completeTransmit(this.miso));
    this.transactions = 0;
    this.broken = [];
    spi.onTransmit = (mosi) => {
      this.miso = this.clock(mosi);
      // A byte takes its time on the wire.
      this.shift.schedule(8e9 / spi.clockFrequency);
    };
    mcu.gpio[cs].addListener((state) => this.select(state === GPIOPinState.High));
    this.rdy.setInputValue(false);
  }

  /** Queues a frame for the chip. */
  say(payload) {
    this.isOff = false;
    this.queue.push(payload);
    this.wake();
  }

  /** The module stops: what it has not transferred is lost. */
  stop() {
    this.isOff = true;
    this.isExcused = this.isSelected;
    this.queue = [];
    this.frame = undefined;
    this.state = 'configured';
    this.isArming = false;
    this.arming.cancel();
    this.acknowledging.cancel();
    this.rdy.setInputValue(false);
  }

  get pending() {
    return this.queue.reduce((sum, payload) => sum + payload.length, 0);
  }

  wake() {
    const hasReason = this.isSelected || this.queue.length > 0;
    if (this.state === 'configured' && !this.isArming && !this.isOff && hasReason) {
      this.isArming = true;
      this.arming.schedule(ARMING);
    }
  }

  arm() {
    this.isArming = false;
    this.state = 'started';
    this.frame = this.queue.shift();
    const length = this.frame?.length ?? 0;
    this.header = [0xaa, 0x55, length & 0xff, length >> 8, 0, 0, 0, 0];
    this.received = [];
    this.armed = this.mcu.clock.nanos;
    this.rdy.setInputValue(true);
  }

  acknowledge() {
    this.state = 'header received';
    this.rdy.setInputValue(false);
  }

  check(isKept, rule) {
    if (!isKept && !this.isExcused && !this.isOff) {
      this.broken.push(`transaction ${this.transactions}: ${rule}`);
    }
  }

  select(isSelected) {
    if (isSelected === this.isSelected) {
      return;
    }
    this.isSelected = isSelected;
    if (isSelected) {
      this.wake();
      return;
    }
    this.check(this.state === 'header received', `CS fell early, ${this.state}`);
    if (this.state === 'header received') {
      this.complete();
    }
    this.isExcused = false;
  }

  clock(mosi) {
    if (this.isOff || this.state === 'configured' || !this.isSelected) {
      this.check(false, `a clock out of turn, ${this.state}`);
      return UNDRIVEN;
    }
    const at = this.received.push(mosi) - 1;
    if (at === HEADER - 1) {
      const { nanos } = this.mcu.clock;
      this.acknowledging.schedule(Math.max(ACKNOWLEDGING, this.armed + BLIND - nanos));
    }
    if (at < HEADER) {
      return this.header[at];
    }
    return this.frame?.[at - HEADER] ?? FRESH[at % WORD];
  }

  complete() {
    const { received, frame } = this;
    const announced = received[2] | (received[3] << 8);
    const length = frame?.length ?? 0;
    this.check(received[0] === 0xaa && received[1] === 0x55, 'no magic');
    this.check(announced <= FRAME_MAX, `${announced} bytes announced`);
    this.check(announced === 0 || received[5] === 0, `a frame of type ${received[5]}`);
    this.check(received.length % WORD === 0, `${received.length} bytes are no whole words`);
    this.check(
      received.length >= HEADER + Math.max(length, announced),
      `${received.length} bytes clocked for ${announced} and ${length}`,
    );
    this.transactions++;
    this.state = 'configured';
    if (announced > 0) {
      this.onFrame(received.slice(HEADER, HEADER + announced));
    }
    this.wake();
  }
}

/** Frames with their lengths before them, as they come in pieces from a socket. */
export class Frames {
  constructor(link) {
    this.link = link;
    this.rest = Buffer.alloc(0);
    this.isHeld = false;
  }

  /** The module is held in reset, or no more: what it has said before counts no more. */
  hold(isHeld) {
    this.link.stop();
    this.isHeld = isHeld;
  }

  receive(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 2) {
      const length = this.rest.readUInt16LE(0);
      const isStop = length === 0xffff;
      if (!isStop && this.rest.length < 2 + length) {
        return;
      }
      const payload = isStop ? undefined : this.rest.subarray(2, 2 + length);
      this.rest = this.rest.subarray(isStop ? 2 : 2 + length);
      if (isStop) {
        this.link.stop();
      } else if (!this.isHeld) {
        this.link.say(payload);
      }
    }
  }
}
