"""The progress of long work, in a terminal and in a notebook."""

from __future__ import annotations

import sys
from typing import Any, Mapping, Optional, Protocol, TextIO

WIDTH = 30


class ProgressBar:
    """One line that is written over: ``characterize [#####     ] 120/340, 12 s left``.

    Nothing is written where the output is neither a terminal nor a notebook.
    """

    def __init__(self, title: str, output: Optional[TextIO] = None) -> None:
        self._title = title
        self._line = _line_of(output)

    def show(self, job: Mapping[str, Any]) -> None:
        """Shows the progress that a job reports."""
        if self._line is None:
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
        self._line.show(text)

    def end(self) -> None:
        """Goes on to the next line."""
        if self._line is not None:
            self._line.end()


class _Line(Protocol):
    def show(self, text: str) -> None: ...

    def end(self) -> None: ...


class _TerminalLine:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._length = 0

    def show(self, text: str) -> None:
        self._output.write("\r" + text.ljust(self._length))
        self._output.flush()
        self._length = len(text)

    def end(self) -> None:
        if self._length:
            self._output.write("\n")
            self._output.flush()


class _NotebookLine:
    """An output of the cell. A saved notebook keeps only its last text."""

    def __init__(self) -> None:
        self._shown: Any = None

    def show(self, text: str) -> None:
        data = {"text/plain": text}
        if self._shown is None:
            display = sys.modules["IPython.display"].display
            self._shown = display(data, raw=True, display_id=True)
        else:
            self._shown.update(data, raw=True)

    def end(self) -> None:
        pass


def _line_of(output: Optional[TextIO]) -> Optional[_Line]:
    if output is None and _in_notebook():
        return _NotebookLine()
    stream = output or sys.stderr
    return _TerminalLine(stream) if stream.isatty() else None


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    current = shell.get_ipython()
    return current is not None and current.__class__.__name__ == "ZMQInteractiveShell"
