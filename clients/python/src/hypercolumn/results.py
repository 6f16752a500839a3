"""What the service answers, as arrays that carry where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Provenance:
    """Where numbers come from: enough to write a methods section, and to ask for them again."""

    model: str
    version: int
    #: SHA-256 that names the model: its card, which names its weights.
    digest: str
    neurons: Sequence[int]
    #: The digest of all stimuli together, where the answer has one.
    stimulus_set: Optional[str] = None
    #: What is to be known of the stimuli, such as that they were resized.
    warnings: Sequence[Mapping[str, Any]] = ()
    #: Milliseconds of each step in the service.
    timing: Mapping[str, float] = field(default_factory=dict)
    #: The name of the request in the service's log, or of the job.
    request_id: Optional[str] = None
    #: In which the responses were computed: float32, or what the service was started with.
    precision: str = "float32"


class Maps(np.ndarray):
    """A map for each image and neuron, float32 (images, neurons, rows, columns).

    Attributes:
        provenance: of the array and of its slices.
    """

    provenance: Optional[Provenance]

    def __new__(cls, values: NDArray[np.float32], provenance: Provenance) -> "Maps":
        array = np.asarray(values, dtype=np.float32).view(cls)
        array.provenance = provenance
        return array

    def __array_finalize__(self, source: Any) -> None:
        self.provenance = getattr(source, "provenance", None)


class Responses(np.ndarray):
    """Responses, float32 (images, neurons), in the unit of the recording.

    Attributes:
        provenance: of the array and of its slices.
        spread: the standard deviation of an ensemble's members, of the same shape, where it was asked for.
    """

    provenance: Optional[Provenance]
    spread: Optional[NDArray[np.float32]]

    def __new__(
        cls,
        values: NDArray[np.float32],
        provenance: Provenance,
        spread: Optional[NDArray[np.float32]] = None,
    ) -> "Responses":
        array = np.asarray(values, dtype=np.float32).view(cls)
        array.provenance = provenance
        array.spread = spread
        return array

    def __array_finalize__(self, source: Any) -> None:
        self.provenance = getattr(source, "provenance", None)
        self.spread = None


class Rows(List[Dict[str, object]]):
    """A table where pandas is not installed: a dict for each row."""

    def __init__(self, rows: Iterable[Dict[str, object]], provenance: Provenance) -> None:
        super().__init__(rows)
        self.provenance = provenance


@dataclass(frozen=True)
class Index:
    """A number that sums up a curve. ``value`` is None where it is undefined, and ``reason`` says why."""

    value: Optional[float]
    formula: str
    reason: Optional[str] = None
    #: Of an ensemble: the lowest and the highest value of its members.
    members: Optional[Mapping[str, Any]] = None

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> "Index":
        return cls(
            answer["value"], answer["formula"], answer.get("reason"), answer.get("members")
        )


@dataclass(frozen=True)
class NeuronTuning:
    """The tuning of one neuron."""

    id: int
    #: One response for each value, or (values, second values).
    curve: NDArray[np.float64]
    #: The response to the mean gray.
    blank: float
    peak: Mapping[str, Any]
    indices: Mapping[str, Index]
    fits: Mapping[str, Any]
    #: Of an ensemble: the standard deviation of its members, as ``curve``.
    spread: Optional[NDArray[np.float64]] = None


@dataclass(frozen=True)
class Tuning:
    """Tuning curves along one or two parameters of a stimulus."""

    parameter: str
    values: NDArray[np.float64]
    unit: str
    neurons: List[NeuronTuning]
    provenance: Provenance
    second: Optional[str] = None
    second_values: Optional[NDArray[np.float64]] = None
    second_unit: Optional[str] = None
    #: The whole answer of the service.
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, neuron: int) -> NeuronTuning:
        """The tuning of a neuron by its id."""
        for each in self.neurons:
            if each.id == neuron:
                return each
        raise KeyError(f"neuron {neuron} was not measured; measured: {[n.id for n in self.neurons]}")

    @property
    def curves(self) -> NDArray[np.float64]:
        """All curves, (neurons, values) or (neurons, values, second values)."""
        return np.stack([neuron.curve for neuron in self.neurons])

    def plot(self, axes: Any = None) -> Any:
        """Draws the curves by matplotlib. Returns the axes."""
        from .plots import plot_tuning

        return plot_tuning(self, axes)

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> "Tuning":
        neurons = [_neuron_tuning(each) for each in answer["neurons"]]
        second = answer.get("second")
        return cls(
            parameter=answer["parameter"],
            values=np.asarray(answer["values"], dtype=float),
            unit=answer["unit"],
            neurons=neurons,
            provenance=provenance_of(answer, [neuron.id for neuron in neurons]),
            second=None if second is None else second["parameter"],
            second_values=None if second is None else np.asarray(second["values"], dtype=float),
            second_unit=None if second is None else second["unit"],
            answer=answer,
        )


@dataclass(frozen=True)
class PreferredStimuli:
    """Images that a search found to raise the responses of neurons."""

    #: float32 (neurons, restarts, height, width), 0..1; with 3 channels at the end for colour.
    images: NDArray[np.float32]
    #: (neurons, restarts)
    responses: NDArray[np.float64]
    provenance: Provenance
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def best(self) -> NDArray[np.float32]:
        """The image of each neuron with the largest response, (neurons, height, width)."""
        rows = np.arange(len(self.responses))
        best: NDArray[np.float32] = self.images[rows, self.responses.argmax(axis=1)]
        return best

    def plot(self, axes: Any = None) -> Any:
        """Draws the best image of each neuron by matplotlib. Returns the axes."""
        from .plots import plot_preferred

        return plot_preferred(self, axes)


def provenance_of(answer: Mapping[str, Any], neurons: Sequence[int]) -> Provenance:
    """Reads where the numbers of a JSON answer come from."""
    model = answer["model"]
    return Provenance(
        model["name"],
        model["version"],
        model["digest"],
        list(neurons),
        answer.get("stimulusSet"),
        answer.get("warnings", ()),
        answer.get("timing", {}),
        answer.get("id"),
        model.get("precision", "float32"),
    )


def _neuron_tuning(answer: Mapping[str, Any]) -> NeuronTuning:
    indices: Dict[str, Index] = {
        name: Index.from_answer(index) for name, index in answer["indices"].items()
    }
    spread = answer.get("spread")
    return NeuronTuning(
        answer["id"],
        np.asarray(answer["curve"], dtype=float),
        answer["blank"],
        answer["peak"],
        indices,
        answer.get("fits", {}),
        None if spread is None else np.asarray(spread, dtype=float),
    )
