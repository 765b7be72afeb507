"""The page about a run: what it says, and that it is safe to open."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.runs.evaluation_record import ClassRecord, EvaluationRecord
from boxwright.runs.record import Results
from boxwright.workflow.dataset import make_dataset
from boxwright.workflow.report import REPORT_FILE, ReportOptions, make_report
from boxwright.workspace import Workspace
from command_line import run_here
from report_runs import HOSTILE, evaluated_workspace
from run_folders import box, evaluation, make_run
from tiny_workspaces import add_image, make_workspace

LIMIT = 5_000_000  # bytes


class Page(HTMLParser):
    """Elements and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(workspace: Workspace, **options: str) -> Page:
    return Page(make_report(workspace, ReportOptions(**options)).file.read_text("utf-8"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Return the page of a run whose class has a hostile name."""
    return page_of(evaluated_workspace(tmp_path_factory.mktemp("hostile") / "work", label=HOSTILE))


def test_every_section_is_there(tmp_path: Path) -> None:
    workspace = evaluated_workspace(tmp_path / "work")
    result = make_report(workspace)
    assert result.file == workspace.training / REPORT_FILE
    assert result.is_evaluated and result.size == result.file.stat().st_size < LIMIT
    page = Page(result.file.read_text("utf-8"))
    sections = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert sections == ["precision", "photos", "training", "dataset", "configuration", "export"]
    for said in (
        "On 8 test images this means little.",
        "0.55 to 0.90",
        "The worst mistakes",
        "Everything right",
        "0 found, 1 missed, 0 wrong",
        "ssd_inception_v2",
        "images/a.xml: dog: It is (got dog).",
        "Differences to the run before, before",
        "boxwright export",
        "score 0.50: best F1",  # in the plot
    ):
        assert said in page.text, said
    pictures = [attributes["href"] for tag, attributes in page.tags if tag == "image"]
    assert len(pictures) == 7 and all(str(one).startswith("data:image/jpeg;base64,") for one in pictures)


def test_what_strangers_wrote_is_shown_and_never_run(hostile: Page) -> None:
    assert "script" not in {tag for tag, _ in hostile.tags}
    assert not [name for _, attributes in hostile.tags for name in attributes if name.startswith("on")]
    assert hostile.text.count(HOSTILE) > 5
    policy = next(attributes["content"] for tag, attributes in hostile.tags if "http-equiv" in attributes)
    assert policy is not None and policy.startswith("default-src 'none'")


def test_nothing_is_fetched_from_elsewhere(hostile: Page) -> None:
    for _, attributes in hostile.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/jpeg;base64,")), value
    styles = "".join(value or "" for _, attributes in hostile.tags for value in (attributes.get("style"),))
    assert "url(" not in (styles + hostile.text).replace("url(#", "")


def test_plots_take_the_pages_colours(hostile: Page) -> None:
    styles = {attributes["style"] for tag, attributes in hostile.tags if tag in ("path", "g") and "style" in attributes}
    assert any("var(--series-1)" in str(style) for style in styles)
    assert not [style for style in styles if "#0102" in str(style)]


def test_a_run_that_was_not_evaluated_has_a_page_too(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work")
    make_run(workspace.training, labels=None, config=None)
    page = page_of(workspace)
    assert "The model was not evaluated." in page.text
    assert "The run kept no labels." in page.text
    assert "There is no run before this one" in page.text
    assert "boxwright evaluate" in run_here("report", workspace.root).stdout


def test_groups_of_near_identical_images_are_named(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})
    for name in ("twin1.jpg", "twin2.jpg"):
        add_image(workspace, name, ["dog"], seed=5)
    make_dataset(workspace)
    make_run(workspace.training)
    assert "images/twin1.jpg, images/twin2.jpg" in " ".join(page_of(workspace).text.split())


def test_a_page_of_very_many_classes_and_boxes_stays_small(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work")
    labels = {("train", f"{number}.png"): [box(f"class {number}", number / 3000)] * 8 for number in range(2000)}
    rows = {f"class{number}": 0.5 for number in range(1000)}
    make_run(workspace.training, labels=labels, results=evaluation(0.5, 0.3, images=600, **rows))
    assert make_report(workspace).size < LIMIT


def test_the_words_are_those_of_the_interval(tmp_path: Path) -> None:
    workspace = evaluated_workspace(tmp_path / "work", images=40)
    said = " ".join(page_of(workspace).text.split())
    assert "this means little" not in said
    assert "AP@.50 would be 0.55 to 0.90" in said
    empty = EvaluationRecord("model.ckpt-600", 600, images=3, objects=0, classes=(ClassRecord("dog"),))
    make_run(workspace.training, results=Results(empty))
    assert "The test split has no object" in page_of(workspace).text


def test_another_run_goes_to_another_file(tmp_path: Path) -> None:
    workspace = evaluated_workspace(tmp_path / "work")
    output = tmp_path / "new" / "page.html"
    said = run_here("report", workspace.root, "before", "--output", output).stdout
    assert str(output) in said and "not evaluated" in said
    assert re.search("<title>.*before", output.read_text("utf-8"))
    with pytest.raises(UsageError, match="no such run"):
        make_report(workspace, ReportOptions(run="missing"))
    with pytest.raises(UsageError, match="folder"):
        make_report(workspace, ReportOptions(output=tmp_path))
    with pytest.raises(BoxwrightError, match=r"run\.json"):
        make_report(workspace, ReportOptions(run="images"))
