"""The warm model as labelImg has it: a real process, asked over its pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boxwright.workspace import Workspace
from original_graph import write_original_graph
from tiny_workspaces import make_workspace

PATIENCE = 120.0  # in seconds; TensorFlow loads in five on a machine that has nothing else to do
LABEL_MAP = "item { id: 1 name: 'eins' }\nitem { id: 2 name: 'zwei' }"


@pytest.fixture(scope="module")
def model(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_original_graph(golden, folder / "frozen_inference_graph.pb")
    (folder / "label_map.pbtxt").write_text(LABEL_MAP, "utf-8")
    return folder


@pytest.fixture(scope="module")
def expected(golden: Path) -> dict[str, np.ndarray]:
    with np.load(golden / "export_a" / "frozen_detections.npz") as data:
        return dict(data)


@pytest.fixture
def workspace(tmp_path: Path, model: Path, expected: dict[str, np.ndarray]) -> Workspace:
    made = make_workspace(tmp_path / "work ä")
    Image.fromarray(expected["image_42_uint8"]).save(made.images / "szene ä.png")
    (made.images / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 no image")
    shutil.copytree(model, made.exports / "first")
    return made


class Talk:
    """A process, asked and answering."""

    def __init__(self, workspace: Workspace, **environment: str) -> None:
        self.stderr = workspace.root / "stderr"
        with self.stderr.open("wb") as stream:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "boxwright", "suggest-worker", str(workspace.root)], text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream, env={**os.environ, **environment},
            )  # fmt: skip

    def ask(self, **question: Any) -> dict[str, Any]:
        return self.send(json.dumps(question))

    def send(self, line: str) -> dict[str, Any]:
        assert self.child.stdin is not None and self.child.stdout is not None
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        assert answer, self.stderr.read_text("utf-8")
        said: dict[str, Any] = json.loads(answer)
        return said

    def hang_up(self) -> int:
        """Ask no more, and return how it ended."""
        assert self.child.stdin is not None and self.child.stdout is not None
        self.child.stdin.close()
        assert self.child.stdout.read() == ""
        return self.child.wait(PATIENCE)


@pytest.fixture
def talk(workspace: Workspace) -> Iterator[Talk]:
    made = Talk(workspace)
    with made.child:
        yield made
        made.child.kill()


def test_a_conversation(workspace: Workspace, talk: Talk, model: Path, expected: dict[str, np.ndarray]) -> None:
    image = str(workspace.images / "szene ä.png")
    assert talk.ask(id=1) == {"version": 1, "id": 1, "model": "first", "boxes": []}  # only loads

    # the golden numbers of the original
    answer = talk.ask(id=2, image=image, min_score=0.0)
    height, width = expected["image_42_uint8"].shape[:2]
    count = int(expected["image_42_num_detections"][0])
    assert (answer["id"], answer["model"], len(answer["boxes"])) == (2, "first", count)
    boxes = [[box[edge] for edge in ("ymin", "xmin", "ymax", "xmax")] for box in answer["boxes"]]
    golden = expected["image_42_detection_boxes"][0][:count] * [height, width, height, width]
    np.testing.assert_allclose(boxes, golden, atol=0.05)
    np.testing.assert_allclose(
        [box["score"] for box in answer["boxes"]], expected["image_42_detection_scores"][0][:count], atol=1e-4
    )
    assert {box["label"] for box in answer["boxes"]} <= {"eins", "zwei", "class 3"}
    score = answer["boxes"][3]["score"]
    assert len(talk.ask(id=3, image=image, min_score=score)["boxes"]) == 4

    # what is wrong with a question is its answer, and the next one is answered
    for question, words in (
        ({"id": 4, "image": str(workspace.images / "damaged.jpg")}, "damaged.jpg"),
        ({"id": 5, "image": str(workspace.images / "gone.jpg")}, "gone.jpg"),
        ({"id": 6, "image": str(workspace.images)}, "images"),
        ({"id": 7, "image": image, "min_score": "much"}, "much"),
    ):
        answer = talk.ask(**question)
        assert answer["id"] == question["id"] and words in answer["error"]
    for line in ("{", "3", "{}"):
        assert "error" in talk.send(line)

    # a newer export is taken, an unfinished one and a damaged one are not
    shutil.copytree(model, workspace.exports / ".half")
    assert talk.ask(id=8, image=image)["model"] == "first"
    (workspace.exports / "second").mkdir()
    answer = talk.ask(id=9, image=image)
    assert "second" in answer["error"]
    shutil.copytree(model, workspace.exports / "third")
    (workspace.exports / "third" / "label_map.pbtxt").write_text("item { id: 1 name: 'drei' }", "utf-8")
    newest = max(path.stat().st_mtime_ns for path in workspace.exports.iterdir()) + 1
    os.utime(workspace.exports / "third", ns=(newest, newest))
    answer = talk.ask(id=10, image=image)
    assert answer["model"] == "third" and "drei" in {box["label"] for box in answer["boxes"]}

    # no model at all
    shutil.rmtree(workspace.exports)
    assert "no exported model" in talk.ask(id=11, image=image)["error"]
    assert talk.hang_up() == 0


CHATTER = """
import os, sys
from boxwright.workflow.suggestions import Suggester
answer = Suggester.answer
def chatter(*arguments):
    print("from Python")
    os.write(1, b"from C\\n")
    return answer(*arguments)
Suggester.answer = chatter
from boxwright.cli.app import main
sys.argv[1:] = ["suggest-worker", sys.argv[1]]
main()
"""


def test_what_libraries_print_is_no_answer(workspace: Workspace) -> None:
    shutil.rmtree(workspace.exports)
    asked = "".join(json.dumps({"id": number}) + "\n" for number in range(3))
    command = [sys.executable, "-c", CHATTER, str(workspace.root)]
    ended = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == [0, 1, 2]
    assert ended.stderr.count("from C") == ended.stderr.count("from Python") == 3


def test_it_ends_without_a_word_when_nobody_takes_its_answers(workspace: Workspace) -> None:
    shutil.rmtree(workspace.exports)
    talk = Talk(workspace)
    with talk.child as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdout.close()
        child.stdin.write('{"id": 1}\n' * 50)
        child.stdin.flush()
        child.stdin.close()
        child.wait(PATIENCE)
    assert talk.stderr.read_text("utf-8") == ""
