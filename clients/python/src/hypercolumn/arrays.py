"""Stimuli as the bytes of a request, and answers as numpy arrays."""

from __future__ import annotations

import io
import json
import os
from typing import Any, Mapping, Sequence, Tuple, Union, cast

import numpy as np
from numpy.typing import NDArray

from .errors import ServiceUnreachable

#: One image or several: an array, the path of a file, a stimulus by its parameters, or a list of these.
Images = Union[NDArray[Any], str, "os.PathLike[str]", Mapping[str, Any], Sequence[Any]]

NPY = "application/x-npy"
JSON = "application/json"

#: The media type of each kind of file.
FILES = {
    ".npy": NPY,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


def encode_images(images: Images) -> Tuple[bytes, str]:
    """Writes images as the body of a request.

    Args:
        images: an array (h, w) or (n, h, w), whole numbers 0..255 or floats 0..1, with 3 channels
            at the end for colour; the path of a PNG, JPEG, TIFF, WebP or .npy file; a stimulus such
            as ``{"grating": {"orientation": 45}}``; or a list of arrays of one size, or of stimuli.

    Returns:
        The bytes and their media type.
    """
    if isinstance(images, (str, os.PathLike)):
        return _read_file(os.fspath(images))
    if isinstance(images, Mapping):
        return json.dumps(images).encode(), JSON
    if isinstance(images, Sequence) and images and isinstance(images[0], Mapping):
        return json.dumps({"stimuli": list(images)}).encode(), JSON
    return encode_npy(as_pixels(np.asarray(images))), NPY


def encode_npy(array: NDArray[Any]) -> bytes:
    """Writes an array as the bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def decode_npy(body: bytes) -> NDArray[np.float32]:
    """Reads an array from the bytes of a .npy file.

    Raises:
        ServiceUnreachable: where it is none: something else answers, or the answer was cut off.
    """
    try:
        return cast("NDArray[np.float32]", np.load(io.BytesIO(body), allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise ServiceUnreachable(
            f"the answer is not that of a service: {body[:100]!r}: {error}; expected a .npy file"
        ) from error


def as_pixels(array: NDArray[Any]) -> NDArray[Any]:
    """Images as the service takes them: uint8 from 0 to 255, or float32 from 0 to 1. It reads uint16 as 0 to 65535."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 255:
        return np.ascontiguousarray(array, dtype=np.uint8)
    if array.dtype.kind in "iu" and array.size:
        raise ValueError(
            f"pixels of whole numbers from {array.min()} to {array.max()}; expected 0 to 255, or floats from 0 to 1"
        )
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, dtype=np.float32)
    raise TypeError(
        f"images of type {array.dtype}; expected whole numbers from 0 to 255, or floats from 0 to 1"
    )


def _read_file(path: str) -> Tuple[bytes, str]:
    kind = FILES.get(os.path.splitext(path)[1].lower())
    if kind is None:
        raise ValueError(f"unknown kind of file: {path}; expected one of: {', '.join(FILES)}")
    with open(path, "rb") as file:
        return file.read(), kind
