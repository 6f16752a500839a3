"""Trains the network of the recipe shared_core in PyTorch: `shared_core.py DATA SITE SEED`.

Reads the four files of a site; prints the mean CORR on its validation images. The network, the optimiser, the learning
rates, the running average and the number of steps are those of the recipe; the fixed filters see each image once.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

EPOCHS, LATER_FROM, BATCH, MOST_BATCHES = 80, 0.7, 32, 100
RATE, LATER_RATE, DECAY, CLIP, AVERAGE, DROPOUT = 3e-3, 1e-3, 0.01, 5, 0.98, 0.1
WAVELENGTHS, ORIENTATIONS, LEARNT, CHANNELS = (4, 6, 9, 13.5, 20), 8, 16, 32


def gabors(wavelength):
    radius = round(wavelength)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(float)
    window = np.exp(-(x**2 + y**2) / (2 * (wavelength / 2) ** 2))
    filters = []
    for wave in (np.cos, np.sin):
        for angle in np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS:
            values = window * wave(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wavelength)
            values = values - window * values.sum() / window.sum()
            filters.append(values / np.abs(values).sum())
    return torch.tensor(np.stack(filters)[:, None], dtype=torch.float32)


def see_fixed(images):
    """Luminance and energies at every fourth pixel, [images, 41, h, w]."""
    line = torch.exp(-torch.arange(-4, 5).float() ** 2 / 8)
    line = line / line.sum()
    maps = [F.conv2d(F.pad(images, (4,) * 4), (line[:, None] * line)[None, None], stride=4)]
    for wavelength in WAVELENGTHS:
        filters = gabors(wavelength)
        even, odd = F.conv2d(F.pad(images, (filters.shape[-1] // 2,) * 4), filters, stride=4).chunk(2, 1)
        maps.append((even**2 + odd**2 + 1e-12) ** 0.25)
    return torch.cat(maps, 1)


def block(inputs, outputs, side, **options):
    return nn.Sequential(nn.Conv2d(inputs, outputs, side, **options), nn.BatchNorm2d(outputs), nn.ELU())


class Network(nn.Module):
    def __init__(self, neurons):
        super().__init__()
        self.learnt1, self.learnt2 = block(1, LEARNT, 9, stride=2, padding=4), block(LEARNT, LEARNT, 3, padding=1)
        self.mix = block(1 + ORIENTATIONS * len(WAVELENGTHS) + LEARNT, CHANNELS, 1)
        self.combine = block(CHANNELS, CHANNELS, 3, padding=1)
        self.drop = nn.Dropout2d(DROPOUT)
        self.centre = nn.Parameter(torch.zeros(neurons, 2))
        self.spread = nn.Parameter(torch.full((neurons, 2), float(np.log(0.4))))
        self.weight = nn.Parameter((2 * torch.rand(neurons, CHANNELS) - 1) / CHANNELS**0.5)
        self.bias = nn.Parameter(torch.zeros(neurons))

    def mask(self, axis, length):
        z = (torch.linspace(-1, 1, length) - self.centre[:, axis, None]) / self.spread[:, axis, None].exp()
        return torch.softmax(-(z**2) / 2, 1)

    def forward(self, images, fixed):
        learnt = self.learnt1(images)
        learnt = F.avg_pool2d(F.pad(learnt, (0, learnt.shape[3] % 2, 0, learnt.shape[2] % 2), mode="replicate"), 2)
        maps = torch.cat([self.drop(fixed), self.learnt2(learnt)], 1)
        maps = self.drop(self.combine(self.drop(self.mix(maps))))
        rows, columns = self.mask(0, maps.shape[2]), self.mask(1, maps.shape[3])
        return torch.einsum("bchw,nh,nw,nc->bn", maps, rows, columns, self.weight) + self.bias


def correlations(predicted, responses):
    p, r = predicted - predicted.mean(0), responses - responses.mean(0)
    return (p * r).sum(0) / np.sqrt((p**2).sum(0) * (r**2).sum(0))


def predict(network, images, fixed):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(*batch) for batch in zip(images.split(100), fixed.split(100))]).numpy()


def main(folder, site, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    load = lambda name: np.load(folder / f"{name}_{site}.npy").astype("float32")
    side = int(round((load("train_img")[0].size) ** 0.5))
    images, validation = (load(name).reshape(-1, 1, side, side) / 255 for name in ("train_img", "val_img"))
    responses, recorded = load("trainRsp"), load("valRsp")
    order = random.permutation(len(images))
    held_out, training = order[: len(images) // 10], order[len(images) // 10 :]
    gray = images[training].mean()
    images, validation = torch.tensor(images - gray), torch.tensor(validation - gray)
    fixed, fixed_validation = see_fixed(images), see_fixed(validation)
    mean, deviation = fixed[training].mean((0, 2, 3), keepdim=True), fixed[training].std((0, 2, 3), keepdim=True)
    fixed, fixed_validation = (fixed - mean) / deviation, (fixed_validation - mean) / deviation
    targets = torch.tensor((responses - responses[training].mean(0)) / responses[training].std(0))

    network, average = Network(responses.shape[1]), Network(responses.shape[1])
    average.load_state_dict(network.state_dict())
    decays = [p for name, p in network.named_parameters() if p.ndim > 1 and name not in ("centre", "spread")]
    others = [p for p in network.parameters() if not any(p is other for other in decays)]
    groups = [{"params": decays, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}]
    optimiser = torch.optim.AdamW(groups, lr=RATE)
    best, kept, step = -2.0, None, 0
    for epoch in range(1, EPOCHS + 1):
        for group in optimiser.param_groups:
            group["lr"] = LATER_RATE if epoch > LATER_FROM * EPOCHS else RATE
        for batch in np.array_split(random.permutation(training), -(-len(training) // BATCH))[:MOST_BATCHES]:
            network.train()
            loss = ((network(images[batch], fixed[batch]) - targets[batch]) ** 2).mean(0).sum()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimiser.step()
            step += 1
            share = min(AVERAGE, (1 + step) / (10 + step))
            with torch.no_grad():
                for mine, theirs in zip(average.state_dict().values(), network.state_dict().values()):
                    if mine.dtype.is_floating_point:
                        mine.mul_(share).add_(theirs, alpha=1 - share)
        corr = correlations(predict(average, images[held_out], fixed[held_out]), responses[held_out]).mean()
        if corr > best:
            best, kept = corr, {name: value.clone() for name, value in average.state_dict().items()}
    average.load_state_dict(kept)
    corr = correlations(predict(average, validation, fixed_validation), recorded).mean()
    print(f"PyTorch: mean CORR {corr:.3f}")


main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
