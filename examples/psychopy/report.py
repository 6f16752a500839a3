"""What a session found, as a table, a CSV file and a figure."""

from __future__ import annotations

import csv
import os
from dataclasses import asdict, fields
from typing import Sequence

import numpy as np
from search import difference
from session import ORIENTATIONS, Block, Trial, preferred

COLUMNS = "neuron  trials   truth    twin  (error)    loop  (error)  round trip  clock error"


def print_table(blocks: Sequence[Block]) -> None:
    """Prints a line for each neuron: its preferred orientation by the truth, by the twin alone and by the loop."""
    print(COLUMNS)
    for block in blocks:
        twin, loop = preferred(block.twin), preferred(block.loop)
        trips = [trial.answered - trial.sent for trial in block.trials]
        print(
            f"{block.neuron:6}  {len(block.trials):6}  {block.truth:6.1f}"
            f"  {twin:6.1f}  ({difference(twin, block.truth):5.1f})"
            f"  {loop:6.1f}  ({difference(loop, block.truth):5.1f})"
            f"  {np.median(trips) / 1e6:7.2f} ms  {block.trials[0].clock_error / 1e6:8.3f} ms"
        )


def write_trials(path: "os.PathLike[str]", blocks: Sequence[Block]) -> None:
    """Writes a row for each trial."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Trial)])
        table.writeheader()
        table.writerows(asdict(trial) for block in blocks for trial in block.trials)


def draw(path: "os.PathLike[str]", blocks: Sequence[Block]) -> None:
    """Draws the curves of each neuron: what the twin predicted, what was answered, what was found, and the truth."""
    import matplotlib.pyplot as plt

    figure, places = plt.subplots(
        1, len(blocks), figsize=(3.2 * len(blocks), 3), squeeze=False, layout="constrained"
    )
    for place, block in zip(places[0], blocks):
        shown = [trial.orientation for trial in block.trials]
        answers = [trial.response for trial in block.trials]
        place.plot(shown, answers, ".", color="0.7", label="trials")
        place.plot(ORIENTATIONS, block.twin, ":", label="twin")
        place.plot(ORIENTATIONS, block.loop, label="loop")
        place.plot(ORIENTATIONS, block.animal, "k", linewidth=1, label="animal, no noise")
        place.axvline(block.truth, color="k", linestyle="--", linewidth=1)
        place.set_title(f"neuron {block.neuron}")
        place.set_xlabel("orientation (degrees)")
    places[0][0].set_ylabel("response (dF/F)")
    places[0][-1].legend(fontsize="small")
    figure.savefig(path)
    plt.close(figure)
