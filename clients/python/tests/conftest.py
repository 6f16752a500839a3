"""Tests run against a real service, which HYPERCOLUMN_URL names or which is started from the checkout."""

from __future__ import annotations

import os
import pathlib
import shutil
from typing import Iterator

import numpy as np
import pytest

import hypercolumn

CHECKOUT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hypercolumn.Service]:
    url = os.environ.get("HYPERCOLUMN_URL")
    if url is not None:
        with hypercolumn.connect(url) as found:
            yield found
        return
    os.environ["ALLOW_TRAINING"] = "1"
    command = ["node", str(CHECKOUT / "dist/src/cli/hypercolumn.js"), "serve"]
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(CHECKOUT / "models" / "demo", models / "demo")
    with hypercolumn.local(models, command=command) as started:
        yield started


@pytest.fixture(scope="session")
def twin(service: hypercolumn.Service) -> hypercolumn.Twin:
    return service["demo"]


@pytest.fixture
def images() -> "np.ndarray":
    return np.random.default_rng(1).integers(60, 196, (6, 50, 50), dtype=np.uint8)
