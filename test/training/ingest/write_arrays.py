"""Writes MATLAB files of version 7.3 and plain HDF5 files, and the numbers in them as .npy: write_arrays.py FOLDER"""

import sys
from pathlib import Path

import h5py
import hdf5storage
import numpy as np

folder = Path(sys.argv[1])
random = np.random.default_rng(5)
COUNT, TRIALS, NEURONS = 14, 50, 3

images = random.integers(0, 256, (COUNT, 6, 9), "u1")
colours = random.integers(0, 2**16, (COUNT, 6, 9, 3), "u2")
masks = random.integers(0, 2, (COUNT, 6, 9)).astype(bool)
table = random.normal(size=(COUNT, NEURONS))
shown = random.integers(0, COUNT, TRIALS)
trials = random.normal(size=(TRIALS, NEURONS))
for name, values in {
    "images": images,
    "colours": colours,
    "masks": masks,
    "table": table.astype("f4"),
    "shown": shown,
    "trials": trials.astype("f4"),
}.items():
    np.save(folder / f"{name}.npy", values)


def matlab(name, variables):
    path = folder / f"{name}.mat"
    hdf5storage.writes(
        mdict={f"/{key}": value for key, value in variables.items()},
        filename=str(path),
        options=hdf5storage.Options(matlab_compatible=True, store_python_metadata=False),
    )


# as in MATLAB: height x width x images, and images counted from 1
matlab("matlab", {"stimuli": np.moveaxis(images, 0, 2), "responses": table})
matlab("matlab_first", {"stimuli": images, "responses": table})
matlab("matlab_colours", {"stimuli": np.moveaxis(colours, 0, 3), "responses": table})
matlab("matlab_logical", {"stimuli": np.moveaxis(masks, 0, 2), "responses": table})
matlab(
    "matlab_trials",
    {
        "data": {
            "stimuli": np.moveaxis(images, 0, 2),
            "image_index": (shown + 1.0)[None],
            "responses": trials.T,
        },
        "animal": "monkey é",
        "nothing": np.zeros((0, 0)),
        "wave": np.array([1 + 2j]),
    },
)
cell = np.empty(COUNT, dtype=object)
for i in range(COUNT):
    cell[i] = images[i]
areas = np.empty(NEURONS, dtype=object)
areas[:] = ["V1", "V4", "V1"]
matlab("matlab_cells", {"stimuli": cell, "responses": table, "area": areas})

# several structs: each field is a list of references, without a class
with h5py.File(folder / "matlab_structs.mat", "w", userblock_size=512) as file:
    refs = file.create_group("#refs#")
    for i in range(COUNT):
        image = refs.create_dataset(f"image{i}", data=images[i].T)
        image.attrs["MATLAB_class"] = np.bytes_("uint8")
    stimuli = file.create_group("stimuli")
    stimuli.attrs["MATLAB_class"] = np.bytes_("struct")
    names = [[refs[f"image{i}"].ref] for i in range(COUNT)]
    stimuli.create_dataset("image", data=np.array(names, h5py.ref_dtype))
    responses = file.create_dataset("responses", data=table.T)
    responses.attrs["MATLAB_class"] = np.bytes_("double")
with open(folder / "matlab_structs.mat", "r+b") as file:
    file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124))

with h5py.File(folder / "plain.h5", "w") as file:
    file.create_dataset("stimuli/images", data=images, compression="gzip", chunks=(4, 6, 9))
    file["responses"] = table
    file["area"] = np.array(["V1", "V4", "V1"], dtype=object)
    file.create_dataset("packed", data=table, compression="lzf")
    file["wave"] = np.array([1 + 2j, 3])
    # second names of what is there, and a group in itself
    file["again/images"] = file["stimuli/images"]
    file["again/more"] = file["again"]
    file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
with h5py.File(folder / "trials.h5", "w") as file:
    file["images"] = np.moveaxis(colours, 3, 1)
    file["image_index"] = shown
    file["responses"] = trials.T
with h5py.File(folder / "several.h5", "w") as file:
    file["images"] = images
    file["raw/responses"] = table
    file["clean/responses"] = table + 1
with h5py.File(folder / "none.h5", "w") as file:
    file["images"] = images
