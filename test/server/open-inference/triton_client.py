"""Asks a running service with tritonclient; prints what the client made of the answers as JSON.

Arguments: address (host:port), the side of the stimuli.
"""

import json
import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

MODEL = "constant"


def main(address: str, side: int) -> None:
    stimuli = numpy.full((3, side, side), 0.5, numpy.float32)
    client = triton.InferenceServerClient(address, concurrency=4)

    def inputs(values=stimuli, datatype="FP32", binary=True, name="stimulus"):
        tensor = triton.InferInput(name, values.shape, datatype)
        return [tensor.set_data_from_numpy(values, binary_data=binary)]

    def responses(result):
        return result.as_numpy("responses").tolist()

    def rejected(ask):
        try:
            ask()
        except InferenceServerException as error:
            return [error.status(), error.message()]
        return None

    def infer(**options):
        return client.infer(MODEL, options.pop("inputs", inputs()), **options)

    in_json = [triton.InferRequestedOutput("responses", binary_data=False)]
    neurons = triton.InferInput("neurons", [2], "INT32")
    neurons.set_data_from_numpy(numpy.array([7, 1], numpy.int32))
    results = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready(MODEL),
        "version ready": client.is_model_ready(MODEL, "1"),
        "other ready": client.is_model_ready("other"),
        "server": client.get_server_metadata()["name"],
        "metadata": client.get_model_metadata(MODEL),
        "config": client.get_model_config(MODEL, "1")["input"],
        "index": client.get_model_repository_index(),
        "binary": responses(infer()),
        "json": responses(infer(inputs=inputs(binary=False), outputs=in_json)),
        "bytes": responses(infer(inputs=inputs((stimuli * 255).astype(numpy.uint8), "UINT8"))),
        "version": infer(model_version="1", request_id="trial").get_response(),
        "neurons": responses(infer(inputs=[*inputs(), neurons])),
        "patient": responses(infer(timeout=60_000_000, priority=2)),
        "headers": responses(infer(headers={"X-Deadline-Ms": "60000"})),
    }
    many = numpy.full((300, side, side), 0.5, numpy.float32)
    for algorithm in ["gzip", "deflate"]:
        result = infer(
            inputs=inputs(many),
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        values = result.as_numpy("responses")
        results[algorithm] = [list(values.shape), values[299].tolist()]
    pending = [client.async_infer(MODEL, inputs()) for _ in range(12)]
    results["async"] = [responses(request.get_result()) for request in pending]
    results["statistics"] = client.get_inference_statistics(MODEL)["model_stats"][0]

    labels = [triton.InferRequestedOutput("responses", class_count=2)]
    shared = triton.InferInput("stimulus", [1, side, side], "FP32")
    shared.set_shared_memory("region", 4 * side * side)
    results["rejected"] = {
        "late": rejected(lambda: infer(timeout=1)),
        "shape": rejected(lambda: infer(inputs=inputs(stimuli[:, 1:]))),
        "datatype": rejected(lambda: infer(inputs=inputs(stimuli.astype("float64"), "FP64"))),
        "name": rejected(lambda: infer(inputs=inputs(name="image"))),
        "model": rejected(lambda: client.infer("other", inputs())),
        "version": rejected(lambda: infer(model_version="9")),
        "load of no model": rejected(lambda: client.load_model("other")),
        "load of a broken one": rejected(lambda: client.load_model("broken")),
        "configuration": rejected(lambda: client.load_model(MODEL, config="{}")),
        "files": rejected(
            lambda: client.load_model(MODEL, config="{}", files={"file:1/card.json": b"{}"})
        ),
        "sequence": rejected(lambda: infer(sequence_id=5, sequence_start=True)),
        "classification": rejected(lambda: infer(outputs=labels)),
        "own parameter": rejected(lambda: infer(parameters={"rig": "A"})),
        "shared memory": rejected(lambda: infer(inputs=[shared])),
        "shared memory status": rejected(client.get_system_shared_memory_status),
        "trace settings": rejected(client.get_trace_settings),
        "log settings": rejected(client.get_log_settings),
    }

    client.unload_model(MODEL)
    results["unloaded"] = [
        client.is_model_ready(MODEL),
        client.get_model_repository_index()[1],
        rejected(infer),
    ]
    client.load_model(MODEL)
    results["loaded"] = [client.is_model_ready(MODEL), responses(infer())]
    client.close()
    print(json.dumps(results))


main(sys.argv[1], int(sys.argv[2]))
