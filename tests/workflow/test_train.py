"""What `boxwright train` does before the first step: records, configuration, folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer.testing

from boxwright.cli.app import app
from boxwright.dataset.plan.label_map import read_label_map
from boxwright.demo.write import write_scenes
from boxwright.errors import BoxwrightError, UsageError
from boxwright.pipeline.load import load_pipeline
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.pipeline.presets import build_preset
from boxwright.pipeline.save import save_pipeline
from boxwright.pipeline.support.rules import only
from boxwright.pipeline.support.supported import SUPPORTED
from boxwright.progress import Progress, silent
from boxwright.workflow import train as verb
from boxwright.workflow.common.pipeline_config import (
    is_from_preset,
    override_checkpoint,
    override_num_steps,
    write_config,
)
from boxwright.workflow.common.records import update_records
from boxwright.workflow.job.kinds import parse_params
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from training_records import small_config


def print_messages(progress: Progress) -> None:
    if progress.message:
        print(progress.message)


def config_of(workspace: Workspace) -> TrainEvalPipelineConfig | None:
    return load_pipeline(workspace.pipeline_config) if workspace.pipeline_config.exists() else None


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    write_scenes(folder, 8, seed=1)
    return folder


@pytest.fixture
def workspace(photos: Path, tmp_path: Path) -> Workspace:
    workspace = Workspace.at(tmp_path)
    shutil.copytree(photos, workspace.images)
    return workspace


def test_records_of_ours_are_brought_up_to_date(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    update_records(workspace, config_of(workspace), print_messages)
    assert workspace.record("train").is_file()
    assert "records brought up to date" in capsys.readouterr().out
    update_records(workspace, config_of(workspace), print_messages)
    assert "records up to date" in capsys.readouterr().out


def test_no_usable_photo_is_said_with_what_to_do(workspace: Workspace) -> None:
    for annotation in workspace.images.rglob("*.xml"):
        annotation.unlink()
    with pytest.raises(BoxwrightError, match=r"no photo with a usable annotation.*boxwright check") as raised:
        update_records(workspace, config_of(workspace), print_messages)
    assert str(workspace.root) in str(raised.value)
    for photo in workspace.images.iterdir():
        photo.unlink()
    workspace.label_map.unlink(missing_ok=True)
    with pytest.raises(BoxwrightError, match="no photo with a usable annotation"):
        update_records(workspace, config_of(workspace), print_messages)


def test_the_tutorials_config_path_is_written_where_it_is_missing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    monkeypatch.setattr(verb, "_run_training", lambda *_: None)
    verb.train(Workspace.find(Path()), TrainOptions(pipeline_config_path=Path("training/pipeline.config")))
    assert is_from_preset(workspace.pipeline_config, "small")


@pytest.mark.parametrize("with_config", [True, False])
def test_records_of_others_are_used_as_they_are(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], with_config: bool
) -> None:
    workspace.annotations.mkdir()
    workspace.record("train").write_bytes(b"from the tutorial's script")
    if with_config:
        save_pipeline(small_config(), workspace.pipeline_config)
    update_records(workspace, config_of(workspace), print_messages)
    assert workspace.record("train").read_bytes() == b"from the tutorial's script"
    assert "annotations/train.record: not written by Boxwright" in capsys.readouterr().out
    assert not workspace.record("test").exists()


def test_the_preset_follows_from_what_is_there(workspace: Workspace) -> None:
    update_records(workspace, config_of(workspace), print_messages)
    write_config(workspace, None, num_steps=40, batch_size=3, reporter=silent)
    config = load_pipeline(workspace.pipeline_config)
    assert (config.train_config.num_steps, config.train_config.batch_size) == (40, 3)
    assert config.model.ssd.num_classes == len(read_label_map(workspace.label_map))
    assert not config.train_config.fine_tune_checkpoint
    assert is_from_preset(workspace.pipeline_config, "small")
    assert not is_from_preset(workspace.pipeline_config, "demo")

    unpacked = workspace.pretrained / "ssd_inception_v2_coco_2018_01_28"
    unpacked.mkdir(parents=True)
    (unpacked / "model.ckpt.index").touch()
    write_config(workspace, None, num_steps=None, batch_size=None, reporter=silent)
    config = load_pipeline(workspace.pipeline_config)
    assert is_from_preset(workspace.pipeline_config, "ssd_inception_v2")
    expected = "pre-trained-model/ssd_inception_v2_coco_2018_01_28/model.ckpt"
    assert config.train_config.fine_tune_checkpoint == expected


def test_a_cosine_schedule_is_stretched_and_never_cut() -> None:
    config = small_config()
    rate = config.train_config.optimizer.rms_prop_optimizer.learning_rate
    rate.cosine_decay_learning_rate.total_steps = 100
    override_num_steps(config, 50, silent)
    assert (config.train_config.num_steps, rate.cosine_decay_learning_rate.total_steps) == (50, 100)
    override_num_steps(config, 300, silent)
    assert (config.train_config.num_steps, rate.cosine_decay_learning_rate.total_steps) == (300, 300)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pipeline-config-path", "missing.config"], "missing.config: there is no such file"),
        (["--preset", "huge"], "--preset huge: give one of ssd_inception_v2, small, demo"),
        (["--num-steps", "0"], "--num-steps"),
    ],
)
def test_usage_errors_exit_with_2(workspace: Workspace, arguments: list[str], said: str) -> None:
    result = typer.testing.CliRunner().invoke(app, ["train", str(workspace.root), *arguments])
    assert result.exit_code == 2
    assert said in result.output
    assert not workspace.pipeline_config.exists()


@pytest.mark.parametrize("suffix", ["", ".index"])
def test_a_checkpoint_to_start_from_is_found_from_here_and_from_the_workspace(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    here = tmp_path / "elsewhere"
    for folder in (here / "mine", workspace.pretrained):
        folder.mkdir(parents=True)
        (folder / "model.ckpt.index").touch()
    monkeypatch.chdir(here)
    for prefix, found in (
        ("mine/model.ckpt", here / "mine" / "model.ckpt"),
        ("pre-trained-model/model.ckpt", workspace.pretrained / "model.ckpt"),
        (str(workspace.pretrained / "model.ckpt"), workspace.pretrained / "model.ckpt"),
    ):
        config = small_config()
        override_checkpoint(config, prefix + suffix, workspace)
        assert config.train_config.fine_tune_checkpoint == str(found)
        assert config.train_config.fine_tune_checkpoint_type == "detection"


def test_a_kind_of_checkpoint_that_the_config_names_stays(workspace: Workspace) -> None:
    (workspace.root / "model.ckpt.index").touch()
    config = small_config(fine_tune_checkpoint="other", fine_tune_checkpoint_type="classification")
    override_checkpoint(config, "model.ckpt", workspace)
    assert config.train_config.fine_tune_checkpoint_type == "classification"


def test_random_weights_and_a_checkpoint_that_is_missing(workspace: Workspace) -> None:
    config = small_config(fine_tune_checkpoint="other")
    with pytest.raises(UsageError, match=r"gone/model\.ckpt: there is no gone/model\.ckpt\.index"):
        override_checkpoint(config, "gone/model.ckpt", workspace)
    override_checkpoint(config, "none", workspace)
    assert not config.train_config.HasField("fine_tune_checkpoint")


def test_a_jobs_checkpoint_is_the_one_where_the_job_was_submitted(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "model.ckpt.index").touch()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for given, kept in (("model.ckpt", str(tmp_path / "elsewhere" / "model.ckpt")), ("none", "none"), ("a/b", "a/b")):
        options = parse_params("train", [f"fine-tune-checkpoint={given}"], workspace)
        assert options == TrainOptions(fine_tune_checkpoint=kept)


def test_a_checkpoint_with_its_own_config_is_trained_as_that_says(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = SUPPORTED["SsdFeatureExtractor"]
    monkeypatch.setitem(rules, "type", only("detection", "ssd_other"))
    monkeypatch.setattr(verb, "_run_training", lambda *_: None)
    theirs = build_preset("demo", num_classes=90)
    theirs.model.ssd.feature_extractor.type = "ssd_other"
    folder = workspace.pretrained / "ssd_other_coco"
    save_pipeline(theirs, folder / "pipeline.config")
    (folder / "model.ckpt.index").write_bytes(b"")
    verb.train(workspace, TrainOptions(num_steps=123))
    config = load_pipeline(workspace.pipeline_config)
    assert config.model.ssd.feature_extractor.type == "ssd_other"
    assert config.model.ssd.num_classes == len(read_label_map(workspace.label_map))
    assert config.train_config.num_steps == 123
    assert config.train_config.fine_tune_checkpoint == "pre-trained-model/ssd_other_coco/model.ckpt"

    workspace.pipeline_config.unlink()
    monkeypatch.setitem(rules, "type", only("detection", "ssd_inception_v2"))
    with pytest.raises(BoxwrightError, match="'ssd_other', which is not supported"):
        verb.train(workspace)


@pytest.mark.parametrize("path", ["C:/tensorflow1/ssd/model.ckpt", "PATH_TO_BE_CONFIGURED/model.ckpt"])
def test_an_option_overrides_a_path_before_it_is_checked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(verb, "_run_training", lambda *_: None)
    config = small_config(fine_tune_checkpoint=path, fine_tune_checkpoint_type="detection")
    config.model.ssd.num_classes = 3  # as the scenes have
    save_pipeline(config, workspace.pipeline_config)
    with pytest.raises(BoxwrightError, match=r"fine_tune_checkpoint is .*--fine-tune-checkpoint none"):
        verb.train(workspace, TrainOptions())
    assert not workspace.record("train").exists()  # nothing was done for a config that cannot be trained
    verb.train(workspace, TrainOptions(fine_tune_checkpoint="none"))
    assert workspace.record("train").exists()


def test_the_model_is_checked_before_the_paths(workspace: Workspace) -> None:
    workspace.training.mkdir(exist_ok=True)
    workspace.pipeline_config.write_text(
        'model { faster_rcnn { num_classes: 1 } } train_config { fine_tune_checkpoint: "PATH_TO_BE_CONFIGURED/x" }'
    )
    with pytest.raises(BoxwrightError, match=r"model\.faster_rcnn is not supported"):
        verb.train(workspace, TrainOptions())


def test_no_image_in_the_train_split_says_what_to_move(workspace: Workspace) -> None:
    (workspace.images / "test").mkdir()
    for path in sorted(path for path in workspace.images.iterdir() if path.is_file()):
        path.rename(workspace.images / "test" / path.name)
    with pytest.raises(BoxwrightError, match=r"nothing to train on.*images/test.*move some of them"):
        update_records(workspace, None, silent)
