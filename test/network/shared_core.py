"""A shared core in PyTorch, written from its formulas: responses to stimuli, and their gradients in the pixels.

Reads network.json (architecture and stimulus), weights.safetensors and stimuli.npy in a folder; writes responses.npy
[images, neurons] and gradients.npy [images, height, width], those of the first neuron.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from weights import read_weights


def gabors(wavelength, orientations):
    radius = int(np.floor(wavelength + 0.5))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(float)
    window = np.exp(-(x**2 + y**2) / (2 * (wavelength / 2) ** 2))
    even, odd = [], []
    for i in range(orientations):
        angle = np.pi * i / orientations
        phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wavelength
        cosine = window * np.cos(phase)
        cosine = cosine - window * cosine.sum() / window.sum()
        sine = window * np.sin(phase)
        even.append(cosine / np.abs(cosine).sum())
        odd.append(sine / np.abs(sine).sum())
    return torch.tensor(np.stack(even + odd))[:, None]


def luminance():
    x = np.arange(-4, 5)
    blur = np.exp(-(x[:, None] ** 2 + x[None] ** 2) / (2 * 2.0**2))
    return torch.tensor(blur / blur.sum())[None, None]


def places(length, each):
    """Pixels at which filters lie: every fourth one, centred; or two for each of them."""
    count = -(-length // 4)
    first = ((length - 1) % 4) // 2
    return first + 4 * np.arange(count) if each == 1 else first - 1 + 2 * np.arange(2 * count)


def at(stimuli, filters, rows, columns):
    """Responses of filters at the given rows and columns; outside the stimulus there are zeros."""
    radius = filters.shape[-1] // 2
    edge = radius + 8
    dense = F.conv2d(F.pad(stimuli, (edge,) * 4), filters)
    shift = edge - radius
    return dense[:, :, rows + shift][:, :, :, columns + shift]


def main(folder):
    described = json.loads((folder / "network.json").read_text())
    core, stimulus = described["architecture"], described["stimulus"]
    w = read_weights(folder / "weights.safetensors")
    pixels = torch.tensor(np.load(folder / "stimuli.npy").astype(float)).requires_grad_()
    x = (pixels * stimulus["scale"] + stimulus["offset"] - w["core.gray"][0, 0])[:, None]
    height, width = x.shape[2:]
    once = [places(side, 1) for side in (height, width)]
    twice = [places(side, 2) for side in (height, width)]

    def block(name, maps, norm=True):
        filters = w[f"{name}.convolution.weight"][0].permute(3, 2, 0, 1)
        return filters, w[f"{name}.convolution.bias"][0]

    def normalise(name, maps):
        scale, shift, mean, variance = (
            w[f"{name}.norm.{part}"][0][:, None, None] for part in ("scale", "shift", "mean", "variance")
        )
        return F.elu(scale * (maps - mean) / torch.sqrt(variance + 1e-5) + shift)

    energies, phases = [at(x, luminance(), *once)], []
    for wavelength in core["wavelengths"]:
        seen = at(x, gabors(wavelength, core["orientations"]), *once)
        even, odd = seen.chunk(2, 1)
        energies.append((even**2 + odd**2 + 1e-12) ** 0.25)
        phases.append(seen)
    fixed = torch.cat(energies + phases[: core["phases"]], 1)
    mean, variance = (w[f"core.fixed.norm.{part}"][0][:, None, None] for part in ("mean", "variance"))
    maps = (fixed - mean) / torch.sqrt(variance + 1e-5)
    if core["learnt"] > 0:
        filters, bias = block("core.learnt1", x)
        first = normalise("core.learnt1", at(x, filters, *twice) + bias[:, None, None])
        pooled = (first[:, :, ::2, ::2] + first[:, :, 1::2, ::2] + first[:, :, ::2, 1::2] + first[:, :, 1::2, 1::2]) / 4
        filters, bias = block("core.learnt2", pooled)
        learnt = normalise("core.learnt2", F.conv2d(pooled, filters, bias, padding=1))
        maps = torch.cat([maps, learnt], 1)
    filters, bias = block("core.mix", maps)
    maps = normalise("core.mix", F.conv2d(maps, filters, bias))
    filters, bias = block("core.combine", maps)
    maps = normalise("core.combine", F.conv2d(maps, filters, bias, padding=1))

    def side(length, axis):
        position = torch.linspace(-1, 1, length, dtype=torch.float64) if length > 1 else -torch.ones(1)
        centre, spread = w["readout.centre"][:, axis, None], w["readout.spread"][:, axis, None]
        mask = torch.exp(-((position - centre) ** 2) / (2 * torch.exp(spread) ** 2))
        return mask / mask.sum(1, keepdim=True)

    mask = side(maps.shape[2], 0)[:, :, None] * side(maps.shape[3], 1)[:, None, :]
    features = torch.einsum("bchw,nhw->bnc", maps, mask)
    responses = (features * w["readout.weight"]).sum(2) + w["readout.bias"][:, 0]
    if core["output"] == "softplus":
        responses = F.softplus(responses)
    (gradients,) = torch.autograd.grad(responses[:, 0].sum(), pixels)
    np.save(folder / "responses.npy", responses.detach().numpy())
    np.save(folder / "gradients.npy", gradients.numpy())


main(Path(sys.argv[1]))
