"""Long work that the service does on its own: characterizations, searches, trainings."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, Mapping, Optional
from urllib.parse import quote

from .connection import RETRIED, Answer, Connection
from .errors import JobFailed, RequestRejected, ServiceUnreachable
from .progress import ProgressBar

OVER = ("succeeded", "failed", "cancelled", "interrupted")
#: Pause before the events of a job are asked for again, in seconds.
PAUSE = 1.0
#: Seconds for which a service may be away, such as while it is started again.
PATIENCE = 180.0


class Job:
    """A job of the service. It goes on when this program ends; find it again by its ``id``."""

    def __init__(self, connection: Connection, record: Mapping[str, Any]) -> None:
        self._connection = connection
        self.record: Dict[str, Any] = dict(record)

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``succeeded``, ``failed``, ``cancelled`` or ``interrupted``, as last seen."""
        return str(self.record["state"])

    @property
    def progress(self) -> Mapping[str, Any]:
        """``done`` of ``total`` steps and ``secondsLeft``, as last seen."""
        progress: Mapping[str, Any] = self.record["progress"]
        return progress

    def refresh(self) -> "Job":
        """Asks for the state."""
        self.record = self._connection.request("GET", self._path).json()
        return self

    def follow(self) -> Iterator["Job"]:
        """Yields the job at every change until it is over, also where the service is away for a while.

        Raises:
            ServiceUnreachable, RequestRejected: where it is away for longer than some minutes. The job may go on.
        """
        yield self
        away_since: Optional[float] = None
        while self.state not in OVER:
            try:
                # The first event is the state.
                for name, data in self._connection.events(f"{self._path}/events"):
                    away_since = None
                    if name in ("state", "progress"):
                        self.record = data
                        yield self
            except (ServiceUnreachable, RequestRejected) as error:
                if isinstance(error, RequestRejected) and error.status not in RETRIED:
                    raise
                now = time.monotonic()
                away_since = now if away_since is None else away_since
                if now - away_since > PATIENCE:
                    raise
            if self.state not in OVER:
                time.sleep(PAUSE)

    def wait(self, progress: bool = True) -> "Job":
        """Waits until the job is over.

        Args:
            progress: whether a bar is shown, in a terminal or a notebook.

        Raises:
            JobFailed: where it has no result.
        """
        bar = ProgressBar(str(self.record["kind"])) if progress else None
        try:
            for job in self.follow():
                if bar is not None:
                    bar.show(job.record)
        finally:
            if bar is not None:
                bar.end()
        if self.state != "succeeded":
            raise JobFailed(self.id, self.state, self.record.get("reason"))
        return self

    def result(self, part: Optional[str] = None, accept: str = "*/*") -> Answer:
        """The result: the first file of a media type, or the file of a name.

        Args:
            part: the name of one of the files in ``record["result"]``.
        """
        query = {"part": part}
        return self._connection.request(
            "GET", f"{self._path}/result", query=query, headers={"Accept": accept}
        )

    def cancel(self) -> None:
        """Cancels the job; deletes it, with its result, when it is over."""
        self._connection.request("DELETE", self._path)

    @property
    def _path(self) -> str:
        return job_path(self.id)

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.record['kind']}, {self.state}>"


def job_path(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"
