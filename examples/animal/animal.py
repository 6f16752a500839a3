"""A made-up animal: its neurons answer images as the truth of a synthetic site says.

    $ npx hypercolumn synthesize --out site
    >>> animal = Animal.read("site/truth.json", seed=1)
    >>> animal(image)  # uint8 (50, 50) to float64 (16,): one trial, in dF/F
"""

from __future__ import annotations

import json
import os
from typing import Any, Mapping, Tuple, Union

import numpy as np
from numpy.typing import NDArray

#: Receptive fields of the surround, every 60 degrees.
SURROUND_FIELDS = 6
#: Beyond this many sigma a receptive field sees nothing.
REACH = 3

NOISES = ("poisson", "recording", "none")


class Animal:
    """Neurons that answer images. ``truth.json`` has the formulas under ``conventions``.

    Args:
        truth: what ``truth.json`` holds.
        seed: of the noise.
        noise: ``"poisson"``: the response above the baseline is a number of events, ``events`` for each unit of dF/F,
            so that its variance grows with its mean; ``"recording"``: the noise of the trials that
            ``hypercolumn synthesize`` wrote; ``"none"``.
        events: events for a response of 1 dF/F.
    """

    def __init__(
        self,
        truth: Mapping[str, Any],
        seed: int = 1,
        noise: str = "poisson",
        events: float = 20.0,
    ) -> None:
        if noise not in NOISES:
            raise ValueError(f"unknown noise: {noise}; expected one of: {', '.join(NOISES)}")
        self.truth = truth
        self.neurons = truth["neurons"]
        self._noise = noise
        self._events = events
        self._random = np.random.default_rng(seed)
        images = truth["images"]
        self._background = float(images["background"])
        channels = (images["channels"],) if "channels" in images else ()
        self._shape: Tuple[int, ...] = (images["height"], images["width"], *channels)
        fields = np.stack([self._fields_of(neuron) for neuron in self.neurons])
        #: (pixels, neurons * (1 + SURROUND_FIELDS) * 2)
        self._filters = np.ascontiguousarray(fields.reshape(-1, fields.shape[-1]).T)

    @classmethod
    def read(cls, path: "Union[str, os.PathLike[str]]", **options: Any) -> "Animal":
        """An animal by the ``truth.json`` of its site."""
        place = os.path.abspath(path)
        if not os.path.exists(place):
            folder = os.path.dirname(place)
            raise FileNotFoundError(
                f"no synthetic site: {path}; `npx hypercolumn synthesize --out {folder}` writes one"
            )
        with open(place, encoding="utf-8") as file:
            return cls(json.load(file), **options)

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """Shows an image once.

        Args:
            image: (h, w), in colour (h, w, 3); whole numbers 0..255 or floats 0..1.

        Returns:
            The response of each neuron in this trial, dF/F, (neurons,).
        """
        pixels = np.asarray(image)
        if pixels.shape != self._shape:
            raise ValueError(f"wrong shape of an image: {pixels.shape}; expected {self._shape}")
        expected = self.expected(pixels[None])[0]
        above = expected - self._column("baseline")
        if self._noise == "poisson":
            return expected - above + self._random.poisson(self._events * above) / self._events
        if self._noise == "recording":
            factor, added = self._random.standard_normal((2, len(self.neurons)))
            noise = [neuron["noise"] for neuron in self.neurons]
            multiplicative = np.array([each["multiplicative"] for each in noise])
            additive = np.array([each["additive"] for each in noise])
            return expected + above * multiplicative * factor + additive * added
        return expected

    def expected(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Responses without noise, dF/F, (n, neurons), to images (n, h, w) or (n, h, w, 3)."""
        pixels = np.asarray(images)
        scale = 255.0 if pixels.dtype.kind in "iu" else 1.0
        flat = (pixels / scale - self._background).reshape(len(pixels), -1)
        # (n, neurons, 1 + SURROUND_FIELDS, even or odd)
        seen = (flat @ self._filters).reshape(len(pixels), len(self.neurons), -1, 2)
        even, odd = seen[:, :, 0, 0], seen[:, :, 0, 1]
        local = np.hypot(even, odd)
        surround = np.sqrt(np.square(seen[:, :, 1:]).sum(axis=(2, 3)) / SURROUND_FIELDS)
        phase = np.deg2rad(self._column("phase"))
        linear = even * np.cos(phase) - odd * np.sin(phase)
        complexity = self._column("complexity")
        drive = (1 - complexity) * np.maximum(0, linear) + complexity * local
        n, s = self._column("exponent"), self._column("semisaturation")
        pool = (
            s**n
            + self._column("localWeight") * local**n
            + self._column("surroundWeight") * s ** (n - 1) * surround
        )
        return self._column("baseline") + self._column("gain") * drive**n / pool

    def _column(self, name: str) -> NDArray[np.float64]:
        return np.array([neuron[name] for neuron in self.neurons], dtype=float)

    def _fields_of(self, neuron: Mapping[str, Any]) -> NDArray[np.float64]:
        """The receptive field of a neuron and its surround, (1 + SURROUND_FIELDS, 2, pixels)."""
        x, y, distance = neuron["x"], neuron["y"], neuron["surroundDistance"]
        directions = np.deg2rad(neuron["orientation"] + 60.0 * np.arange(SURROUND_FIELDS))
        centres = [(x, y)] + [
            (x + distance * np.cos(direction), y + distance * np.sin(direction))
            for direction in directions
        ]
        fields = np.stack([self._pair(neuron, *centre) for centre in centres])
        if len(self._shape) == 3:
            fields = fields[..., None] * np.asarray(neuron["colour"], dtype=float)
        return fields.reshape(len(centres), 2, -1)

    def _pair(self, neuron: Mapping[str, Any], x: float, y: float) -> NDArray[np.float64]:
        """A Gabor at a place and its partner, a quarter of a cycle away, (2, h, w): blind to the mean luminance."""
        height, width = self._shape[:2]
        # They are scaled on a grid that goes beyond the image, where the field may reach.
        margin = int(np.ceil(REACH * max(neuron["sigmaX"], neuron["sigmaY"]) + np.hypot(x, y))) + 1
        rows = np.arange(-margin, height + margin)[:, None]
        columns = np.arange(-margin, width + margin)[None, :]
        dx = columns - (width - 1) / 2 - x
        dy = (height - 1) / 2 - rows - y
        angle = np.deg2rad(neuron["orientation"])
        across = -dx * np.sin(angle) + dy * np.cos(angle)
        along = dx * np.cos(angle) + dy * np.sin(angle)
        squared = (across / neuron["sigmaX"]) ** 2 + (along / neuron["sigmaY"]) ** 2
        weight = np.where(squared > REACH**2, 0.0, np.exp(-squared / 2))
        cycle = 2 * np.pi * neuron["spatialFrequency"] * across
        pair = []
        for carrier in (np.cos(cycle), np.sin(cycle)):
            centred = carrier - (weight * carrier).sum() / weight.sum()
            gain = 1 / (self._background * (weight * centred * carrier).sum())
            pair.append((weight * centred * gain)[margin:-margin, margin:-margin])
        return np.stack(pair)
