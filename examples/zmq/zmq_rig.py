"""Plays a rig: sends the images of a synthetic site over ZeroMQ, shows them to the made-up animal, and compares its
responses with the predictions that come back."""

from __future__ import annotations

import argparse
import pathlib
import time
from typing import Callable

import numpy as np
import zmq
from animal import Animal
from hypercolumn.clock import Clock, Exchange
from messages import IMAGE, PREDICTION, Message


def main() -> None:
    options = parse_options()
    animal = Animal.read(options.site / "truth.json")
    images = np.load(next(options.site.glob("val_img_*.npy")))[: options.count]
    context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context.instance()
    if options.replies is not None:
        ask = requests(context, options.replies)
    else:
        ask = subscription(context, options.images, options.predictions)
    predicted, answered, exchanges = [], [], []
    for number, image in enumerate(images):
        sent = time.perf_counter_ns()
        prediction = Message.decode(
            ask(Message(IMAGE, {"id": number, "sent": sent}, image).encode())
        )
        now = time.perf_counter_ns()
        header = prediction.header
        if prediction.array is None:
            raise SystemExit(f"image {header['id']} has no prediction: {header['error']}")
        exchanges.append(Exchange(header["sent"], now, header["received"], header["returned"]))
        predicted.append(prediction.array)
        answered.append(animal(image)[header["neurons"]])
    clock = Clock.read(exchanges)
    trips = [(each.answered - each.sent) / 1e6 for each in exchanges]
    print(f"{len(images)} images, round trip {np.median(trips):.2f} ms (median)")
    print(f"the service's clock is known to {clock.error / 1e6:.3f} ms")
    for neuron, (a, b) in zip(header["neurons"], zip(np.stack(predicted).T, np.stack(answered).T)):
        print(f"neuron {neuron}: correlation with the animal's single trials {np.corrcoef(a, b)[0, 1]:.3f}")


Ask = Callable[["list[bytes]"], "list[bytes]"]


def requests(context: "zmq.Context[zmq.Socket[bytes]]", replies: str) -> Ask:
    """Sends an image as a request and waits for its reply."""
    socket = context.socket(zmq.REQ)
    socket.connect(replies)

    def ask(parts: "list[bytes]") -> "list[bytes]":
        socket.send_multipart(parts)
        return socket.recv_multipart()

    return ask


def subscription(
    context: "zmq.Context[zmq.Socket[bytes]]", images: str, predictions: str
) -> Ask:
    """Publishes an image and waits for the prediction that is published then."""
    subscriber = context.socket(zmq.SUB)
    subscriber.connect(predictions)
    subscriber.subscribe(PREDICTION)
    publisher = context.socket(zmq.XPUB)
    publisher.bind(images)
    # What is published before the bridge subscribes would be lost.
    publisher.recv()

    def ask(parts: "list[bytes]") -> "list[bytes]":
        publisher.send_multipart(parts)
        return subscriber.recv_multipart()

    return ask


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=pathlib.Path, required=True, help="folder that synthesize wrote")
    parser.add_argument("--count", type=int, default=100, help="of images (%(default)s)")
    parser.add_argument("--images", default="tcp://127.0.0.1:5555", help="(%(default)s)")
    parser.add_argument("--predictions", default="tcp://127.0.0.1:5556", help="(%(default)s)")
    parser.add_argument("--replies", help="of the bridge, where it answers requests")
    return parser.parse_args()


if __name__ == "__main__":
    main()
