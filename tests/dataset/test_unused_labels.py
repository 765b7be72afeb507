"""A label that no object carries and no model knows is dropped from a label map that Boxwright wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.dataset.plan.label_map import read_label_map
from boxwright.dataset.sync import Session, mark_labels_trained, sync
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, clean_copy, make_workspace, outputs, write_xml

DROPPED = "unused-label-dropped"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three images, of which the second has a typo that a sync has appended to the label map."""
    workspace = make_workspace(
        tmp_path / "ws", {"train/a.jpg": ["gear"], "train/b.jpg": ["gaer"], "test/c.jpg": ["gear"]}
    )
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}
    return workspace


def correct(workspace: Workspace) -> None:
    write_xml(workspace.images / "train" / "b.xml", "b.jpg", ["gear"])


def test_a_corrected_typo_is_dropped_and_said_once(workspace: Workspace) -> None:
    correct(workspace)
    report = sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gear": 2}
    (finding,) = [finding for finding in report.findings if finding.rule == DROPPED]
    assert (finding.label, finding.value) == ("gaer", "1")
    again = sync(workspace)
    assert not again.changed
    assert DROPPED not in [finding.rule for finding in again.findings]


def test_what_is_left_is_what_a_rebuild_leaves(workspace: Workspace, tmp_path: Path) -> None:
    correct(workspace)
    sync(workspace)
    rebuilt = clean_copy(workspace, tmp_path / "copy")
    sync(rebuilt)
    assert outputs(rebuilt) == outputs(workspace)


def test_an_id_that_a_model_was_trained_on_stays(workspace: Workspace) -> None:
    mark_labels_trained(workspace)
    correct(workspace)
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}
    add_image(workspace, "train/d.jpg", ["nut"], seed=8)
    sync(workspace)  # a label of after the training may be dropped
    write_xml(workspace.images / "train" / "d.xml", "d.jpg", ["gear"])
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}


def test_a_label_map_of_the_user_stays(workspace: Workspace) -> None:
    with workspace.label_map.open("a") as stream:
        stream.write("# mine now\n")
    correct(workspace)
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}


def test_items_of_the_user_stay_beside_those_of_boxwright(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"train/a.jpg": ["gear"], "test/b.jpg": ["gaer"]})
    workspace.annotations.mkdir(exist_ok=True)
    mine = "# mine\r\nitem {\r\n  id: 7\r\n  name: 'later'\r\n}\r\nitem { id: 3 name: 'gear' }"
    workspace.label_map.write_bytes(mine.encode())
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"later": 7, "gear": 3, "gaer": 8}
    write_xml(workspace.images / "test" / "b.xml", "b.jpg", ["gear"])
    sync(workspace)
    assert workspace.label_map.read_bytes() == f"{mine}\r\n".encode()


@pytest.mark.parametrize("content", ["", "<annotation>"])
def test_nothing_is_dropped_while_a_file_cannot_be_read(workspace: Workspace, content: str) -> None:
    (workspace.images / "train" / "b.xml").write_text(content)
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}


def test_without_the_cache_nothing_is_known_and_nothing_dropped(workspace: Workspace) -> None:
    (workspace.state / "manifest.sqlite").unlink()
    correct(workspace)
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"gaer": 1, "gear": 2}


def test_the_daemons_shortcut_leaves_it_to_a_whole_sync(workspace: Workspace) -> None:
    session = Session(workspace)
    session.sync(thorough=True)
    correct(workspace)
    assert not session.amend(["images/train/b.xml"])
    session.sync()
    assert dict(read_label_map(workspace.label_map)) == {"gear": 2}
