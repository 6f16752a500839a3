"""Times training steps and responses of the published networks on the GPU, or the CPU where there is none.

python gpu.py WAY NEURONS BATCH SERVED IMAGES ARCHITECTURES SECONDS
WAY is `loop` (one network after the other), `vmap` (all of them batched by torch.func) or `compile` (the same,
compiled by torch.compile). NEURONS and IMAGES are lists, separated by commas: how many networks train
together, on BATCH images, and how many images SERVED networks respond to. Prints a line of JSON for each figure as it comes;
SECONDS is about how long each is measured.
"""

import json
import sys
import time
from collections.abc import Callable

import torch
from networks import network
from torch.func import functional_call, stack_module_state, vmap

SIZE = 50
# Networks x images that are computed together when they are batched: bounds the memory of the first maps.
MAX_TOGETHER = 15_000

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Loop:
    """One network after the other."""

    def __init__(self, architecture: str, neurons: int) -> None:
        self.networks = [network(architecture).to(device) for _ in range(neurons)]
        self.optimisers = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in self.networks]

    def step(self, stimuli: torch.Tensor, targets: torch.Tensor) -> None:
        for net, optimiser, target in zip(self.networks, self.optimisers, targets):
            optimiser.zero_grad()
            torch.nn.functional.mse_loss(net(stimuli).squeeze(1), target).backward()
            optimiser.step()

    def respond(self, stimuli: torch.Tensor) -> torch.Tensor:
        return torch.cat([net.eval()(stimuli) for net in self.networks], dim=1)  # [B, N]


class Batched:
    """All networks as one, their parameters stacked on the first axis."""

    def __init__(self, architecture: str, neurons: int, compiled: bool) -> None:
        networks = [network(architecture).to(device) for _ in range(neurons)]
        parameters, self.buffers = stack_module_state(networks)
        self.parameters = {name: p.detach().requires_grad_() for name, p in parameters.items()}
        self.optimiser = torch.optim.Adam(self.parameters.values(), lr=1e-3)
        self.one = network(architecture).to("meta")
        self.neurons = neurons
        population = vmap(self._respond_one, in_dims=(0, 0, None), randomness="different")
        self.population = torch.compile(population) if compiled else population

    def _respond_one(self, parameters: dict, buffers: dict, stimuli: torch.Tensor) -> torch.Tensor:
        return functional_call(self.one, (parameters, buffers), (stimuli,)).squeeze(1)  # [B]

    def step(self, stimuli: torch.Tensor, targets: torch.Tensor) -> None:
        self.optimiser.zero_grad()
        responses = self.population(self.parameters, self.buffers, stimuli)  # [N, B]
        # networks are independent, so the gradient of the sum is each one's own
        ((responses - targets) ** 2).mean(dim=1).sum().backward()
        self.optimiser.step()

    def respond(self, stimuli: torch.Tensor) -> torch.Tensor:
        self.one.eval()
        together = max(1, MAX_TOGETHER // self.neurons)
        parts = [
            self.population(self.parameters, self.buffers, part) for part in stimuli.split(together)
        ]
        return torch.cat(parts, dim=1).T  # [B, N]


def create(way: str, architecture: str, neurons: int) -> Loop | Batched:
    return Loop(architecture, neurons) if way == "loop" else Batched(architecture, neurons, way == "compile")


def synchronise() -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(work: Callable[[], object], seconds: float) -> list[float]:
    """Milliseconds of each run, after one that warms up."""

    def once() -> float:
        started = time.perf_counter()
        work()
        synchronise()
        return 1000 * (time.perf_counter() - started)

    once()
    taken = [once()]
    while len(taken) < 9 and sum(taken) < 1000 * seconds:
        taken.append(once())
    return taken


def say(way: str, task: str, architecture: str, neurons: int, images: int, work: Callable[[], list[float]]) -> None:
    figure = {"task": task, "contender": f"pytorch {way}", "architecture": architecture}
    figure |= {"neurons": neurons, "images": images}
    try:
        figure["milliseconds"] = work()
    except Exception as error:  # a figure that fails leaves the others
        figure["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    print(json.dumps(figure), flush=True)


def train(way: str, architecture: str, neurons: int, images: int, seconds: float) -> list[float]:
    population = create(way, architecture, neurons)
    stimuli = torch.rand(images, 1, SIZE, SIZE, device=device)
    targets = torch.randn(neurons, images, device=device)
    return measure(lambda: population.step(stimuli, targets), seconds)


@torch.no_grad()
def serve(way: str, architecture: str, neurons: int, images: int, seconds: float) -> list[float]:
    """From stimuli in the machine's memory to responses there."""
    population = create(way, architecture, neurons)
    stimuli = torch.rand(images, 1, SIZE, SIZE)
    return measure(lambda: population.respond(stimuli.to(device)).cpu(), seconds)


def main() -> None:
    way, neurons, batch, served, images, architectures, seconds = sys.argv[1:8]
    size, limit = int(batch), float(seconds)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    machine = {"pytorch": torch.__version__, "device": name, "tf32 in convolutions": torch.backends.cudnn.allow_tf32}
    print(json.dumps({"machine": machine}), flush=True)
    # compiling takes long: the largest population first
    counts = sorted(map(int, neurons.split(",")), reverse=way == "compile")
    for count in counts:
        for architecture in architectures.split(","):
            say(way, "training", architecture, count, size, lambda: train(way, architecture, count, size, limit))
    for architecture in architectures.split(","):
        for number in map(int, images.split(",")):
            say(way, "serving", architecture, int(served), number, lambda: serve(way, architecture, int(served), number, limit))


main()
