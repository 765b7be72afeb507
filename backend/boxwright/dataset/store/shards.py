"""Records of a split as one file or as shards: which image is in which, and the writing of one of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.sources.file_info import MAX_IMAGE_BYTES, read_whole
from boxwright.dataset.sources.images import ImageError, encode_upright
from boxwright.dataset.store.tf_example import ExampleImage, encode_example
from boxwright.dataset.store.tfrecord import FOOTER_BYTES, HEADER_BYTES, frame, is_whole_frame

SHARD_BYTES = 32 * 1024 * 1024
"""A record file is hardly ever larger, so that one edit costs no more writing whatever the dataset's size."""


class SourceChangedError(Exception):
    """An image changed between its reading and its writing: look again."""


@dataclass(frozen=True)
class ShardSpec:
    """One record file.

    Attributes:
        name: In annotations/, for example "train.record-00003-of-00016".
        entries: Sorted by key.
        fingerprint: Equal fingerprints mean equal bytes.
    """

    name: str
    entries: tuple[Entry, ...]
    fingerprint: str


@dataclass(frozen=True)
class ShardContent:
    """What was written.

    Attributes:
        size: In bytes.
        digest: As tfrecord.content_digest gives it.
        index: Record fingerprint to (offset, length) of its frame.
    """

    size: int
    digest: str
    index: dict[str, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class EarlierFile:
    """A record file that an earlier sync wrote; compared by identity, because the hash of a path costs 1 us.

    Attributes:
        path: Of the file.
        index: As in ShardContent.
    """

    path: Path
    index: Mapping[str, tuple[int, int]]


class EarlierRecords:
    """Where the records are that earlier syncs wrote."""

    def __init__(self) -> None:
        """Know none."""
        self._files: dict[str, EarlierFile] = {}

    def add(self, path: Path, index: Mapping[str, tuple[int, int]]) -> None:
        """Learn of a record file; `index` as in ShardContent."""
        file = EarlierFile(path, index)
        self._files.update(dict.fromkeys(index, file))  # a tuple for each would cost as much as all else of an edit

    def find(self, fingerprint: str) -> tuple[EarlierFile, int, int] | None:
        """Return file, offset and length of a record's frame, None when there is none."""
        file = self._files.get(fingerprint)
        return None if file is None else (file, *file.index[fingerprint])


def plan_shards(split: str, entries: Sequence[Entry]) -> list[ShardSpec]:
    """Return the record files of a split, none when it has no images.

    What does not fit into one goes into the power of two whose mean is at most half of SHARD_BYTES, as they are not
    filled evenly: an image's shard is a hash of its key modulo their number. Both depend on the images alone, and a
    doubling splits each shard in two.
    """
    total = sum(entry.image.encoded_size for entry in entries)
    if total <= SHARD_BYTES:
        return [shard_spec(f"{split}.record", entries)] if entries else []
    count = 2
    while 2 * total > SHARD_BYTES * count:
        count *= 2
    shards: list[list[Entry]] = [[] for _ in range(count)]
    for entry in entries:
        shards[shard_of(entry.key, count)].append(entry)
    return [shard_spec(f"{split}.record-{i:05d}-of-{count:05d}", shard) for i, shard in enumerate(shards)]


def shard_spec(name: str, entries: Sequence[Entry]) -> ShardSpec:
    """Return the record file `name` that holds `entries`, which are sorted by key."""
    fingerprints = "".join([entry.fingerprint for entry in entries])
    return ShardSpec(name, tuple(entries), hashlib.sha256(fingerprints.encode("ascii")).hexdigest())


def shard_of(key: str, count: int) -> int:
    """Return the number of the shard of an image, from 0."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % count


def write_shard(
    spec: ShardSpec,
    target: Path,
    *,
    root: Path,
    earlier: EarlierRecords,
    tick: Callable[[], None],
) -> ShardContent:
    """Write the record file `target`, one record at a time, and wait until it is on the disk.

    Args:
        spec: What it holds.
        target: A temporary file, made new.
        root: The workspace.
        earlier: Their frames are copied instead of made again, which spares the re-encoding of an image.
        tick: Called after each record.

    Raises:
        SourceChangedError: An image is not what it was when the plan was made.
        OSError: The disk is full, or the folder cannot be written.
    """
    digest = hashlib.sha256()
    index: dict[str, tuple[int, int]] = {}
    offset = 0
    with ExitStack() as stack:
        stream = stack.enter_context(target.open("xb", buffering=1 << 20))
        opened: dict[EarlierFile, IO[bytes]] = {}
        for entry in spec.entries:
            parts = _copied(entry, earlier, opened, stack) or frame(*_serialize(entry, root))
            digest.update(parts[0][:HEADER_BYTES] + parts[-1][-FOOTER_BYTES:])
            length = sum(map(stream.write, parts))
            index[entry.fingerprint] = (offset, length)
            offset += length
            tick()
        stream.flush()
        os.fsync(stream.fileno())
    return ShardContent(offset, digest.hexdigest(), index)


def _serialize(entry: Entry, root: Path) -> tuple[bytes, bytes, bytes]:
    image = entry.image
    path = f"{root}{os.sep}images{os.sep}{entry.key}"
    try:
        stat, data = read_whole(path, MAX_IMAGE_BYTES)
        if stat != image.stat:
            raise SourceChangedError(path)
        if image.reencoded:
            data = encode_upright(data).data
            if hashlib.sha256(data).hexdigest() != image.encoded_sha256:
                raise SourceChangedError(path)
    except (OSError, ImageError) as error:
        raise SourceChangedError(path) from error
    about = ExampleImage(entry.key, image.width, image.height, image.format, image.encoded_sha256)
    return encode_example(about, data, entry.boxes, entry.class_ids)


def _copied(
    entry: Entry, earlier: EarlierRecords, opened: dict[EarlierFile, IO[bytes]], stack: ExitStack
) -> tuple[bytes, ...] | None:
    """Return the frame that an earlier sync wrote for the same record, None when there is no sound one."""
    found = earlier.find(entry.fingerprint)
    if found is None:
        return None
    file, offset, length = found
    try:
        stream = opened.get(file)
        if stream is None:
            stream = opened[file] = stack.enter_context(file.path.open("rb"))
        stream.seek(offset)
        framed = stream.read(length)
    except OSError:
        return None
    return (framed,) if is_whole_frame(framed) else None
