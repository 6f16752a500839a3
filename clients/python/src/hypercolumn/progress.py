"""The progress of long work, in a terminal and in a notebook."""

from __future__ import annotations

import sys
from typing import Any, Mapping, Optional, TextIO

WIDTH = 30


class ProgressBar:
    """One line that is written over: ``characterize [#####     ] 120/340, 12 s left``.

    Nothing is written where the output is neither a terminal nor a notebook.
    """

    def __init__(self, title: str, output: Optional[TextIO] = None) -> None:
        self._title = title
        self._output = output or sys.stderr
        self._is_shown = self._output.isatty() or _in_notebook()
        self._length = 0

    def show(self, job: Mapping[str, Any]) -> None:
        """Shows the progress that a job reports."""
        if not self._is_shown:
            return
        progress = job["progress"]
        done, total, left = progress["done"], progress["total"], progress["secondsLeft"]
        filled = 0 if total == 0 else round(WIDTH * done / total)
        bar = "#" * filled + " " * (WIDTH - filled)
        text = f"{self._title} [{bar}] {done}/{total}"
        if job["state"] != "running":
            text += f", {job['state']}"
        elif left is not None:
            text += f", {left} s left"
        self._output.write("\r" + text.ljust(self._length))
        self._output.flush()
        self._length = len(text)

    def end(self) -> None:
        """Goes on to the next line."""
        if self._length:
            self._output.write("\n")
            self._output.flush()


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    current = shell.get_ipython()
    return current is not None and current.__class__.__name__ == "ZMQInteractiveShell"
