"""HTTP: connections that are kept, retries, and errors as exceptions."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import threading
import time
import uuid
import weakref
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode, urlsplit

from .errors import RequestRejected, ServiceUnreachable

Query = Mapping[str, object]

#: Answers after which the same request may succeed. After the first two, the service has done nothing.
RETRIED = (429, 503, 502, 504)
REFUSED = RETRIED[:2]
#: Methods of requests that may be sent again though the first one may have been done. A POST has a key.
REPEATABLE = ("GET", "PUT", "POST")
#: The longest pause before a request is sent again, in seconds. Where the service asks for a longer one, its answer
#: is an error.
LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Answer:
    """A whole answer of the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The JSON of the body.

        Raises:
            ServiceUnreachable: where there is none: something else answers, or the answer was cut off.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            start = self.body[:100].decode("utf-8", "replace")
            raise ServiceUnreachable(f"the answer is not that of a service: {start!r}; expected JSON") from error

    def header(self, name: str) -> Optional[str]:
        return self.headers.get(name.lower())


class Connection:
    """Sends requests to a service. Threads may share it.

    Args:
        url: such as ``http://127.0.0.1:8080``.
        key: an API key, where the service needs one.
        timeout: seconds without a byte after which a request fails.
        retries: how often a request is sent again after 429, 502, 503, 504 or a lost connection.
            Each POST carries an ``Idempotency-Key``, and a DELETE or PATCH is sent again only where the
            service refused it, so that nothing is done twice.
    """

    def __init__(
        self, url: str, key: Optional[str] = None, timeout: float = 60.0, retries: int = 4
    ) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"wrong address: {url}; expected http://host:port")
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self.prefix = parts.path.rstrip("/")
        self.url = f"{parts.scheme}://{parts.netloc}{self.prefix}"
        self.key = key
        self.timeout = timeout
        self.retries = retries
        self._idle: List[http.client.HTTPConnection] = []
        self._process = os.getpid()
        self._lock = threading.Lock()
        # A dataset or a twin may be all that is kept of a service.
        weakref.finalize(self, _close_all, self._idle)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Query] = None,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
        deadline: Optional[float] = None,
    ) -> Answer:
        """Sends a request and reads the whole answer.

        Args:
            deadline: seconds after which an answer is of no use; the service then gives none.

        Raises:
            RequestRejected: with the problem that the service names.
            ServiceUnreachable: where nothing answers.
        """
        sent = self._headers(method, headers)
        is_repeatable = method in REPEATABLE
        until = None if deadline is None else time.monotonic() + deadline
        for attempt in range(self.retries + 1):
            if until is not None:
                left = until - time.monotonic()
                sent["X-Deadline-Ms"] = str(max(1, round(1000 * left)))
            pause = _backoff(attempt)
            try:
                answer = self._once(method, self.target(path, query), body, sent)
            except (OSError, http.client.HTTPException) as error:
                failure: Exception = self._unreachable(error)
                if not is_repeatable:
                    raise failure from error
            else:
                if answer.status < 300:
                    return answer
                failure = _rejection(answer)
                if answer.status not in (RETRIED if is_repeatable else REFUSED):
                    raise failure
                pause = _retry_after(answer) or pause
                if pause > LONGEST_PAUSE:
                    raise failure
            late = until is not None and time.monotonic() + pause >= until
            if attempt == self.retries or late:
                raise failure
            time.sleep(pause)
        raise AssertionError("unreachable")

    def events(self, path: str) -> Iterator[Tuple[str, Any]]:
        """Yields server-sent events, each with its name and its data, until the service ends them.

        Raises:
            RequestRejected: with the problem that the service names.
            ServiceUnreachable: where nothing answers, or the connection is lost.
        """
        try:
            connection = self._open()
        except OSError as error:
            raise self._unreachable(error) from error
        try:
            headers = self._headers("GET", {"Accept": "text/event-stream"})
            connection.request("GET", self.target(path, None), headers=headers)
            response = connection.getresponse()
            if response.status >= 400:
                raise _rejection(_read(response))
            yield from _parse_events(response)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Closes the connections that are kept."""
        with self._lock:
            _close_all(self._idle)

    def _once(
        self, method: str, target: str, body: Optional[bytes], headers: Mapping[str, str]
    ) -> Answer:
        # The service may close a kept connection while a request is on the way: it would have to be sent again.
        connection, is_kept = self._take() if method in REPEATABLE else (self._open(), False)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            response = connection.getresponse()
            answer = _read(response)
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            if not is_kept:
                raise
            # The service closes a connection that was idle; that is no fault of the request.
            return self._once(method, target, body, headers)
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer

    def _take(self) -> Tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            # A fork has the connections of its parent, and would read answers to the requests of the other.
            if self._process != os.getpid():
                _close_all(self._idle)
                self._process = os.getpid()
            if self._idle:
                return self._idle.pop(), True
        return self._open(), False

    def _open(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=self.timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def target(self, path: str, query: Optional[Query]) -> str:
        """The path of a request with its query; what is None is left out."""
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        text = urlencode(given, safe=",-", quote_via=quote)
        return f"{self.prefix}{path}" + (f"?{text}" if text else "")

    def _headers(self, method: str, headers: Optional[Mapping[str, str]]) -> Dict[str, str]:
        sent = dict(headers or {})
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        if method == "POST":
            sent.setdefault("Idempotency-Key", uuid.uuid4().hex)
        return sent

    def _unreachable(self, error: Exception) -> ServiceUnreachable:
        reason = str(error) or type(error).__name__
        return ServiceUnreachable(
            f"no service answers at {self.url}: {reason}; start one with `npx hypercolumn serve`, "
            "or check the address"
        )


def _close_all(connections: List[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()


def _read(response: http.client.HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def _rejection(answer: Answer) -> RequestRejected:
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = answer.body.decode("utf-8", "replace")
    place = answer.header("location")
    if 300 <= answer.status < 400 and place is not None:
        body = f"the service is at another address: {place}"
    reason = http.client.responses.get(answer.status, "unknown status")
    return RequestRejected.from_answer(answer.status, reason, body)


def _retry_after(answer: Answer) -> Optional[float]:
    text = answer.header("retry-after") or ""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _backoff(attempt: int) -> float:
    return min(LONGEST_PAUSE, 0.2 * 2.0**attempt) * random.uniform(0.5, 1.0)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parse_events(response: http.client.HTTPResponse) -> Iterator[Tuple[str, Any]]:
    name = "message"
    data: List[str] = []
    for line in response:
        text = line.decode("utf-8").rstrip("\r\n")
        if text == "":
            if data:
                yield name, json.loads("\n".join(data))
            name, data = "message", []
        elif text.startswith("event:"):
            name = text[6:].strip()
        elif text.startswith("data:"):
            data.append(text[5:].lstrip())
