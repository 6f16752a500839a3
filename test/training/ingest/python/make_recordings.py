"""Writes one recording in the formats of labs, and the dataset that a reference in numpy makes of it.

    make_recordings.py OUT [FOLDER SITE]

FOLDER has train_img_SITE.npy and its companions, from which some images and neurons are taken. Without it, images and
responses are made up. The reference below is written from the rules in docs/recordings.md, not from the program.
"""

import datetime
import pathlib
import sys

import numpy as np

SEED = 1
TRAINING, VALIDATION, NEURONS, REPEATS = 60, 12, 5, 5
WINDOW = (0.040, 0.100)
TRACE_WINDOW, BASELINE = (0.0, 0.5), (-0.25, 0.0)
RATE = 30.0


def main(out, folder=None, site=None):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(SEED)
    images, means = load(folder, site) if folder else make_up(random)
    recording = present(images, means, random)
    write_expected(out, recording)
    for write in (write_nwb, write_hdf5, write_mat5, write_mat73, write_npz):
        write(out, recording)


def load(folder, site):
    """Some images (n, h, w) uint8 and responses (n, neurons), the validation images last."""
    folder = pathlib.Path(folder)
    read = lambda prefix: np.load(folder / f"{prefix}_{site}.npy")
    images = np.concatenate([read("train_img")[:TRAINING], read("val_img")[:VALIDATION]])
    responses = np.concatenate([read("trainRsp")[:TRAINING], read("valRsp")[:VALIDATION]])
    return images.reshape(images.shape[:3]), responses[:, :NEURONS].astype(np.float32)


def make_up(random):
    count = TRAINING + VALIDATION
    images = random.integers(0, 256, (count, 24, 30), dtype=np.uint8)
    return images, random.gamma(2.0, 2.0, (count, NEURONS)).astype(np.float32)


def present(images, means, random):
    """Trials of a session: repeats, blank screens, and one image that is stored twice."""
    count = len(images)
    # The copy is shown in place of image 3 every second time.
    stored = np.concatenate([images, images[3:4]])
    shown = np.concatenate(
        [np.arange(TRAINING), [count], np.repeat(np.arange(TRAINING, count), REPEATS), np.full(9, -1)]
    ).astype(np.int64)
    random.shuffle(shown)
    # Multiples of 1/1024 s, which binary numbers hold.
    onset = 1.0 + (np.arange(len(shown)) * 640 + random.integers(0, 64, len(shown))) / 1024
    source = np.where(shown == count, 3, shown)
    neurons = means.shape[1]
    scale = np.maximum(means - means.min(axis=0), 0) + 0.5
    spikes = []
    for neuron in range(neurons):
        times = [random.uniform(0, onset[-1] + 1, 40)]
        for at, image in zip(onset, source):
            if image >= 0:
                times.append(at + random.uniform(0, 0.3, random.poisson(2 * scale[image, neuron])))
        spikes.append(np.sort(np.concatenate(times)))
    # The first unit was lost for a while.
    observed = [np.array([[0.0, onset[-1] + 2]]) for _ in range(neurons)]
    middle = len(shown) // 2
    observed[0] = np.array([[0.0, onset[middle]], [onset[middle + 4], onset[-1] + 2]])
    samples = int((onset[-1] + 2) * RATE)
    times = np.arange(samples) / RATE
    traces = random.normal(0, 0.1, (samples, neurons)).astype(np.float32)
    for at, image in zip(onset, source):
        if image >= 0:
            inside = (times >= at) & (times < at + 0.5)
            traces[inside] += scale[image].astype(np.float32)
    traces[samples // 3, 1] = np.nan
    trials = np.where(source[:, None] >= 0, means[np.maximum(source, 0)], 0).astype(np.float32)
    trials += random.normal(0, 0.1, trials.shape).astype(np.float32)
    trials[7, neurons - 1] = np.nan
    quality = np.array(["good"] * (neurons - 1) + ["noise"])
    return dict(
        images=stored, shown=shown, onset=onset, spikes=spikes, observed=observed,
        times=times, traces=traces, trials=trials, quality=quality,
    )


# The reference.


def rates(recording):
    """(trials, neurons) spikes per second in WINDOW, NaN where a unit was not observed all the time."""
    onset = recording["onset"]
    columns = []
    for times, observed in zip(recording["spikes"], recording["observed"]):
        begin, end = onset + WINDOW[0], onset + WINDOW[1]
        counts = np.searchsorted(times, end, "left") - np.searchsorted(times, begin, "left")
        seen = [np.any((observed[:, 0] <= b) & (e <= observed[:, 1])) for b, e in zip(begin, end)]
        columns.append(np.where(seen, counts / ((100 - 40) / 1000), np.nan))
    return np.stack(columns, axis=1).astype(np.float32)


def changes(recording):
    """(trials, neurons) mean in TRACE_WINDOW less the mean in BASELINE."""
    times, traces = recording["times"], recording["traces"].astype(np.float64)
    rows = []
    for at in recording["onset"]:
        inside = (times >= at + TRACE_WINDOW[0]) & (times < at + TRACE_WINDOW[1])
        before = (times >= at + BASELINE[0]) & (times < at + BASELINE[1])
        rows.append(traces[inside].mean(axis=0) - traces[before].mean(axis=0))
    return np.array(rows).astype(np.float32)


def dataset(recording, values):
    """What is expected of a dataset: images, trials, the image of each trial, mean responses, the split."""
    shown = recording["shown"]
    kept = (shown >= 0) & ~np.all(np.isnan(values), axis=1)
    pixels = [image.tobytes() for image in recording["images"]]
    first = np.array([pixels.index(each) for each in pixels])
    sources = first[shown[kept]]
    used = np.unique(sources)
    trial_images = np.searchsorted(used, sources).astype(np.int32)
    trials = values[kept]
    # Means in double precision, over the trials that were measured.
    responses = np.full((len(used), values.shape[1]), np.nan)
    repeats = np.bincount(trial_images, minlength=len(used))
    for image in range(len(used)):
        own = trials[trial_images == image].astype(np.float64)
        count = np.sum(~np.isnan(own), axis=0)
        total = np.zeros(values.shape[1])
        for row in own:
            total += np.where(np.isnan(row), 0, row)
        responses[image] = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return dict(
        images=recording["images"][used],
        trials=trials,
        trial_images=trial_images,
        responses=responses.astype(np.float32),
        split=(repeats >= 4).astype(np.uint8),
    )


def write_expected(out, recording):
    for name, values in (
        ("spikes", rates(recording)),
        ("traces", changes(recording)),
        ("trials", recording["trials"]),
    ):
        folder = out / f"expected-{name}"
        folder.mkdir(exist_ok=True)
        for file, array in dataset(recording, values).items():
            np.save(folder / f"{file}.npy", array)


# The formats.


def write_nwb(out, recording):
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.base import ImageReferences, Images
    from pynwb.image import GrayscaleImage, IndexSeries
    from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, RoiResponseSeries

    def begin(name):
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        nwb = NWBFile(session_description="images", identifier=name, session_start_time=start)
        pictures = [
            GrayscaleImage(name=f"image {i:03}", data=image, description="natural")
            for i, image in enumerate(recording["images"])
        ]
        # The file lists them by name; the order is its own.
        shuffled = [pictures[i] for i in np.random.default_rng(2).permutation(len(pictures))]
        order = ImageReferences(name="order_of_images", data=pictures)
        templates = Images(
            name="templates", images=shuffled, description="presented", order_of_images=order
        )
        nwb.add_stimulus_template(templates)
        real = recording["shown"] >= 0
        nwb.add_stimulus(
            IndexSeries(
                name="presentations",
                data=recording["shown"][real].astype(np.uint32),
                unit="N/A",
                indexed_images=templates,
                timestamps=recording["onset"][real],
            )
        )
        return nwb

    nwb = begin("spikes")
    nwb.add_unit_column("quality", "of the sorting")
    for times, observed, quality in zip(
        recording["spikes"], recording["observed"], recording["quality"]
    ):
        nwb.add_unit(spike_times=times, obs_intervals=observed, quality=str(quality))
    with NWBHDF5IO(str(out / "spikes.nwb"), "w") as io:
        io.write(nwb)

    nwb = begin("traces")
    device = nwb.create_device(name="microscope")
    channel = OpticalChannel(name="channel", description="green", emission_lambda=510.0)
    plane = nwb.create_imaging_plane(
        name="plane", optical_channel=channel, description="V1", device=device,
        excitation_lambda=920.0, indicator="GCaMP", location="V1",
    )
    module = nwb.create_processing_module("ophys", "traces")
    segmentation = ImageSegmentation()
    module.add(segmentation)
    rois = segmentation.create_plane_segmentation(
        name="rois", description="cells", imaging_plane=plane
    )
    for _ in range(recording["traces"].shape[1]):
        rois.add_roi(pixel_mask=[(0, 0, 1.0)])
    region = rois.create_roi_table_region(
        region=list(range(recording["traces"].shape[1])), description="all"
    )
    module.add(
        DfOverF(
            roi_response_series=RoiResponseSeries(
                name="traces", data=recording["traces"], rois=region, unit="dF/F",
                timestamps=recording["times"],
            )
        )
    )
    with NWBHDF5IO(str(out / "traces.nwb"), "w") as io:
        io.write(nwb)


def write_hdf5(out, recording):
    import h5py

    with h5py.File(out / "trials.h5", "w") as file:
        file.create_dataset("images", data=recording["images"], chunks=True, compression="gzip")
        file.create_dataset("responses", data=recording["trials"].astype(">f4"))
        file.create_dataset("presentations", data=recording["shown"])


def matlab(recording):
    """As MATLAB has them: images (height, width, n), indices from 0 as in Python."""
    return {
        "images": np.moveaxis(recording["images"], 0, -1),
        "responses": recording["trials"],
        "presentations": recording["shown"].astype(np.int32),
    }


def write_mat5(out, recording):
    from scipy.io import savemat

    savemat(out / "trials-v5.mat", matlab(recording), do_compression=True)


def write_mat73(out, recording):
    import hdf5storage

    hdf5storage.savemat(str(out / "trials-v73.mat"), matlab(recording), format="7.3")


def write_npz(out, recording):
    np.savez_compressed(
        out / "trials.npz",
        images=recording["images"],
        responses=recording["trials"],
        presentations=recording["shown"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
