"""No command prints what a terminal would obey, whatever files, labels, rows and state of a workspace are called."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from boxwright.findings import Finding, FindingsFile
from boxwright.jobs.daemon_lock import hold_daemon_lock
from boxwright.jobs.daemon_status import TROUBLE, DaemonStatus, DatasetCounts, write_daemon_status
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from command_line import run_here
from run_folders import evaluation, make_run
from tiny_workspaces import add_image, make_workspace

ESCAPE = "\x1b]0;owned\x07\x1b[31m"
BIDI = "\u202egpj\u200b"

# all but label (a window), doctor (reads no workspace) and suggest-worker (answers a program, in JSON)
COMMAND_LINES = [
    ("init", "{root}", "--images", "{photos}"),
    ("init", "{root}", "--video", "{hostile}", "--every", "1s"),
    ("init", "{root}", "--every", f"{ESCAPE}"),
    ("dataset", "{root}"),
    ("check", "{root}", "--all"),
    ("check", "{root}", "--json"),
    ("daemon", "{root}", "--status"),
    ("submit", "{root}", "detect", "--param", f"images={ESCAPE}"),
    ("submit", "{root}", f"{ESCAPE}"),
    ("jobs", "{root}"),
    ("jobs", "{root}", "1"),
    ("jobs", "{root}", "1", "--follow"),
    ("jobs", "{root}", "2"),
    ("jobs", "{root}", "--json"),
    ("pause", "{root}", "2"),
    ("resume", "{root}", "2"),
    ("cancel", "{root}", "2"),
    ("models", "{root}", "get", f"{ESCAPE}"),
    ("train", "{root}", "--pipeline-config-path", "{hostile}"),
    ("evaluate", "{root}", "--pipeline-config-path", "{hostile}"),
    ("doubtful", "{root}"),
    ("report", "{root}"),
    ("report", "{root}", f"training{ESCAPE}"),
    ("evaluate", "{root}", "--tiles", f"{ESCAPE}"),
    ("runs", "{root}"),
    ("runs", "{root}", f"training{ESCAPE}", f"other{ESCAPE}"),
    ("export", "{root}", "--pipeline-config-path", "{hostile}"),
    ("detect", "{hostile}", "{photos}"),
    ("detect", "{hostile}", "{photos}", "--resume"),
    ("detect", "{hostile}", f"clip{ESCAPE}.mp4"),
    ("detect", "{hostile}", "{photos}", "--tiles", f"{ESCAPE}"),
    ("suggest", "{root}", "--model", "{hostile}"),
    ("suggest", "{root}", "--tiles", f"{ESCAPE}"),
    ("benchmark", "{hostile}"),
    ("demo", "{hostile}"),
    ("tensorboard", "{root}"),
    ("run-job", "{root}", "999"),
    ("estimate", "{root}"),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a workspace of which everything has a hostile name, a folder of photos, and a file that is no model."""
    folder = tmp_path_factory.mktemp(f"hostile{BIDI}")
    workspace = make_workspace(folder / f"ws{BIDI}", {f"a{BIDI}.jpg": [f"dog{BIDI}"], "b.jpg": ["cat"]})
    add_image(workspace, f"c{ESCAPE}.jpg", None)
    (workspace.images / f"broken{ESCAPE}.xml").write_text("<no")
    (workspace.images / f"broken{ESCAPE}.jpg").write_bytes(b"\xff\xd8nothing")
    hostile = folder / f"model{ESCAPE}.pb"
    hostile.write_bytes(b"nothing")
    _add_jobs(workspace)
    finding = Finding(file=ESCAPE, rule="xml-empty", value=ESCAPE, message=ESCAPE, advice=ESCAPE, label=BIDI)
    FindingsFile((finding,)).write(workspace.state / FindingsFile.NAME)
    counts = DatasetCounts({ESCAPE: 1, "test": 0}, 1, ESCAPE, 0, (ESCAPE,))
    write_daemon_status(workspace, DaemonStatus(TROUBLE, 1, ESCAPE, 0.0, counts))
    make_run(workspace.training, outcome=ESCAPE, model=ESCAPE, results=evaluation(0.5, 0.3, **{f"dog{ESCAPE}": 0.5}))
    return {"root": workspace.root, "photos": workspace.images, "hostile": hostile}


def _add_jobs(workspace: Workspace) -> None:
    store = JobStore(workspace)
    for _ in range(3):
        store.submit("train")
    texts = dict.fromkeys(("kind", "stage", "doing", "message", "waits_for", "error"), ESCAPE)
    texts |= {
        "metrics": json.dumps({ESCAPE: 1.0}),
        "result": json.dumps({"export": ESCAPE, "evaluation": ESCAPE, "note": ESCAPE}),
        "params": json.dumps({f"name{ESCAPE}": ESCAPE}),
        "finished": json.dumps([ESCAPE]),
    }
    changes = ", ".join(f"{column} = ?" for column in texts)
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(f"UPDATE jobs SET {changes} WHERE id < 3", tuple(texts.values()))
        database.execute("UPDATE jobs SET state = 'failed' WHERE id = 1")
        database.execute("UPDATE jobs SET state = 'running', eta = 1e300 WHERE id = 3")


@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names")
@pytest.mark.parametrize("arguments", COMMAND_LINES, ids=lambda arguments: arguments[0])
def test_nothing_that_a_terminal_obeys_is_printed(
    places: dict[str, Path], arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(places["root"].parent)
    ended = run_here(*(argument.format(**places) for argument in arguments))
    printed = ended.stdout + ended.stderr
    assert printed.strip(), "it says nothing"
    odd = {character for character in printed if not (character.isprintable() or character in "\n\t")}
    assert odd == set(), printed
    assert "Traceback" not in printed


@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names")
def test_the_status_of_a_daemon_is_escaped(places: dict[str, Path]) -> None:
    workspace = Workspace.at(places["root"])
    with hold_daemon_lock(workspace):
        printed = run_here("daemon", workspace.root, "--status").stdout
    assert "Trouble" in printed
    assert all(character.isprintable() or character == "\n" for character in printed)
