"""Prints what the made-up animal answers to a site, as JSON. Usage: answer_site.py <folder>"""

import json
import pathlib
import sys

import numpy as np
from animal import Animal

folder = pathlib.Path(sys.argv[1])
truth = folder / "truth.json"
images = np.load(next(folder.glob("val_img_*.npy")))
measured = np.load(next(folder.glob("valRsp_*.npy")))
clean = Animal.read(truth, noise="none").expected(images)
# The image to which the neurons together respond most, so that the noise is far from zero.
image = images[clean.sum(axis=1).argmax()]


def noisy(noise: str, seed: int = 1, trials: int = 500) -> np.ndarray:
    animal = Animal.read(truth, noise=noise, seed=seed)
    return np.stack([animal(image) for _ in range(trials)])


def moments(answers: np.ndarray) -> dict:
    return {"mean": answers.mean(axis=0).tolist(), "variance": answers.var(axis=0).tolist()}


print(
    json.dumps(
        {
            "expected": clean.tolist(),
            "one": Animal.read(truth, noise="none")(images[0] / 255).tolist(),
            "correlation": [np.corrcoef(a, b)[0, 1] for a, b in zip(clean.T, measured.T)],
            "shown": Animal.read(truth, noise="none")(image).tolist(),
            "poisson": moments(noisy("poisson")),
            "recording": moments(noisy("recording")),
            "isRepeated": bool(np.array_equal(noisy("poisson", 7, 5), noisy("poisson", 7, 5))),
            "isOther": bool(np.any(noisy("poisson", 7, 5) != noisy("poisson", 8, 5))),
        }
    )
)
