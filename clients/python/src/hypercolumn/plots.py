"""Pictures by matplotlib, where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .results import PreferredStimuli, Tuning


def plot_tuning(tuning: "Tuning", axes: Any = None) -> Any:
    """Draws a curve for each neuron, with a band where the model is an ensemble; a map for two parameters."""
    if tuning.second is not None:
        return _plot_maps(tuning, axes)
    axes = _axes() if axes is None else axes
    for neuron in tuning.neurons:
        (line,) = axes.plot(tuning.values, neuron.curve, marker="o", label=f"neuron {neuron.id}")
        if neuron.spread is not None:
            low, high = neuron.curve - neuron.spread, neuron.curve + neuron.spread
            axes.fill_between(tuning.values, low, high, color=line.get_color(), alpha=0.2)
        axes.axhline(neuron.blank, color=line.get_color(), linestyle=":", linewidth=1)
    axes.set_xlabel(f"{tuning.parameter} ({tuning.unit})")
    axes.set_ylabel("response")
    axes.legend()
    return axes


def plot_preferred(found: "PreferredStimuli", axes: Any = None) -> Any:
    """Draws the best image of each neuron in a row."""
    images = found.best
    axes = _row(len(images)) if axes is None else np.atleast_1d(axes)
    for place, image, neuron, rates in zip(
        axes, images, found.provenance.neurons, found.responses
    ):
        place.imshow(image, cmap="gray", vmin=0, vmax=1)
        place.set_title(f"neuron {neuron}: {rates.max():.3g}")
        place.set_axis_off()
    return axes


def _plot_maps(tuning: "Tuning", axes: Any) -> Any:
    axes = _row(len(tuning.neurons)) if axes is None else np.atleast_1d(axes)
    for place, neuron in zip(axes, tuning.neurons):
        place.pcolormesh(tuning.second_values, tuning.values, neuron.curve, shading="nearest")
        place.set_title(f"neuron {neuron.id}")
        place.set_xlabel(f"{tuning.second} ({tuning.second_unit})")
        place.set_ylabel(f"{tuning.parameter} ({tuning.unit})")
    return axes


def _axes() -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def _row(count: int) -> Any:
    import matplotlib.pyplot as plt

    return np.atleast_1d(plt.subplots(1, count, squeeze=False, figsize=(3 * count, 3))[1][0])
