"""Checks .onnx files with onnx and computes them with onnxruntime, as a lab or Triton would.

python compute_onnx.py FOLDER NAME...
For each FOLDER/NAME.onnx and FOLDER/NAME.stimuli.npy writes FOLDER/NAME.responses.npy, and prints what
the files say of themselves as JSON.
"""

import json
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

folder, *names = sys.argv[1:]
told = {}
for name in names:
    path = Path(folder) / name
    graph = f"{path}.onnx"
    onnx.checker.check_model(graph, full_check=True)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    stimuli = numpy.load(f"{path}.stimuli.npy")
    (responses,) = session.run(["responses"], {"stimuli": stimuli})
    alone = [session.run(["responses"], {"stimuli": stimuli[i : i + 1]})[0] for i in range(len(stimuli))]
    assert numpy.allclose(numpy.concatenate(alone), responses, rtol=0, atol=1e-6)
    numpy.save(f"{path}.responses.npy", responses)
    told[name] = session.get_modelmeta().custom_metadata_map
print(json.dumps(told))
