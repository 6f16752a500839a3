"""Writes checkpoints of the nine published networks as PyTorch does, with the responses they give.

    python write_checkpoints.py FOLDER

FOLDER/stimuli.npy             uint8 [4, 50, 50]
FOLDER/{id}/neuron_{i}.pth     three networks of each architecture, random parameters
FOLDER/{id}.npy                float32 [4, 3], their responses in evaluation mode
FOLDER/forms/{form}/neuron_0.pth   an ff_sa_cnn saved in other ways
FOLDER/forms/{form}.npy        float32 [4, 1], its responses with the numbers saved
FOLDER/refused/{form}/neuron_0.pth what is not the checkpoint of one network
"""

import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch
from torch import nn

NEURONS = 3


def alpha(inputs: int, channels: int) -> list[nn.Module]:
    """Convolution 5x5, max pool 2, batch norm, sigmoid, channel dropout."""
    return [
        nn.Conv2d(inputs, channels, 5),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(channels),
        nn.Sigmoid(),
        nn.Dropout2d(0.3),
    ]


def beta(channels: int, kernel: int) -> list[nn.Module]:
    """Convolution, batch norm, sigmoid."""
    return [nn.Conv2d(channels, channels, kernel), nn.BatchNorm2d(channels), nn.Sigmoid()]


def betas(channels: int, kernel: int) -> list[nn.Module]:
    return [*beta(channels, kernel), nn.Dropout2d(0.3), *beta(channels, kernel)]


def centre(map: torch.Tensor) -> torch.Tensor:
    """[B, C, h, w] -> [B, C] of the centre hypercolumn."""
    return map[:, :, map.shape[2] // 2, map.shape[3] // 2]


class Plain(nn.Module):
    """ff_cnn and rf_cnn."""

    def __init__(self, channels: int, kernel: int, full: bool) -> None:
        super().__init__()
        self.full = full
        self.layers = nn.Sequential(
            *alpha(1, channels), *alpha(channels, channels), *betas(channels, kernel)
        )
        self.Linear = nn.Linear(channels * 25 if full else channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layers(x)
        return self.Linear(x.flatten(1) if self.full else centre(x))


class Attention(nn.Module):
    def __init__(self, channels: int, mapped: bool) -> None:
        super().__init__()
        self.mapped = mapped
        self.query_conv = nn.Conv2d(channels, 5, 1)
        self.key_conv = nn.Conv2d(channels, 5, 1)
        self.value_conv = nn.Conv2d(channels, 5, 1)
        self.o_proj = nn.Conv2d(5, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key = self.query_conv(x).flatten(2), self.key_conv(x).flatten(2)  # [B, 5, cells]
        attention = torch.softmax(query.transpose(1, 2) @ key, dim=-1)  # [B, cells, cells]
        value = self.value_conv(x) if self.mapped else x
        out = (value.flatten(2) @ attention.transpose(1, 2)).view_as(value)
        return self.gamma * (self.o_proj(out) if self.mapped else out) + x


class SelfAttention(nn.Module):
    """The seven networks with self-attention."""

    def __init__(self, kernel: int, readout: str, mapped: bool = True, channels: int = 30) -> None:
        super().__init__()
        self.readout = readout
        self.a_cpbs = nn.Sequential(*alpha(1, channels), *alpha(channels, channels))
        self.attention = Attention(channels, mapped)
        self.layers_sa_reg = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Sigmoid(), nn.Dropout2d(0.3)
        )
        self.b_cpbs = nn.Sequential(*betas(channels, kernel))
        cells = (9 - 2 * (kernel - 1)) ** 2
        if readout == "full":
            self.fcl = nn.Linear(channels * cells, 1)
        elif readout == "centre":
            self.ctl = nn.Linear(channels, 1)
        else:
            self.fcl_center = nn.Linear(channels, 1)
            self.fcl_surr = nn.Linear(channels * (cells - 1), 1)
            self.fcl_comb = nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.b_cpbs(self.layers_sa_reg(self.attention(self.a_cpbs(x))))
        if self.readout == "full":
            return self.fcl(x.flatten(1))
        if self.readout == "centre":
            return self.ctl(centre(x))
        cells = x.flatten(2)  # [B, C, cells]
        middle = cells.shape[2] // 2
        surround = torch.cat([cells[:, :, :middle], cells[:, :, middle + 1 :]], dim=2).flatten(1)
        terms = [self.fcl_center(centre(x)), self.fcl_surr(surround)]
        return self.fcl_comb(torch.cat(terms, dim=1))


NETWORKS = {
    "ff_cnn": lambda: Plain(32, 3, True),
    "rf_cnn": lambda: Plain(32, 1, False),
    "ff_sa_cnn": lambda: SelfAttention(3, "full"),
    "rf_sa_cnn": lambda: SelfAttention(1, "centre", mapped=False),
    "rf_sa_cnn_star_simul": lambda: SelfAttention(1, "centre"),
    "rf_sa_cnn_star_incr": lambda: SelfAttention(1, "centre"),
    "ff_sa_cnn_star_simul": lambda: SelfAttention(1, "full"),
    "ff_sa_cnn_star_incr_fc1": lambda: SelfAttention(1, "split"),
    "ff_sa_cnn_star_incr_fc2": lambda: SelfAttention(1, "full"),
    # the base of incremental learning
    "rf_cnn_30": lambda: Plain(30, 1, False),
}


def blocks(seed: int, count: int) -> numpy.ndarray:
    """Images of 10x10 gray blocks, uint8 [count, 50, 50]: white noise would move no response."""
    grays = numpy.random.default_rng(seed).integers(0, 256, (count, 10, 10), dtype=numpy.uint8)
    return grays.repeat(5, axis=1).repeat(5, axis=2)


def to_tensor(images: numpy.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).float()[:, None] / 255


def randomise(network: nn.Module, seed: int) -> nn.Module:
    """Parameters that leave nothing at a value that would hide an error; statistics of images."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(-3, 3)
                module.bias.uniform_(-1, 1)
                module.momentum = None  # the statistics become those of the images
            elif isinstance(module, nn.Linear):
                module.weight.uniform_(-0.2, 0.2)
            elif isinstance(module, Attention):
                module.gamma.fill_(0.7)
        network.train()(to_tensor(blocks(seed, 16)))
    return network.eval()


def save(content: object, folder: Path, name: str = "neuron_0.pth", **options: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(content, folder / name, **options)


def write_architectures(folder: Path, stimuli: torch.Tensor) -> None:
    for index, (name, make) in enumerate(NETWORKS.items()):
        responses = []
        for neuron in range(NEURONS):
            network = randomise(make(), 10 * index + neuron)
            save(network.state_dict(), folder / name, f"neuron_{neuron}.pth")
            with torch.no_grad():
                responses.append(network(stimuli)[:, 0])
        numpy.save(folder / f"{name}.npy", torch.stack(responses, dim=1).numpy())


def write_forms(folder: Path, stimuli: torch.Tensor) -> None:
    network = randomise(NETWORKS["ff_sa_cnn"](), 20)
    state = network.state_dict()
    optimiser = torch.optim.Adam(network.parameters())
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    training = {"epoch": 3, "model_state_dict": state, "loss": [0.5, 0.25], "seed": 2**40}
    flat = torch.cat([tensor.flatten().double() for tensor in state.values()])
    views, offset = OrderedDict(), 0
    for name, tensor in state.items():
        views[name] = flat[offset : offset + tensor.numel()].view_as(tensor)
        offset += tensor.numel()
    half = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    brain = {n: t.bfloat16() if t.is_floating_point() else t for n, t in state.items()}
    last = {
        n: t.to(memory_format=torch.channels_last) if t.dim() == 4 else t for n, t in state.items()
    }
    assert not last["a_cpbs.5.weight"].is_contiguous()

    forms: dict[str, tuple[object, dict[str, torch.Tensor]]] = {
        "dict": (dict(state), state),
        "parameters": (network.state_dict(keep_vars=True), state),
        "data_parallel": (nn.DataParallel(network).state_dict(), state),
        "training": ({**training, "optimizer": optimiser.state_dict()}, state),
        "one_storage": (views, state),
        "channels_last": (last, state),
        "half": (half, half),
        "bfloat16": (brain, brain),
        "no_sums": (state, state),
    }
    for form, (content, own) in forms.items():
        torch.serialization.set_crc32_options(form != "no_sums")
        save(content, folder / form)
        network.load_state_dict({name: tensor.float() for name, tensor in own.items()})
        with torch.no_grad():
            numpy.save(folder / f"{form}.npy", network(stimuli).numpy())
    torch.serialization.set_crc32_options(True)


def write_refused(folder: Path) -> None:
    network = randomise(NETWORKS["ff_sa_cnn"](), 20)
    state = network.state_dict()
    save(state, folder / "before_1_6", _use_new_zipfile_serialization=False)
    save(network, folder / "network")
    save([state, state], folder / "list")
    save({"a": state, "b": state}, folder / "several")
    save({"state_dict": state, "score": numpy.float64(0.5)}, folder / "numpy_score")
    save(state, folder / "protocol_4", pickle_protocol=4)
    save({**state, "epoch": 3}, folder / "not_a_tensor")
    save({n: t.long() for n, t in state.items()}, folder / "integers")
    save({n: t * float("nan") for n, t in state.items()}, folder / "not_finite")
    (folder / "torchscript").mkdir(parents=True)
    torch.jit.trace(network, torch.zeros(1, 1, 50, 50)).save(folder / "torchscript/neuron_0.pth")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pixels = blocks(1, 4)
    numpy.save(folder / "stimuli.npy", pixels)
    write_architectures(folder, to_tensor(pixels))
    write_forms(folder / "forms", to_tensor(pixels))
    write_refused(folder / "refused")


if __name__ == "__main__":
    main()
