"""Lines of older versions of pipeline.config mean what they meant."""

from __future__ import annotations

import pytest

from boxwright.pipeline import PipelineError, messages, parse_pipeline
from boxwright.pipeline.compatibility import ADDED_FIELDS, REMOVED_FIELDS

OLD = """# batch_norm_trainable: true is of 2018
model { ssd {
  feature_extractor {
    type: "ssd_mobilenet_v2"
    batch_norm_trainable: true
    depth_multiplier: 0.5 } } }
"""


def test_a_removed_field_is_left_out_and_said() -> None:
    notes: list[str] = []
    config = parse_pipeline(OLD.encode(), name="old.config", note=notes.append)
    assert config.model.ssd.feature_extractor.depth_multiplier == 0.5
    (note,) = notes
    assert note.startswith(
        "old.config:5: model.ssd.feature_extractor.batch_norm_trainable: true is of an older version"
    )


def test_a_removed_field_leaves_the_lines_of_other_mistakes() -> None:
    with pytest.raises(PipelineError, match=r"^x:6: "):
        parse_pipeline(OLD.replace("0.5", "half").encode(), name="x")


def test_another_value_of_a_removed_field_says_what_to_write() -> None:
    with pytest.raises(PipelineError, match=r"^x:5: .*batch_norm \{ train: false \}") as caught:
        parse_pipeline(
            OLD.replace("batch_norm_trainable: true\n ", "batch_norm_trainable: false\n ").encode(), name="x"
        )
    assert caught.value.line == 5


def test_a_field_of_the_same_name_elsewhere_stays() -> None:
    text = "model { faster_rcnn { feature_extractor { batch_norm_trainable: true } } }"
    assert parse_pipeline(text.encode(), name="x").model.faster_rcnn.feature_extractor.batch_norm_trainable


def test_a_field_that_older_versions_lack_is_set_and_said() -> None:
    notes: list[str] = []
    text = "model { ssd { feature_extractor { type: 'ssd_inception_v2' } } }"
    config = parse_pipeline(text.encode(), name="x", note=notes.append)
    assert config.model.ssd.feature_extractor.override_base_feature_extractor_hyperparams
    assert len(notes) == 1
    text = text.replace("v2'", "v2' override_base_feature_extractor_hyperparams: false")
    config = parse_pipeline(text.encode(), name="x")
    assert not config.model.ssd.feature_extractor.override_base_feature_extractor_hyperparams


def test_every_row_has_its_reason() -> None:
    fields = messages.SsdFeatureExtractor.DESCRIPTOR.fields_by_name
    assert all(row.reason and row.otherwise and row.path.rpartition(".")[2] not in fields for row in REMOVED_FIELDS)
    assert all(row.reason and row.field in fields for row in ADDED_FIELDS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("input_path: \u201ca.record\u201d", "\u201c is a typographic quote"),
        ("input_path: \u2018a.record\u2019", "\u2018 is a typographic quote"),
        ('input_path: "a.record\u201d', "\u201d is a typographic quote"),
        ('input_path\uff1a "a.record"', "\uff1a is a full-width colon"),
        ('\u200binput_path: "a.record"', "U+200B is an invisible character"),
    ],
)
def test_characters_of_word_processors_are_named(line: str, says: str) -> None:
    text = f"train_input_reader {{ tf_record_input_reader {{\n{line}\n}} }}"
    with pytest.raises(PipelineError) as caught:
        parse_pipeline(text.encode(), name="x.config")
    assert str(caught.value).startswith("x.config:2")
    assert says in str(caught.value)
