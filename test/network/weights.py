"""Reads the weights of a saved model, and stimuli."""

import json
import struct

import numpy as np
import torch


def read_weights(file):
    """The tensors of a safetensors file by name, in float64."""
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    weights = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
        weights[name] = torch.tensor(values, dtype=torch.float64)
    return weights


def channels_first(stimuli):
    """Stimuli [images, height, width] or [images, height, width, 3] as PyTorch's convolutions take them."""
    return stimuli[:, None] if stimuli.ndim == 3 else stimuli.permute(0, 3, 1, 2)
