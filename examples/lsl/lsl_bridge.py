"""A bridge from LSL to a twin: markers in, predictions out.

A marker is the number of an image in --images. Each prediction has the time stamp of its marker. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
import sys

import hypercolumn
import numpy as np
import pylsl
from numpy.typing import NDArray

#: Channels after those of the neurons: when the service read the image and when it answered, in seconds of the LSL clock.
STAMPS = ("received", "returned")


def main() -> None:
    options = parse_options()
    images = np.load(options.images)
    with hypercolumn.connect(options.url) as service:
        twin = service[options.model]
        with twin.stream(options.neurons, dtype=str(images.dtype), clock=lsl_time) as stream:
            outlet = open_outlet(options.name, stream.ready["neurons"])
            print(f"{twin!r} waits for markers of {options.markers}", flush=True)
            found = pylsl.resolve_byprop("name", options.markers)
            inlet = pylsl.StreamInlet(found[0], processing_flags=pylsl.proc_clocksync)
            while True:
                marker, time = inlet.pull_sample()
                sample = predict(stream, images, marker[0])
                if sample is not None:
                    outlet.push_sample(sample, time)


def predict(
    stream: hypercolumn.Stream, images: NDArray[np.generic], marker: str
) -> "list[float] | None":
    """A sample of the outlet for a marker, or None where it names no image."""
    if not marker.isdigit() or int(marker) >= len(images):
        print(f"unknown marker: {marker}; expected a number from 0 to {len(images) - 1}", file=sys.stderr)
        return None
    try:
        reply = stream(images[int(marker)])
    except hypercolumn.FrameRejected as error:
        print(f"image {marker} has no prediction: {error}", file=sys.stderr)
        return None
    stamps = [stream.clock.here(time) / 1e9 for time in (reply.received, reply.returned)]
    return [*reply.responses.tolist(), *stamps]


def open_outlet(name: str, neurons: "list[int]") -> pylsl.StreamOutlet:
    """An outlet with a channel for each neuron, and those of STAMPS."""
    labels = [*(f"neuron {neuron}" for neuron in neurons), *STAMPS]
    info = pylsl.StreamInfo(name, "Predictions", len(labels), pylsl.IRREGULAR_RATE, pylsl.cf_double64, name)
    info.set_channel_labels(labels)
    return pylsl.StreamOutlet(info)


def lsl_time() -> int:
    """The LSL clock in nanoseconds."""
    return round(pylsl.local_clock() * 1e9)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True, help=".npy file, (n, h, w), uint8 or float32")
    url = os.environ.get("HYPERCOLUMN_URL", "http://127.0.0.1:8080")
    parser.add_argument("--url", default=url, help="of the service, else HYPERCOLUMN_URL (%(default)s)")
    parser.add_argument("--model", default="demo", help="(%(default)s)")
    parser.add_argument("--neurons", help="ids, such as 0,5,7-12; all by default")
    parser.add_argument("--markers", default="stimuli", help="name of the stream of markers (%(default)s)")
    parser.add_argument("--name", default="predictions", help="of the stream of predictions (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except hypercolumn.HypercolumnError as error:
        sys.exit(f"error: {error}")
