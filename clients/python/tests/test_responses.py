from __future__ import annotations

import numpy as np
import pytest

import hypercolumn


def test_responses_are_those_of_the_json_answer(service, twin, images):
    responses = twin(images, neurons=[3, 0, 7])
    assert responses.shape == (6, 3)
    assert responses.dtype == np.float32
    single = np.stack([twin(image, neurons="3,0,7")[0] for image in images])
    assert np.array_equal(responses, single)
    provenance = responses.provenance
    assert (provenance.model, provenance.version) == ("demo", 1)
    assert provenance.digest == twin.digest
    assert list(provenance.neurons) == [3, 0, 7]
    assert provenance.stimulus_set is not None and len(provenance.stimulus_set) == 64
    assert provenance.timing["infer"] > 0
    assert responses[0].provenance is provenance


def test_floats_and_whole_numbers_give_the_same(twin, images):
    assert np.allclose(twin(images), twin(images / 255), atol=1e-6)
    assert np.array_equal(twin(images), twin(images.astype(int)))


def test_a_stimulus_is_named_by_its_parameters(twin):
    grating = {"grating": {"orientation": 45, "spatialFrequency": 0.1}}
    both = twin([grating, {"grating": {"orientation": 135}}])
    assert both.shape == (2, 16)
    assert np.array_equal(twin(grating)[0], both[0])


def test_stimuli_are_rendered_as_the_model_receives_them(twin, images):
    grating = {"grating": {"orientation": 45, "spatialFrequency": 0.1}}
    pixels = twin.render([grating, {"grating": {"orientation": 135}}])
    assert pixels.shape == (2, 50, 50)
    assert pixels.dtype == np.float32
    assert np.array_equal(twin(pixels[0]), twin(grating))
    assert np.array_equal(twin.render(images[:, :40], fit="stretch").shape, (6, 50, 50))


def test_a_file_is_sent_as_it_is(twin, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    assert np.array_equal(twin(tmp_path / "images.npy"), twin(images))
    (tmp_path / "images.xyz").write_bytes(b"")
    with pytest.raises(ValueError, match="unknown kind of file"):
        twin(tmp_path / "images.xyz")


def test_errors_say_what_is_wrong_and_what_is_expected(service, twin, images):
    with pytest.raises(hypercolumn.InvalidInput, match="unknown neuron: 99; expected an id") as caught:
        twin(images, neurons=[99])
    assert caught.value.status == 422
    assert caught.value.problems[0]["path"] == "neurons"
    assert caught.value.request_id
    with pytest.raises(hypercolumn.InvalidInput, match=r"resize"):
        twin(images[:, :40])
    assert twin(images[:, :40], fit="stretch").shape == (6, 16)
    with pytest.raises(ValueError, match="pixels of whole numbers from 300 to 300; expected 0 to 255"):
        twin(np.full((50, 50), 300))
    with pytest.raises(TypeError, match="images of type bool; expected whole numbers from 0 to 255"):
        twin(np.ones((50, 50), dtype=bool))
    with pytest.raises(ValueError, match=r"neurons: \['a'\]; expected ids, such as \[0, 3\]"):
        twin(images, neurons=["a"])
    with pytest.raises(ValueError, match=r"values: \['a'\]; expected numbers"):
        twin.tuning("orientation", ["a"])
    for kind in (KeyError, hypercolumn.NotFound):
        with pytest.raises(kind) as missing:
            service["demon"]
        assert str(missing.value).startswith("there is no model demon; expected one of: demo")
    with pytest.raises(hypercolumn.InvalidInput, match="no members"):
        twin(images, spread=True)


def test_an_address_without_a_service_is_named():
    with pytest.raises(hypercolumn.ServiceUnreachable, match="npx hypercolumn serve"):
        hypercolumn.connect("http://127.0.0.1:9", retries=0)
    with pytest.raises(ValueError, match="wrong address"):
        hypercolumn.connect("ftp://127.0.0.1")


def test_gradients_and_attention_are_arrays(twin, images):
    gradient = twin.gradient(images[:2], neurons=[1])
    assert gradient.shape == (2, 1, 50, 50)
    assert gradient[0].provenance.digest == twin.digest
    assert gradient.provenance.neurons == [1]
    assert np.allclose(twin.attention(images[:1], neurons=[1, 2]).sum(axis=(2, 3)), 1, atol=1e-5)
