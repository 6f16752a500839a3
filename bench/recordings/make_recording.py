"""Writes a recorded site, which has four .npy files, as a lab has it.

    make_recording.py OUT KIND FOLDER SITE

KIND is nwb (calcium traces at 10 Hz, an image each second), matlab (version 7.3, a response for each trial) or
sensorium (a zip of a folder with a file for each trial). Each validation image is presented four times in nwb and
matlab. The responses of all trials of an image are equal, so that the dataset has the responses of the site.
"""

import datetime
import pathlib
import shutil
import sys

import numpy as np

REPEATS = 4
RATE = 10
# Samples after the onset, 0 to 500 ms, that have the response.
RESPONDING = 5


def main(out, kind, folder, site):
    folder = pathlib.Path(folder)
    read = lambda prefix: np.load(folder / f"{prefix}_{site}.npy")
    training = read("train_img").shape[0]
    images = np.concatenate([read("train_img"), read("val_img")])
    images = images.reshape(images.shape[:3])
    responses = np.concatenate([read("trainRsp"), read("valRsp")]).astype(np.float32)
    shown = np.concatenate(
        [np.arange(training), np.repeat(np.arange(training, len(images)), REPEATS)]
    )
    np.random.default_rng(1).shuffle(shown)
    write = {"nwb": write_nwb, "matlab": write_matlab, "sensorium": write_sensorium}[kind]
    write(pathlib.Path(out), images, responses, shown, training)


def write_nwb(out, images, responses, shown, training):
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.base import ImageReferences, Images
    from pynwb.image import GrayscaleImage, IndexSeries
    from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, RoiResponseSeries

    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    nwb = NWBFile(session_description="images", identifier="site", session_start_time=start)
    pictures = [
        GrayscaleImage(name=f"image {i:05}", data=image, description="presented")
        for i, image in enumerate(images)
    ]
    order = ImageReferences(name="order_of_images", data=pictures)
    templates = Images(
        name="templates", images=pictures, description="presented", order_of_images=order
    )
    nwb.add_stimulus_template(templates)
    onset = 1.0 + np.arange(len(shown))
    nwb.add_stimulus(
        IndexSeries(
            name="presentations", data=shown.astype(np.uint32), unit="N/A",
            indexed_images=templates, timestamps=onset,
        )
    )
    neurons = responses.shape[1]
    traces = np.zeros((RATE * (len(shown) + 2), neurons), np.float32)
    for trial, image in enumerate(shown):
        first = RATE * (trial + 1)
        traces[first : first + RESPONDING] = responses[image]
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
    for _ in range(neurons):
        rois.add_roi(pixel_mask=[(0, 0, 1.0)])
    region = rois.create_roi_table_region(region=list(range(neurons)), description="all")
    module.add(
        DfOverF(
            roi_response_series=RoiResponseSeries(
                name="traces", data=traces, rois=region, unit="dF/F", rate=float(RATE),
            )
        )
    )
    with NWBHDF5IO(str(out), "w") as io:
        io.write(nwb)


def write_matlab(out, images, responses, shown, training):
    import hdf5storage

    hdf5storage.savemat(
        str(out),
        {
            "images": np.moveaxis(images, 0, -1),
            "responses": responses[shown],
            "presentations": shown.astype(np.int32),
        },
        format="7.3",
    )


def write_sensorium(out, images, responses, shown, training):
    folder = out.with_suffix("") / "static"
    for name in ("data/images", "data/responses", "meta/trials", "meta/neurons"):
        (folder / name).mkdir(parents=True)
    for trial in range(len(images)):
        np.save(folder / f"data/images/{trial}.npy", images[trial][None].astype(np.float32))
        np.save(folder / f"data/responses/{trial}.npy", responses[trial])
    tiers = np.where(np.arange(len(images)) < training, "train", "validation")
    np.save(folder / "meta/trials/tiers.npy", tiers)
    np.save(folder / "meta/trials/frame_image_id.npy", np.arange(len(images)))
    np.save(folder / "meta/neurons/unit_ids.npy", np.arange(responses.shape[1]))
    shutil.make_archive(str(folder.parent), "zip", folder.parent, "static")
    shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
