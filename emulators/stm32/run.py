"""Runs firmware for the STM32F405 with a module on its SPI1, whose frames go through a TCP socket:

    python run.py FIRMWARE.elf HOST:PORT

What the firmware logs over RTT goes to standard output as it is. Standard error gets a line "reset low"
or "reset high" each time the firmware drives the pin, and at the end, when standard input is closed, a
line of JSON: the deepest stack in bytes, what was lost, and which rules of the SPI were broken.
"""

import json
import select
import socket
import struct
import sys
import time

from chip import Chip
from clock import Clock
from link import Frames, Link

# The control block of RTT: its buffers begin behind an ID of 16 bytes and two counts.
RTT_UP_BUFFER = 24
# Slices between two looks at the world outside.
SLICES = 8
# Bytes that wait for the chip before the socket is asked to wait too.
BACKLOG = 4096
# The longest sleep of ours (s).
NAP = 0.002


class Run:
    def __init__(self, path, address):
        self.clock = Clock()
        self.link = Link(self.clock, self.send, self.set_ready)
        self.frames = Frames(self.link)
        with open(path, "rb") as file:
            self.chip = Chip(file.read(), self.clock, self.link, self.reset)
        self.log = self.chip.symbols["_SEGGER_RTT"] + RTT_UP_BUFFER
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = time.monotonic_ns()
        self.is_over = False

    def send(self, payload):
        self.socket.sendall(struct.pack("<H", len(payload)) + payload)

    def set_ready(self, is_high):
        self.chip.set_ready(is_high)

    def reset(self, is_high):
        self.frames.hold(not is_high)
        print("reset", "high" if is_high else "low", file=sys.stderr, flush=True)

    def hand_out_log(self):
        buffer, size, end, start = struct.unpack("<4I", self.chip.uc.mem_read(self.log + 4, 16))
        if size == 0 or start == end:
            return
        memory = bytes(self.chip.uc.mem_read(buffer, size))
        logged = memory[start:end] if start < end else memory[start:] + memory[:end]
        self.chip.uc.mem_write(self.log + 16, struct.pack("<I", end))
        sys.stdout.buffer.write(logged)
        sys.stdout.buffer.flush()

    def look_outside(self, patience):
        """Takes what comes within that time (s)."""
        sources = [sys.stdin] if self.link.pending > BACKLOG else [sys.stdin, self.socket]
        ready, _, _ = select.select(sources, [], [], patience)
        if self.socket in ready:
            data = self.socket.recv(BACKLOG)
            self.frames.receive(data)
            self.is_over |= not data
        if sys.stdin in ready:
            self.is_over |= not sys.stdin.read(1)

    def sleep(self):
        """Lets the sleeping core's time pass, but not faster than that of the world outside."""
        behind = time.monotonic_ns() - self.began - self.clock.ns
        to_alarm = self.clock.to_alarm
        if to_alarm <= behind:
            self.clock.passes(to_alarm)
            return
        self.clock.passes(max(behind, 0))
        self.hand_out_log()
        self.look_outside(min(NAP, (to_alarm - behind) / 1e9))

    def run(self):
        while not self.is_over:
            for _ in range(SLICES):
                if self.chip.run():
                    while not self.chip.is_interrupted and not self.is_over:
                        self.sleep()
            self.hand_out_log()
            self.look_outside(0)
        self.hand_out_log()


def main():
    run = Run(*sys.argv[1:])
    run.run()
    figures = {
        "stack": run.chip.used_stack,
        "overruns": 0,
        "broken": run.link.broken,
        "transactions": run.link.transactions,
    }
    print(json.dumps(figures), file=sys.stderr)


if __name__ == "__main__":
    main()
