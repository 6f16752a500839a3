from __future__ import annotations

import numpy as np
import pytest

import hypercolumn


def test_a_tuning_curve_has_values_indices_and_a_plot(twin):
    tuning = twin.tuning("orientation", neurons=[3, 5])
    assert tuning.unit == "degrees"
    assert list(tuning.values) == list(range(0, 180, 15))
    assert tuning.curves.shape == (2, 12)
    assert tuning[5].curve.max() == tuning[5].peak["response"]
    assert 0 < tuning[3].indices["gOSI"].value < 1
    with pytest.raises(KeyError, match="neuron 4 was not measured"):
        tuning[4]
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    axes = tuning.plot()
    assert axes.get_xlabel() == "orientation (degrees)"
    assert np.array_equal(axes.lines[0].get_ydata(), tuning[3].curve)


def test_two_parameters_make_a_map(twin):
    tuning = twin.tuning(
        "orientation",
        [0, 45, 90],
        second="contrast",
        second_values=[0.1, 0.4],
        stimulus={"grating": {"diameter": 20}},
        neurons=2,
    )
    assert tuning.curves.shape == (1, 3, 2)
    assert (tuning.second, tuning.second_unit) == ("contrast", "1")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    assert tuning.plot()[0].get_xlabel() == "contrast (1)"


def test_a_characterization_is_a_table(twin):
    table = twin.characterize(neurons=[2], progress=False)
    pandas = pytest.importorskip("pandas")
    assert isinstance(table, pandas.DataFrame)
    assert list(table["id"]) == [2]
    assert 0 < table["gOSI"][0] < 1
    assert table.attrs["provenance"].digest == twin.digest


def test_preferred_stimuli_raise_the_response(twin):
    found = twin.preferred_stimulus(neurons=[2, 8], restarts=2, steps=10, progress=False)
    assert found.images.shape == (2, 2, 50, 50)
    assert found.best.shape == (2, 50, 50)
    again = twin(found.best, neurons=[2, 8])
    assert np.allclose(np.diag(again), found.responses.max(axis=1), atol=1e-3)


def test_a_job_is_found_again_and_cancelled(service, twin):
    job = twin.start("preferred-stimulus", {"neurons": "0-15", "steps": 2000, "restarts": 16})
    again = service.job(job.id)
    assert again.id in [each.id for each in service.jobs()]
    again.cancel()
    with pytest.raises(hypercolumn.JobFailed, match="cancelled"):
        job.wait(progress=False)
