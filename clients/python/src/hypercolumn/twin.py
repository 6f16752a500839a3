"""A digital twin: a model of recorded neurons that answers stimuli."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from .arrays import JSON, NPY, Images, decode_npy, encode_images
from .connection import Answer, Connection
from .jobs import Job
from .results import (
    Maps,
    PreferredStimuli,
    Provenance,
    Responses,
    Rows,
    Tuning,
    provenance_of,
)
from .stream import AsyncStream, Stream, Terms

Neurons = Union[int, Sequence[int], str, None]


class Twin:
    """A model of the service. Call it with images to get the responses of its neurons.

    Example:
        >>> twin = hypercolumn.connect("http://127.0.0.1:8080")["demo"]
        >>> twin(images).shape  # images: uint8 (32, 50, 50)
        (32, 16)
    """

    def __init__(self, connection: Connection, name: str, version: Optional[int] = None) -> None:
        self._connection = connection
        model = f"/v1/models/{quote(name, safe='')}"
        place = model if version is None else f"{model}/versions/{version}"
        self.card: Mapping[str, Any] = connection.request("GET", place).json()
        # A later version may have other neurons than the card.
        self._path = f"{model}/versions/{self.version}"

    @property
    def name(self) -> str:
        return str(self.card["name"])

    @property
    def version(self) -> int:
        return int(self.card["version"])

    @property
    def digest(self) -> str:
        return str(self.card["digest"])

    @property
    def neurons(self) -> List[int]:
        """The ids of all neurons."""
        return [neuron["id"] for neuron in self.card["neurons"]]

    @property
    def shape(self) -> Sequence[int]:
        """Height and width of the images that the model takes, and 3 for colour."""
        stimulus = self.card["stimulus"]
        size = (stimulus["height"], stimulus["width"])
        return size if stimulus.get("channels", 1) == 1 else (*size, stimulus["channels"])

    def __call__(
        self,
        images: Images,
        neurons: Neurons = None,
        *,
        fit: Optional[str] = None,
        spread: bool = False,
        deadline: Optional[float] = None,
    ) -> Responses:
        """Predicts the responses to images.

        Args:
            images: an array (h, w) or (n, h, w), 0..255 or floats 0..1; a file; a stimulus such as
                ``{"grating": {"orientation": 45}}``; or a list of these.
            neurons: ids; all by default.
            fit: ``"resize"``, ``"crop"`` or ``"stretch"`` for images of another size.
            spread: whether the standard deviation of an ensemble's members is wanted too.
            deadline: seconds after which an answer is of no use: then there is none.

        Returns:
            float32 (n, neurons), with the provenance attached.
        """
        body, kind = encode_images(images)
        query = {"neurons": _ids(neurons), "fit": fit, "spread": spread or None}
        answer = self._connection.request(
            "POST",
            f"{self._path}/responses",
            query=query,
            body=body,
            headers={"Content-Type": kind, "Accept": NPY},
            deadline=deadline,
        )
        values = decode_npy(answer.body)
        asked = self._chosen(neurons)
        provenance = self._provenance(answer, asked)
        if spread:
            return Responses(values[0], provenance, values[1])
        return Responses(values, provenance)

    def render(self, stimuli: Images, *, fit: Optional[str] = None) -> NDArray[np.float32]:
        """The pixels that the model receives of stimuli, such as for a stream or a screen.

        Args:
            stimuli: as of a call, such as ``{"grating": {"orientation": 45}}`` or a list of these.
            fit: ``"resize"``, ``"crop"`` or ``"stretch"`` for images of another size.

        Returns:
            float32 (n, height, width) from 0 (black) to 1 (white), in colour (n, height, width, 3).
        """
        body, kind = encode_images(stimuli)
        answer = self._connection.request(
            "POST",
            f"{self._path}/stimuli",
            query={"fit": fit},
            body=body,
            headers={"Content-Type": kind, "Accept": NPY},
        )
        return decode_npy(answer.body)

    def tuning(
        self,
        parameter: str = "orientation",
        values: Optional[Sequence[float]] = None,
        *,
        second: Optional[str] = None,
        second_values: Optional[Sequence[float]] = None,
        stimulus: Optional[Mapping[str, Any]] = None,
        neurons: Neurons = None,
    ) -> Tuning:
        """Measures tuning curves along one or two parameters of a stimulus.

        Args:
            parameter: such as ``"orientation"``, ``"spatialFrequency"``, ``"diameter"`` or ``"contrast"``.
            values: of the parameter; by default those of the usual experiment.
            second: a second parameter, swept at every value of the first.
            stimulus: its kind and fixed parameters, such as ``{"grating": {"diameter": 20}}``.
            neurons: ids; all by default.
        """
        request = {
            "parameter": parameter,
            "values": _numbers("values", values),
            "second": second,
            "secondValues": _numbers("second_values", second_values),
            "stimulus": stimulus,
        }
        answer = self._post("tuning/parametric", request, {"neurons": _ids(neurons)}).json()
        return Tuning.from_answer(answer)

    def receptive_field(self, neurons: Neurons = None, **options: Any) -> Mapping[str, Any]:
        """Maps where neurons respond, with small discs unless ``stimulus`` says otherwise."""
        answer: Mapping[str, Any] = self._post(
            "receptive-field", options, {"neurons": _ids(neurons)}
        ).json()
        return answer

    def gradient(self, images: Images, neurons: Neurons = None) -> Maps:
        """How each pixel changes the responses: float32 (images, neurons, height, width)."""
        return self._inside("gradient", images, neurons)

    def attention(self, images: Images, neurons: Neurons = None) -> Maps:
        """Where the network attends: float32 (images, neurons, rows, columns) of its map."""
        return self._inside("attention", images, neurons)

    def characterize(
        self, neurons: Neurons = None, *, progress: bool = True, **options: Any
    ) -> Any:
        """Measures all that is known of a neuron's tuning: a row of characteristics for each.

        Returns:
            A pandas DataFrame where pandas is installed, else a list of dicts.
        """
        job = self.start("characterize", {"neurons": _ids(neurons), **options}).wait(progress)
        answer = job.result(accept="text/csv")
        provenance = self._provenance(answer, self._chosen(neurons), job)
        return _table(answer.body.decode("utf-8"), provenance)

    def preferred_stimulus(
        self, neurons: Neurons = None, *, progress: bool = True, **options: Any
    ) -> PreferredStimuli:
        """Searches images that raise the responses of neurons, each from several beginnings.

        Args:
            neurons: ids; all by default.
            options: ``restarts``, ``steps``, ``norm``, ``seed`` and others, as the service names them.
        """
        job = self.start("preferred-stimulus", {"neurons": _ids(neurons), **options}).wait(progress)
        found = job.result(accept=JSON).json()
        images = decode_npy(job.result(accept=NPY).body)
        responses = [[each["response"] for each in n["stimuli"]] for n in found["neurons"]]
        ids = [neuron["id"] for neuron in found["neurons"]]
        provenance = provenance_of({**found, "id": job.id}, ids)
        return PreferredStimuli(images, np.asarray(responses), provenance, found)

    def stream(
        self,
        neurons: Neurons = None,
        *,
        dtype: str = "uint8",
        patience: Optional[float] = None,
        spread: bool = False,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> Stream:
        """Opens a stream for a closed loop: one image in, one answer out, in order.

        Args:
            neurons: ids; all by default. Only these are computed.
            dtype: of the images, ``"uint8"`` (0..255) or ``"float32"`` (0..1).
            patience: seconds after which an image is rejected, not answered late.
            spread: whether the standard deviation of an ensemble's members is wanted too.
            clock: what gives the client's time, in nanoseconds.
        """
        return Stream(self._terms(neurons, dtype, patience, spread, clock))

    def stream_async(
        self,
        neurons: Neurons = None,
        *,
        dtype: str = "uint8",
        patience: Optional[float] = None,
        spread: bool = False,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> AsyncStream:
        """As ``stream``, for asyncio: ``async with twin.stream_async() as stream``."""
        return AsyncStream(self._terms(neurons, dtype, patience, spread, clock))

    def _terms(
        self,
        neurons: Neurons,
        dtype: str,
        patience: Optional[float],
        spread: bool,
        clock: Callable[[], int],
    ) -> Terms:
        return Terms.of(
            self._connection,
            self._path,
            dtype=dtype,
            neurons=_ids(neurons),
            shape="x".join(str(side) for side in self.shape),
            digest=self.digest,
            patience=patience,
            spread=spread,
            clock=clock,
        )

    def start(self, kind: str, request: Mapping[str, Any]) -> Job:
        """Starts a job, ``"characterize"`` or ``"preferred-stimulus"``, and does not wait for it."""
        return Job(self._connection, self._post(kind, request, {}).json())

    def _inside(self, route: str, images: Images, neurons: Neurons) -> Maps:
        body, kind = encode_images(images)
        answer = self._connection.request(
            "POST",
            f"{self._path}/{route}",
            query={"neurons": _ids(neurons)},
            body=body,
            headers={"Content-Type": kind, "Accept": NPY},
        )
        return Maps(decode_npy(answer.body), self._provenance(answer, self._chosen(neurons)))

    def _post(self, route: str, request: Mapping[str, Any], query: Mapping[str, object]) -> Answer:
        given = {name: value for name, value in request.items() if value is not None}
        return self._connection.request(
            "POST",
            f"{self._path}/{route}",
            query=query,
            body=json.dumps(given).encode(),
            headers={"Content-Type": JSON},
        )

    def _chosen(self, neurons: Neurons) -> List[int]:
        text = _ids(neurons)
        return self.neurons if text is None else parse_ids(text)

    def _provenance(
        self, answer: Answer, neurons: Sequence[int], job: Optional[Job] = None
    ) -> Provenance:
        digest, _, precision = (answer.header("etag") or "").strip('"').partition(".")
        warnings = json.loads(answer.header("x-stimulus-warnings") or "[]")
        return Provenance(
            self.name,
            self.version,
            digest or self.digest,
            neurons,
            answer.header("x-stimulus-set"),
            warnings,
            _timing(answer.header("server-timing") or ""),
            job.id if job else answer.header("x-request-id"),
            precision or "float32",
        )

    def __repr__(self) -> str:
        size = "x".join(str(side) for side in self.shape)
        return f"<Twin {self.name}/{self.version}: {len(self.neurons)} neurons, images of {size}>"


def parse_ids(text: str) -> List[int]:
    """Reads ids such as ``0,5,7-12``."""
    ids: List[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        ids.extend(range(int(first), int(last or first) + 1))
    return ids


def _ids(neurons: Neurons) -> Optional[str]:
    if neurons is None or isinstance(neurons, str):
        return neurons
    if isinstance(neurons, (int, np.integer)):
        return str(neurons)
    try:
        return ",".join(str(int(each)) for each in neurons)
    except (TypeError, ValueError):
        raise ValueError(f"neurons: {neurons!r}; expected ids, such as [0, 3]") from None


def _numbers(name: str, values: Optional[Sequence[float]]) -> Optional[List[float]]:
    try:
        return None if values is None else [float(value) for value in values]
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {values!r}; expected numbers, such as [0, 45, 90]") from None


def _timing(header: str) -> Dict[str, float]:
    steps = (step.split(";dur=") for step in header.split(", ") if ";dur=" in step)
    return {name: float(milliseconds) for name, milliseconds in steps}


def _table(text: str, provenance: Provenance) -> Any:
    try:
        import pandas
    except ImportError:
        return Rows((_typed(row) for row in csv.DictReader(io.StringIO(text))), provenance)
    frame = pandas.read_csv(io.StringIO(text))
    frame.attrs["provenance"] = provenance
    return frame


def _typed(row: Mapping[str, str]) -> Dict[str, object]:
    def number(text: str) -> object:
        if text == "":
            return None
        try:
            return int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError:
            return text

    return {name: number(value) for name, value in row.items()}
