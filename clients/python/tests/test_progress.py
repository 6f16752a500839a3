from __future__ import annotations

import io
import sys
import types

from hypercolumn.progress import ProgressBar

RUNNING = {"state": "running", "progress": {"done": 15, "total": 30, "secondsLeft": 12}}
DONE = {"state": "succeeded", "progress": {"done": 30, "total": 30, "secondsLeft": None}}
HALF = "train [###############               ] 15/30, 12 s left"
WHOLE = "train [##############################] 30/30, succeeded"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(output=None):
    bar = ProgressBar("train", output)
    bar.show(RUNNING)
    bar.show(DONE)
    bar.end()


def test_a_terminal_has_one_line_that_is_written_over():
    terminal = Terminal()
    show(terminal)
    assert terminal.getvalue() == f"\r{HALF}\r{WHOLE}\n"


def test_a_file_has_none():
    file = io.StringIO()
    show(file)
    assert file.getvalue() == ""


def test_a_notebook_has_one_output_that_is_changed(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(("update", data, raw))

    def display(data, raw, display_id):
        shown.append(("display", data, raw, display_id))
        return Handle()

    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    show()
    assert shown == [
        ("display", {"text/plain": HALF}, True, True),
        ("update", {"text/plain": WHOLE}, True),
    ]
