"""Reading and writing every form of a pipeline.config, and the messages about broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxwright.pipeline import PipelineError, build_preset, load_pipeline, parse_pipeline, save_pipeline
from boxwright.pipeline.messages import TrainEvalPipelineConfig

HERE = Path(__file__).resolve().parent


def test_every_way_of_writing(tmp_path: Path) -> None:
    config = load_pipeline(HERE / "syntax.config")
    ssd, train = config.model.ssd, config.train_config
    assert (ssd.num_classes, ssd.feature_extractor.type) == (90, "ssd_inception_v2")
    assert list(ssd.anchor_generator.ssd_anchor_generator.aspect_ratios) == [1.0, 2.0, 0.5, 3.0]
    assert ssd.post_processing.score_converter == ssd.post_processing.SIGMOID
    assert (train.batch_size, train.num_steps, train.from_detection_checkpoint) == (16, 8, True)
    assert len(train.data_augmentation_options[1].ssd_random_crop.operations) == 2
    assert list(config.train_input_reader.tf_record_input_reader.input_path) == ["a.record", "b-*.record"]
    assert config.train_input_reader.label_map_path == "annotations.pbtxt"
    assert [one.label_map_path for one in config.eval_input_reader] == ["größe.pbtxt", "ä.pbtxt"]
    _round_trip(config, tmp_path)


def test_every_config_of_the_zoo_loads_and_round_trips(shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "configs").glob("*.config"))
    assert len(paths) == 37
    paths += [*sorted((shared / "golden").glob("*/pipeline.config")), *(shared / "data").glob("*/*/*.config")]
    for path in paths:
        config = load_pipeline(path)
        assert config.model.WhichOneof("model")
        _round_trip(config, tmp_path)


def _round_trip(config, folder: Path) -> None:
    text = folder / "pipeline.config"
    save_pipeline(config, text, header="A comment")
    assert load_pipeline(text) == config
    binary = folder / "pipeline.binpb"
    binary.write_bytes(config.SerializeToString())
    again = load_pipeline(binary)
    assert again == config
    first = text.read_bytes()
    save_pipeline(again, text, header="A comment")
    assert text.read_bytes() == first


_TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=8)
_FLOAT = st.floats(width=32, allow_nan=False)


@st.composite
def _configs(draw: st.DrawFn):
    """A config with any fields at any values; always an SSD, as every real config has a model."""
    config = TrainEvalPipelineConfig()
    config.model.ssd.num_classes = draw(st.integers(0, 2**31 - 1))
    _fill(draw, config, depth=0)
    if not config.model.HasField("ssd"):
        config.model.ssd.num_classes = 1
    return config


def _fill(draw: st.DrawFn, message, depth: int) -> None:
    fields = [field for field in message.DESCRIPTOR.fields if depth < 5 or field.message_type is None]
    fields = [field for field in fields if not (field.message_type and field.message_type.GetOptions().map_entry)]
    if not fields:
        return
    for field in draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda one: one.number)):
        target = getattr(message, field.name)
        repeated = hasattr(target, "extend")
        if field.message_type is not None:
            child = target.add() if repeated else target
            child.SetInParent()
            _fill(draw, child, depth + 1)
            continue
        value = draw(_value(field))
        if repeated:
            target.append(value)
        else:
            setattr(message, field.name, value)


def _value(field) -> st.SearchStrategy:
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    return {
        field.CPPTYPE_BOOL: st.booleans(),
        field.CPPTYPE_FLOAT: _FLOAT,
        field.CPPTYPE_DOUBLE: _FLOAT,
        field.CPPTYPE_STRING: _TEXT,
        field.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
        field.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    }[field.cpp_type]


@settings(max_examples=60, deadline=None)
@given(config=_configs())
def test_text_to_binary_to_text_changes_nothing(config, tmp_path_factory: pytest.TempPathFactory) -> None:
    _round_trip(config, tmp_path_factory.mktemp("round"))


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=80) | _TEXT.map(str.encode))
def test_any_bytes_are_a_config_or_a_pipeline_error(data: bytes) -> None:
    try:
        parse_pipeline(data, name="x.config")
    except PipelineError as error:
        assert "x.config" in str(error)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 3000))
def test_a_truncated_config_is_a_pipeline_error_or_shorter(cut: int) -> None:
    data = (HERE / "syntax.config").read_bytes()[:cut]
    try:
        parse_pipeline(data, name="x.config")
    except PipelineError as error:
        assert "x.config" in str(error)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"\n", b"\r\n", id="windows"),
        pytest.param(b"\n", b"\r", id="old-mac"),
    ],
)
def test_line_ends_do_not_matter(before: bytes, after: bytes) -> None:
    data = (HERE / "syntax.config").read_bytes()
    assert parse_pipeline(data.replace(before, after), name="x") == parse_pipeline(data, name="x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_of_windows_editors(encoding: str) -> None:
    text = (HERE / "syntax.config").read_text(encoding="utf-8")
    assert parse_pipeline(text.encode(encoding), name="x") == parse_pipeline(text.encode(), name="x")


def test_the_line_is_counted_with_windows_line_ends() -> None:
    with pytest.raises(PipelineError, match=r"x:3: model\.ssd\.num_clases"):
        parse_pipeline(b"\xef\xbb\xbf# comment\r\nmodel { ssd {\r\n  num_clases: 3\r\n} }", name="x")


def test_a_comment_may_be_in_any_encoding() -> None:
    data = "model { ssd { num_classes: 3 # Größe\n } }".encode("latin-1")
    assert parse_pipeline(data, name="x").model.ssd.num_classes == 3


def test_a_byte_that_is_not_utf8_is_named() -> None:
    data = 'model {}\ntrain_input_reader { label_map_path: "Größe" }'.encode("cp1252")
    with pytest.raises(PipelineError, match=r"x:2: byte 0xF6 at column 41 is not UTF-8"):
        parse_pipeline(data, name="x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model {\n ssd { num_clases: 3 } }", ["x:2: model.ssd.num_clases", "Did you mean num_classes?"]),
        ("model { num_steps: 3 }", ["model.num_steps", "belongs to TrainConfig"]),
        ("model { ssd { num_classes: 'a' } }", ["x:1: model.ssd.num_classes", "integer"]),
        ("model { ssd { num_classes: 1\n num_classes: 2 } }", ["x:2: model.ssd.num_classes", "Keep one"]),
        ("model { ssd {} faster_rcnn {} }", ["faster_rcnn", "ssd", "Keep one"]),
        (
            "model { ssd { feature_extractor { conv_hyperparams { activation: RELU6 } } } }",
            ["conv_hyperparams.activation", "Did you mean RELU_6?", "NONE, RELU, RELU_6, SWISH"],
        ),
        ("train_config {\n batch_size: 2", ["x:2", "not closed"]),
        ("train_config { batch_size: -1 }", ["train_config.batch_size", "-1"]),
        (r'train_input_reader { label_map_path: "C:\Users\x" }', ["label_map_path", "/ instead of \\"]),
        (r'train_input_reader { label_map_path: "annotations\train.pbtxt" }', ["label_map_path", "/ instead of \\"]),
        ('<?xml version="1.0"?><annotation/>', ["x:1", "XML"]),
        ("  \n ", ["x: the file is empty"]),
        ("model { ssd { wholly_unlike_anything: 1 } }", ["Ssd takes", "num_classes"]),
    ],
)
def test_the_message_about_a_broken_config(text: str, says: list[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        parse_pipeline(text.encode(), name="x")
    for part in says:
        assert part in str(caught.value)
    assert "object_detection.protos" not in str(caught.value)


def test_a_field_after_strings_and_comments_with_braces_keeps_its_path() -> None:
    text = "model { # }}}\n ssd { feature_extractor { type: '}}' } bad_one: 2 } }"
    with pytest.raises(PipelineError, match=r"x:2: model\.ssd\.bad_one"):
        parse_pipeline(text.encode(), name="x")


def test_a_file_that_is_not_a_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no such file"):
        load_pipeline(tmp_path / "none.config")
    with pytest.raises(PipelineError, match="cannot be read"):
        load_pipeline(tmp_path)
    record = tmp_path / "train.record"
    record.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(PipelineError, match="neither the text nor the binary form"):
        load_pipeline(record)
    large = tmp_path / "model.ckpt.data-00000-of-00001"
    with large.open("wb") as stream:
        stream.truncate(17 << 20)
    with pytest.raises(PipelineError, match="is more than any"):
        load_pipeline(large)


def test_saving_is_atomic_makes_folders_and_keeps_the_header(tmp_path: Path) -> None:
    path = tmp_path / "training" / "pipeline.config"
    save_pipeline(build_preset("small", num_classes=2), path, header="First\n\nThird")
    assert path.read_text().startswith("# First\n#\n# Third\nmodel {")
    assert [one.name for one in path.parent.iterdir()] == ["pipeline.config"]


def test_saving_to_an_impossible_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "training").write_text("a file, not a folder")
    with pytest.raises(PipelineError, match="cannot be written"):
        save_pipeline(TrainEvalPipelineConfig(), tmp_path / "training" / "pipeline.config")


def test_two_augmentation_steps_in_one_block_are_told_apart() -> None:
    text = b"train_config {\n data_augmentation_options { random_horizontal_flip {} random_vertical_flip {} }\n}"
    with pytest.raises(PipelineError, match=r"give each its own data_augmentation_options \{ \.\.\. \}") as caught:
        parse_pipeline(text, name="x.config")
    assert caught.value.field == "train_config.data_augmentation_options.random_vertical_flip"
    assert caught.value.line == 2
