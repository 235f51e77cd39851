// A PL011 as it is in the RP2040, in place of the emulator's own, which has no FIFO for sending, no
// receive timeout and no overrun, and takes no time. Here a byte takes its time on the line, in the
// time of the chip, and one that finds the receive FIFO full is lost. RTS and CTS are not wired.

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const DMACR = 0x48;

const RECEIVE = 0x10;
const TRANSMIT = 0x20;
const RECEIVE_TIMEOUT = 0x40;
const OVERRUN = 0x400;

/** What the two fields of IFLS mean, in bytes. */
const LEVELS = [4, 8, 16, 24, 28];
const FIFO = 32;
/** An overrun, in the data register and, shifted, in RSR. */
const OVERRUN_MARK = 0x800;
/** Silence for so many bits while bytes wait is a receive timeout. */
const TIMEOUT_BITS = 32;

export class Uart {
  /** Takes the place of `uart`; `onByte` gets what the chip sends. */
  constructor(mcu, uart, onByte) {
    Object.assign(this, { mcu, uart, onByte });
    this.received = [];
    this.toSend = [];
    this.isSending = false;
    this.ifls = 0x12;
    this.dmacr = 0;
    this.rsr = 0;
    this.status = 0;
    this.mark = 0;
    this.overruns = 0;

    /** Bytes on their way to the chip. */
    this.line = [];
    this.lineStart = 0;
    this.isArriving = false;

    this.arrival = mcu.clock.createAlarm(() => this.arrive());
    this.departure = mcu.clock.createAlarm(() => this.depart());
    this.silence = mcu.clock.createAlarm(() => {
      if (this.received.length > 0) {
        this.status |= RECEIVE_TIMEOUT;
        this.interrupt();
      }
    });

    const [read, write] = [uart.readUint32.bind(uart), uart.writeUint32.bind(uart)];
    uart.readUint32 = (offset) => this.read(offset) ?? read(offset);
    uart.writeUint32 = (offset, value) => this.write(offset, value) || write(offset, value);
  }

  /** Bytes arrive at the receive pin, one after the other. */
  send(bytes) {
    this.line.push(...bytes);
    this.next();
  }

  get pending() {
    return this.line.length - this.lineStart;
  }

  get bitNanos() {
    return 1e9 / this.uart.baudRate;
  }

  get receiveLevel() {
    return LEVELS[(this.ifls >> 3) & 7];
  }

  get transmitLevel() {
    return FIFO - LEVELS[4 - (this.ifls & 7)];
  }

  next() {
    if (this.isArriving || this.pending === 0) {
      return;
    }
    this.isArriving = true;
    // Before the chip has set a bit rate it does not listen; the line takes its time all the same.
    this.arrival.schedule(this.uart.baudDivider ? 10 * this.bitNanos : 1e5);
  }

  arrive() {
    this.isArriving = false;
    const byte = this.line[this.lineStart++];
    if (this.pending === 0) {
      this.line = [];
      this.lineStart = 0;
    }
    const { enabled, rxEnabled } = this.uart;
    if (enabled && rxEnabled && this.received.length >= FIFO) {
      this.overruns++;
      this.mark = OVERRUN_MARK;
      this.status |= OVERRUN;
      this.interrupt();
    } else if (enabled && rxEnabled) {
      this.received.push(byte | this.mark);
      this.mark = 0;
      this.silence.schedule(TIMEOUT_BITS * this.bitNanos);
      this.levels();
    }
    this.next();
  }

  start() {
    this.isSending = true;
    this.current = this.toSend.shift();
    if (this.toSend.length === this.transmitLevel) {
      this.status |= TRANSMIT;
      this.interrupt();
    }
    this.departure.schedule(10 * this.bitNanos);
  }

  depart() {
    this.isSending = false;
    this.onByte(this.current);
    if (this.toSend.length > 0) {
      this.start();
    }
  }

  levels() {
    const isReached = this.received.length >= this.receiveLevel;
    this.status = isReached ? this.status | RECEIVE : this.status & ~RECEIVE;
    if (this.received.length === 0) {
      this.status &= ~RECEIVE_TIMEOUT;
    }
    this.interrupt();
  }

  interrupt() {
    this.mcu.setInterrupt(this.uart.irq, (this.status & this.uart.interruptMask) !== 0);
  }

  /** What stands in a register; undefined if the emulator's own UART knows it. */
  read(offset) {
    switch (offset) {
      case DR:
        return this.takeReceived();
      case RSR:
        return this.rsr;
      case FR:
        return this.flags();
      case IFLS:
        return this.ifls;
      case IMSC:
        return this.uart.interruptMask;
      case RIS:
        return this.status;
      case MIS:
        return this.status & this.uart.interruptMask;
      case DMACR:
        return this.dmacr;
    }
  }

  /** Writes to a register; false if the emulator's own UART has to do it. */
  write(offset, value) {
    switch (offset) {
      case DR:
        this.transmit(value & 0xff);
        return true;
      case RSR:
        this.rsr = 0;
        return true;
      case CR:
        this.uart.ctrlRegister = value;
        return true;
      case IFLS:
        this.ifls = value;
        this.levels();
        return true;
      case IMSC:
        this.uart.interruptMask = value;
        this.interrupt();
        return true;
      case ICR:
        this.status &= ~this.uart.rawWriteValue;
        this.interrupt();
        return true;
      case DMACR:
        this.dmacr = value;
        return true;
      default:
        return false;
    }
  }

  takeReceived() {
    const data = this.received.shift() ?? 0;
    this.rsr = (data >> 8) & 0xf;
    this.levels();
    return data;
  }

  transmit(byte) {
    const { enabled, txEnabled } = this.uart;
    if (!enabled || !txEnabled || this.toSend.length >= FIFO) {
      return;
    }
    this.toSend.push(byte);
    if (this.toSend.length > this.transmitLevel) {
      this.status &= ~TRANSMIT;
      this.interrupt();
    }
    if (!this.isSending) {
      this.start();
    }
  }

  flags() {
    const isIdle = this.toSend.length === 0;
    return (
      (isIdle ? 0x80 : 0) |
      (this.received.length >= FIFO ? 0x40 : 0) |
      (this.toSend.length >= FIFO ? 0x20 : 0) |
      (this.received.length === 0 ? 0x10 : 0) |
      (isIdle && !this.isSending ? 0 : 0x08)
    );
  }
}
