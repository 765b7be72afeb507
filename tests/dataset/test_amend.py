"""An amended dataset is byte for byte the synced one, or amending is declined."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from boxwright.dataset.store import shards
from boxwright.dataset.sync import Session, sync
from boxwright.workspace import Workspace
from tiny_workspaces import OLD_NS, clean_copy, make_workspace, outputs, write_xml

NAMES = ("a", "b", "c", "d", "e", "f")
LABELS = ("dog", "cat", "new")


@pytest.fixture(autouse=True, scope="module")
def small_shards() -> Iterator[None]:
    """Let a handful of tiny images fill several shards."""
    patch = pytest.MonkeyPatch()
    patch.setattr(shards, "SHARD_BYTES", 1500)
    yield
    patch.undo()


KINDS = ("whole",) * 4 + ("bad box", "no box", "other file name", "no XML", "gone", "scaled", "turned", "inverted")

edits = st.tuples(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(LABELS), max_size=3),
    st.integers(0, 2),
    st.sampled_from(
        [
            "whole",
            "whole",
            "whole",
            "bad box",
            "no box",
            "other file name",
            "no XML",
            "gone",
            "scaled",
            "turned",
            "inverted",
        ]
    ),
)


def edit(workspace: Workspace, name: str, labels: list[str], offset: int, kind: str, clock: int) -> str:
    """Save the annotation of one image as a user or a broken tool would; return its path."""
    xml = workspace.images / f"{name}.xml"
    width, height = {"scaled": (32, 24), "turned": (12, 16)}.get(kind, (16, 12))
    filename = "other.jpg" if kind == "other file name" else f"{name}.jpg"
    write_xml(xml, filename, labels, width=width, height=height, offset=offset)
    damage = {
        "inverted": (b"<ymax>9", b"<ymax>1"),
        "bad box": (b"<xmax>12", b"<xmax>0"),
        "no box": (b"<bndbox>", b"<polygon>"),
        "no XML": (b"<", b""),
    }
    if kind in damage:
        xml.write_bytes(xml.read_bytes().replace(*damage[kind]))
    os.utime(xml, ns=(OLD_NS, OLD_NS + clock))
    if kind == "gone":
        xml.unlink()
    return f"images/{name}.xml"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(edits, min_size=1, max_size=3, unique_by=lambda edit: edit[0]), min_size=1, max_size=5))
def test_amended_equals_synced(bursts: list[list[tuple[str, list[str], int, str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        images = {f"{name}.jpg": ["dog", "cat"][: 1 + number % 2] for number, name in enumerate(NAMES)}
        workspace = make_workspace(Path(folder) / "amended", images)
        session = Session(workspace)
        session.sync()
        twin = Workspace.at(Path(folder) / "synced")
        shutil.copytree(workspace.root, twin.root, copy_function=shutil.copy2)
        sync(twin)
        for number, burst in enumerate(bursts):
            files = [edit(workspace, *each, clock=10 * number) for each in burst]
            for each in burst:
                edit(twin, *each, clock=10 * number)
            is_amended = session.amend(files)
            event("amended" if is_amended else "declined")
            report = sync(twin)
            if is_amended:
                assert outputs(workspace) == outputs(twin)
            assert session.sync().fingerprint == report.fingerprint
            assert outputs(workspace) == outputs(twin)


def test_a_box_fewer_may_make_inverted_boxes_a_matter_of_the_whole_set(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{name}.jpg": ["dog", "dog"] for name in "abc"})
    for number, name in enumerate("ab"):
        edit(workspace, name, ["dog", "dog"], 0, "inverted", clock=number)
    session = Session(workspace)
    assert "axis-inverted" not in {finding.rule for finding in session.sync().findings}
    edit(workspace, "c", ["dog"], 0, "whole", clock=9)
    assert not session.amend(["images/c.xml"])
    assert "axis-inverted" in {finding.rule for finding in session.sync().findings}


def test_a_set_that_was_scaled_is_amended_too(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{name}.jpg": ["dog"] for name in "abc"})
    edit(workspace, "a", ["dog"], 0, "scaled", clock=1)
    session = Session(workspace)
    assert "boxes-rescaled" in {finding.rule for finding in session.sync().findings}
    edit(workspace, "b", ["dog"], 2, "whole", clock=2)
    assert session.amend(["images/b.xml"])
    amended = outputs(workspace)
    assert sync(clean_copy(workspace, tmp_path / "rebuilt")) and outputs(Workspace.at(tmp_path / "rebuilt")) == amended
