from __future__ import annotations

import numpy as np
import pytest

import hypercolumn


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A recording of two neurons that see the two halves of images of 16 x 16 pixels."""
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (80, 16, 16), dtype=np.uint8)
    halves = images.reshape(80, 16, 2, 8).mean(axis=(1, 3)) / 255
    responses = np.exp(8 * (halves - 0.5)) + random.normal(0, 0.05, (80, 2))
    file = tmp_path_factory.mktemp("recording") / "halves.npz"
    np.savez(file, images=images, responses=responses)
    return file


@pytest.fixture(scope="module")
def dataset(service, recording):
    return service.ingest(recording, progress=False)


def test_a_recording_becomes_a_dataset(service, dataset, recording):
    assert (dataset.card["images"], dataset.card["neurons"]) == (80, 2)
    assert dataset.digest in [each["digest"] for each in service.datasets()]
    found = []
    again = hypercolumn.ingest(recording, url=service.url, progress=False, report=found.append)
    assert again.digest == dataset.digest
    assert found[0]["dataset"] == dataset.digest
    assert str(found[0]).startswith("format         arrays of numpy\nimages         images: 80 of 80, 16x16\n")


def test_a_model_is_trained_and_answers(dataset):
    twin = dataset.train(
        "halves", "shared_core", epochs=2, allowFew=True, allowBrightness=True, progress=False
    )
    assert twin(np.zeros((3, 16, 16), dtype=np.uint8)).shape == (3, 2)


def test_trials_are_kept_once(dataset):
    images = np.random.default_rng(2).integers(0, 256, (3, 16, 16), dtype=np.uint8)
    responses = np.array([[1.0, 2.0], [np.nan, 0.5], [0.1, 0.2]])
    ids = ["a", "b", "c"]
    assert dataset.add_trials(images, responses, ids=ids)["added"] == 3
    assert dataset.add_trials(images, responses, ids=ids)["repeated"] == 3
    # The same images, as other whole numbers.
    for kind in (np.uint16, np.int64):
        assert dataset.add_trials(images.astype(kind), responses, ids=ids)["repeated"] == 3
    with pytest.raises(ValueError, match="pixels of whole numbers from .*; expected 0 to 255"):
        dataset.add_trials(images.astype(np.uint16) + 256, responses, ids=ids)
    with pytest.raises(ValueError, match="unequal numbers: 3 images, 3 rows of responses and 1 ids"):
        dataset.add_trials(images, responses, ids=["a"])


def test_what_no_recording_is_says_why(service, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises((hypercolumn.JobFailed, hypercolumn.InvalidInput)):
        service.ingest(tmp_path / "notes.txt", progress=False)
    with pytest.raises(ValueError, match="no file is named"):
        service.ingest()
    with pytest.raises(ValueError, match=r"a folder: .*; expected its .npy files"):
        service.ingest(tmp_path)


def test_each_trial_has_an_onset_of_its_own(dataset):
    images = np.random.default_rng(3).integers(0, 256, (2, 16, 16), dtype=np.uint8)
    responses = np.ones((2, 2))
    onsets = [{"seconds": 1.5, "clock": "rig"}, None]
    ids = ["onset-1", "onset-2"]
    assert dataset.add_trials(images, responses, ids=ids, onset=onsets)["added"] == 2
    # The first is the same trial with this onset alone.
    assert dataset.add_trials(images[:1], responses[:1], ids=ids[:1], onset=onsets[0])["repeated"] == 1
    with pytest.raises(hypercolumn.InvalidInput, match="another trial has the id onset-1"):
        dataset.add_trials(images[:1], responses[:1], ids=ids[:1], onset=onsets[1])
    with pytest.raises(ValueError, match="onset has another number: 2; expected 1, one for each trial"):
        dataset.add_trials(images[:1], responses[:1], ids=ids[:1], onset=onsets)


def test_what_is_no_trial_and_no_training_is_named_before_it_is_sent(dataset):
    with pytest.raises(TypeError, match=r"expected an array, which twin.render\(\) makes of stimuli"):
        dataset.add_trials([{"grating": {}}], np.ones((1, 2)), ids=["g"])
    with pytest.raises(ValueError, match="fit has no model to begin with: 'readout'; expected from_model"):
        dataset.train("halves", "shared_core", fit="readout")
