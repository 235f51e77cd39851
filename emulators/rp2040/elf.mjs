// Loads a 32-bit little-endian ELF file into the memory of an RP2040.

const LOAD = 1;
const SYMBOL_TABLE = 2;
const FLASH = 0x10000000;

/** Writes the loadable segments into the flash; returns the symbols' addresses by name. */
export function load(file, mcu) {
  if (file.toString('latin1', 0, 4) !== '\x7fELF') {
    throw new Error('not an ELF file');
  }
  for (const header of table(file, 28, 42, 44)) {
    const [type, offset, , address, size] = words(file, header, 5);
    if (type !== LOAD || size === 0) {
      continue;
    }
    if (address < FLASH || address + size > FLASH + mcu.flash.length) {
      throw new Error(`a segment lies at 0x${address.toString(16)}, outside of the flash`);
    }
    mcu.flash.set(file.subarray(offset, offset + size), address - FLASH);
  }
  return symbols(file);
}

function symbols(file) {
  const sections = [...table(file, 32, 46, 48)].map((header) => words(file, header, 7));
  const found = new Map();
  for (const [, type, , , offset, size, link] of sections) {
    if (type !== SYMBOL_TABLE) {
      continue;
    }
    const names = sections[link][4];
    for (let entry = offset; entry < offset + size; entry += 16) {
      const [name, value] = words(file, entry, 2);
      const end = file.indexOf(0, names + name);
      found.set(file.toString('latin1', names + name, end), value);
    }
  }
  return found;
}

/** The offsets of the entries of a header table, whose offset, entry size and length are found there. */
function* table(file, offsetAt, sizeAt, countAt) {
  const [offset, size] = [file.readUInt32LE(offsetAt), file.readUInt16LE(sizeAt)];
  for (let n = 0; n < file.readUInt16LE(countAt); n++) {
    yield offset + n * size;
  }
}

function words(file, offset, count) {
  return Array.from({ length: count }, (_, n) => file.readUInt32LE(offset + 4 * n));
}
