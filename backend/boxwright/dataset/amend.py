"""The shortcut for a few annotation files that changed: only their records are made again.

Why it is there: after one save in 10,000 images a whole sync takes about eight times as long (docs/decisions/0062).
It gives what a sync would give, or declines. Plan and record files are amended here and nowhere else.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from boxwright.annotations.class_names import is_class_file
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.plan.placement_evidence import same_evidence
from boxwright.dataset.plan.plan import Plan, PlanCache, Sources
from boxwright.dataset.sources.by_image import ClassFiles, by_image, read_class_files
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo, read_annotation_info
from boxwright.dataset.sources.scan import XML_SUFFIX
from boxwright.dataset.store.shards import ShardSpec, shard_of, shard_spec


@dataclass(frozen=True)
class SyncedState:
    """What the last sync wrote, and of what.

    Attributes:
        sources, plan, shards: As they went into the records; the record files per split.
        small_files: Bytes of label map and split when that was done.
    """

    sources: Sources
    plan: Plan
    shards: Mapping[str, Sequence[ShardSpec]]
    small_files: tuple[bytes | None, bytes]


def amended(state: SyncedState, root: Path, files: Collection[str], cache: PlanCache) -> SyncedState | None:
    """Return the state with what `files` say now, None when more may change than the boxes of their images.

    No more changes when the old boxes and the new ones can be used, and the labels are in the label map by that very
    name: all pairs, splits and other records stay. Findings are left as they are.

    Args:
        state: What the last sync wrote.
        root: The workspace.
        files: Annotation files that changed, relative to the workspace, with forward slashes.
        cache: As for make_plan.
    """
    plan, shards = state.plan, dict(state.shards)
    if plan.placements.count_all_boxes or not _are_names_as_they_were(state.sources.class_files, root, files):
        return None
    gone: set[str] = set()
    for file in files:
        if file in state.sources.class_files.data:
            continue
        before = state.sources.annotations.get(file)
        image = next(
            (image for image, its_file in state.sources.pairing.annotation_of.items() if its_file == file), None
        )
        if before is None or image is None or image not in state.sources.images:
            return None
        now = _read(root, file, state.sources.class_files)
        if now is not None and state.sources.pairing.is_mixed and now.stat.mtime_ns < before.stat.mtime_ns:
            now = None  # a file of another format may be newer now
        if now is None or not _differ_in_boxes_only(before, now, state.sources.images[image]):
            return None
        gone |= _labels_gone(before, now) & state.sources.untrained_labels
        candidate, _ = cache.candidate(image, state.sources.images[image], file, now)
        if candidate is None or any(plan.label_map.resolve(box.label) != box.label for box in candidate.boxes):
            return None
        split = next((split for split in plan.entries if _find(plan.entries[split], candidate.key) is not None), None)
        if split is None:
            return None
        entry = cache.entry(candidate, plan.label_map)
        plan = replace(plan, entries={**plan.entries, split: _with_entry(plan.entries[split], entry)})
        shards[split] = _with_shard(shards[split], entry)
    amended_state = replace(state, plan=replace(plan, label_map_data=None, split_data=None), shards=shards)
    # a label that no object carries any more may be dropped
    return amended_state if not gone or gone <= _carried_labels(plan) else None


def _carried_labels(plan: Plan) -> set[str]:
    return {box.label for entries in plan.entries.values() for entry in entries for box in entry.boxes}


def _read(root: Path, file: str, class_files: ClassFiles) -> AnnotationInfo | None:
    try:
        said = by_image(file, read_annotation_info(f"{root}{os.sep}{file}"), class_files)
    except FileNotFoundError:
        return None
    return said.get(file)


def _are_names_as_they_were(class_files: ClassFiles, root: Path, files: Iterable[str]) -> bool:
    """Return whether the files of class names are as they were, as far as it matters to `files`."""
    if all(file.lower().endswith(XML_SUFFIX) for file in files):
        return True
    concerned = {*class_files.data, *(file for file in files if is_class_file(file.rpartition("/")[2]))}
    return class_files.data == read_class_files(root, concerned)


def _differ_in_boxes_only(before: AnnotationInfo, now: AnnotationInfo, image: ImageInfo) -> bool:
    return (
        before.annotation is not None
        and now.annotation is not None
        and now.finding is None
        and not (before.annotation.has_class_numbers or now.annotation.has_class_numbers)
        and now.annotation.filename == before.annotation.filename
        and same_evidence(before.annotation, now.annotation, image)
    )


def _labels_gone(before: AnnotationInfo, now: AnnotationInfo) -> set[str]:
    """Return the labels that the annotation no longer has."""
    labels = [{box.label for box in info.annotation.boxes} if info.annotation else set() for info in (before, now)]
    return labels[0] - labels[1]


def _find(entries: Sequence[Entry], key: str) -> int | None:
    """Return the index of the entry of this key, None when there is none; entries are sorted by key."""
    index = bisect_left(entries, key, key=lambda entry: entry.key)
    return index if index < len(entries) and entries[index].key == key else None


def _with_entry(entries: tuple[Entry, ...], entry: Entry) -> tuple[Entry, ...]:
    """Return the entries with `entry` in place of that of its key."""
    index = _find(entries, entry.key)
    assert index is not None
    return (*entries[:index], entry, *entries[index + 1 :])


def _with_shard(shards: Sequence[ShardSpec], entry: Entry) -> list[ShardSpec]:
    """Return a split's record files with `entry` in place of that of its key, whose image is the same."""
    index = shard_of(entry.key, len(shards)) if len(shards) > 1 else 0
    shard = shard_spec(shards[index].name, _with_entry(shards[index].entries, entry))
    return [*shards[:index], shard, *shards[index + 1 :]]
