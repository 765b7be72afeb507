"""The dock Findings in the window: filter, fixes, and long errors in few lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.findings import Finding, Severity
from boxwright.workspace import Workspace

Opener = Callable[..., Any]

DUPLICATE = Finding(
    file="images/p1.xml", rule="box-duplicate", object_number=3, label="dog", message="The same", advice="Delete it.",
    severity=Severity.WARNING,
)  # fmt: skip
OUTSIDE = Finding(
    file="images/p0.xml", rule="box-outside", object_number=1, label="dog", message="Beyond", advice="Look.",
    severity=Severity.WARNING,
)  # fmt: skip
EMPTY = Finding(file="images/p2.xml", rule="no-usable-object", message="None", advice="Fix.")


def opened(workspace: Workspace, open_window: Opener) -> Any:
    window = open_window(workspace.root)
    window.docks.findings._show((OUTSIDE, DUPLICATE, EMPTY), "")
    window.docks.go_to_findings()
    return window


@pytest.fixture
def window(workspace: Workspace, open_window: Opener) -> Any:
    """A window with these findings; the first box of p1 is there twice."""
    xml = workspace.images / "p1.xml"
    text = xml.read_text("utf-8")
    start, end = text.index("<object>"), text.index("</object>") + len("</object>")
    xml.write_text(text.replace("</annotation>", f"{text[start:end]}</annotation>"), "utf-8")
    return opened(workspace, open_window)


def choose(window: Any, rule: str) -> None:
    dock = window.docks.findings
    row = [finding.rule for finding in dock.model.findings].index(rule)
    dock.table.setCurrentIndex(dock.model.index(row, 0))


def test_errors_come_first_and_words_filter(window: Any) -> None:
    from PyQt5.QtTest import QTest

    dock = window.docks.findings
    assert [finding.rule for finding in dock.model.findings] == ["no-usable-object", "box-outside", "box-duplicate"]
    QTest.keyClicks(dock.filter, "p1")
    assert [finding.rule for finding in dock.model.findings] == ["box-duplicate"]
    dock.filter.clear()
    assert dock.model.rowCount() == 3
    assert dock.windowTitle() == "Findings (3)"
    assert dock.model.data(dock.model.index(0, 0)) == "p2", "the narrow column has room for the name"


def test_the_names_of_all_docks_are_seen(window: Any) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QTabBar

    window.docks.findings._show(tuple(EMPTY for _ in range(999)), "")
    bar = next(each for each in window.findChildren(QTabBar) if each.count() == 4)
    assert bar.tabText(2) == "Findings (999)"
    bar.setElideMode(Qt.ElideNone)  # as wide as it would like to be
    assert bar.sizeHint().width() <= window.docks.findings.width()


def test_a_box_that_is_there_twice_is_removed(window: Any, workspace: Workspace) -> None:
    from PyQt5.QtCore import Qt

    from robot import click, press

    choose(window, "box-duplicate")
    click(window.docks.findings.fix)
    assert window.file_path.endswith("p1.jpg")
    assert [box.label for box in read_annotation(workspace.images / "p1.xml").boxes] == ["dog", "cat"]
    press(window, Qt.Key_Z, Qt.ControlModifier)
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "cat", "dog"]


def test_what_has_changed_since_is_not_fixed(window: Any, workspace: Workspace) -> None:
    from robot import click

    xml = workspace.images / "p1.xml"
    choose(window, "box-duplicate")
    click(window.docks.findings.fix)
    before = xml.read_bytes()
    click(window.docks.findings.fix)
    assert xml.read_bytes() == before
    assert "nothing is fixed" in window.statusBar().currentMessage()


def test_a_box_beyond_the_image_is_clipped(open_window: Opener, workspace: Workspace) -> None:
    from robot import click

    xml = workspace.images / "p0.xml"
    text = xml.read_text("utf-8")
    begin, end = text.index("<xmax>"), text.index("</xmax>")
    xml.write_text(f"{text[:begin]}<xmax>900{text[end:]}", "utf-8")
    window = opened(workspace, open_window)
    choose(window, "box-outside")
    click(window.docks.findings.fix)
    (box,) = read_annotation(workspace.images / "p0.xml").boxes
    assert box.xmax == 160


def test_where_a_person_must_decide_there_is_no_button(window: Any) -> None:
    choose(window, "no-usable-object")
    assert not window.docks.findings.fix.isVisible()


def test_an_error_has_few_lines_and_the_rest_on_demand(window: Any) -> None:
    from PyQt5.QtWidgets import QApplication

    from robot import answering, click

    window.docks.go_to_training()
    long = "The dataset cannot be read. " + "The file is damaged in many places. " * 20 + "Run `boxwright check`."
    window.session.failed.emit(long)
    notice = window.docks.training.notice
    lines = notice.label.heightForWidth(notice.label.width()) / notice.label.fontMetrics().lineSpacing()
    assert lines < 5
    assert notice.label.text().startswith("The dataset cannot be read.")
    texts: list[str] = []

    def copy(dialog: Any) -> None:
        next(button for button in dialog.findChildren(type(notice.more)) if "Copy" in button.text()).click()
        texts.append(QApplication.clipboard().text())
        dialog.reject()

    with answering("TextDialog", copy):
        click(notice.more)
    assert texts[0].endswith("Run “boxwright check”.")
    window.session.failed.emit("Short.")
    assert not notice.more.isVisible()
