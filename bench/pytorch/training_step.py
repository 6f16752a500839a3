"""Times training steps of the published networks in a loop over neurons, on demand.

python training_step.py ARCHITECTURE NEURONS BATCH THREADS
Says `ready DEVICE`, then, for each line on standard input, makes one step for every neuron and prints
the milliseconds it took; for the line `peak`, the GFLOP/s of a matrix product.
"""

import sys
import time

import torch
from networks import network

architecture, neurons, batch, threads = sys.argv[1], *map(int, sys.argv[2:5])
torch.set_num_threads(threads)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
networks = [network(architecture).to(device) for _ in range(neurons)]
optimisers = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in networks]
loss = torch.nn.MSELoss()
stimuli = torch.rand(batch, 1, 50, 50, device=device)
targets = torch.randn(batch, neurons, device=device)


def step() -> None:
    for neuron, (net, optimiser) in enumerate(zip(networks, optimisers)):
        optimiser.zero_grad()
        loss(net(stimuli).squeeze(1), targets[:, neuron]).backward()
        optimiser.step()
    if device.type == "cuda":
        torch.cuda.synchronize()


def peak(size: int = 2048) -> float:
    left, right = torch.rand(2, size, size, device=device)
    torch.matmul(left, right)
    started = time.perf_counter()
    torch.matmul(left, right).sum().item()
    return 2e-9 * size**3 / (time.perf_counter() - started)


def answer(line: str) -> float:
    if line == "peak":
        return peak()
    started = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - started)


step()
name = torch.cuda.get_device_name() if device.type == "cuda" else f"{threads} CPU threads"
print(f"ready PyTorch {torch.__version__} ({name})", flush=True)
for line in sys.stdin:
    print(answer(line.strip()), flush=True)
