"""Plays a rig with LSL: sends a marker for each image, shows the image to the made-up animal, and compares its responses
with the predictions that come back."""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import pylsl
from animal import Animal


def main() -> None:
    options = parse_options()
    animal = Animal.read(options.site / "truth.json")
    images = np.load(next(options.site.glob("val_img_*.npy")))[: options.count]
    info = pylsl.StreamInfo(
        options.markers, "Markers", 1, pylsl.IRREGULAR_RATE, pylsl.cf_string, options.markers
    )
    markers = pylsl.StreamOutlet(info)
    predictions = pylsl.StreamInlet(pylsl.resolve_byprop("name", options.name)[0])
    predictions.open_stream()
    while not markers.have_consumers():
        markers.wait_for_consumers(1)
    labels = predictions.info().get_channel_labels()
    neurons = [int(label.split()[1]) for label in labels[:-2]]
    predicted, answered, delays, stamps = [], [], [], []
    for number, image in enumerate(images):
        shown = pylsl.local_clock()
        markers.push_sample([str(number)], shown)
        sample, time = predictions.pull_sample()
        stamps.append(abs(time - shown))
        predicted.append(sample[:-2])
        delays.append(sample[-1] - shown)
        answered.append(animal(image)[neurons])
    print(f"{len(images)} markers, {1e3 * np.median(delays):.2f} ms from marker to prediction (median)")
    print(f"time stamps of predictions are those of their markers to {1e3 * max(stamps):.3f} ms")
    for neuron, a, b in zip(neurons, np.transpose(predicted), np.transpose(answered)):
        print(f"neuron {neuron}: correlation with the animal's single trials {np.corrcoef(a, b)[0, 1]:.3f}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=pathlib.Path, required=True, help="folder that synthesize wrote")
    parser.add_argument("--count", type=int, default=100, help="of images (%(default)s)")
    parser.add_argument("--markers", default="stimuli", help="(%(default)s)")
    parser.add_argument("--name", default="predictions", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
