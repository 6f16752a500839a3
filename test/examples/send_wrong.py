"""Sends messages that are wrong to the bridge of ZeroMQ. Prints the headers of its answers, as JSON."""

import json
import sys

import zmq

socket = zmq.Context.instance().socket(zmq.REQ)
socket.connect(sys.argv[1])
headers = []
for parts in (
    [b"image"],
    [b"image", b"[1]"],
    [b"image", b'{"id": 7, "sent": 5}'],
    [b"image", b'{"id": 8}', b"1234"],
    [b"image", b'{"id": 9, "dtype": "uint8", "shape": [2, 2]}', b"1234"],
):
    socket.send_multipart(parts)
    headers.append(json.loads(socket.recv_multipart()[1]))
print(json.dumps(headers))
