"""Networks of one neuron each in PyTorch, written from their formulas: responses to stimuli, and gradients in the pixels.

Reads network.json (architecture and stimulus), weights.safetensors and stimuli.npy in a folder; writes responses.npy
[images, neurons] and gradients.npy of the shape of stimuli.npy, those of the first neuron. Stimuli are [images, height,
width], in colour [images, height, width, 3].
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from weights import channels_first, read_weights


def normalise(w, block, maps):
    scale, shift, mean, variance = (
        w[f"{block}.norm.{part}"][:, None, None] for part in ("scale", "shift", "mean", "variance")
    )
    return torch.sigmoid(scale * (maps - mean) / torch.sqrt(variance + 1e-5) + shift)


def convolve(w, block, maps):
    filters = w[f"{block}.convolution.weight"].permute(3, 2, 0, 1)  # [out, in, height, width]
    return F.conv2d(maps, filters, w[f"{block}.convolution.bias"])


def attend(w, maps, mapped):
    cells = maps.flatten(2).transpose(1, 2)  # [images, cells, channels]

    def project(name, values):
        return values @ w[f"attention.{name}.weight"] + w[f"attention.{name}.bias"]

    attention = torch.softmax(project("query", cells) @ project("key", cells).transpose(1, 2), 2)
    gathered = project("output", attention @ project("value", cells)) if mapped else attention @ cells
    gained = w["attention.gamma"] * gathered + cells
    return gained.transpose(1, 2).reshape(maps.shape)


def respond(network, w, x):
    """Responses of one neuron, whose parameters are in w: [images]"""
    maps = x
    for block in ("alpha1", "alpha2"):
        maps = normalise(w, block, F.max_pool2d(convolve(w, block, maps), 2))
    if network["attention"] != "none":
        maps = normalise(w, "attention", attend(w, maps, network["attention"] == "mapped"))
    for block in ("beta1", "beta2"):
        maps = normalise(w, block, convolve(w, block, maps))
    height, width = maps.shape[2:]
    if network["readout"] == "centre":
        middle = maps[:, :, height // 2, width // 2]
        return middle @ w["readout.weight"][0, 0] + w["readout.bias"]
    return torch.einsum("bchw,hwc->b", maps, w["readout.weight"]) + w["readout.bias"]


def main(folder):
    described = json.loads((folder / "network.json").read_text())
    network, stimulus = described["architecture"], described["stimulus"]
    weights = read_weights(folder / "weights.safetensors")
    pixels = torch.tensor(np.load(folder / "stimuli.npy").astype(float)).requires_grad_()
    x = channels_first(pixels * stimulus["scale"] + stimulus["offset"])
    neurons = len(weights["readout.bias"])
    each = [respond(network, {name: w[neuron] for name, w in weights.items()}, x) for neuron in range(neurons)]
    (gradients,) = torch.autograd.grad(each[0].sum(), pixels)
    np.save(folder / "responses.npy", torch.stack(each, 1).detach().numpy())
    np.save(folder / "gradients.npy", gradients.numpy())


main(Path(sys.argv[1]))
