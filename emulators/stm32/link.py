"""The SPI of an ST67W611M1: the module's side of the wires, in the time of the chip. Its frames come
from somewhere else.
"""

import struct

MAGIC = b"\xaa\x55"
HEADER = 8
WORD = 4
FRAME_MAX = 6144
# RDY is high for so long at least, and from the header on for so long (ns).
BLIND = 70_000
ACKNOWLEDGING = 10_000
# From CS, or from a frame that waits, to RDY (ns).
ARMING = 60_000
# What the module's buffer holds after power-up, and what a line reads that nobody drives.
FRESH = b"\xdd\xcc\xbb\xaa"
UNDRIVEN = 0xFF


class Link:
    def __init__(self, clock, on_frame, on_ready):
        """`on_frame` gets the payload of each frame of the chip's, `on_ready` the level of RDY."""
        self.clock, self.on_frame, self.on_ready = clock, on_frame, on_ready
        self.queue = []
        self.state = "configured"
        self.is_selected = False
        # The module does not run, or was reset in this transaction: nobody is to blame.
        self.is_off = self.is_excused = False
        self.arming = self.acknowledging = None
        self.frame, self.received = b"", bytearray()
        self.transactions = 0
        self.broken = []

    def say(self, payload):
        """Queues a frame for the chip."""
        self.is_off = False
        self.queue.append(payload)
        self._wake()

    def stop(self):
        """The module stops: what it has not transferred is lost."""
        self.is_off, self.is_excused = True, self.is_selected
        self.queue.clear()
        self.state = "configured"
        for alarm in (self.arming, self.acknowledging):
            if alarm:
                alarm.cancel()
        self.arming = self.acknowledging = None
        self.on_ready(False)

    @property
    def pending(self):
        return sum(map(len, self.queue))

    def _wake(self):
        has_reason = self.is_selected or self.queue
        if self.state == "configured" and not self.arming and not self.is_off and has_reason:
            self.arming = self.clock.after(ARMING, self._arm)

    def _arm(self):
        self.arming = None
        self.state = "started"
        self.frame = self.queue.pop(0) if self.queue else b""
        self.header = struct.pack("<2sHBBH", MAGIC, len(self.frame), 0, 0, 0)
        self.received.clear()
        self.armed = self.clock.ns
        self.on_ready(True)

    def _acknowledge(self):
        self.state = "header received"
        self.on_ready(False)

    def check(self, is_kept, rule):
        if not is_kept and not self.is_excused and not self.is_off:
            self.broken.append(f"transaction {self.transactions}: {rule}")

    def select(self, is_selected):
        """The level of CS."""
        if is_selected == self.is_selected:
            return
        self.is_selected = is_selected
        if is_selected:
            self._wake()
            return
        self.check(self.state == "header received", f"CS fell early, {self.state}")
        if self.state == "header received":
            self._complete()
        self.is_excused = False

    def transfer(self, mosi):
        """A byte on both wires."""
        if self.is_off or self.state == "configured" or not self.is_selected:
            self.check(False, f"a clock out of turn, {self.state}")
            return UNDRIVEN
        at = len(self.received)
        self.received.append(mosi)
        if at == HEADER - 1:
            wait = max(ACKNOWLEDGING, self.armed + BLIND - self.clock.ns)
            self.acknowledging = self.clock.after(wait, self._acknowledge)
        if at < HEADER:
            return self.header[at]
        at -= HEADER
        return self.frame[at] if at < len(self.frame) else FRESH[at % WORD]

    def _complete(self):
        clocked, length = len(self.received), len(self.frame)
        magic, announced, _, kind, _ = struct.unpack_from("<2sHBBH", self.received)
        self.check(magic == MAGIC, "no magic")
        self.check(announced <= FRAME_MAX, f"{announced} bytes announced")
        self.check(announced == 0 or kind == 0, f"a frame of type {kind}")
        self.check(clocked % WORD == 0, f"{clocked} bytes are no whole words")
        self.check(
            clocked >= HEADER + max(length, announced),
            f"{clocked} bytes clocked for {announced} and {length}",
        )
        self.transactions += 1
        self.state = "configured"
        if announced > 0:
            self.on_frame(bytes(self.received[HEADER : HEADER + announced]))
        self._wake()


class Frames:
    """Frames with their lengths before them, as they come in pieces from a socket."""

    STOP = 0xFFFF

    def __init__(self, link):
        self.link = link
        self.rest = b""
        self.is_held = False

    def hold(self, is_held):
        """The module is held in reset, or no more: what it has said before counts no more."""
        self.link.stop()
        self.is_held = is_held

    def receive(self, data):
        self.rest += data
        while len(self.rest) >= 2:
            length = struct.unpack_from("<H", self.rest)[0]
            is_stop = length == self.STOP
            end = 2 if is_stop else 2 + length
            if len(self.rest) < end:
                return
            payload, self.rest = self.rest[2:end], self.rest[end:]
            if is_stop:
                self.link.stop()
            elif not self.is_held:
                self.link.say(payload)
