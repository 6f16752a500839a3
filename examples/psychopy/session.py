"""The trials of a closed loop: the twin proposes a grating, the animal answers, and the search learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence

import hypercolumn
import numpy as np
from animal import Animal
from numpy.typing import NDArray
from screen import Screen
from search import OrientationSearch, peak

ORIENTATIONS = np.arange(0.0, 180.0, 7.5)
PHASES = np.arange(0.0, 360.0, 45.0)
#: Of the gratings, in pixels: large enough for the receptive fields, and small enough to leave out most of the surround.
DIAMETER = 16


@dataclass(frozen=True)
class Trial:
    """A row of the table. Times are in nanoseconds of the rig's clock."""

    neuron: int
    orientation: float
    phase: float
    #: What the twin predicted and what the animal answered.
    predicted: float
    response: float
    #: When the rig sent the image to the twin, when the service read it and when it answered, and when the rig read that.
    sent: int
    received: int
    returned: int
    answered: int
    #: When the image came on.
    shown: int
    #: The service's clock minus the rig's, and by how much that may be wrong.
    clock_offset: int
    clock_error: float


@dataclass(frozen=True)
class Block:
    """The trials of one neuron, and the orientation that it prefers by each account, in degrees."""

    neuron: int
    trials: Sequence[Trial]
    #: What was shown, (trials, h, w), and what all neurons answered, (trials, neurons).
    images: NDArray[np.float32]
    responses: NDArray[np.float64]
    #: Tuning curves over ORIENTATIONS, each at its best phase: the twin's, the loop's, and the animal's without noise.
    twin: NDArray[np.float64]
    loop: NDArray[np.float64]
    animal: NDArray[np.float64]
    #: The orientation of the neuron's receptive field in the truth.
    truth: float


def run_block(
    twin: hypercolumn.Twin, neuron: int, animal: Animal, screen: Screen, count: int, seed: int
) -> Block:
    """Searches the preferred orientation of a neuron in ``count`` trials."""
    gratings = render_gratings(twin, neuron)
    flat = gratings.reshape(-1, *twin.shape)
    prior = _best_phases(twin(flat, [neuron]))
    search = OrientationSearch(ORIENTATIONS, prior, seed)
    trials: List[Trial] = []
    images, responses = [], []
    # Each block has a stream of its own, which compares the clocks when it opens.
    with twin.stream([neuron], dtype="float32", clock=screen.now) as stream:
        for _ in range(count):
            orientation = search.choose()
            replies = list(stream.replies(iter(gratings[orientation]), ahead=len(PHASES)))
            phase = int(np.argmax([reply.responses[0] for reply in replies]))
            reply, image = replies[phase], gratings[orientation, phase]
            shown = screen.show(image)
            answer = animal(image)
            search.learn(orientation, answer[neuron])
            images.append(image)
            responses.append(answer)
            trials.append(
                Trial(
                    neuron=neuron,
                    orientation=float(ORIENTATIONS[orientation]),
                    phase=float(PHASES[phase]),
                    predicted=float(reply.responses[0]),
                    response=float(answer[neuron]),
                    sent=reply.sent,
                    received=stream.clock.here(reply.received),
                    returned=stream.clock.here(reply.returned),
                    answered=reply.answered,
                    shown=shown,
                    clock_offset=stream.clock.offset,
                    clock_error=stream.clock.error,
                )
            )
    return Block(
        neuron,
        trials,
        np.stack(images),
        np.stack(responses),
        prior,
        search.curve,
        _best_phases(animal.expected(flat)[:, neuron]),
        float(animal.neurons[neuron]["orientation"]),
    )


def preferred(curve: NDArray[np.float64]) -> float:
    """The orientation at the peak of a tuning curve, in degrees."""
    return peak(ORIENTATIONS, curve)


def render_gratings(twin: hypercolumn.Twin, neuron: int) -> NDArray[np.float32]:
    """Gratings over the receptive field as the twin sees it, (orientations, phases, h, w)."""
    place = twin.receptive_field([neuron])["neurons"][0]["indices"]
    x, y = (place[name]["value"] or 0.0 for name in ("centreX", "centreY"))
    grating = {"x": x, "y": y, "diameter": DIAMETER}
    tuning = twin.tuning(
        "orientation", second="spatialFrequency", stimulus={"grating": grating}, neurons=[neuron]
    )
    grating["spatialFrequency"] = tuning[neuron].peak["at"]["spatialFrequency"]
    stimuli = [
        {"grating": {**grating, "orientation": orientation, "phase": phase}}
        for orientation in ORIENTATIONS.tolist()
        for phase in PHASES.tolist()
    ]
    return twin.render(stimuli).reshape(len(ORIENTATIONS), len(PHASES), *twin.shape)


def _best_phases(responses: NDArray[np.floating]) -> NDArray[np.float64]:
    shape = (len(ORIENTATIONS), len(PHASES))
    return np.asarray(responses, dtype=float).reshape(shape).max(axis=1)
