"""Reads an NWB file with pynwb, and prints what its module `hypercolumn` has as JSON: read_nwb.py FILE"""

import json
import sys

import numpy as np
import pynwb

file = sys.argv[1]
faults = [str(fault) for fault in pynwb.validate(path=file)]
with pynwb.NWBHDF5IO(file, "r") as io:
    module = io.read().processing["hypercolumn"]
    found = {}
    for name, each in module.data_interfaces.items():
        if isinstance(each, pynwb.base.Images):
            found[name] = {
                image: [each.images[image].description, str(data.dtype), list(data.shape), data.tobytes().hex()]
                for image in each.images
                for data in [each.images[image].data[:]]
            }
            continue
        found[name] = {}
        for column in each.columns:
            data = np.asarray(column.data[:])
            text = data.dtype.kind in "OSU"
            found[name][column.name] = [
                "text" if text else str(data.dtype),
                list(data.shape),
                [str(value) for value in data] if text else data.tobytes().hex(),
            ]
print(json.dumps({"faults": faults, "found": found}))
