// The functions of the RP2040's boot ROM that rp2040-hal calls: the ROM itself does not come with
// the emulator. Each call lands on an address that is served here instead of being executed.

const LOOKUP = 0x300;
const FUNCTION_TABLE = 0x100;
const DATA_TABLE = 0x200;
const FUNCTIONS = 0x1000;
const END = 0x4000;

export class Rom {
  constructor(mcu) {
    this.mcu = mcu;
    /** Codes of the functions that were looked up; the index is the address. */
    this.codes = [];
    const rom = new DataView(mcu.bootrom.buffer);
    // "Mu", 1, and the version; then where the tables are and who searches them.
    rom.setUint32(0x10, 0x0301754d, true);
    rom.setUint16(0x14, FUNCTION_TABLE, true);
    rom.setUint16(0x16, DATA_TABLE, true);
    rom.setUint16(0x18, LOOKUP | 1, true);
  }

  /** Whether the core is about to execute the ROM. */
  isCalled() {
    return this.mcu.core.PC < END;
  }

  /** Does what the function at the program counter does, and returns to the caller. */
  call() {
    const { core } = this.mcu;
    const at = core.PC & ~1;
    if (at === LOOKUP) {
      core.registers[0] = this.lookUp(core.registers[0], core.registers[1]);
    } else {
      const code = this.codes[(at - FUNCTIONS) / 4];
      const implementation = this[code];
      if (!implementation) {
        const caller = core.LR.toString(16);
        throw new Error(`0x${caller} calls the boot ROM: ${code ?? `0x${at.toString(16)}`}`);
      }
      implementation.call(this, core.registers);
    }
    core.PC = core.LR & ~1;
  }

  lookUp(table, code) {
    if (table !== FUNCTION_TABLE) {
      return 0;
    }
    const name = String.fromCharCode(code & 0xff, (code >>> 8) & 0xff);
    let index = this.codes.indexOf(name);
    if (index < 0) {
      index = this.codes.push(name) - 1;
    }
    return (FUNCTIONS + 4 * index) | 1;
  }

  /** memset */
  MS([to, value, length]) {
    for (let n = 0; n < length; n++) {
      this.mcu.writeUint8(to + n, value & 0xff);
    }
  }

  /** memset of whole words */
  S4(registers) {
    this.MS(registers);
  }

  /** memcpy */
  MC([to, from, length]) {
    for (let n = 0; n < length; n++) {
      this.mcu.writeUint8(to + n, this.mcu.readUint8(from + n));
    }
  }

  /** memcpy of whole words */
  C4(registers) {
    this.MC(registers);
  }

  /** Leading zeros */
  L3(registers) {
    registers[0] = Math.clz32(registers[0]);
  }

  /** Trailing zeros */
  T3(registers) {
    const value = registers[0];
    registers[0] = value ? 31 - Math.clz32(value & -value) : 32;
  }
}
