"""Writes an HDF5 file, and next to it the numbers of each dataset as .npy: write_hdf5.py FOLDER"""

import sys
from pathlib import Path

import h5py
import numpy as np

folder = Path(sys.argv[1])
random = np.random.default_rng(7)

NUMBERS = {
    "float32": random.normal(size=(40, 6)).astype("<f4"),
    "float64": random.normal(size=(40, 6)),
    "big_endian_float32": random.normal(size=(9, 5)).astype(">f4"),
    "big_endian_int16": random.integers(-(2**15), 2**15, (9, 5)).astype(">i2"),
    "float16": random.normal(size=(8, 3)).astype("<f2"),
    "int64": random.integers(-(2**53) + 1, 2**53, (7, 2)),
    "uint64": random.integers(0, 2**53, 11).astype("<u8"),
    "uint8": random.integers(0, 256, (3, 4, 5, 3)).astype("u1"),
    "int8": random.integers(-128, 128, 20).astype("i1"),
    "uint16": random.integers(0, 2**16, 20).astype("<u2"),
    "bool": random.integers(0, 2, 30).astype(bool),
    "scalar": np.float64(-3.25),
    "enumeration": random.integers(0, 2, 9).astype(h5py.enum_dtype({"no": 0, "yes": 1}, "<i2")),
    "empty": np.zeros((0, 4), "<f4"),
}

with h5py.File(folder / "plain.h5", "w") as file:
    for name, values in NUMBERS.items():
        file[f"numbers/{name}"] = values
        np.save(folder / f"{name}.npy", values)
    for name, options in {
        "gzip": {"compression": "gzip", "shuffle": True, "fletcher32": True},
        "lzf": {"compression": "lzf"},
    }.items():
        values = random.normal(size=(500, 31))
        file.create_dataset(name, data=values, chunks=(64, 10), **options)
        np.save(folder / f"{name}.npy", values)
    file["huge"] = np.array([2**53 + 1])
    file["strings"] = np.array(["a", "bé", ""], dtype=object)
    file["fixed"] = np.array([b"abc", b"d"])
    file["references"] = np.array(
        [file["numbers/float64"].ref, file["numbers"].ref, h5py.Reference()], dtype=h5py.ref_dtype
    )
    file["compound"] = np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")])
    file["numbers"].attrs.update(
        {
            "text": "one",
            "names": np.array(["x", "yy"], dtype=object),
            "number": 2.5,
            "counts": np.array([1, 2], "i8"),
            "yes": True,
            "reference": file["strings"].ref,
            "nothing": h5py.Empty("f4"),
        }
    )
    links = file.create_group("links")
    links["soft"] = h5py.SoftLink("/numbers")
    links["relative"] = h5py.SoftLink("soft/float32")
    links["broken"] = h5py.SoftLink("/none")
    links["loop"] = h5py.SoftLink("/links/loop")
    links["external"] = h5py.ExternalLink("other.h5", "/x")
    links["itself"] = file["links"]
    secret = folder / "secret.bin"
    secret.write_bytes(bytes(range(40)))
    file.create_dataset("external", (10,), "<f4", external=[(str(secret), 0, 40)])
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = np.arange(10.0)
    layout = h5py.VirtualLayout((10,), "<f8")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (10,))
    file.create_virtual_dataset("virtual", layout)

for block in [512, 2048]:
    with h5py.File(folder / f"block{block}.h5", "w", userblock_size=block) as file:
        file["x"] = np.arange(5, dtype="<i4")
with h5py.File(folder / "latest.h5", "w", libver="latest") as file:
    file["x"] = np.arange(50_000, dtype="<i4")
