"""A closed loop: trains a twin on a recording, then finds preferred orientations in trials that the twin proposes.

A service that trains must run (``ALLOW_TRAINING=1 npm start``), and ``hypercolumn synthesize`` must have written
the recording.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import time

import hypercolumn
import numpy as np
from animal import NOISES, Animal
from report import draw, print_table, write_trials
from screen import open_screen
from session import run_block


def main() -> None:
    options = parse_options()
    animal = Animal.read(options.site / "truth.json", seed=options.seed, noise=options.noise)
    with hypercolumn.connect(options.url) as service:
        begun = time.monotonic()
        dataset = service.ingest(*sorted(options.site.glob("*.npy")))
        twin = dataset.train(options.name, options.recipe, epochs=options.epochs, select="heldout")
        print(f"{dataset!r}, {twin!r}: ready in {time.monotonic() - begun:.0f} s")
        count = options.trials // options.neurons
        screen = open_screen()
        try:
            blocks = [
                run_block(twin, neuron, animal, screen, count, options.seed + neuron)
                for neuron in best_neurons(twin, options.neurons)
            ]
        finally:
            screen.close()
        # What was measured is on the disk before anything else can fail.
        options.out.mkdir(parents=True, exist_ok=True)
        write_trials(options.out / "trials.csv", blocks)
        draw(options.out / "found.png", blocks)
        ids = [f"{options.session}-{trial:04d}" for trial in range(count * len(blocks))]
        images = np.concatenate([block.images for block in blocks])
        responses = np.concatenate([block.responses for block in blocks])
        kept = dataset.add_trials(images, responses, ids=ids)
    print(f"{len(ids)} trials with {screen.name}; the dataset keeps {kept['trials']}")
    print_table(blocks)
    print(f"wrote {options.out / 'trials.csv'} and {options.out / 'found.png'}")


def best_neurons(twin: hypercolumn.Twin, count: int) -> "list[int]":
    """The neurons whose responses the twin predicts best."""
    scored = sorted(twin.card["neurons"], key=lambda neuron: -(neuron["CORR"] or 0))
    return [neuron["id"] for neuron in scored[:count]]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=pathlib.Path, required=True, help="folder that synthesize wrote")
    url = os.environ.get("HYPERCOLUMN_URL", "http://127.0.0.1:8080")
    parser.add_argument("--url", default=url, help="of the service, else HYPERCOLUMN_URL (%(default)s)")
    parser.add_argument("--name", default="rig", help="of the model (%(default)s)")
    parser.add_argument("--recipe", default="shared_core", help="of the model (%(default)s)")
    parser.add_argument("--epochs", type=int, default=20, help="of the training (%(default)s)")
    parser.add_argument("--neurons", type=int, default=4, help="a block for each (%(default)s)")
    parser.add_argument("--trials", type=int, default=200, help="of all blocks (%(default)s)")
    parser.add_argument("--noise", choices=NOISES, default="poisson", help="of the animal (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the animal and the search (%(default)s)")
    now = time.strftime("%Y%m%d-%H%M%S")
    parser.add_argument("--session", default=now, help="begins the ids of the trials (the time: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("session"), help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
