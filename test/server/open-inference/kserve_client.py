"""Asks a running service with KServe's REST client; prints what the client made of it as JSON.

Arguments: URL, the side of the stimuli.
"""

import asyncio
import json
import sys

import httpx
import numpy
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

MODEL = "constant"


async def main(url: str, side: int) -> None:
    stimuli = numpy.full((3, side, side), 0.5, numpy.float32)
    client = InferenceRESTClient(RESTConfig(protocol="v2"))

    def request(values=stimuli, binary=True, binary_output=True):
        tensor = InferInput("stimulus", list(values.shape), "FP32")
        tensor.set_data_from_numpy(values, binary_data=binary)
        output = RequestedOutput("responses", {"binary_data": binary_output})
        return InferRequest(MODEL, [tensor], request_id="trial", request_outputs=[output])

    async def infer(data, model=MODEL):
        result = await client.infer(url, data, model_name=model)
        return [result.id, result.outputs[0].as_numpy().tolist()]

    async def rejected(ask):
        try:
            await ask
        except httpx.HTTPStatusError as error:
            return [error.response.status_code, str(error).split(", '")[0]]
        return None

    plain = {
        "name": "stimulus",
        "shape": [1, side, side],
        "datatype": "FP32",
        "data": stimuli[:1].tolist(),
    }
    results = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model ready": await client.is_model_ready(url, MODEL),
        "other ready": await client.is_model_ready(url, "other"),
        "binary": await infer(request()),
        "json": await infer(request(binary=False, binary_output=False)),
        "dictionary": await infer({"inputs": [plain]}),
        "rejected": {
            "shape": await rejected(infer(request(stimuli[:, 1:]))),
            "model": await rejected(infer(request(), "other")),
        },
    }
    await client.close()
    print(json.dumps(results))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
