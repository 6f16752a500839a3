"""Writes a large NWB file, block by block.

    make_large.py FILE spikes|traces IMAGES HEIGHT WIDTH CHANNELS NEURONS
"""

import sys

import h5py
import numpy as np

BLOCK = 256
PERIOD = 0.625
RATE = 15.0


def main(file, kind, images, height, width, channels, neurons):
    images, height, width, channels, neurons = map(int, (images, height, width, channels, neurons))
    random = np.random.default_rng(1)
    shape = (images, height, width) + ((channels,) if channels > 1 else ())
    onset = 1 + PERIOD * np.arange(images)
    with h5py.File(file, "w") as nwb:
        nwb.attrs.update({"nwb_version": "2.8.0", "neurodata_type": "NWBFile", "namespace": "core"})
        series = group(nwb, "stimulus/templates/images", "ImageSeries")
        data = series.create_dataset("data", shape, np.uint8)
        data.attrs["unit"] = "pixel"
        base = random.integers(0, 256, (BLOCK,) + shape[1:], dtype=np.uint8)
        for first in range(0, images, BLOCK):
            count = min(BLOCK, images - first)
            # Other pixels in each block, at the price of an addition.
            data[first : first + count] = base[:count] + np.uint8(first // BLOCK * 37 % 251)
        shown = group(nwb, "stimulus/presentation/presentations", "IndexSeries")
        shown["data"] = np.arange(images, dtype=np.uint32)
        shown["timestamps"] = onset
        shown["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/images")
        if kind == "spikes":
            write_spikes(nwb, onset, neurons, random)
        else:
            write_traces(nwb, onset, neurons, random)


def group(nwb, path, kind):
    made = nwb.create_group(path)
    made.attrs.update({"neurodata_type": kind, "namespace": "core"})
    return made


def write_spikes(nwb, onset, neurons, random):
    units = group(nwb, "units", "Units")
    units.attrs["colnames"] = ["spike_times"]
    units.create_dataset("id", data=np.arange(neurons))
    each = 4 * len(onset)
    times = units.create_dataset("spike_times", (neurons * each,), np.float64)
    for neuron in range(neurons):
        times[neuron * each : (neuron + 1) * each] = np.sort(random.uniform(0, onset[-1] + 1, each))
    units.create_dataset("spike_times_index", data=each * np.arange(1, neurons + 1, dtype=np.uint64))


def write_traces(nwb, onset, neurons, random):
    series = group(nwb, "processing/ophys/DfOverF/traces", "RoiResponseSeries")
    samples = int((onset[-1] + 2) * RATE)
    data = series.create_dataset("data", (samples, neurons), np.float32)
    data.attrs.update({"unit": "dF/F", "conversion": 1.0, "offset": 0.0})
    for first in range(0, samples, 8192):
        count = min(8192, samples - first)
        data[first : first + count] = random.normal(0, 1, (count, neurons)).astype(np.float32)
    cells = group(nwb, "processing/ophys/ImageSegmentation/cells", "PlaneSegmentation")
    cells.attrs["colnames"] = []
    cells.create_dataset("id", data=np.arange(neurons))
    regions = series.create_dataset("rois", data=np.arange(neurons))
    regions.attrs.update({"neurodata_type": "DynamicTableRegion", "table": cells.ref})
    start = series.create_dataset("starting_time", data=0.0)
    start.attrs["rate"] = RATE


if __name__ == "__main__":
    main(*sys.argv[1:])
