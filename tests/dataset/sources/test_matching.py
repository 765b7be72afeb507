"""Which image an XML file speaks of."""

from __future__ import annotations

import pytest

from boxwright.dataset.sources.matching import Reference, pair


@pytest.mark.parametrize(
    ("xml", "filename", "images", "found"),
    [
        ("images/a.xml", "other.jpg", ["images/a.jpg", "images/other.jpg"], "images/a.jpg"),
        ("images/a.xml", "", ["images/a.JPG"], "images/a.JPG"),
        ("images/A.XML", "", ["images/a.jpg"], "images/a.jpg"),
        ("images/x.xml", "a.jpg", ["images/a.jpg"], "images/a.jpg"),
        ("images/x.xml", "a", ["images/a.jpg"], "images/a.jpg"),
        ("images/x.xml", "A.JPEG", ["images/a.jpeg"], "images/a.jpeg"),
        ("images/x.xml", r"C:\photos\a.jpg", ["images/a.jpg"], "images/a.jpg"),
        ("images/a.xml", "a.png", ["images/a.jpg", "images/a.png"], "images/a.png"),
        ("images/a.xml", "", ["images/a.jpg", "images/a.png"], "images/a.jpg"),
        ("images/s/a.xml", "", ["images/a.jpg", "images/s/a.jpg"], "images/s/a.jpg"),
        ("annotations/a.xml", "", ["images/a.jpg"], "images/a.jpg"),
        ("annotations/a.xml", "", ["images/deep/er/a.jpg"], "images/deep/er/a.jpg"),
        ("annotations/train/a.xml", "", ["images/test/a.jpg", "images/train/a.jpg"], "images/train/a.jpg"),
        ("annotations/x.xml", "a.jpg", ["images/deep/a.jpg"], "images/deep/a.jpg"),
        ("images/xml/a.xml", "", ["images/jpg/a.jpg"], "images/jpg/a.jpg"),
        ("images/gru\u0308n.xml", "", ["images/gr\u00fcn.jpg"], "images/gr\u00fcn.jpg"),
        ("images/a.b.xml", "", ["images/a.b.jpg", "images/a.jpg"], "images/a.b.jpg"),
    ],
)
def test_found(xml: str, filename: str, images: list[str], found: str) -> None:
    pairing = pair(images, {xml: Reference(filename)})
    assert pairing.annotation_of == {found: xml}
    assert pairing.findings == ()


@pytest.mark.parametrize(
    ("filename", "images", "rule"),
    [
        ("", [], "no-image-for-xml"),
        ("../../x.jpg", ["images/y.jpg"], "no-image-for-xml"),
        ("/etc/passwd", ["images/y.jpg"], "no-image-for-xml"),
        ("", ["images/p/a.jpg", "images/q/a.jpg"], "ambiguous-image"),
    ],
)
def test_not_found(filename: str, images: list[str], rule: str) -> None:
    pairing = pair(images, {"images/a.xml": Reference(filename)})
    assert pairing.annotation_of == {}
    (finding,) = pairing.findings
    assert (finding.file, finding.rule) == ("images/a.xml", rule)


def test_the_better_claim_wins() -> None:
    files = {"images/z.xml": Reference("a.jpg"), "images/a.xml": Reference(), "annotations/a.xml": Reference()}
    pairing = pair(["images/a.jpg"], files)
    assert pairing.annotation_of == {"images/a.jpg": "images/a.xml"}
    assert [(finding.file, finding.rule) for finding in pairing.findings] == [
        ("annotations/a.xml", "second-xml-for-image"),
        ("images/z.xml", "second-xml-for-image"),
    ]
    assert all(finding.advice.startswith("Keep images/a.xml.") for finding in pairing.findings)
