"""Writes NWB files as labs do, and the numbers in them as .npy: write_nwb.py FOLDER"""

import sys
from datetime import datetime, timezone
from pathlib import Path

import h5py
import numpy as np
from hdmf.backends.hdf5 import H5DataIO
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.base import Images, ImageReferences
from pynwb.epoch import TimeIntervals
from pynwb.image import GrayscaleImage, ImageSeries, IndexSeries, OpticalSeries, RGBAImage
from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, RoiResponseSeries

folder = Path(sys.argv[1])
random = np.random.default_rng(11)


def save(**arrays):
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)


def new_file():
    return NWBFile("images", "one", datetime(2026, 1, 1, tzinfo=timezone.utc))


def write(name, nwb):
    with NWBHDF5IO(folder / f"{name}.nwb", "w") as io:
        io.write(nwb)


COUNT, TRIALS = 12, 60
pictures = random.integers(0, 256, (COUNT, 5, 8), "u1")
shown = random.integers(0, COUNT, TRIALS)
onset = np.cumsum(random.uniform(0.3, 0.5, TRIALS))
# the unit was not observed in the last ten seconds
observed = [[0.0, float(onset[-1]) - 10], [float(onset[-1]) - 9, float(onset[-1]) + 1]]
spikes = [np.sort(random.uniform(0, onset[-1] + 1, count)) for count in [400, 0, 90]]


def add_images(nwb, kind=GrayscaleImage, values=pictures):
    # names whose order is not that of the images
    images = [kind(f"picture {(7 * i) % COUNT}", values[i]) for i in range(COUNT)]
    stored = [images[i] for i in random.permutation(COUNT)]
    container = Images("pictures", stored, order_of_images=ImageReferences("order_of_images", images))
    nwb.add_stimulus_template(container)
    return container


def add_units(nwb):
    nwb.add_unit_column("quality", "by hand")
    nwb.add_unit_column("snr", "signal to noise")
    for times, quality, snr in zip(spikes, ["good", "noise", "good"], [2.5, 0.5, 4.0]):
        nwb.add_unit(spike_times=times, obs_intervals=observed, quality=quality, snr=snr)


def add_index_series(nwb, container, times=onset):
    nwb.add_stimulus(
        IndexSeries("shown", data=shown.astype("u4"), unit="N/A", indexed_images=container, timestamps=times)
    )


def add_intervals(nwb, times=onset, indices=shown):
    """As the Allen Institute has them: a blank screen after every fifth image."""
    table = TimeIntervals("pictures_presentations", "trials")
    table.add_column("stimulus_name", "name")
    table.add_column("frame", "index")
    for i, (time, index) in enumerate(zip(times, indices)):
        table.add_row(start_time=time, stop_time=time + 0.2, stimulus_name="pictures", frame=float(index))
        if i % 5 == 4:
            table.add_row(start_time=time + 0.2, stop_time=time + 0.25, stimulus_name="pictures", frame=-1.0)
    nwb.add_time_intervals(table)


save(pictures=pictures, shown=shown, onset=onset)
for unit, times in enumerate(spikes):
    save(**{f"spikes{unit}": times})

start, end = onset + 0.04, onset + 0.1
rates = np.stack([((t >= start[:, None]) & (t < end[:, None])).sum(1) / 0.06 for t in spikes], axis=1)
is_observed = np.any([(a <= start) & (end <= b) for a, b in observed], axis=0)
save(rates=np.where(is_observed[:, None], rates, np.nan).astype("f4"))

nwb = new_file()
add_index_series(nwb, add_images(nwb))
add_intervals(nwb)
add_units(nwb)
write("spikes", nwb)

nwb = new_file()
add_images(nwb)
add_intervals(nwb)
add_units(nwb)
write("intervals", nwb)

# another stimulus counts its frames from 0 too
nwb = new_file()
add_images(nwb)
table = TimeIntervals("stimulus_presentations", "trials")
table.add_column("stimulus_name", "name")
table.add_column("frame", "index")
for time, index in zip(onset, shown):
    table.add_row(start_time=time, stop_time=time + 0.1, stimulus_name="pictures", frame=float(index))
    table.add_row(start_time=time + 0.1, stop_time=time + 0.2, stimulus_name="film", frame=3.0)
    table.add_row(start_time=time + 0.2, stop_time=time + 0.25, stimulus_name="gray", frame=-1.0)
nwb.add_time_intervals(table)
add_units(nwb)
write("shared", nwb)

nwb = new_file()
container = add_images(nwb)
nwb.add_trial_column("picture", "name of the image")
names = [image.name for image in container.order_of_images.data]
for time, index in zip(onset, shown):
    nwb.add_trial(start_time=time, stop_time=time + 0.2, picture=names[index])
add_units(nwb)
write("names", nwb)

# the order of the images is in their names alone, which only a column of names makes use of
for name in ["names_unordered", "index_unordered"]:
    nwb = new_file()
    images = [GrayscaleImage(f"picture {(7 * i) % COUNT}", pictures[i]) for i in range(COUNT)]
    container = Images("pictures", images)
    nwb.add_stimulus_template(container)
    if name == "index_unordered":
        add_index_series(nwb, container)
        add_intervals(nwb)
    else:
        nwb.add_trial_column("picture", "name of the image")
        for time, index in zip(onset, shown):
            nwb.add_trial(start_time=time, stop_time=time + 0.2, picture=images[index].name)
    add_units(nwb)
    write(name, nwb)

# a lab's own names of columns
nwb = new_file()
add_images(nwb)
nwb.add_trial_column("block", "of ten trials")
nwb.add_trial_column("scene_number", "index of the image")
nwb.add_trial_column("is_test", "whether it is for test")
nwb.add_trial_column("stim", "whether the laser was on")
nwb.add_trial_column("stimulus_number", "of all sessions")
for trial, (time, index) in enumerate(zip(onset, shown)):
    nwb.add_trial(
        start_time=time,
        stop_time=time + 0.2,
        block=trial // 10,
        scene_number=int(index),
        is_test=bool(index < 2),
        stim=bool(trial % 2),
        stimulus_number=100 + trial,
    )
add_units(nwb)
write("own_columns", nwb)

nwb = new_file()
add_images(nwb)
nwb.add_trial_column("contrast", "of a grating")
for time in onset:
    nwb.add_trial(start_time=time, stop_time=time + 0.2, contrast=0.5)
add_units(nwb)
write("other_columns", nwb)

nwb = new_file()
add_index_series(nwb, add_images(nwb))
add_intervals(nwb, onset + 0.5)
add_units(nwb)
write("other_times", nwb)

nwb = new_file()
add_index_series(nwb, add_images(nwb))
add_intervals(nwb, onset[:-1])
add_units(nwb)
write("other_count", nwb)

nwb = new_file()
add_images(nwb)
add_units(nwb)
write("no_presentations", nwb)

nwb = new_file()
nwb.add_stimulus_template(
    ImageSeries(
        "film",
        external_file=["film.avi"],
        format="external",
        rate=30.0,
        starting_frame=[0],
        num_samples=300,
        unit="n.a.",
    )
)
add_units(nwb)
write("film", nwb)

nwb = new_file()
colours = random.integers(0, 256, (COUNT, 4, 3, 4), "u1")
save(colours=colours[..., :3])
add_index_series(nwb, add_images(nwb, RGBAImage, colours))
add_units(nwb)
write("colours", nwb)

# calcium imaging: frames in a series, an index at a fixed rate, traces with conversion and offset
nwb = new_file()
frames = random.integers(-(2**15), 2**15, (20, 6, 4)).astype("i2")
template = OpticalSeries(
    "frames",
    data=H5DataIO(frames, compression="gzip", chunks=(3, 6, 4)),
    distance=0.5,
    field_of_view=[0.3, 0.2],
    orientation="upper left",
    unit="n.a.",
    rate=1.0,
    format="raw",
)
nwb.add_stimulus_template(template)
at_rate = random.integers(0, 20, 50).astype("u1")
nwb.add_stimulus(TimeSeries("at rate", data=at_rate, unit="N/A", starting_time=2.5, rate=1.6))
device = nwb.create_device("microscope")
channel = OpticalChannel("green", "GCaMP6", 520.0)
plane = nwb.create_imaging_plane(
    name="plane",
    optical_channel=channel,
    description="V1",
    device=device,
    excitation_lambda=920.0,
    indicator="GCaMP6",
    location="V1",
)
segmentation = ImageSegmentation()
cells = segmentation.create_plane_segmentation("cells", plane, "cells")
cells.add_column("is_cell", "by the program")
for i in range(5):
    cells.add_row(pixel_mask=[(i, i, 1.0)], is_cell=i != 1, id=100 + i)
ophys = nwb.create_processing_module("ophys", "calcium")
ophys.add(segmentation)
region = cells.create_roi_table_region("some", region=[3, 0, 1])
stored = random.integers(-1000, 1000, (700, 3)).astype("<i2")
series = RoiResponseSeries(
    "dff",
    data=H5DataIO(stored, compression="gzip", chunks=(64, 2)),
    rois=region,
    unit="dF/F",
    conversion=0.01,
    offset=0.25,
    starting_time=1.0,
    rate=20.0,
)
ophys.add(DfOverF(roi_response_series=[series]))
save(frames=frames, at_rate=at_rate, traces=(stored * 0.01 + 0.25).astype("f4"))
write("traces", nwb)

with h5py.File(folder / "traces.nwb", "a") as file:
    # as older versions wrote it, and this one no longer does
    series = file["stimulus/presentation/at rate"]
    series.attrs["neurodata_type"] = "IndexSeries"
    series["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/frames")

# what pynwb itself would not write
for name, change in {
    "transposed": lambda file: replace(file, "processing/ophys/DfOverF/dff/data", stored.T.copy()),
    "half_frames": lambda file: replace(file, "stimulus/presentation/at rate/data", np.array([0.5, 1.0])),
}.items():
    (folder / f"{name}.nwb").write_bytes((folder / "traces.nwb").read_bytes())

    def replace(file, path, values):
        attributes = dict(file[path].attrs)
        del file[path]
        file[path] = values
        file[path].attrs.update(attributes)

    with h5py.File(folder / f"{name}.nwb", "a") as file:
        change(file)

(folder / "linked.nwb").write_bytes((folder / "spikes.nwb").read_bytes())
with h5py.File(folder / "linked.nwb", "a") as file:
    del file["intervals"]
    series = file["stimulus/presentation/shown"]
    del series["indexed_images"]
    series["indexed_images"] = h5py.ExternalLink("images.nwb", "/stimulus/templates/pictures")
