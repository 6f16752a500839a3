"""Times the published networks in a loop over neurons, in evaluation mode, on demand.

python inference.py ARCHITECTURE NEURONS THREADS
Says `ready DEVICE`, then, for each line on standard input, a number of images, computes the responses of
every neuron to them and prints the milliseconds it took; `neuron` is one image for the first neuron.
"""

import sys
import time

import torch
from networks import network

architecture, neurons, threads = sys.argv[1], *map(int, sys.argv[2:4])
torch.set_num_threads(threads)
networks = [network(architecture).eval() for _ in range(neurons)]


@torch.inference_mode()
def answer(line: str) -> float:
    chosen = networks[:1] if line == "neuron" else networks
    stimuli = torch.rand(1 if line == "neuron" else int(line), 1, 50, 50)
    started = time.perf_counter()
    torch.cat([net(stimuli) for net in chosen], dim=1).numpy()
    return 1000 * (time.perf_counter() - started)


answer("1")
print(f"ready PyTorch {torch.__version__}, a loop", flush=True)
for line in sys.stdin:
    print(answer(line.strip()), flush=True)
