from __future__ import annotations

import json
import shutil

import pytest

import hypercolumn


def test_a_checkout_that_is_not_built_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "hypercolumn" else f"/bin/{name}")
    (tmp_path / "models" / "demo" / "1").mkdir(parents=True)
    (tmp_path / "package.json").write_text(json.dumps({"name": "hypercolumn"}))
    with pytest.raises(hypercolumn.HypercolumnError) as caught:
        hypercolumn.local(tmp_path / "models" / "demo")
    assert str(caught.value) == f"Hypercolumn is not built: {tmp_path}; run `npm run build` there once"


def test_without_node_a_local_service_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(hypercolumn.HypercolumnError, match="Node.js is not there"):
        hypercolumn.local(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no folder .*; expected a model"):
        hypercolumn.local(tmp_path / "nothing")
