"""The catalogue follows the zoo's page, and marks the models that the supported fields allow."""

from __future__ import annotations

import re

import pytest

from boxwright.errors import UsageError
from boxwright.pipeline.support.rules import only, read_by
from boxwright.pipeline.support.supported import SUPPORTED
from boxwright.zoo.catalogue import CATALOGUE, MODELS, find_model


def test_names_archives_and_hashes_are_well_formed() -> None:
    assert len(CATALOGUE) == len(MODELS) == len({model.archive for model in MODELS})
    for model in MODELS:
        assert re.fullmatch(r"[\w.]+", model.name)
        assert model.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", model.sha256)
        assert 0 < model.accuracy < 100


def test_an_address_is_the_zoos_or_a_mirrors() -> None:
    model = CATALOGUE["ssd_mobilenet_v1_coco"]
    file = "ssd_mobilenet_v1_coco_2018_01_28.tar.gz"
    assert model.address() == f"http://download.tensorflow.org/models/object_detection/{file}"
    assert model.address("http://mirror/zoo/") == model.address("http://mirror/zoo") == f"http://mirror/zoo/{file}"


def test_support_follows_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lite, plain = CATALOGUE["ssdlite_mobilenet_v2_coco"], CATALOGUE["ssd_mobilenet_v2_coco"]
    monkeypatch.setitem(SUPPORTED["SsdFeatureExtractor"], "type", only("detection", "ssd_inception_v2"))
    assert {m.extractor for m in MODELS if m.is_supported} == {"ssd_inception_v2"}
    for message, _ in lite.needs:
        monkeypatch.delitem(SUPPORTED[message], "use_depthwise", raising=False)
    assert not plain.is_supported
    monkeypatch.setitem(SUPPORTED["SsdFeatureExtractor"], "type", only("detection", "ssd_mobilenet_v2"))
    assert plain.is_supported
    assert not lite.is_supported
    for message, field in lite.needs:
        monkeypatch.setitem(SUPPORTED[message], field, read_by("detection"))
    assert lite.is_supported


@pytest.mark.parametrize(
    "name",
    ["ssd_mobilenet_v2_coco", "ssd_mobilenet_v2_coco_2018_03_29", "ssd_mobilenet_v2_coco_2018_03_29.tar.gz"],
)
def test_a_model_is_found_by_its_name_and_its_archives(name: str) -> None:
    assert find_model(name).name == "ssd_mobilenet_v2_coco"


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'ssd_mobilnet_v2'.*Did you mean ssd_mobilenet_v2_coco"):
        find_model("ssd_mobilnet_v2")
