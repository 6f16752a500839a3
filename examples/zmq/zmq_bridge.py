"""A bridge from ZeroMQ to a twin: images in, predictions out.

With --replies it answers requests (REQ/REP). Else it subscribes to --images and publishes to --predictions (PUB/SUB), and
begins when a program subscribes to its predictions. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
import sys

import hypercolumn
import zmq
from messages import IMAGE, PREDICTION, Message


def main() -> None:
    options = parse_options()
    context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context.instance()
    with hypercolumn.connect(options.url) as service:
        twin = service[options.model]
        with twin.stream(options.neurons, dtype=options.dtype, patience=options.patience) as stream:
            if options.replies is not None:
                replies = context.socket(zmq.REP)
                replies.bind(options.replies)
                print(f"{twin!r} answers at {options.replies}", flush=True)
                while True:
                    replies.send_multipart(answer(stream, replies.recv_multipart()))
            predictions = context.socket(zmq.XPUB)
            predictions.bind(options.predictions)
            print(f"{twin!r} waits for a subscriber at {options.predictions}", flush=True)
            predictions.recv()
            images = context.socket(zmq.SUB)
            images.connect(options.images)
            images.subscribe(IMAGE)
            while True:
                predictions.send_multipart(answer(stream, images.recv_multipart()))


def answer(stream: hypercolumn.Stream, parts: "list[bytes]") -> "list[bytes]":
    """Predicts the responses to the image of a message. A wrong message is answered with the reason."""
    known = {}
    try:
        message = Message.decode(parts)
        known = {name: message.header.get(name) for name in ("id", "sent")}
        if message.array is None:
            raise ValueError("there is no image; expected three parts: topic, header and pixels")
        reply = stream(message.array)
    except (ValueError, TypeError, hypercolumn.FrameRejected) as error:
        return Message(PREDICTION, {**known, "error": str(error)}).encode()
    header = {
        **known,
        "neurons": stream.ready["neurons"],
        "received": reply.received,
        "returned": reply.returned,
    }
    return Message(PREDICTION, header, reply.responses).encode()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    url = os.environ.get("HYPERCOLUMN_URL", "http://127.0.0.1:8080")
    parser.add_argument("--url", default=url, help="of the service, else HYPERCOLUMN_URL (%(default)s)")
    parser.add_argument("--model", default="demo", help="(%(default)s)")
    parser.add_argument("--neurons", help="ids, such as 0,5,7-12; all by default")
    parser.add_argument("--dtype", default="uint8", choices=("uint8", "float32"), help="of the images")
    parser.add_argument("--patience", type=float, help="seconds after which an image is not answered")
    parser.add_argument("--images", default="tcp://127.0.0.1:5555", help="of the rig (%(default)s)")
    parser.add_argument("--predictions", default="tcp://127.0.0.1:5556", help="(%(default)s)")
    parser.add_argument("--replies", help="address for requests, such as tcp://127.0.0.1:5557")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except hypercolumn.HypercolumnError as error:
        sys.exit(f"error: {error}")
