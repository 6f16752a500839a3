"""Digital twins of recorded neurons, from Python.

    >>> import hypercolumn
    >>> twin = hypercolumn.connect("http://127.0.0.1:8080")["demo"]
    >>> responses = twin(images)  # uint8 (32, 50, 50) to float32 (32, 16)
    >>> twin.tuning("orientation", neurons=[3]).plot()
"""

from .clock import Clock
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
from .results import (
    Index,
    Maps,
    NeuronTuning,
    PreferredStimuli,
    Provenance,
    Responses,
    Rows,
    Tuning,
)
from .service import Service, connect, ingest
from .stream import AsyncStream, Reply, Stream
from .twin import Twin

__all__ = [
    "AsyncStream",
    "Busy",
    "Clock",
    "Dataset",
    "FrameRejected",
    "HypercolumnError",
    "Index",
    "InvalidInput",
    "Job",
    "JobFailed",
    "KeyRejected",
    "LocalService",
    "Maps",
    "NeuronTuning",
    "NotFound",
    "PreferredStimuli",
    "Provenance",
    "Reply",
    "RequestRejected",
    "Responses",
    "Rows",
    "Service",
    "ServiceUnreachable",
    "Stream",
    "Tuning",
    "Twin",
    "connect",
    "ingest",
    "local",
]
