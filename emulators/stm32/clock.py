"""The time of the chip, in nanoseconds, and what happens when it has come."""

import heapq


class Clock:
    def __init__(self):
        self.ns = 0
        self._due = []
        self._count = 0

    def after(self, ns, what):
        """Calls it then. It may be cancelled."""
        self._count += 1
        alarm = Alarm(what)
        heapq.heappush(self._due, (self.ns + ns, self._count, alarm))
        return alarm

    def passes(self, ns):
        end = self.ns + ns
        while self._due and self._due[0][0] <= end:
            self.ns, _, alarm = heapq.heappop(self._due)
            alarm.ring()
        self.ns = end

    @property
    def to_alarm(self):
        """How long it is to the next alarm."""
        return self._due[0][0] - self.ns if self._due else float("inf")


class Alarm:
    def __init__(self, what):
        self._what = what

    def cancel(self):
        self._what = None

    def ring(self):
        if self._what:
            self._what()
