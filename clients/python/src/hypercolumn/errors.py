"""What can go wrong, as exceptions that say what to do."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence


class HypercolumnError(Exception):
    """Everything that this package raises on purpose."""


class ServiceUnreachable(HypercolumnError):
    """No service answers at the address."""


class RequestRejected(HypercolumnError):
    """The service rejected a request. The text says what is wrong and what is expected.

    Attributes:
        status: the HTTP status, such as 422.
        title: what the status means.
        problems: each with the ``path`` of the wrong part and a ``message``.
        request_id: the name of the request in the service's log.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        problems: Sequence[Mapping[str, str]] = (),
        request_id: Optional[str] = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.problems = list(problems)
        self.request_id = request_id

    @classmethod
    def from_answer(cls, status: int, reason: str, body: Any) -> "RequestRejected":
        """Reads an RFC 9457 problem; an answer of something else, such as a proxy, is quoted."""
        kind = KINDS.get(status, cls)
        if not isinstance(body, Mapping):
            return kind(status, reason, f"{status} {reason}: {str(body)[:200]}")
        return kind(
            status,
            str(body.get("title", reason)),
            str(body.get("detail", reason)),
            body.get("errors") or (),
            body.get("requestId"),
        )


class NotFound(RequestRejected):
    """There is no such model, job, stimulus set, dataset or recording."""


class UnknownModel(NotFound, KeyError):
    """There is no such model, asked as ``service["name"]``."""

    def __init__(self, error: NotFound, detail: str) -> None:
        super().__init__(error.status, error.title, detail, error.problems, error.request_id)

    def __str__(self) -> str:
        # KeyError would quote it.
        return str(self.args[0])


class InvalidInput(RequestRejected, ValueError):
    """A stimulus, a neuron or an option is wrong."""


class KeyRejected(RequestRejected):
    """The service needs an API key, or the key may not do this."""


class Busy(RequestRejected):
    """The service has too much to do, or the deadline passed. It can be asked again."""


KINDS = {
    400: InvalidInput,
    401: KeyRejected,
    403: KeyRejected,
    404: NotFound,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    429: Busy,
    503: Busy,
}


class JobFailed(HypercolumnError):
    """A job ended without a result. The text has the reason."""

    def __init__(self, job_id: str, state: str, reason: Optional[str]) -> None:
        super().__init__(f"job {job_id} is {state}: {reason or 'no reason was given'}")
        self.job_id = job_id
        self.state = state
        self.reason = reason


class FrameRejected(HypercolumnError):
    """An image of a stream has no responses. The stream goes on.

    Attributes:
        sequence: the number of the image in the stream, from 0.
        status: 422, 429 or 503.
    """

    def __init__(self, sequence: int, status: int, reason: str) -> None:
        super().__init__(reason)
        self.sequence = sequence
        self.status = status
