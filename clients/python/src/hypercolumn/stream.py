"""The stream: images in, responses out, in order, for closed loops."""

from __future__ import annotations

import json
import struct
import time
from collections import deque
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, AsyncIterator, Callable, Deque, Iterator, Mapping, Optional, Type, Union, cast

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection as AsyncSocket
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from .clock import PROBES, Clock, Exchange
from .connection import Connection
from .errors import FrameRejected, RequestRejected, ServiceUnreachable

#: sequence, status, flags, stamp, decode, queue, infer, count, received, sent; little-endian
HEADER = struct.Struct("<IHHQfffIQQ")
SHUTTING_DOWN, OUTSIDE_RANGE = 1, 2
#: The status of the answer to a clock probe.
PROBED = 204


@dataclass(frozen=True)
class Reply:
    """The answer to one image. Times are in milliseconds."""

    #: The number of the image among those of this stream, from 0; clock probes are not counted.
    sequence: int
    #: float32 (neurons,)
    responses: NDArray[np.float32]
    #: From sending the image to reading the answer, by the clock of this computer.
    round_trip: float
    #: What the service took to read the pixels, what the image waited for the engine, and what the engine took.
    decode: float
    queue: float
    infer: float
    #: When the image was sent and when its answer was read, in nanoseconds of the client's clock.
    sent: int
    answered: int
    #: When the service read the image and when it answered, in nanoseconds of Unix time by the service's clock.
    #: ``stream.clock.here(reply.received)`` is the same time by the client's clock.
    received: int
    returned: int
    #: The image gives a warning: of its contrast, or of the spread of an ensemble's members.
    outside_training_range: bool
    #: The service will soon close the stream.
    shutting_down: bool
    #: The standard deviation of an ensemble's members, where the stream was opened with it.
    spread: Optional[NDArray[np.float32]] = None


@dataclass(frozen=True)
class Terms:
    """What a stream is opened with."""

    url: str
    headers: Mapping[str, str]
    dtype: str
    spread: bool
    #: The client's clock, in nanoseconds.
    clock: Callable[[], int]

    @classmethod
    def of(
        cls,
        connection: Connection,
        path: str,
        *,
        dtype: str,
        neurons: Optional[str],
        shape: str,
        digest: str,
        patience: Optional[float],
        spread: bool,
        clock: Callable[[], int],
    ) -> "Terms":
        if dtype not in ("uint8", "float32"):
            raise ValueError(f"wrong dtype: {dtype}; expected uint8 or float32")
        query = {
            "dtype": dtype,
            "neurons": neurons,
            "shape": shape,
            "digest": digest,
            "patience": None if patience is None else max(1, round(1000 * patience)),
            "spread": spread or None,
            "stamps": True,
        }
        target = connection.target(f"{path}/stream", query)
        kind = "wss" if connection.secure else "ws"
        headers = {} if connection.key is None else {"Authorization": f"Bearer {connection.key}"}
        host = f"[{connection.host}]" if ":" in connection.host else connection.host
        return cls(f"{kind}://{host}:{connection.port}{target}", headers, dtype, spread, clock)


class Frames:
    """Writes the frames of a stream and reads its answers. One for each stream."""

    def __init__(self, terms: Terms, ready: Mapping[str, Any]) -> None:
        self._terms = terms
        self.ready = ready
        self._images = 0
        #: The number of each image that is not answered, and None for each clock probe.
        self._waiting: Deque[Optional[int]] = deque()

    @property
    def waiting(self) -> int:
        """Images that are sent and not answered."""
        return sum(number is not None for number in self._waiting)

    @property
    def is_probing(self) -> bool:
        """Whether a clock probe is not answered."""
        return None in self._waiting

    def expect_image(self) -> None:
        """Raises an error where there is no answer to wait for."""
        if self.waiting == 0:
            raise RuntimeError("no image waits for an answer; expected one that was sent")

    def encode(self, image: NDArray[Any]) -> bytes:
        """One image as a frame."""
        pixels = np.asarray(image)
        if pixels.dtype.kind not in "uif":
            raise TypeError(
                f"wrong type of an image: {type(image).__name__}; expected an array, which twin.render() "
                "makes of a stimulus"
            )
        expected = tuple(self.ready["shape"])
        if pixels.shape != expected:
            raise ValueError(f"wrong shape of an image: {pixels.shape}; expected {expected}")
        # Floats of any size become float32; larger whole numbers would not fit into uint8.
        is_right = pixels.dtype.kind == "f" if self._terms.dtype == "float32" else pixels.dtype == np.uint8
        if not is_right:
            raise TypeError(
                f"wrong type of an image: {pixels.dtype}; expected {self._terms.dtype}, "
                "as the stream was opened"
            )
        self._waiting.append(self._images)
        self._images += 1
        return self._stamp() + pixels.astype(f"<{self._code}", copy=False).tobytes()

    def probe(self) -> bytes:
        """A clock probe as a frame. No image may be waiting: the probe would wait behind it."""
        if self.waiting:
            raise RuntimeError(
                f"{self.waiting} images are not answered; expected none: receive their answers first"
            )
        self._waiting.append(None)
        return self._stamp()

    def decode(self, message: bytes) -> Union[Reply, Exchange]:
        """The answer to the frame that was sent first."""
        answered = self._terms.clock()
        _, status, flags, stamp, decode, queue, infer, count, received, returned = (
            HEADER.unpack_from(message)
        )
        sent = stamp - (1 << 64) if stamp >> 63 else stamp
        number = self._waiting.popleft()
        if number is None:
            if status != PROBED:
                raise ServiceUnreachable(
                    f"a clock probe was answered with {status}; expected {PROBED}: open the stream again"
                )
            return Exchange(sent, answered, received, returned)
        if status != 200:
            raise FrameRejected(number, status, message[HEADER.size :].decode("utf-8"))
        values = np.frombuffer(message, "<f4", count, HEADER.size)
        half = count // 2 if self._terms.spread else count
        return Reply(
            number,
            values[:half],
            (answered - sent) / 1e6,
            decode,
            queue,
            infer,
            sent,
            answered,
            received,
            returned,
            bool(flags & OUTSIDE_RANGE),
            bool(flags & SHUTTING_DOWN),
            values[half:] if self._terms.spread else None,
        )

    def _stamp(self) -> bytes:
        return struct.pack("<q", self._terms.clock())

    @property
    def _code(self) -> str:
        return "u1" if self._terms.dtype == "uint8" else "f4"


class Stream:
    """A stream that is open. Use it in a ``with`` statement.

    Example:
        >>> with twin.stream(neurons=[0, 3]) as stream:
        ...     reply = stream(image)  # uint8 (50, 50)
        >>> reply.responses
        array([0.21, 0.12], dtype=float32)
    """

    def __init__(self, terms: Terms) -> None:
        with ExitStack() as opening:
            with _refused_as_error(terms.url):
                self._socket: ClientConnection = opening.enter_context(
                    connect(terms.url, compression=None, additional_headers=dict(terms.headers))
                )
            with _closed_as_error():
                self._frames = Frames(terms, json.loads(self._socket.recv()))
            self._clock = self.synchronize()
            self._opened = opening.pop_all()

    @property
    def ready(self) -> Mapping[str, Any]:
        """What the service said when the stream opened: model, neurons, shape, limits."""
        return self._frames.ready

    @property
    def clock(self) -> Clock:
        """How the clock of the service compared with the client's when they were last compared."""
        return self._clock

    def synchronize(self, probes: int = PROBES) -> Clock:
        """Compares the clocks again. Clocks drift: do so between the blocks of a long session."""
        exchanges = []
        with _closed_as_error():
            for _ in range(probes):
                self._socket.send(self._frames.probe())
                # A comparison that was broken off leaves answers behind.
                while self._frames.is_probing:
                    answer = self._frames.decode(cast(bytes, self._socket.recv()))
                exchanges.append(cast(Exchange, answer))
        self._clock = Clock.read(exchanges)
        return self._clock

    def __call__(self, image: NDArray[Any]) -> Reply:
        """Sends an image and waits for its answer. Answers to earlier images that were not received are lost.

        Raises:
            FrameRejected: where this image has no responses; the stream goes on.
            ServiceUnreachable: where the stream is closed.
        """
        self.send(image)
        while self._frames.waiting > 1:
            with suppress(FrameRejected):
                self.receive()
        return self.receive()

    def send(self, image: NDArray[Any]) -> None:
        """Sends an image without waiting for its answer: several may be on the way."""
        with _closed_as_error():
            self._socket.send(self._frames.encode(image))

    def receive(self, timeout: Optional[float] = None) -> Reply:
        """Waits for the next answer, in the order of the images.

        Args:
            timeout: seconds; ``TimeoutError`` where no answer came by then.

        Raises:
            RuntimeError: where no image was sent, or all are answered.
        """
        self._frames.expect_image()
        with _closed_as_error():
            # A comparison of the clocks that was broken off leaves answers behind.
            while isinstance(
                answer := self._frames.decode(cast(bytes, self._socket.recv(timeout))), Exchange
            ):
                pass
            return answer

    def replies(self, images: Iterator[NDArray[Any]], ahead: int = 1) -> Iterator[Reply]:
        """Sends images, ``ahead`` of them before the first answer, and yields the answers in order."""
        for image in images:
            self.send(image)
            if self._frames.waiting > ahead:
                yield self.receive()
        while self._frames.waiting:
            yield self.receive()

    def close(self) -> None:
        """Closes the stream. Images that are not answered are lost."""
        self._opened.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


class AsyncStream:
    """The same stream for asyncio. Use it in an ``async with`` statement."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._socket: Optional[AsyncSocket] = None
        self._frames: Optional[Frames] = None
        self._clock: Optional[Clock] = None

    async def __aenter__(self) -> "AsyncStream":
        terms = self._terms
        with _refused_as_error(terms.url):
            self._socket = await connect_async(
                terms.url, compression=None, additional_headers=dict(terms.headers)
            )
        try:
            with _closed_as_error():
                self._frames = Frames(terms, json.loads(await self._socket.recv()))
            await self.synchronize()
        except BaseException:
            await self._socket.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    @property
    def ready(self) -> Mapping[str, Any]:
        return self._opened[1].ready

    @property
    def clock(self) -> Optional[Clock]:
        """How the clock of the service compared with the client's; None before the stream is open."""
        return self._clock

    async def synchronize(self, probes: int = PROBES) -> Clock:
        """Compares the clocks again, as ``Stream.synchronize``."""
        socket, frames = self._opened
        exchanges = []
        with _closed_as_error():
            for _ in range(probes):
                await socket.send(frames.probe())
                while frames.is_probing:
                    answer = frames.decode(cast(bytes, await socket.recv()))
                exchanges.append(cast(Exchange, answer))
        self._clock = Clock.read(exchanges)
        return self._clock

    async def __call__(self, image: NDArray[Any]) -> Reply:
        """Sends an image and waits for its answer, as a call of ``Stream``."""
        await self.send(image)
        while self._opened[1].waiting > 1:
            with suppress(FrameRejected):
                await self.receive()
        return await self.receive()

    async def send(self, image: NDArray[Any]) -> None:
        """Sends an image without waiting for its answer."""
        socket, frames = self._opened
        with _closed_as_error():
            await socket.send(frames.encode(image))

    async def receive(self) -> Reply:
        """Waits for the next answer, in the order of the images. ``RuntimeError`` where none is due."""
        socket, frames = self._opened
        frames.expect_image()
        with _closed_as_error():
            # A comparison of the clocks that was cancelled leaves answers behind.
            while isinstance(answer := frames.decode(cast(bytes, await socket.recv())), Exchange):
                pass
            return answer

    async def __aiter__(self) -> AsyncIterator[Reply]:
        while self._opened[1].waiting:
            yield await self.receive()

    @property
    def _opened(self) -> "tuple[AsyncSocket, Frames]":
        if self._socket is None or self._frames is None:
            raise RuntimeError("the stream is not open; expected `async with twin.stream_async()`")
        return self._socket, self._frames


@contextmanager
def _closed_as_error() -> Iterator[None]:
    """Turns a closed stream into an error that says what to do."""
    try:
        yield
    except ConnectionClosed as error:
        closed = error.rcvd
        reason = "it was lost" if closed is None else f"{closed.code} {closed.reason}".strip()
        raise ServiceUnreachable(f"the stream is closed: {reason}; open it again") from error


@contextmanager
def _refused_as_error(url: str) -> Iterator[None]:
    """Turns a stream that cannot be opened into the problem that the service names."""
    try:
        yield
    except InvalidStatus as error:
        response = error.response
        try:
            body: Any = json.loads(response.body or b"")
        except ValueError:
            body = (response.body or b"").decode("utf-8", "replace")
        raise RequestRejected.from_answer(
            response.status_code, response.reason_phrase, body
        ) from error
    except (OSError, WebSocketException) as error:
        place = url.partition("/v1/")[0]
        raise ServiceUnreachable(f"no service answers at {place}: {error}") from error
