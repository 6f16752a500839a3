"""Writes networks as .onnx files, with the responses of PyTorch to some images: export_networks.py FOLDER"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export_gradient import export_gradient

folder = Path(sys.argv[1])
torch.manual_seed(1)
HEIGHT, WIDTH, IMAGES = 20, 24, 5


class GaussianReadout(nn.Module):
    """Convolutions, and for each neuron the mean of the map under a Gaussian mask."""

    def __init__(self, neurons: int, channels: int = 8, seen: int = 1) -> None:
        super().__init__()
        self.core = nn.Sequential(
            nn.Conv2d(seen, channels, 7),
            nn.BatchNorm2d(channels),
            nn.ELU(),
            nn.AvgPool2d(2),
            nn.Conv2d(channels, channels, 3),
            nn.Softplus(),
        )
        self.mean = nn.Parameter(torch.rand(neurons, 2) * 2 - 1)
        self.spread = nn.Parameter(torch.full((neurons, 2), 0.3))
        self.features = nn.Parameter(torch.rand(neurons, channels))

    def forward(self, image: Tensor) -> Tensor:
        mapped = self.core(image)
        y, x = (torch.linspace(-1, 1, size, dtype=mapped.dtype) for size in mapped.shape[2:])
        down = torch.exp(-(((y - self.mean[:, :1]) / self.spread[:, :1]) ** 2) / 2)
        across = torch.exp(-(((x - self.mean[:, 1:]) / self.spread[:, 1:]) ** 2) / 2)
        mask = down[:, :, None] * across[:, None, :]
        mask = mask / mask.sum((1, 2), keepdim=True)
        return F.elu(torch.einsum("bchw,nhw,nc->bn", mapped, mask, self.features)) + 1


class ResidualBlock(nn.Module):
    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, stride=2, padding=1, bias=False)
        self.second = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(out), nn.BatchNorm2d(out)])
        self.skip = nn.Conv2d(channels, out, 1, stride=2, bias=False)

    def forward(self, mapped: Tensor) -> Tensor:
        inner = torch.relu(self.norms[0](self.first(mapped)))
        return torch.relu(self.norms[1](self.second(inner)) + self.skip(mapped))


class ResNet(nn.Module):
    """A stem as in ResNet, one block, and linear readouts of the mean of its map."""

    def __init__(self, neurons: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 7, stride=2, padding=3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.block = ResidualBlock(8, 16)
        self.readout = nn.Linear(16, neurons)

    def forward(self, image: Tensor) -> Tensor:
        return self.readout(self.block(self.stem(image)).mean((2, 3)))


class ChannelsLast(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image.permute(0, 3, 1, 2))


def prepared(network: nn.Module) -> nn.Module:
    """With running statistics and scales of batch norm that differ from those of a new network."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval().requires_grad_(False)


def write(name: str, network: nn.Module, images: Tensor, batch: int | None, card: dict[str, object]) -> None:
    """With batch None, the graph takes any number of images."""
    torch.onnx.export(
        network,
        (images[: batch or 2],),
        folder / f"{name}.onnx",
        input_names=["image"],
        output_names=["responses"],
        dynamic_shapes=None if batch else ({0: torch.export.Dim("batch")},),
        external_data=False,
        verbose=False,
    )
    responses = torch.cat([network(image[None].repeat(batch or 1, 1, 1, 1))[:1] for image in images])
    np.save(folder / f"{name}.npy", responses.float().numpy())
    described = {"source": "a test", "license": "CC0", **card}
    (folder / f"{name}.json").write_text(json.dumps(described))


def write_gradient(name: str, network: nn.Module, images: Tensor) -> None:
    """The gradients of each response, and their graph: an image and a weight for each response in, the gradient out."""
    weights = torch.ones(network(images[:1]).shape[1], dtype=images.dtype)
    export_gradient(network, images[:1], weights, folder / f"{name}-gradient.onnx")
    gradients = []
    for image in images:
        one = image[None].clone().requires_grad_()
        for response in network(one)[0]:
            gradients.append(torch.autograd.grad(response, one, retain_graph=True)[0][0])
    np.save(folder / f"{name}-gradient.npy", torch.stack(gradients).float().numpy())


pixels = torch.rand(IMAGES, 1, HEIGHT, WIDTH)
np.save(folder / "pixels.npy", pixels[:, 0].numpy())

gaussian = prepared(GaussianReadout(5))
write("gaussian", gaussian, pixels, None, {"unit": "spikes/s", "neurons": [7, 3, 1, 0, 12], "degreesPerImage": 2.5})
write("four", gaussian, pixels, 4, {})
write("last", ChannelsLast(gaussian), pixels.permute(0, 2, 3, 1), None, {})
write("half", prepared(GaussianReadout(5)).half(), pixels.half(), 1, {})

mean, std = torch.tensor([124.0, 116.0, 104.0]), torch.tensor([58.0, 57.0, 57.5])
colour = (pixels.repeat(1, 3, 1, 1) * 255 - mean[:, None, None]) / std[:, None, None]
resnet = prepared(ResNet(6))
write(
    "resnet",
    resnet,
    colour,
    1,
    {"gray": "repeated", "values": [0, 255], "mean": mean.tolist(), "std": std.tolist()},
)

rgb = torch.rand(IMAGES, 3, HEIGHT, WIDTH)
np.save(folder / "colour-pixels.npy", rgb.permute(0, 2, 3, 1).contiguous().numpy())
means, deviations = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.25, 0.3])
seen = (rgb - means[:, None, None]) / deviations[:, None, None]
of_colour = prepared(GaussianReadout(5, seen=3))
write("colour", of_colour, seen, None, {"mean": means.tolist(), "std": deviations.tolist()})

write_gradient("gaussian", gaussian, pixels)
write_gradient("colour", of_colour, seen)
write_gradient("last", ChannelsLast(gaussian), pixels.permute(0, 2, 3, 1))
write_gradient("resnet", resnet, colour)
