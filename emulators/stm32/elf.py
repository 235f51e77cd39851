"""Loads a 32-bit little-endian ELF file."""

import struct

LOAD = 1
SYMBOL_TABLE = 2


def segments(file):
    """The loadable segments: address and content."""
    if file[:4] != b"\x7fELF":
        raise ValueError("not an ELF file")
    for header in _table(file, 28, 42, 44):
        kind, offset, _, address, size = struct.unpack_from("<5I", file, header)
        if kind == LOAD and size > 0:
            yield address, file[offset : offset + size]


def symbols(file):
    """The symbols' addresses by name."""
    sections = [struct.unpack_from("<7I", file, header) for header in _table(file, 32, 46, 48)]
    found = {}
    for _, kind, _, _, offset, size, link in sections:
        if kind != SYMBOL_TABLE:
            continue
        names = sections[link][4]
        for entry in range(offset, offset + size, 16):
            name, value = struct.unpack_from("<2I", file, entry)
            end = file.index(0, names + name)
            found[file[names + name : end].decode()] = value
    return found


def _table(file, offset_at, size_at, count_at):
    """The offsets of the entries of a header table, whose offset, entry size and length are there."""
    offset = struct.unpack_from("<I", file, offset_at)[0]
    size, count = (struct.unpack_from("<H", file, at)[0] for at in (size_at, count_at))
    return range(offset, offset + size * count, size)
