"""Faults of a service, by one that is made up."""

from __future__ import annotations

import json
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Iterator, List
from urllib.parse import unquote

import numpy as np
import pytest

import hypercolumn
from hypercolumn.arrays import decode_npy
from hypercolumn.connection import Answer, Connection
from hypercolumn.datasets import send_file
from hypercolumn.jobs import Job


class FakeService(ThreadingHTTPServer):
    """Answers each request with the next of its answers, and remembers the requests."""

    daemon_threads = True

    def __init__(self, pauses: List[float]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pauses = pauses
        self.answers: List[Callable[["Handler"], None]] = []
        self.requests: List[dict] = []
        self.opened: List[Connection] = []

    def connection(self, **options: object) -> Connection:
        connection = Connection(f"http://127.0.0.1:{self.server_address[1]}", **options)
        self.opened.append(connection)
        return connection


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeService

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        request = {"path": self.path, "headers": dict(self.headers), "body": body}
        self.server.requests.append({**request, "client": self.client_address})
        self.server.answers.pop(0)(self)

    do_GET = do_POST = do_DELETE = do_PATCH = answer

    def send(self, status: int, body: object, **headers: str) -> None:
        self.send_bytes(status, json.dumps(body).encode(), **headers)

    def send_bytes(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    pauses: List[float] = []
    monkeypatch.setattr("hypercolumn.connection.time.sleep", pauses.append)
    server = FakeService(pauses)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    for connection in server.opened:
        connection.close()
    server.shutdown()
    server.server_close()
    thread.join()


def busy(handler: Handler) -> None:
    problem = {"title": "Service Unavailable", "status": 503, "detail": "the models are being loaded"}
    handler.send(503, problem, Retry_After="7")


def fine(handler: Handler) -> None:
    handler.send(200, {"done": True})


def lost(handler: Handler) -> None:
    handler.close_connection = True


def test_a_busy_service_is_asked_again_after_the_time_that_it_names(fake):
    fake.answers += [busy, busy, fine]
    assert fake.connection().request("GET", "/x").json() == {"done": True}
    assert fake.pauses == [7.0, 7.0]


def test_a_post_that_is_sent_again_has_the_same_key_so_that_nothing_is_done_twice(fake):
    fake.answers += [busy, lost, fine, fine]
    connection = fake.connection(key="secret")
    connection.request("POST", "/x", body=b"{}")
    connection.request("POST", "/x", body=b"{}")
    keys = [request["headers"]["Idempotency-Key"] for request in fake.requests]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]
    assert {request["headers"]["Authorization"] for request in fake.requests} == {"Bearer secret"}


def test_a_service_that_stays_busy_is_an_error_with_its_reason(fake):
    fake.answers += [busy, busy]
    with pytest.raises(hypercolumn.Busy, match="the models are being loaded") as caught:
        fake.connection(retries=1).request("GET", "/x")
    assert (caught.value.status, caught.value.title) == (503, "Service Unavailable")


def test_no_request_is_sent_again_after_its_deadline(fake):
    fake.answers += [busy, fine]
    with pytest.raises(hypercolumn.Busy):
        fake.connection().request("GET", "/x", deadline=5)
    assert len(fake.requests) == 1
    assert 4000 < int(fake.requests[0]["headers"]["X-Deadline-Ms"]) <= 5000


def test_a_wrong_request_is_sent_once(fake):
    fake.answers += [lambda handler: handler.send(422, {"title": "t", "detail": "wrong", "errors": []})]
    with pytest.raises(hypercolumn.InvalidInput, match="wrong"):
        fake.connection().request("POST", "/x", body=b"{}")
    assert len(fake.requests) == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(fake):
    def then_close(handler: Handler) -> None:
        fine(handler)
        handler.close_connection = True

    fake.answers += [then_close, fine]
    connection = fake.connection(retries=0)
    for _ in range(2):
        assert connection.request("GET", "/x").json() == {"done": True}


def test_events_are_read_as_they_come(fake):
    def events(handler: Handler) -> None:
        text = b'event: state\ndata: {"n": 1}\n\n: a comment\nevent: progress\ndata: {"n":\ndata: 2}\n\n'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    fake.answers += [events]
    assert list(fake.connection().events("/x")) == [("state", {"n": 1}), ("progress", {"n": 2})]


def test_events_of_a_service_that_is_away_are_an_error_of_this_package():
    with pytest.raises(hypercolumn.ServiceUnreachable, match="no service answers at http://127.0.0.1:1"):
        list(Connection("http://127.0.0.1:1").events("/x"))


def test_a_job_is_followed_while_its_service_is_started_again(fake):
    def state(name: str) -> "Callable[[Handler], None]":
        text = f'event: state\ndata: {{"id": "a", "state": "{name}"}}\n\n'.encode()
        return lambda handler: handler.send_bytes(200, text)

    def proxy(handler: Handler) -> None:
        handler.send_bytes(502, b"<html>Bad gateway")

    fake.answers += [state("running"), lost, proxy, busy, busy, state("running"), state("succeeded")]
    job = Job(fake.connection(), {"id": "a", "state": "queued"})
    assert [each.state for each in job.follow()] == ["queued", "running", "running", "succeeded"]
    # One before each request but the first.
    assert fake.pauses == 6 * [1.0]
    assert [each.state for each in job.follow()] == ["succeeded"]


def test_a_job_that_the_service_has_no_longer_is_an_error(fake):
    fake.answers += [lambda handler: handler.send(404, {"detail": "there is no such job"})]
    with pytest.raises(hypercolumn.NotFound, match="there is no such job"):
        list(Job(fake.connection(), {"id": "a", "state": "queued"}).follow())


def test_a_job_whose_service_stays_away_is_an_error(fake, monkeypatch):
    monkeypatch.setattr("hypercolumn.jobs.PATIENCE", 0)
    fake.answers += 3 * [lost]
    with pytest.raises(hypercolumn.ServiceUnreachable):
        list(Job(fake.connection(), {"id": "a", "state": "queued"}).follow())
    assert len(fake.requests) == 2


def test_what_is_no_problem_is_quoted(fake):
    def proxy(handler: Handler) -> None:
        handler.send(502, "<html>Bad gateway")

    fake.answers += [proxy]
    with pytest.raises(hypercolumn.RequestRejected, match="502 Bad Gateway: <html>"):
        fake.connection(retries=0).request("GET", "/x")


@pytest.mark.parametrize("body", [b"<html>Log in", b'{"done": tr', b"", b"\xff\xfe"])
def test_an_answer_that_is_not_of_a_service_is_an_error_of_this_package(fake, body):
    fake.answers += 2 * [lambda handler: handler.send_bytes(200, body)]
    for read in (Answer.json, lambda answer: decode_npy(answer.body)):
        with pytest.raises(hypercolumn.ServiceUnreachable, match="the answer is not that of a service"):
            read(fake.connection().request("GET", "/x"))


def test_a_service_that_has_moved_is_an_error_with_its_address(fake):
    fake.answers += [lambda handler: handler.send_bytes(301, b"<html>", Location="https://there/x")]
    with pytest.raises(hypercolumn.RequestRejected, match="301 .*: the service is at another address: https://there/x"):
        fake.connection().request("GET", "/x")


def test_a_problem_without_errors_and_a_pause_that_is_no_number_are_read(fake):
    problem = {"detail": "later", "errors": None}
    fake.answers += [lambda handler: handler.send(503, problem, Retry_After="\xb2")] * 2
    with pytest.raises(hypercolumn.Busy, match="later"):
        fake.connection(retries=1).request("GET", "/x")


def test_a_fork_has_connections_of_its_own(fake, monkeypatch):
    fake.answers += [fine, fine, fine]
    connection = fake.connection()
    connection.request("GET", "/x")
    connection.request("GET", "/x")
    monkeypatch.setattr("hypercolumn.connection.os.getpid", lambda: -1)
    connection.request("GET", "/x")
    clients = [request["client"] for request in fake.requests]
    assert clients[0] == clients[1] != clients[2]


def test_a_twin_keeps_its_version_so_that_its_answers_are_those_of_its_neurons(fake):
    card = {"name": "x", "version": 3, "digest": "d", "neurons": [{"id": 5}]}
    fake.answers += [lambda handler: handler.send(200, card), lambda handler: handler.send(422, {})]
    twin = hypercolumn.Service(fake.connection())["x"]
    with pytest.raises(hypercolumn.InvalidInput):
        twin(np.zeros((4, 4), dtype=np.uint8))
    assert [request["path"] for request in fake.requests] == [
        "/v1/models/x",
        "/v1/models/x/versions/3/responses",
    ]


@pytest.mark.parametrize("name", ["démo", "a b", "x?y=1", "..%2fjobs", "démo/2"])
def test_any_name_may_be_asked_for(fake, name):
    fake.answers += [lambda handler: handler.send(404, {}), lambda handler: handler.send(200, {"models": []})]
    with pytest.raises(KeyError, match="there is no model"):
        hypercolumn.Service(fake.connection())[name]
    model, _, version = name.partition("/")
    assert unquote(fake.requests[0]["path"]) == f"/v1/models/{model}" + (version and f"/versions/{version}")
    assert "?" not in fake.requests[0]["path"]


def test_a_version_is_a_whole_number(fake):
    with pytest.raises(KeyError, match="wrong version of a model: latest; expected a whole number"):
        hypercolumn.Service(fake.connection())["demo/latest"]
    fake.answers += [lambda handler: handler.send(404, {})]
    with pytest.raises(hypercolumn.NotFound):
        hypercolumn.Service(fake.connection()).job("é/x")
    assert fake.requests[0]["path"] == "/v1/jobs/%C3%A9%2Fx"


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_what_may_have_been_done_is_not_done_again(fake, method):
    fake.answers += [lost, fine]
    with pytest.raises(hypercolumn.ServiceUnreachable):
        fake.connection().request(method, "/x")
    assert len(fake.requests) == 1
    fake.answers[:] = [busy, fine]
    assert fake.connection().request(method, "/x").json() == {"done": True}


def test_a_kept_connection_is_not_used_for_what_may_be_done_once_only(fake):
    def then_close(handler: Handler) -> None:
        fine(handler)
        handler.close_connection = True

    fake.answers += [then_close, fine]
    connection = fake.connection(retries=0)
    connection.request("GET", "/x")
    assert connection.request("DELETE", "/x").json() == {"done": True}


def test_a_pause_may_be_given_as_a_date_and_one_that_is_too_long_is_an_error(fake):
    def until(seconds: float) -> "Callable[[Handler], None]":
        date = formatdate(time.time() + seconds, usegmt=True)
        return lambda handler: handler.send(503, {"detail": "later"}, Retry_After=date)

    fake.answers += [until(9), fine, until(3600)]
    fake.connection().request("GET", "/x")
    assert 7 < fake.pauses[0] <= 9
    with pytest.raises(hypercolumn.Busy, match="later"):
        fake.connection().request("GET", "/x")


def test_an_upload_that_is_lost_goes_on_where_the_service_has_it(fake, tmp_path):
    recording = tmp_path / "recording.npz"
    recording.write_bytes(b"0123456789")

    def has(received: int) -> "Callable[[Handler], None]":
        return lambda handler: handler.send(200, {"files": [{"received": received}]})

    fake.answers += [lost, has(4), has(10)]
    with open(recording, "rb") as file:
        send_file(fake.connection(), "/r", 0, file, {"files": [{"received": 0}]})
    assert [request["body"] for request in fake.requests] == [b"0123456789", b"", b"456789"]
    assert fake.requests[2]["headers"]["Upload-Offset"] == "4"
    fake.answers += [lost, has(0)]
    with open(recording, "rb") as file, pytest.raises(hypercolumn.ServiceUnreachable):
        send_file(fake.connection(), "/r", 0, file, {"files": [{"received": 0}]})
