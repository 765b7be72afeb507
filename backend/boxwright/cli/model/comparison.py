"""What `boxwright runs` says of two runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from boxwright.cli.console import duration, echo, print_table
from boxwright.findings import printable
from boxwright.pipeline.differences import Change
from boxwright.runs.compare import Comparison
from boxwright.runs.label_changes import BoxChanges, ImageChange, LabelChanges
from boxwright.workspace import SPLITS

IMAGES_NAMED = 20
VALUE_SHOWN = 100  # characters of one value; --json has all


def print_comparison(comparison: Comparison) -> None:
    """Print what differs between two runs."""
    echo(" -> ".join(printable(run.name) for run in comparison.runs))
    _print_changes("Configuration", comparison.config)
    _print_changes("Other settings", comparison.settings)
    _print_dataset(comparison)
    echo("Results:")
    _print_results(comparison)
    for note in comparison.notes:
        echo(printable(note))


def _print_changes(what: str, changes: Sequence[Change] | None) -> None:
    if changes is None:
        echo(f"{what}: cannot be compared, see below.")
    elif not changes:
        echo(f"{what}: the same.")
    else:
        echo(f"{what}:")
        for change in changes:
            echo(f"  {change.path}: {_value(change.before)} -> {_value(change.after)}")


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    text = printable(value) if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_SHOWN else f"{text[: VALUE_SHOWN - 4]} ..."


def _print_dataset(comparison: Comparison) -> None:
    same, labels = comparison.is_same_dataset, comparison.labels
    before, after = ((run.fingerprint or "unknown")[:12] for run in comparison.runs)
    if same:
        echo(f"Dataset: the same training records (fingerprint {before}).")
    else:
        echo(f"Dataset: {'unknown' if same is None else 'other'} training records (fingerprint {before} -> {after}).")
    if labels is None:
        echo("  What changed in the labels cannot be told, see below.")
    elif labels.changes:
        _print_label_changes(labels)
    elif same:
        echo("  All labels are the same, on the test split as well.")
    else:
        echo(
            "  All labels are the same. What differs is in the images, in flags such as difficult, or in how the "
            "records are cut."
        )


def _print_label_changes(labels: LabelChanges) -> None:
    before, after = labels.images
    totals = labels.image_totals()
    counts = ", ".join(f"{before[split]:,} -> {after[split]:,} {split}" for split in SPLITS)
    words = {"added": "added", "removed": "removed", "other_boxes": "with other boxes"}
    words |= {f"moved_to_{split}": f"moved to {split}" for split in SPLITS}
    parts = [f"{totals[name]:,} {word}" for name, word in words.items() if totals[name]]
    echo(f"  Images: {counts}; {', '.join(parts)}.")
    rows = labels.class_totals()
    columns = ("before", "after", "added", "removed", "changed", "relabelled_from", "relabelled_to")
    table = [
        (printable(label), *(row[name] for name in columns))
        for label, row in rows.items()
        if any(row[name] for name in columns[2:])
    ]
    if table:
        if len(rows) > 1:
            table.append(("all classes", *(sum(row[name] for row in rows.values()) for name in columns)))
        print_table(("boxes of class", *(name.replace("_", " ") for name in columns)), table)
    for change in labels.changes[:IMAGES_NAMED]:
        echo(f"  {printable(change.filename) or '(no name)'}{_image_in_words(change)}")
    if len(labels.changes) > IMAGES_NAMED:
        echo(f"  ... and {len(labels.changes) - IMAGES_NAMED:,} more images; --json names them all.")


def _image_in_words(change: ImageChange) -> str:
    """Return what happened to an image: " (train): 1 box added (disc)"."""
    if change.before is None:
        return f": new in {change.after}, {_boxes(change.boxes.added) or 'without a box'}"
    if change.after is None:
        return f": gone from {change.before}, {_boxes(change.boxes.removed) or 'without a box'}"
    boxes = "; ".join(_boxes_in_words(change.boxes))
    if change.before == change.after:
        return f" ({change.after}): {boxes}"
    return f": moved from {change.before} to {change.after}{'; ' + boxes if boxes else ''}"


def _boxes_in_words(boxes: BoxChanges) -> Iterator[str]:
    pairs = [f"{old} -> {new}" for old, new in boxes.relabelled]
    for what, labels in (("added", boxes.added), ("removed", boxes.removed), ("changed", boxes.changed)):
        if labels:
            yield f"{_boxes(labels)} {what}"
    if pairs:
        yield f"{_boxes(pairs)} relabelled"


def _boxes(labels: Iterable[str]) -> str:
    """Return how many boxes of which classes: "3 boxes (2 disc, square)"; "" for none."""
    counts = Counter(labels)
    number = counts.total()
    named = ", ".join(
        f"{count} {printable(label)}" if count > 1 else printable(label) for label, count in counts.items()
    )
    return f"{number} {'box' if number == 1 else 'boxes'} ({named})" if number else ""


def _print_results(comparison: Comparison) -> None:
    runs = comparison.runs
    measured = [run.evaluated for run in runs]
    found = [run.record.evaluation.interval_95 if run.record.evaluation else None for run in runs]
    intervals = [f"{one.ap50[0]:.2f} to {one.ap50[1]:.2f}" if one else None for one in found]
    seconds = [run.record.seconds_trained for run in runs]
    rows: list[tuple[object, ...]] = [
        _row("AP@.50", [one.ap50 if one else None for one in measured]),
        ("  95% of such test splits", *intervals, ""),
        _row("AP@[.50:.95]", [one.ap if one else None for one in measured]),
        ("  at step", *(one.at_step if one else None for one in measured), ""),
        _row("last loss", [run.last_loss for run in runs]),
        ("time", *(None if one is None else duration(one) for one in seconds), ""),
        ("steps", *(run.record.step for run in runs), ""),
    ]
    heads = ("", *(printable(run.name) for run in runs), "difference")
    print_table(heads, [row for row in rows if any(value is not None for value in row[1:3])])
    if comparison.classes:
        columns = ("class", "AP@.50 before", "after", "difference", "AP@[.50:.95] before", "after", "difference")
        print_table(
            columns, [_row(printable(row.label), row.ap50) + _row("", row.ap)[1:] for row in comparison.classes]
        )


def _row(name: str, values: Sequence[float | None]) -> tuple[object, ...]:
    before, after = values
    difference = None if before is None or after is None else f"{after - before:+.3f}"
    return name, before, after, difference
