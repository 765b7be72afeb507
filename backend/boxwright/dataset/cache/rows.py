"""What the images and the XML files say: read once, by several threads, and remembered."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.voc import MAX_BYTES as MAX_XML_BYTES
from boxwright.annotations.voc import parse_voc, too_large
from boxwright.dataset.cache.manifest import IMAGE, XML, CacheRow, Manifest
from boxwright.dataset.sources.images import ImageError, decode_check, encode_upright
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding, findings_from_json, findings_to_json
from boxwright.progress import Progress, Reporter

Value = TypeVar("Value")

FACTS_VERSION = "2"
"""Of what is read from a file; another one's facts are read anew."""

MAX_IMAGE_BYTES = 512 * 1024 * 1024
RACY_NS = 2_000_000_000
"""A file written less than this before it was read is read again next time: FAT keeps times to 2 s."""
MAX_DECODERS = 8  # threads; decoding lets go of the interpreter
READERS = 2  # threads for XML, as many for images; a third only fights for the interpreter, whatever the machine
BATCH = 64  # files a task, because a task costs as much as a small file
EMPTY_XML_RETRIES = 3  # labelImg truncates a file before it writes it: empty for up to 15 ms
EMPTY_XML_WAIT = 0.02  # in seconds


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image file holds.

    Attributes:
        stat: Of the file as it was read.
        sha256: Of the file.
        width, height: In pixels, upright.
        format: Of the bytes that go into a record, "jpeg" or "png".
        reencoded: Why they are not the file's own; "" when they are.
        encoded_size, encoded_sha256: Of the bytes that go into a record.
        finding: Why the image cannot be used; None when it can.
    """

    stat: FileStat
    sha256: str = ""
    width: int = 0
    height: int = 0
    format: str = ""
    reencoded: str = ""
    encoded_size: int = 0
    encoded_sha256: str = ""
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class XmlInfo:
    """What an XML file says: an annotation, or why there is none.

    Both an annotation and a finding: the file cannot be read now, and this is what it said when it last could.
    """

    annotation: Annotation | None
    finding: Finding | None = None


@dataclass(frozen=True)
class Cached(Generic[Value]):
    """CacheRow and the form in which the manifest remembers them."""

    value: Value
    remembered: CacheRow


def cache_version() -> str:
    """Return what must be equal for remembered facts to hold: re-encoded bytes depend on Pillow."""
    return f"{FACTS_VERSION} pillow-{version('pillow')}"


def read_images(
    root: Path,
    listing: Mapping[str, FileStat],
    manifest: Manifest,
    reporter: Reporter,
    memory: Mapping[str, Cached[ImageInfo]],
) -> dict[str, Cached[ImageInfo]]:
    """Return the facts of each image, reading those that are new or changed.

    Args:
        root: The workspace.
        listing: Paths relative to it, and their stats.
        manifest: Where facts are remembered.
        reporter: Told how many images were read.
        memory: What an earlier call returned; what is still so is taken from it, the same objects.
    """
    facts = _remembered(root, listing, manifest, IMAGE, _read_image, "reading images", reporter)
    return _parsed(facts, _image_from, memory)


def read_annotations(
    root: Path,
    listing: Mapping[str, FileStat],
    manifest: Manifest,
    reporter: Reporter,
    memory: Mapping[str, Cached[XmlInfo]],
) -> dict[str, Cached[XmlInfo]]:
    """Return the facts of each XML file, reading those that are new or changed; arguments as read_images."""
    facts = _remembered(root, listing, manifest, XML, _read_xml, "reading annotations", reporter)
    earlier = _known(manifest, XML)
    facts = {path: _or_last_good(fact, earlier.get(path)) for path, fact in facts.items()}
    return _parsed(facts, _xml_from, memory)


def read_annotation(root: Path, path: str) -> XmlInfo:
    """Return what one XML file says now.

    Raises:
        FileNotFoundError: It is gone.
    """
    stat, body = _read_xml(f"{root}{os.sep}{path}")
    return _xml_from(CacheRow(stat, False, body))


def _parsed(
    facts: Mapping[str, CacheRow], parse: Callable[[CacheRow], Value], memory: Mapping[str, Cached[Value]]
) -> dict[str, Cached[Value]]:
    known: dict[str, Cached[Value]] = {}
    for path, fact in facts.items():
        before = memory.get(path)
        known[path] = before if before is not None and before.remembered is fact else Cached(parse(fact), fact)
    return known


def _or_last_good(fact: CacheRow, earlier: CacheRow | None) -> CacheRow:
    """Return the facts; of a file that cannot be read any more, what it said before with why it cannot."""
    if earlier is None or fact is earlier:
        return fact
    said, finding = json.loads(fact.body)
    if said is not None:
        return fact
    last_said, _ = json.loads(earlier.body)
    if last_said is None:
        return fact
    finding["message"] += "; the boxes that it held before are kept until it can be read again"
    return CacheRow(fact.stat, fact.trusted, json.dumps([last_said, finding]))


def check_deep(root: Path, images: Sequence[str], reporter: Reporter) -> list[Finding]:
    """Decode the images whole and return what cannot be decoded.

    Args:
        root: The workspace.
        images: Paths relative to it.
        reporter: Told how many images were decoded.
    """

    def check(path: str) -> Finding | None:
        try:
            decode_check((root / path).read_bytes())
        except ImageError as error:
            return error.finding.in_file(path)
        except OSError as error:
            return _unreadable(error).in_file(path)
        return None

    findings = []
    with ThreadPoolExecutor(min(MAX_DECODERS, os.cpu_count() or 1)) as pool:
        for done, finding in enumerate(pool.map(check, images), start=1):
            reporter(Progress("decoding images", done, len(images)))
            if finding is not None:
                findings.append(finding)
    return findings


def _remembered(
    root: Path,
    listing: Mapping[str, FileStat],
    manifest: Manifest,
    kind: str,
    read: Callable[[str], tuple[FileStat, str]],
    stage: str,
    reporter: Reporter,
) -> dict[str, CacheRow]:
    """Return facts by path, in the paths' order; read what the manifest does not know, and tell it."""
    known = _known(manifest, kind)
    facts: dict[str, CacheRow] = {}
    unknown = []
    for path in sorted(listing):
        fact = known.get(path)
        if fact is not None and fact.trusted and fact.stat == listing[path]:
            facts[path] = fact
        else:
            unknown.append(path)
    for path, fact in _read_all(root, unknown, read, stage, reporter):
        facts[path] = fact
    return {path: facts[path] for path in sorted(facts)}


def _known(manifest: Manifest, kind: str) -> Mapping[str, CacheRow]:
    return manifest.facts(kind) if manifest.meta.get("cache_version") == cache_version() else {}


def _read_all(
    root: Path,
    paths: Sequence[str],
    read: Callable[[str], tuple[FileStat, str]],
    stage: str,
    reporter: Reporter,
) -> Iterator[tuple[str, CacheRow]]:
    def read_batch(batch: Sequence[str]) -> list[tuple[str, CacheRow]]:
        now = time.time_ns()
        results = []
        for path in batch:
            try:
                stat, body = read(f"{root}{os.sep}{path}")
            except FileNotFoundError:
                continue  # deleted since the scan
            results.append((path, CacheRow(stat, now - stat.mtime_ns > RACY_NS, body)))
        return results

    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    done = 0
    with ThreadPoolExecutor(READERS) as pool:
        for batch, results in zip(batches, pool.map(read_batch, batches), strict=True):
            yield from results
            done += len(batch)
            reporter(Progress(stage, done, len(paths)))


def _read_image(path: str) -> tuple[FileStat, str]:
    try:
        stat, data = read_whole(path, MAX_IMAGE_BYTES)
    except FileNotFoundError:
        raise
    except OSError as error:
        return _no_stat(path), json.dumps(["", 0, 0, "", "", 0, "", _unreadable(error).to_json()])
    digest = hashlib.sha256(data).hexdigest()  # of nothing, when it is too large
    if stat.size > MAX_IMAGE_BYTES:
        finding = Finding(
            rule="image-too-large",
            value=f"{stat.size:,} bytes",
            message=f"The file is larger than {MAX_IMAGE_BYTES // 1024**2} MiB",
            advice="Save the image smaller.",
        )
        return stat, json.dumps([digest, 0, 0, "", "", 0, "", finding.to_json()])
    try:
        image = encode_upright(data)
    except ImageError as error:
        finding = error.finding
        return stat, json.dumps([digest, 0, 0, "", "", 0, "", finding.to_json()])
    encoded = hashlib.sha256(image.data).hexdigest() if image.reencoded else digest
    return stat, json.dumps(
        [digest, image.width, image.height, image.format, image.reencoded, len(image.data), encoded, None]
    )


def _image_from(fact: CacheRow) -> ImageInfo:
    sha256, width, height, kind, reencoded, encoded_size, encoded_sha256, finding = json.loads(fact.body)
    return ImageInfo(
        fact.stat,
        sha256,
        width,
        height,
        sys.intern(kind),
        sys.intern(reencoded),
        encoded_size,
        sha256 if encoded_sha256 == sha256 else encoded_sha256,  # one string instead of two, in most images
        None if finding is None else Finding.from_json(finding),
    )


def _read_xml(path: str) -> tuple[FileStat, str]:
    try:
        for _ in range(EMPTY_XML_RETRIES):
            stat, data = read_whole(path, MAX_XML_BYTES)
            if stat.size or time.time_ns() - stat.mtime_ns > RACY_NS:
                break
            time.sleep(EMPTY_XML_WAIT)
        if stat.size > MAX_XML_BYTES:
            raise too_large(f"{stat.size:,} bytes")
        annotation = parse_voc(data)
    except FileNotFoundError:
        raise
    except OSError as error:
        return _no_stat(path), json.dumps([None, _unreadable(error).to_json()])
    except AnnotationError as error:
        return stat, json.dumps([None, error.finding.to_json()])
    boxes = [astuple(box) for box in annotation.boxes]
    findings = findings_to_json(annotation.findings)
    said = [annotation.filename, annotation.width, annotation.height, boxes, annotation.verified, findings]
    return stat, json.dumps([said, None])


def _xml_from(fact: CacheRow) -> XmlInfo:
    said, finding = json.loads(fact.body)
    annotation = None
    if said is not None:
        filename, width, height, boxes, verified, findings = said
        annotation = Annotation(
            filename, width, height, tuple(_box(*box) for box in boxes), verified, findings_from_json(findings)
        )
    return XmlInfo(annotation, None if finding is None else Finding.from_json(finding))


def _box(label: str, xmin: float, ymin: float, xmax: float, ymax: float, *others: Any) -> Box:
    difficult, truncated, pose = others
    return Box(sys.intern(label), xmin, ymin, xmax, ymax, difficult, truncated, sys.intern(pose))


def read_whole(path: str, limit: int) -> tuple[FileStat, bytes]:
    """Return stat and bytes of a file; of one that is larger than `limit` no bytes."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # a Path and a file object cost 20 us
    try:
        status = os.fstat(descriptor)
        parts = []
        left = status.st_size if status.st_size <= limit else 0
        while left > 0 and (part := os.read(descriptor, left)):  # one call but for files over 2 GiB
            parts.append(part)
            left -= len(part)
    finally:
        os.close(descriptor)
    return FileStat.of(status), parts[0] if len(parts) == 1 else b"".join(parts)


def _no_stat(path: str) -> FileStat:
    try:
        return FileStat.of(os.stat(path))  # noqa: PTH116
    except OSError:
        return FileStat(0, 1 << 62, 0, 0)  # in the future: never trusted


def _unreadable(error: OSError) -> Finding:
    return Finding(
        rule="unreadable-file",
        value=error.strerror or type(error).__name__,
        message="The file cannot be read",
        advice="Give yourself permission to read it, or remove it.",
    )
