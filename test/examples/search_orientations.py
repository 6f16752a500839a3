"""Searches the preferred orientation of neurons whose twin is wrong. Prints the errors of both, in degrees, as JSON."""

import json

import numpy as np
from search import OrientationSearch, difference, peak

ORIENTATIONS = np.arange(0.0, 180.0, 7.5)


def curve(preferred: float) -> np.ndarray:
    return np.exp(2 * (np.cos(np.deg2rad(2 * (ORIENTATIONS - preferred))) - 1))


random = np.random.default_rng(1)
errors = {"twin": [], "loop": [], "curve": []}
for seed in range(20):
    truth, wrong = random.uniform(0, 180), random.choice([-25, 25])
    search = OrientationSearch(ORIENTATIONS, curve(truth + wrong), seed)
    for _ in range(50):
        index = search.choose()
        search.learn(index, curve(truth)[index] + random.normal(0, 0.2))
    errors["twin"].append(difference(peak(ORIENTATIONS, curve(truth + wrong)), truth))
    errors["loop"].append(difference(search.best, truth))
    errors["curve"].append(difference(peak(ORIENTATIONS, curve(truth)), truth))
print(json.dumps(errors))
