"""A service of its own, started where Node is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from typing import Deque, IO, List, Optional, Sequence

from .errors import HypercolumnError, RequestRejected
from .service import Service, connect

#: Seconds that a service may take until it has loaded its models.
PATIENCE = 120.0
ADDRESS = re.compile(r"(https?://[\w.\[\]:-]+:\d+)")


class LocalService(Service):
    """A service that ends with this object: at the end of a ``with`` statement, or with ``close()``."""

    def __init__(
        self,
        service: Service,
        process: "subprocess.Popen[str]",
        data: "Optional[tempfile.TemporaryDirectory[str]]",
    ) -> None:
        super().__init__(service.connection)
        self._process = process
        self._data = data

    def close(self) -> None:
        """Ends the service. What it stored is deleted, unless ``data`` named a folder."""
        super().close()
        _end(self._process)
        if self._data is not None:
            self._data.cleanup()
            self._data = None


def local(
    models: "str | os.PathLike[str]" = "models",
    *,
    data: "Optional[str | os.PathLike[str]]" = None,
    command: Optional[Sequence[str]] = None,
    patience: float = PATIENCE,
) -> LocalService:
    """Starts a service on a free port of this computer.

    It needs Node, and a checkout where ``npm run build`` or ``npm start`` ran once, or ``npm install hypercolumn``.

    Args:
        models: the folder of a model, such as ``models/demo``, or of several.
        data: where the service stores jobs and stimulus sets; by default nothing outlives it.
        command: what starts a service; by default ``hypercolumn serve`` of the path, of the checkout that has
            the models or the working folder in it, or of ``npm install hypercolumn``.
        patience: seconds until its models must be loaded.

    Example:
        >>> with hypercolumn.local("models/demo") as service:
        ...     service["demo"](images)
    """
    folder = _models_folder(os.path.abspath(os.fspath(models)))
    words = list(command or _find_command(folder))
    scratch = tempfile.TemporaryDirectory(prefix="hypercolumn-") if data is None else None
    place = scratch.name if scratch is not None else os.path.abspath(os.fspath(data or ""))
    settings = {"MODELS_DIR": folder, "DATA_DIR": place, "HOST": "127.0.0.1", "PORT": "0"}
    process = subprocess.Popen(
        words,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = _Output(process)
    until = time.monotonic() + patience
    try:
        service = connect(output.address(until))
        _wait_until_ready(service, process, output, until)
    except BaseException:
        _end(process)
        if scratch is not None:
            scratch.cleanup()
        raise
    return LocalService(service, process, scratch)


class _Output:
    """Reads what a service writes, so that it never waits for a reader, and keeps the last lines."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._found: Optional[str] = None
        self._changed = threading.Condition()
        self._is_over = False
        self.last: Deque[str] = deque(maxlen=20)
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def address(self, until: float) -> str:
        """Waits for the address at which the service listens."""
        with self._changed:
            while self._found is None:
                left = until - time.monotonic()
                if self._is_over or left <= 0:
                    raise HypercolumnError(
                        "the service did not start; it wrote:\n" + "".join(self.last)
                    )
                self._changed.wait(left)
            return self._found

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._take(line)
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _take(self, line: str) -> None:
        with self._changed:
            self.last.append(line)
            if self._found is None and ("listening" in line or "ready at" in line):
                found = ADDRESS.search(line)
                self._found = found and found.group(1)
                self._changed.notify_all()


def _wait_until_ready(
    service: Service, process: "subprocess.Popen[str]", output: _Output, until: float
) -> None:
    while True:
        try:
            service.connection.request("GET", "/readyz")
            return
        except RequestRejected as error:
            if process.poll() is not None or time.monotonic() > until:
                raise HypercolumnError(
                    f"the service is not ready: {error}; it wrote:\n" + "".join(output.last)
                ) from error
            time.sleep(0.1)


def _models_folder(folder: str) -> str:
    """The folder of models that a path means: a model's own folder has its versions in it."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"there is no folder {folder}; expected a model, such as models/demo")
    is_model = any(name.isdigit() for name in os.listdir(folder))
    return os.path.dirname(folder) if is_model else folder


def _find_command(models: str) -> List[str]:
    installed = shutil.which("hypercolumn")
    if installed is not None:
        return [installed, "serve"]
    node, npx = shutil.which("node"), shutil.which("npx")
    if node is None or npx is None:
        raise HypercolumnError(
            "Node.js is not there, which a service of its own needs; install it from https://nodejs.org, "
            "or use hypercolumn.connect() with the address of a service"
        )
    root = _checkout_around(models) or _checkout_around(os.getcwd())
    if root is None:
        # Without --no-install, npx would download a package of this name.
        return [npx, "--no-install", "hypercolumn", "serve"]
    program = os.path.join(root, "dist", "src", "cli", "hypercolumn.js")
    if not os.path.exists(program):
        raise HypercolumnError(f"Hypercolumn is not built: {root}; run `npm run build` there once")
    return [node, program, "serve"]


def _checkout_around(folder: str) -> Optional[str]:
    """The checkout of Hypercolumn that a folder lies in."""
    while True:
        try:
            with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
                if json.load(file).get("name") == "hypercolumn":
                    return folder
        except (OSError, ValueError):
            pass
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
