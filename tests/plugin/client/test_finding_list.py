"""The order of findings, the filter, and which can be fixed for sure."""

from __future__ import annotations

from boxwright.findings import Finding, Severity
from boxwright_labelimg.client.finding_list import Fix, arranged, fix_of


def finding(rule: str, *, number: int | None = 1, severity: Severity = Severity.WARNING, file: str = "a") -> Finding:
    return Finding(file=file, rule=rule, object_number=number, message="m", advice="a", severity=severity)


def test_errors_come_first_and_the_rest_keeps_its_order() -> None:
    given = [finding("one"), finding("two", severity=Severity.ERROR), finding("three")]
    assert [each.rule for each in arranged(given)] == ["two", "one", "three"]


def test_all_words_of_the_filter_count() -> None:
    given = [finding("box-outside", file="images/Photo_1.xml"), finding("box-zero", file="images/photo_2.xml")]
    assert [each.rule for each in arranged(given, "photo  OUTSIDE")] == ["box-outside"]
    assert arranged(given, "photo error") == ()


def test_only_what_leaves_no_choice_has_a_fix() -> None:
    assert fix_of(finding("box-duplicate")) is Fix.REMOVE
    assert fix_of(finding("box-outside")) is Fix.CLIP
    assert fix_of(finding("box-outside", severity=Severity.ERROR)) is None, "the box is wholly outside"
    assert fix_of(finding("box-duplicate", number=None)) is None
    assert fix_of(finding("near-identical")) is None
