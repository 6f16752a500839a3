"""The published networks behind a plain HTTP server, as a lab would serve them today.

python server.py ARCHITECTURE NEURONS THREADS
Says `ready URL`, then answers each POST of a .npy of uint8 stimuli (count, 50, 50) with the .npy of the
responses (count, neurons); `?neurons=0` returns the first neuron only. Ends when its stdin does.
"""

import io
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import torch
from networks import network

architecture, neurons, threads = sys.argv[1], *map(int, sys.argv[2:4])
torch.set_num_threads(threads)
networks = [network(architecture).eval() for _ in range(neurons)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @torch.inference_mode()
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        pixels = numpy.load(io.BytesIO(body)).astype(numpy.float32) / 255
        stimuli = torch.from_numpy(pixels)[:, None]
        chosen = networks[:1] if "neurons=0" in self.path else networks
        answer = io.BytesIO()
        numpy.save(answer, torch.cat([net(stimuli) for net in chosen], dim=1).numpy())
        self.send_response(200)
        self.send_header("Content-Length", str(answer.tell()))
        self.end_headers()
        self.wfile.write(answer.getvalue())

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"ready http://127.0.0.1:{server.server_port} PyTorch {torch.__version__}, a loop", flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
