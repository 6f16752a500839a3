"""Digital twins of recorded neurons, from Python.

    >>> import hypercolumn
    >>> twin = hypercolumn.connect("http://127.0.0.1:8080")["demo"]
    >>> responses = twin(images)  # uint8 (32, 50, 50) to float32 (32, 16)
    >>> twin.tuning("orientation", neurons=[3]).plot()
"""

from .datasets import Dataset
from .errors import (
    Busy,
    FrameRejected,
    HypercolumnError,
    InvalidInput,
    JobFailed,
    KeyRejected,
    NotFound,
    RequestRejected,
    ServiceUnreachable,
)
from .jobs import Job
from .local import LocalService, local
from .results import Index, NeuronTuning, PreferredStimuli, Provenance, Responses, Tuning
from .service import Service, connect
from .stream import AsyncStream, Reply, Stream
from .twin import Twin

__all__ = [
    "AsyncStream",
    "Busy",
    "Dataset",
    "FrameRejected",
    "HypercolumnError",
    "Index",
    "InvalidInput",
    "Job",
    "JobFailed",
    "KeyRejected",
    "LocalService",
    "NeuronTuning",
    "NotFound",
    "PreferredStimuli",
    "Provenance",
    "Reply",
    "RequestRejected",
    "Responses",
    "Service",
    "ServiceUnreachable",
    "Stream",
    "Tuning",
    "Twin",
    "connect",
    "local",
]
