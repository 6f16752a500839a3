"""A rig, for `npm run bench:rig`: sends images through the stream of the Python client at a steady rate.

Each image is due at its own time, and is sent then even if earlier answers have not come yet. What happened is
printed as one line of JSON at the end; times are in milliseconds.
"""

import argparse
import asyncio
import json
import sys
import time

import numpy as np

import hypercolumn


def resident_bytes() -> int:
    with open("/proc/self/status") as status:
        kilobytes = next(line for line in status if line.startswith("VmRSS:")).split()[1]
    return 1024 * int(kilobytes)


async def run(url: str, model: str, rate: float, seconds: float) -> dict:
    twin = hypercolumn.connect(url)[model]
    count = round(rate * seconds)
    period = 1e9 / rate
    random = np.random.default_rng(1)
    # A column for each: when the image was due and sent, when its answer was read, and the service's own times.
    times = np.full((count, 6), np.nan)
    rejected = 0
    async with twin.stream_async() as stream:
        shape = tuple(stream.ready["shape"])
        resident = [resident_bytes()]
        begun = time.perf_counter_ns() + 100_000_000

        async def send() -> None:
            for k in range(count):
                image = random.integers(0, 256, shape, dtype=np.uint8)
                due = begun + k * period
                await asyncio.sleep(max(0.0, (due - time.perf_counter_ns()) / 1e9))
                times[k, 0] = due
                await stream.send(image)
                if (k + 1) % round(60 * rate) == 0:
                    print(f"{(k + 1) / rate / 60:.0f} of {seconds / 60:.0f} minutes", file=sys.stderr, flush=True)

        async def receive() -> None:
            nonlocal rejected
            for k in range(count):
                try:
                    reply = await stream.receive()
                except hypercolumn.FrameRejected:
                    rejected += 1
                    continue
                times[k, 1:] = (reply.sent, reply.answered, reply.decode, reply.queue, reply.infer)

        sender = asyncio.create_task(send())
        failure = None
        try:
            await receive()
            await sender
        except hypercolumn.HypercolumnError as error:
            failure = str(error)
            sender.cancel()
        resident.append(resident_bytes())
        round_trip = stream.clock.round_trip
    times[:, :3] = (times[:, :3] - begun) / 1e6
    answered = times[~np.isnan(times[:, 2])]
    return {
        "images": count,
        "rejected": rejected,
        "lost": count - rejected - len(answered),
        "failure": failure,
        "resident": resident,
        "roundTrip": round_trip / 1e6,
        "answers": answered.round(3).tolist(),
    }


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("url")
parser.add_argument("model")
parser.add_argument("--rate", type=float, default=60, help="images a second")
parser.add_argument("--seconds", type=float, default=60)
given = parser.parse_args()
print(json.dumps(asyncio.run(run(given.url, given.model, given.rate, given.seconds))))
