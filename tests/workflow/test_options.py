"""Options: declared once, the same on the command line, in jobs and in Python."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.cli.app import COMMANDS, HIDDEN, load_command, load_function
from boxwright.errors import UsageError
from boxwright.export.formats import Format
from boxwright.pipeline.presets import PRESETS
from boxwright.workflow.common.option import Option, Options
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.export import ExportOptions
from boxwright.workflow.job.kinds import OPTIONS
from boxwright.workflow.train import PRESET_NAMES, TrainOptions

VERBS = sorted(name for name in (*COMMANDS, *HIDDEN) if hasattr(load_function(name), "options"))


def test_every_verb_is_looked_at() -> None:
    assert VERBS == [
        "benchmark", "check", "dataset", "demo", "detect", "doubtful", "estimate", "evaluate", "export", "init",
        "mistakes", "models", "rank", "report", "runs", "suggest", "train",
    ]  # fmt: skip


@pytest.mark.parametrize("name", VERBS)
def test_a_commands_options_are_the_fields_of_its_dataclass(name: str) -> None:
    options: type[Options] = load_function(name).options  # type: ignore[attr-defined]
    parameters = {parameter.name: parameter for parameter in load_command(name).params}
    assert {field.name for field in fields(options)} <= set(parameters)
    for field, option in options.declared().items():
        parameter = parameters[field]
        assert (parameter.param_type_name == "argument") == option.declaration.is_argument
        if not option.declaration.is_argument:
            assert [*parameter.opts, *parameter.secondary_opts] == option.flag.split("/")
            assert parameter.help.startswith(option.declaration.help)
        if not option.is_many and not option.declaration.is_required:
            assert parameter.default == option.default
    # what a command has beside them is about what it prints, not about what the verb does
    others = set(parameters) - {field.name for field in fields(options)}
    assert others <= {"folder", "as_json", "show_all", "json_path", "open_browser", "action", "help"}


@pytest.mark.parametrize("options", OPTIONS.values())
def test_every_option_documents_itself(options: type[Options]) -> None:
    for field, option in options.declared().items():
        assert option.declaration.help.endswith("."), field
        assert f"{field}:" in (options.__doc__ or "") or f"{field}," in (options.__doc__ or ""), field


def values_of(option: Option) -> st.SearchStrategy[Any]:
    low, high = option.declaration.minimum, option.declaration.maximum
    text = st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]), min_size=1)
    one: st.SearchStrategy[Any] = {
        bool: st.booleans(),
        int: st.integers(None if low is None else int(low), None if high is None else int(high)),
        float: st.floats(low, high, allow_nan=False, allow_infinity=False),
        str: st.sampled_from(option.declaration.choices) if option.declaration.choices else text,
        Path: text.map(Path),
        Format: st.sampled_from(Format),
    }[option.type]
    if option.is_many:
        return st.lists(one).map(tuple)
    return st.one_of(one, st.sampled_from([option.default, *option.words]))


@pytest.mark.parametrize("cls", OPTIONS.values())
@given(st.data())
def test_what_is_stored_is_what_is_read(cls: type[Options], data: st.DataObject) -> None:
    options = cls(**{field: data.draw(values_of(option)) for field, option in cls.declared().items()})
    assert cls.from_json(options.to_json()) == options


def test_defaults_are_not_stored() -> None:
    assert TrainOptions().to_json() == '{"version": 1, "options": {}}'
    assert TrainOptions(num_steps=5).to_json() == '{"version": 1, "options": {"num_steps": 5}}'


def test_objects_of_strings_of_an_earlier_version_are_read() -> None:
    text = '{"num-steps": "500", "batch-size": "auto", "deterministic": "false", "train-dir": "/a b", "xla": "1"}'
    expected = TrainOptions(num_steps=500, batch_size="auto", deterministic=False, train_dir=Path("/a b"), xla=True)
    assert TrainOptions.from_json(text) == expected
    images = DetectOptions.from_json('{"images": "/a.jpg\\n/b.jpg", "min-score": "0.25"}')
    assert images == DetectOptions(images=(Path("/a.jpg"), Path("/b.jpg")), min_score=0.25)
    assert ExportOptions.from_json('{"format": "tflite"}') == ExportOptions(formats=(Format.TFLITE,))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"batch_size": "0"}, "--batch-size 0: give a whole number of 1 or more or auto"),
        ({"batch_size": "many"}, "--batch-size many"),
        ({"precision": "float8"}, "--precision float8: give one of float32, bfloat16, float16"),
        ({"preset": "large"}, "--preset large: give one of ssd_inception_v2, small, demo"),
        ({"batch_size": 2.5}, "--batch-size 2.5"),
        ({"batch_size": True}, "--batch-size True"),
        ({"num_steps": -3}, "--num-steps -3"),
        ({"xla": "perhaps"}, "--xla perhaps: give true or false"),
        ({"train_dir": "a\0b"}, "null character"),
        ({"train_dir": 7}, "--train-dir 7: give a path"),
        ({"early_stop": None}, "--early-stop None"),
        ({"steps": 5}, "There is no parameter 'steps'. Parameters: pipeline-config-path"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_in_words(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        TrainOptions.from_values(values)
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["", "3", "[]", '{"version": 2, "options": {}}', '{"version": 1}'])
def test_what_is_no_options_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="job's options"):
        TrainOptions.from_json(text)


def test_the_presets_of_the_option_are_all_presets() -> None:
    assert tuple(PRESETS) == PRESET_NAMES


def test_python_callers_are_held_to_the_same_limits() -> None:
    with pytest.raises(UsageError, match="--num-steps 0"):
        TrainOptions(num_steps=0)
    for score in (math.nan, -0.1, 1.5):
        with pytest.raises(UsageError, match="--min-score"):
            replace(DetectOptions(), min_score=score)
    assert TrainOptions(batch_size="auto").batch_size == "auto"
