"""Recordings, the datasets that are made of them, and the training of models."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import IO, Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray

from .arrays import JSON, as_pixels, encode_npy
from .connection import Connection
from .errors import ServiceUnreachable
from .jobs import Job
from .twin import Twin

Path = Union[str, "os.PathLike[str]"]

#: Bytes of a file that are sent at a time.
PART = 2**24


class Dataset:
    """Images, the responses of neurons in each trial, and what is for validation. Kept by the service.

    Attributes:
        digest: its name.
        card: all that is known of it: source files, window, unit, split, and what was left out.
    """

    def __init__(self, connection: Connection, digest: str) -> None:
        self._connection = connection
        self.digest = digest
        self.card: Mapping[str, Any] = connection.request("GET", self._path).json()

    def train(
        self, name: str, recipe: Optional[str] = None, *, progress: bool = True, **options: Any
    ) -> Twin:
        """Trains a model of the neurons, and waits until the service has it.

        Args:
            name: of the model; the training makes its next version.
            recipe: such as ``"shared_core"`` or ``"ff_cnn"``; may be left out with ``from_model``.
            options: ``members``, ``epochs``, ``seed``, ``select``, ``neurons``, ``trials`` and others, as the
                service names them; ``from_model="x"`` with ``fit="readout"``, ``"all"`` or ``"core"`` begins with
                a model that is there.
        """
        job = self.start_training(name, recipe, **options).wait(progress)
        model = job.result(accept=JSON).json()["model"]
        return Twin(self._connection, model["name"], model["version"])

    def start_training(
        self,
        name: str,
        recipe: Optional[str] = None,
        *,
        from_model: Optional[str] = None,
        fit: Optional[str] = None,
        **options: Any,
    ) -> Job:
        """As ``train``, and does not wait for it."""
        if fit is not None and from_model is None:
            raise ValueError(f"fit has no model to begin with: {fit!r}; expected from_model, such as {name!r}")
        request: Dict[str, Any] = {"name": name, "recipe": recipe, **options}
        if from_model is not None:
            model, _, version = from_model.partition("/")
            request["from"] = {
                "name": model,
                **({"version": int(version)} if version else {}),
                **({"fit": fit} if fit else {}),
            }
        return Job(self._connection, _post(self._connection, f"{self._path}/train", request))

    def add_trials(
        self,
        images: NDArray[Any],
        responses: NDArray[Any],
        *,
        ids: Sequence[str],
        neurons: Optional[Sequence[int]] = None,
        unit: Optional[str] = None,
        **details: Any,
    ) -> Mapping[str, Any]:
        """Keeps trials that came after the dataset was made; a training learns from them too.

        Args:
            images: (n, h, w), 0..255 or floats 0..1: one for each trial.
            responses: (n, neurons); NaN where a neuron was not measured.
            ids: one for each trial. A trial that is sent again under its id adds nothing.
            neurons: ids in the order of the responses; by default all of the dataset.
            unit: of the responses; by default that of the dataset.
            details: of all these trials, such as ``window={"from": 40, "to": 100}`` (milliseconds after the
                onset of the image) or ``valid=False``; or a list with one for each trial, such as
                ``onset=[{"seconds": 12.25, "clock": "rig"}, None]`` or ``repeat=[0, 1]``.

        Returns:
            How many trials were ``added`` and ``repeated``, and how many there are now (``trials``).
        """
        stack = np.asarray(images)
        if stack.dtype.kind not in "uif":
            raise TypeError(
                f"wrong type of images: {stack.dtype}; expected an array, which twin.render() makes of stimuli"
            )
        table = np.asarray(responses, dtype=float)
        if len(stack) != len(table) or len(table) != len(ids):
            raise ValueError(
                f"unequal numbers: {len(stack)} images, {len(table)} rows of responses and {len(ids)} ids; "
                "expected one of each for a trial"
            )
        for name, value in details.items():
            if isinstance(value, (list, tuple)) and len(value) != len(ids):
                raise ValueError(
                    f"{name} has another number: {len(value)}; expected {len(ids)}, one for each trial"
                )
        chosen = list(range(self.card["neurons"])) if neurons is None else list(neurons)
        stimuli = [{"npy": base64.b64encode(encode_npy(image)).decode()} for image in as_pixels(stack)]
        trials = [
            {
                "id": str(name),
                "stimulus": number,
                "neurons": chosen,
                "responses": [float(value) if np.isfinite(value) else None for value in row],
                "unit": self.card["unit"] if unit is None else unit,
                **{
                    detail: value[number] if isinstance(value, (list, tuple)) else value
                    for detail, value in details.items()
                },
            }
            for number, (name, row) in enumerate(zip(ids, table))
        ]
        request = {"stimuli": stimuli, "trials": trials}
        answer: Mapping[str, Any] = _post(self._connection, f"{self._path}/trials", request)
        return answer

    @property
    def _path(self) -> str:
        return f"/v1/datasets/{self.digest}"

    def __repr__(self) -> str:
        images, neurons = self.card["images"], self.card["neurons"]
        return f"<Dataset {self.digest[:8]}: {images} images, {neurons} neurons>"


class Report(Dict[str, Any]):
    """What ``ingest`` found in a recording. Printed, it has the lines of ``hypercolumn ingest``."""

    def __str__(self) -> str:
        return "\n".join(f"{line['name']:<14} {line['text']}" for line in self["found"])


def make_dataset(
    connection: Connection,
    *files: Path,
    progress: bool = True,
    report: Optional[Callable[[Mapping[str, Any]], None]] = None,
    **options: Any,
) -> Dataset:
    """Sends a recording and makes a dataset of it.

    An upload that was broken off goes on where it was: call this again with the same files.

    Args:
        files: an NWB, MATLAB, HDF5 or .npz file, a zip of a folder, or several .npy files.
        report: is called with what was found in the recording, and what was left out.
        options: as those of ``hypercolumn ingest``, such as ``transpose=True``; ``timeRecipes=True`` measures
            how long each recipe would take, which can take minutes.
    """
    if not files:
        raise ValueError("no file is named; expected at least one, such as recording.nwb")
    names = [os.fspath(file) for file in files]
    announced = [_describe(name) for name in names]
    recording = _post(connection, "/v1/recordings", {"files": announced})
    place = f"/v1/recordings/{recording['digest']}"
    for number, name in enumerate(names):
        with open(name, "rb") as file:
            recording = send_file(connection, place, number, file, recording)
    request = {"timeRecipes": False, **options}
    job = Job(connection, _post(connection, f"{place}/ingest", request)).wait(progress)
    found = job.result(accept=JSON).json()
    if report is not None:
        report(Report(found))
    return Dataset(connection, found["dataset"])


def send_file(
    connection: Connection, place: str, number: int, file: IO[bytes], recording: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Sends what the service does not have of a file. Returns what it says of the recording then."""
    size = os.fstat(file.fileno()).st_size
    while (received := recording["files"][number]["received"]) < size:
        file.seek(received)
        headers = {"Upload-Offset": str(received), "Content-Type": "application/octet-stream"}
        try:
            recording = connection.request(
                "PATCH", f"{place}/files/{number}", body=file.read(PART), headers=headers
            ).json()
        except ServiceUnreachable:
            # The service says how much of it arrived.
            recording = connection.request("GET", place).json()
            if recording["files"][number]["received"] == received:
                raise
    return recording


def _describe(name: str) -> Mapping[str, Any]:
    if os.path.isdir(name):
        raise ValueError(
            f"a folder: {name}; expected its .npy files, such as *pathlib.Path({name!r}).glob('*.npy'), "
            "or a zip file of the folder"
        )
    digest = hashlib.sha256()
    size = 0
    with open(name, "rb") as file:
        while part := file.read(PART):
            digest.update(part)
            size += len(part)
    return {"name": os.path.basename(name), "bytes": size, "sha256": digest.hexdigest()}


def _post(connection: Connection, path: str, request: Mapping[str, Any]) -> Any:
    given = {name: value for name, value in request.items() if value is not None}
    body = json.dumps(given).encode()
    return connection.request("POST", path, body=body, headers={"Content-Type": JSON}).json()


def list_datasets(connection: Connection) -> List[Mapping[str, Any]]:
    """What the service says of each dataset."""
    listed: List[Mapping[str, Any]] = connection.request("GET", "/v1/datasets").json()["datasets"]
    return listed
