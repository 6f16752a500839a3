"""A shared core in PyTorch, written from its formulas: responses to stimuli, their gradients in the pixels, and training.

Reads network.json (architecture and stimulus), weights.safetensors and stimuli.npy ([images, height, width], in colour
[images, height, width, 3]) in a folder; writes responses.npy
[images, neurons] and gradients.npy of the shape of stimuli.npy, those of the first neuron, and, of a core with attention,
attention.npy [images, neurons, places], the rows of the attention matrix averaged under each neuron's mask. With targets.npy [steps, images,
neurons] there, takes a step of AdamW on each of the targets, without dropout, and writes losses.npy [steps, neurons] and
averages.npy, the numbers of the average of all parameters, one after the other in the order of their names.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from weights import channels_first, read_weights


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


def colours(x):
    """Luma (Rec. 709), red less green, and blue less the mean of red and green: [B, 3, H, W]."""
    red, green, blue = x.unbind(1)
    return torch.stack([0.2126 * red + 0.7152 * green + 0.0722 * blue, red - green, blue - (red + green) / 2], 1)


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


class Core:
    """The forward pass; in training, batch norm uses the batch's statistics, and the running ones follow."""

    def __init__(self, described, weights):
        self.core, self.stimulus, self.w = described["architecture"], described["stimulus"], weights

    def block(self, name, maps, training, **padding):
        filters = self.w[f"{name}.convolution.weight"][0].permute(3, 2, 0, 1)
        maps = F.conv2d(maps, filters, self.w[f"{name}.convolution.bias"][0], **padding)
        return self.normalise(name, maps, training)

    def normalise(self, name, maps, training):
        scale, shift, mean, variance = (self.w[f"{name}.norm.{part}"] for part in ("scale", "shift", "mean", "variance"))
        normalised = F.batch_norm(maps, mean[0], variance[0], scale[0], shift[0], training, 0.1, 1e-5)
        return F.elu(normalised)

    def side(self, length, axis):
        position = torch.linspace(-1, 1, length, dtype=torch.float64) if length > 1 else -torch.ones(1)
        centre, spread = self.w["readout.centre"][:, axis, None], self.w["readout.spread"][:, axis, None]
        mask = torch.exp(-((position - centre) ** 2) / (2 * torch.exp(spread) ** 2))
        return mask / mask.sum(1, keepdim=True)

    def see(self, x, training):
        """What the filters see of stimuli, standardised; or the pixels, standardised."""
        core, w = self.core, self.w
        mean, variance = (w[f"core.fixed.norm.{part}"][0][:, None, None] for part in ("mean", "variance"))
        if core["front"] == "pixels":
            return (x - mean) / torch.sqrt(variance + 1e-5)
        once, twice = ([places(length, each) for length in x.shape[2:]] for each in (1, 2))
        means = x if x.shape[1] == 1 else colours(x)
        energies, phases = [at(means[:, [i]], luminance(), *once) for i in range(means.shape[1])], []
        for wavelength in core["wavelengths"]:
            seen = at(means[:, :1], gabors(wavelength, core["orientations"]), *once)
            even, odd = seen.chunk(2, 1)
            energies.append((even**2 + odd**2 + 1e-12) ** 0.25)
            phases.append(seen)
        maps = (torch.cat(energies + phases[: core["phases"]], 1) - mean) / torch.sqrt(variance + 1e-5)
        if core["learnt"] == 0:
            return maps
        filters = w["core.learnt1.convolution.weight"][0].permute(3, 2, 0, 1)
        bias = w["core.learnt1.convolution.bias"][0][:, None, None]
        first = self.normalise("core.learnt1", at(x, filters, *twice) + bias, training)
        pooled = sum(first[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)) / 4
        return torch.cat([maps, self.block("core.learnt2", pooled, training, padding=1)], 1)

    def gru(self, maps):
        """A convolutional GRU with the gates of torch.nn.GRU: reset, update, new."""
        filters = {part: self.w[f"core.recurrent.{part}.convolution.weight"][0].permute(3, 2, 0, 1) for part in ("input", "state")}
        bias = {part: self.w[f"core.recurrent.{part}.convolution.bias"][0] for part in ("input", "state")}
        state = torch.zeros_like(maps)
        for _ in range(self.core["steps"]):
            i_r, i_z, i_n = F.conv2d(maps, filters["input"], bias["input"], padding=1).chunk(3, 1)
            h_r, h_z, h_n = F.conv2d(state, filters["state"], bias["state"], padding=1).chunk(3, 1)
            z = torch.sigmoid(i_z + h_z)
            state = (1 - z) * torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n) + z * state
        return state

    def attend(self, maps):
        """gamma * attention + maps, and the attention matrix [B, places, places]."""
        w = self.w
        flat = maps.flatten(2).transpose(1, 2)
        project = lambda name, x: x @ w[f"core.attention.{name}.weight"][0] + w[f"core.attention.{name}.bias"][0]
        attention = torch.softmax(project("query", flat) @ project("key", flat).transpose(1, 2), 2)
        gathered = attention @ (project("value", flat) if self.core["attention"] == "mapped" else flat)
        if self.core["attention"] == "mapped":
            gathered = project("output", gathered)
        return maps + (w["core.attention.gamma"][0] * gathered).transpose(1, 2).reshape(maps.shape), attention

    def respond(self, pixels, training=False):
        core, w = self.core, self.w
        scaled = channels_first(pixels * self.stimulus["scale"] + self.stimulus["offset"])
        x = scaled - w["core.gray"][0][:, None, None]
        maps = self.see(x, training)
        if core["trunk"] != "none":
            maps = self.block("core.mix", maps, training)
        if core["trunk"] == "convolutions":
            maps = self.block("core.combine", maps, training, padding=1)
        if core["trunk"] == "recurrent":
            maps = self.gru(maps)
        self.attention = None
        if core["attention"] != "none":
            maps, self.attention = self.attend(maps)
        if core["readout"] == "whole":
            features = torch.einsum("bchw,nhwc->bn", maps, w["readout.weight"])
        else:
            mask = self.side(maps.shape[2], 0)[:, :, None] * self.side(maps.shape[3], 1)[:, None, :]
            features = (torch.einsum("bchw,nhw->bnc", maps, mask) * w["readout.weight"]).sum(2)
            if self.attention is not None:
                self.attention = torch.einsum("np,bpq->bnq", mask.flatten(1), self.attention)
        responses = features + w["readout.bias"][:, 0]
        if core["output"] == "linear":
            return responses
        positive = F.softplus(responses)
        return positive if core["output"] == "softplus" else positive * w["output.weight"][:, 0] + w["output.bias"][:, 0]


def train(folder, described, weights, pixels):
    """Steps with the numbers of the recipe, except its weight decay."""
    is_statistic = re.compile(r"^core\.gray$|^core\.fixed|norm\.(mean|variance)$").search
    learned = {name: tensor.requires_grad_() for name, tensor in weights.items() if not is_statistic(name)}
    decays = {name for name in learned if name.endswith("convolution.weight") or name == "readout.weight"}
    groups = [
        {"params": [tensor for name, tensor in learned.items() if (name in decays) == decay], "weight_decay": rate}
        for decay, rate in ((True, described["weightDecay"]), (False, 0))
    ]
    optimiser = torch.optim.AdamW(groups, lr=3e-3)
    network = Core(described, weights)
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    losses = []
    for step, targets in enumerate(torch.tensor(np.load(folder / "targets.npy").astype(float)), 1):
        own = ((network.respond(pixels, training=True) - targets) ** 2).mean(0)
        optimiser.zero_grad()
        own.sum().backward()
        torch.nn.utils.clip_grad_norm_(learned.values(), 5)
        optimiser.step()
        losses.append(own.detach().numpy())
        kept = min(0.98, (1 + step) / (10 + step))
        for name, tensor in weights.items():
            average[name] = kept * average[name] + (1 - kept) * tensor.detach()
    np.save(folder / "losses.npy", np.stack(losses))
    np.save(folder / "averages.npy", np.concatenate([average[name].numpy().ravel() for name in sorted(average)]))


def main(folder):
    described = json.loads((folder / "network.json").read_text())
    weights = read_weights(folder / "weights.safetensors")
    stimuli = np.load(folder / "stimuli.npy").astype(float)
    pixels = torch.tensor(stimuli).requires_grad_()
    network = Core(described, weights)
    responses = network.respond(pixels)
    (gradients,) = torch.autograd.grad(responses[:, 0].sum(), pixels)
    np.save(folder / "responses.npy", responses.detach().numpy())
    np.save(folder / "gradients.npy", gradients.numpy())
    if network.attention is not None:
        np.save(folder / "attention.npy", network.attention.detach().numpy())
    if (folder / "targets.npy").exists():
        train(folder, described, weights, torch.tensor(stimuli))


main(Path(sys.argv[1]))
