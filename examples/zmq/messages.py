"""The messages between a rig and the bridge: a topic, a header in JSON, and the numbers of an array."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

IMAGE, PREDICTION = b"image", b"prediction"


@dataclass(frozen=True)
class Message:
    """An image or a prediction, with what is known of it."""

    topic: bytes
    #: ``id`` and ``sent``, which come back with the prediction, and others.
    header: Mapping[str, Any]
    #: None where there is no prediction: ``header["error"]`` says why.
    array: Optional[NDArray[Any]] = None

    def encode(self) -> List[bytes]:
        """The parts of a multipart message."""
        header = dict(self.header)
        if self.array is None:
            return [self.topic, json.dumps(header).encode()]
        header.update(dtype=str(self.array.dtype), shape=self.array.shape)
        return [self.topic, json.dumps(header).encode(), self.array.tobytes()]

    @classmethod
    def decode(cls, parts: Sequence[bytes]) -> "Message":
        """Reads the parts of a message.

        Raises:
            ValueError: where they are no such message.
        """
        if len(parts) not in (2, 3):
            raise ValueError(f"wrong number of parts: {len(parts)}; expected topic, header and array")
        header = json.loads(parts[1])
        if not isinstance(header, dict):
            raise ValueError(f"wrong header: {header!r}; expected an object")
        if len(parts) == 2:
            return cls(parts[0], header)
        try:
            array = np.frombuffer(parts[2], np.dtype(header["dtype"])).reshape(header["shape"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"wrong header: {header!r}; expected dtype and shape") from error
        return cls(parts[0], header, array)
