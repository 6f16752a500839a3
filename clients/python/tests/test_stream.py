from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time

import numpy as np
import pytest

import hypercolumn
from hypercolumn.connection import Connection
from hypercolumn.stream import HEADER, Frames, Stream, Terms


def test_a_stream_gives_the_responses_of_the_route(twin, images):
    expected = twin(images, neurons=[0, 3])
    with twin.stream(neurons=[0, 3]) as stream:
        assert stream.ready["neurons"] == [0, 3]
        for number, image in enumerate(images):
            reply = stream(image)
            assert reply.sequence == number
            assert np.array_equal(reply.responses, expected[number])
            assert 0 < reply.infer < reply.round_trip


def test_images_are_sent_ahead_and_answered_in_order(twin, images):
    expected = twin(images)
    with twin.stream() as stream:
        replies = list(stream.replies(iter(images), ahead=3))
    assert [reply.sequence for reply in replies] == list(range(6))
    assert np.array_equal(np.stack([reply.responses for reply in replies]), expected)


def test_a_stream_of_asyncio(twin, images):
    async def run():
        async with twin.stream_async(neurons=[1], dtype="float32") as stream:
            return [(await stream(image)).responses for image in (images / 255).astype(np.float32)]

    assert np.allclose(np.stack(asyncio.run(run())), twin(images, neurons=[1]), atol=1e-6)


def test_wrong_images_are_named_before_they_are_sent(twin, images):
    with twin.stream() as stream:
        with pytest.raises(ValueError, match=r"wrong shape of an image: \(40, 50\); expected \(50, 50\)"):
            stream(images[0, :40])
        with pytest.raises(TypeError, match="expected uint8"):
            stream(images[0] / 255)
        with pytest.raises(TypeError, match="wrong type of an image: uint16; expected uint8"):
            stream(images[0].astype(np.uint16) + 256)
        with pytest.raises(TypeError, match=r"wrong type of an image: dict; expected an array"):
            stream({"grating": {"orientation": 45}})
        assert stream(images[0]).sequence == 0


def test_an_image_that_is_rejected_does_not_end_the_stream(twin, images):
    with twin.stream(dtype="float32") as stream:
        with pytest.raises(hypercolumn.FrameRejected) as caught:
            stream(np.full((50, 50), 2.0, dtype=np.float32))
        assert caught.value.status == 422
        assert stream((images[0] / 255).astype(np.float32)).sequence == 1


def test_a_stream_that_cannot_be_opened_says_why(twin):
    with pytest.raises(hypercolumn.InvalidInput, match="unknown neuron: 16"):
        twin.stream(neurons=[16])


def test_a_clock_that_is_wrong_is_found_out(twin, images):
    skew = 5_000_000_000

    def clock() -> int:
        return time.time_ns() + skew

    with twin.stream(clock=clock) as stream:
        # A busy machine makes round trips long; a short one comes after some.
        for _ in range(100):
            if stream.clock.round_trip < 1_000_000:
                break
            stream.synchronize()
        # The bound of its error is below half a millisecond now.
        assert abs(stream.clock.offset + skew) < 1_000_000
        reply = stream(images[0])
        # The bound of the offset's error, and 1 ms for the drift between the two clocks of this computer.
        slack = stream.clock.error + 1_000_000
        assert reply.sent - slack <= stream.clock.here(reply.received)
        assert reply.received <= reply.returned
        assert stream.clock.here(reply.returned) <= reply.answered + slack


def test_the_clocks_are_compared_only_between_images(twin, images):
    with twin.stream() as stream:
        stream.send(images[0])
        with pytest.raises(RuntimeError, match="1 images are not answered; expected none"):
            stream.synchronize()
        assert stream.receive().sequence == 0
        assert stream.synchronize(3).round_trip > 0
        assert stream(images[1]).sequence == 1


def test_a_stream_of_asyncio_compares_the_clocks(twin):
    async def run():
        stream = twin.stream_async()
        assert stream.clock is None
        async with stream:
            return stream.clock, await stream.synchronize(2)

    for clock in asyncio.run(run()):
        assert clock is not None and clock.error * 2 == clock.round_trip > 0


def test_a_comparison_that_was_cancelled_leaves_no_answer_behind(twin, images):
    async def run():
        async with twin.stream_async(neurons=[1]) as stream:
            comparison = asyncio.ensure_future(stream.synchronize())
            await asyncio.sleep(0)  # It has sent its first probe.
            comparison.cancel()
            with pytest.raises(asyncio.CancelledError):
                await comparison
            return await stream(images[0])

    assert np.array_equal(asyncio.run(run()).responses, twin(images[:1], neurons=[1])[0])


def test_a_comparison_may_follow_one_that_was_cancelled(twin, images):
    async def run():
        async with twin.stream_async(neurons=[1]) as stream:
            comparison = asyncio.ensure_future(stream.synchronize())
            await asyncio.sleep(0)  # It has sent its first probe.
            comparison.cancel()
            await asyncio.wait([comparison])
            clock = await stream.synchronize(1)
            return clock, await stream(images[0])

    clock, reply = asyncio.run(run())
    assert clock.round_trip > 0
    assert np.array_equal(reply.responses, twin(images[:1], neurons=[1])[0])


def test_a_call_gives_the_answer_to_its_own_image_after_one_that_was_not_received(twin, images):
    expected = twin(images, neurons=[1])
    with twin.stream(neurons=[1]) as stream:
        stream.send(images[0])
        stream.send(images[1])
        reply = stream(images[2])
        assert (reply.sequence, reply.responses) == (2, expected[2])
        with pytest.raises(RuntimeError, match="no image waits for an answer"):
            stream.receive()
        # A rejected image that was not received is no error of the next one.
        with twin.stream(neurons=[1], dtype="float32") as other:
            other.send(np.full((50, 50), 2.0, dtype=np.float32))
            assert other(np.zeros((50, 50), dtype=np.float32)).sequence == 1

    async def run():
        async with twin.stream_async(neurons=[1]) as stream:
            call = asyncio.ensure_future(stream(images[0]))
            await asyncio.sleep(0)  # It has sent its image.
            call.cancel()
            await asyncio.wait([call])
            reply = await stream(images[1])
            with pytest.raises(RuntimeError, match="no image waits for an answer"):
                await stream.receive()
            return reply

    reply = asyncio.run(run())
    assert (reply.sequence, reply.responses) == (1, expected[1])


def test_the_address_of_a_stream_may_be_one_of_ipv6():
    connection = Connection("http://[::1]:8080")
    options = dict(dtype="uint8", neurons=None, shape="1x1", digest="d", patience=None, spread=False)
    terms = Terms.of(connection, "/v1/models/x", clock=time.perf_counter_ns, **options)
    assert terms.url.startswith("ws://[::1]:8080/v1/models/x/stream?")


def test_a_service_that_ends_while_a_stream_is_opened_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        port = server.getsockname()[1]
        terms = Terms(f"ws://127.0.0.1:{port}/v1/x", {}, "uint8", False, time.perf_counter_ns)
        with pytest.raises(hypercolumn.ServiceUnreachable, match="no service answers at ws://127.0.0.1"):
            Stream(terms)
        thread.join()


def test_a_probe_that_is_rejected_is_no_time(images):
    terms = Terms("ws://here", {}, "uint8", False, time.perf_counter_ns)
    frames = Frames(terms, {"shape": [50, 50]})
    stamp = frames.probe()
    answer = HEADER.pack(0, 503, 1, *struct.unpack("<Q", stamp), 0, 0, 0, 0, 5, 6)
    with pytest.raises(hypercolumn.ServiceUnreachable, match="answered with 503; expected 204"):
        frames.decode(answer)
