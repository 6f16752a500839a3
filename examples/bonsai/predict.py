"""The Python of twin.bonsai: predicts the responses to the image that is shown, and writes them to a table.

Bonsai runs this text when the workflow starts, then evaluates ``predict(number)`` for each image. The environment variables
HYPERCOLUMN_URL, HYPERCOLUMN_MODEL, IMAGES and PREDICTIONS name the service, the model, a .npy file of images, (n, h, w),
and the table.
"""

import csv
import os

import hypercolumn
import numpy as np

images = np.load(os.environ.get("IMAGES", "images.npy"))
service = hypercolumn.connect(os.environ.get("HYPERCOLUMN_URL", "http://127.0.0.1:8080"))
twin = service[os.environ.get("HYPERCOLUMN_MODEL", "demo")]
stream = twin.stream(dtype=str(images.dtype), patience=0.5)
file = open(os.environ.get("PREDICTIONS", "predictions.csv"), "w", newline="", encoding="utf-8")
table = csv.writer(file)
table.writerow(
    ["image", "sent", "received", "returned", "answered", *(f"neuron {n}" for n in twin.neurons)]
)


def predict(number: int) -> "list[float]":
    """The responses to image ``number``, counted from 0; after the last one comes the first again.

    The row of the table has the times of the request in nanoseconds of ``time.perf_counter_ns``. Where the service has no
    answer in time, the row has none either.
    """
    index = int(number) % len(images)
    try:
        reply = stream(images[index])
    except hypercolumn.FrameRejected:
        table.writerow([index])
        return []
    times = [
        reply.sent,
        stream.clock.here(reply.received),
        stream.clock.here(reply.returned),
        reply.answered,
    ]
    responses: "list[float]" = reply.responses.tolist()
    table.writerow([index, *times, *responses])
    file.flush()
    return responses
