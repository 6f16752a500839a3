"""Bodies that no JSON schema describes: images, arrays, raw pixels."""

import os
import struct
import zlib

import schemathesis
from hypothesis import strategies as st

SIDE = int(os.environ["SIDE"])
COUNTS = st.integers(1, 3)


def chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def png(gray: int) -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([gray]) * SIDE) * SIDE
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def npy(count: int) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {SIDE}, {SIDE}), }}"
    header = text.ljust(117) + "\n"
    pixels = bytes(i % 256 for i in range(count * SIDE * SIDE))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + pixels


# whatever a file is announced as, its first bytes tell what it is
IMAGES = ["image/jpeg", "image/webp", "image/tiff"]
schemathesis.openapi.media_type("image/png", st.builds(png, st.integers(0, 255)), aliases=IMAGES)
schemathesis.openapi.media_type("application/x-npy", st.builds(npy, COUNTS))
schemathesis.openapi.media_type(
    "application/octet-stream", COUNTS.map(lambda count: b"\0" * (4 * count * SIDE * SIDE))
)
