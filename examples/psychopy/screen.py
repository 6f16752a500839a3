"""What shows an image: a window of PsychoPy, or nothing where PsychoPy is not installed."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Screen(Protocol):
    """A screen and its clock."""

    name: str

    def now(self) -> int:
        """The time by the clock of the rig, in nanoseconds."""

    def show(self, image: NDArray[Any]) -> int:
        """Shows an image, (h, w) floats 0..1. Returns when it came on, in nanoseconds of ``now``."""

    def close(self) -> None:
        """Closes the window."""


class PsychoPyScreen:
    """A window of PsychoPy."""

    def __init__(self, pixels: int = 512) -> None:
        import psychopy
        from psychopy import core, visual

        self.name = f"PsychoPy {psychopy.__version__}"
        self._clock = core.monotonicClock
        self._window = visual.Window((pixels, pixels), units="pix", color=0, allowGUI=False)
        self._stimulus = visual.ImageStim(self._window, size=(pixels, pixels))

    def now(self) -> int:
        return round(self._clock.getTime() * 1e9)

    def show(self, image: NDArray[Any]) -> int:
        # PsychoPy takes -1 (black) to 1 (white), with the first row at the bottom.
        self._stimulus.image = np.flipud(2 * image - 1)
        self._stimulus.draw()
        return round(self._window.flip() * 1e9)

    def close(self) -> None:
        self._window.close()


class NoScreen:
    """Shows nothing."""

    name = "no screen"

    def now(self) -> int:
        return time.perf_counter_ns()

    def show(self, image: NDArray[Any]) -> int:
        return self.now()

    def close(self) -> None:
        pass


def open_screen() -> Screen:
    """A window of PsychoPy where it is installed; says where it is not."""
    try:
        return PsychoPyScreen()
    except ImportError:
        message = "PsychoPy is not installed: images are not shown, and the animal sees their pixels"
        print(message, file=sys.stderr)
        return NoScreen()
