"""How the clock of the service compares with the clock of this computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

#: Clock probes of one comparison.
PROBES = 16


@dataclass(frozen=True)
class Exchange:
    """One clock probe. All times are in nanoseconds."""

    #: When the client sent the probe and when it read the answer, by its own clock.
    sent: int
    answered: int
    #: When the service read the probe and when it answered, by its clock.
    received: int
    returned: int


@dataclass(frozen=True)
class Clock:
    """The clock of the service against that of the client. All times are in nanoseconds."""

    #: The service's clock minus the client's.
    offset: int
    #: From client to service and back, without the time in the service.
    round_trip: int

    @property
    def error(self) -> float:
        """The offset is wrong by at most this."""
        return self.round_trip / 2

    def here(self, time: int) -> int:
        """A time by the service's clock as a time by the client's."""
        return time - self.offset

    @classmethod
    def read(cls, exchanges: Sequence[Exchange]) -> "Clock":
        """Takes the exchange with the shortest round trip, as NTP does (RFC 5905, section 8)."""
        readings = [
            cls(
                ((each.received - each.sent) + (each.returned - each.answered)) // 2,
                (each.answered - each.sent) - (each.returned - each.received),
            )
            for each in exchanges
        ]
        return min(readings, key=lambda reading: reading.round_trip)
