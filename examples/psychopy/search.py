"""Which grating to show next, so that the preferred orientation of a neuron is found in few trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Width of the tuning curves that are expected: their correlation is exp(WIDTH * (cos 2x - 1)).
WIDTH = 1.5
#: How far the twin's curve may be from the animal's, and the noise of one trial, as shares of the height of the curve.
MISTRUST, NOISE = 0.5, 0.4


class OrientationSearch:
    """A Gaussian process over orientations, whose mean is at first the twin's prediction.

    Each answer of the animal changes the curve near the orientation that was shown. The next orientation is the best
    one of a curve that is drawn from what is then known (Thompson sampling): orientations that may be the best are
    shown often, and others seldom.

    Args:
        orientations: degrees, evenly from 0 to 180.
        predicted: the twin's response to each.
        seed: of the draws.
    """

    def __init__(
        self, orientations: NDArray[np.float64], predicted: NDArray[np.float64], seed: int
    ) -> None:
        self.orientations = np.asarray(orientations, dtype=float)
        height = float(np.ptp(predicted)) or 1.0
        turned = np.deg2rad(2 * (self.orientations[:, None] - self.orientations))
        self._mean = np.asarray(predicted, dtype=float)
        self._covariance = (MISTRUST * height) ** 2 * np.exp(WIDTH * (np.cos(turned) - 1))
        self._noise = (NOISE * height) ** 2
        self._random = np.random.default_rng(seed)

    def choose(self) -> int:
        """The index of the orientation to show next."""
        drawn = self._random.multivariate_normal(self._mean, self._covariance, method="eigh")
        return int(drawn.argmax())

    def learn(self, index: int, response: float) -> None:
        """Takes the animal's answer to an orientation."""
        column = self._covariance[:, index]
        gain = column / (column[index] + self._noise)
        self._mean = self._mean + gain * (response - self._mean[index])
        self._covariance = self._covariance - np.outer(gain, column)

    @property
    def curve(self) -> NDArray[np.float64]:
        """The tuning curve that is known so far."""
        return self._mean

    @property
    def best(self) -> float:
        """The orientation at the peak of the curve, in degrees from 0 to 180."""
        return peak(self.orientations, self._mean)


def peak(orientations: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """The place of the largest value, by the parabola through it and its neighbours; degrees from 0 to 180."""
    top = int(curve.argmax())
    before, at, after = curve[top - 1], curve[top], curve[(top + 1) % len(curve)]
    bend = before - 2 * at + after
    shift = 0.0 if bend == 0 else 0.5 * (before - after) / bend
    return float((orientations[top] + shift * (orientations[1] - orientations[0])) % 180)


def difference(a: float, b: float) -> float:
    """How many degrees two orientations are apart, from 0 to 90."""
    turned = abs(a - b) % 180
    return min(turned, 180 - turned)
