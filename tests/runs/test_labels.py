"""labels.csv: what is in it, that it comes back as it was, and that it says what training reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.errors import BoxwrightError
from boxwright.runs.labels import LabelledBox, read_labels, render_labels
from boxwright.runs.record_labels import labels_in
from training_records import example, write_records

LABELS = LabelMap({"disc": 1, "square": 2}, display_names={"disc": "round thing"})
names = st.text(st.characters(exclude_characters="\r", exclude_categories=("Cs",)), max_size=8)
edges = st.floats(0, 1, width=32).map(lambda value: float(str(np.float32(value))))
boxes = st.builds(LabelledBox, names.filter(bool), edges, edges, edges, edges)


@given(st.dictionaries(st.tuples(st.sampled_from(["train", "test"]), names), st.lists(boxes, max_size=3), max_size=4))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, labels: dict) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.csv"
    path.write_bytes(render_labels(labels))
    assert read_labels(path) == labels


def test_a_row_an_object_and_one_for_an_image_without(tmp_path: Path) -> None:
    train = write_records(
        tmp_path / "train.record",
        [
            example("b.png", b"", boxes=[(0.2, 0.1, 0.4, 1 / 3), (0, 0, 1, 1)], labels=[2, 7]),
            example("a.png", b"", boxes=(), labels=()),
            example("b.png", b"", boxes=(), labels=()),
        ],
    )
    test = write_records(tmp_path / "test.record", [example("", b"")])
    assert render_labels(labels_in({"train": [train], "test": [test]}, LABELS)).decode().splitlines() == [
        "split,filename,class,xmin,ymin,xmax,ymax",
        "train,a.png,,,,,",
        "train,b.png,square,0.1,0.2,0.33333334,0.4",
        "train,b.png,7,0.0,0.0,1.0,1.0",
        "train,b.png (2),,,,,",
        "test,,disc,0.25,0.2,0.6,0.5",
    ]


@pytest.mark.parametrize(
    ("texts", "ids"),
    [
        ([b"disc", b"square"], [2, 1]),  # the text decides
        ([b"round thing", b""], [2, 2]),
        ([b"unknown", b"disc"], [1, 1]),
        ([b"disc"], [1, 2]),  # whose text it is cannot be told
        ([], [1]),
        ([], [0, 9]),
    ],
)
def test_the_labels_are_those_that_the_decoder_of_training_gives(
    texts: list[bytes], ids: list[int], tmp_path: Path
) -> None:
    made = tf.train.Example.FromString(
        example("a.png", b"", boxes=[(0.2, 0.1, 0.4, 0.3), (0.1, 0.5, 0.7, 0.9)], labels=ids)
    )
    made.features.feature["image/object/class/text"].bytes_list.value.extend(texts)
    path = write_records(tmp_path / "train.record", [made.SerializeToString()])
    decoded = decode_example(tf.constant(made.SerializeToString()), label_table(LABELS), pixels=False)
    known = {number: name for name, number in LABELS.items()}
    expected = [known.get(number + 1, str(number + 1)) for number in decoded.classes.numpy().tolist()]
    ((image, found),) = labels_in({"train": [path]}, LABELS).items()
    assert image == ("train", "a.png")
    assert [box.label for box in found] == expected
    read = np.asarray([(box.ymin, box.xmin, box.ymax, box.xmax) for box in found], np.float32).reshape(-1, 4)
    assert read.tolist() == decoded.boxes.numpy().tolist()


def test_what_is_no_record_and_what_is_no_labels_csv_is_said(tmp_path: Path) -> None:
    path = write_records(tmp_path / "train.record", [example("a.png", b""), b"\xff\xff"])
    with pytest.raises(BoxwrightError, match=r"^train\.record, record 2: no tf\.Example"):
        labels_in({"train": [path]}, LABELS)
    uneven = tf.train.Example.FromString(example("a.png", b""))
    uneven.features.feature["image/object/bbox/xmin"].float_list.value.append(0.5)
    write_records(path, [uneven.SerializeToString()])
    with pytest.raises(BoxwrightError, match="record 1"):
        labels_in({"train": [path]}, LABELS)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(BoxwrightError, match="damaged or cut off"):
        labels_in({"train": [path]}, LABELS)

    table = tmp_path / "labels.csv"
    for text, row in (("", 0), ("a,b\n", 1), ("split,filename,class,xmin,ymin,xmax,ymax\nleft,a.png,,,,,\n", 2)):
        table.write_text(text)
        with pytest.raises(BoxwrightError, match=rf"labels\.csv: row {row} cannot be read"):
            read_labels(table)


def test_a_labels_csv_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("side,filename,class,xmin,ymin,xmax,ymax\ntrain,a.png,,,,,\n")
    assert read_labels(table) == {("train", "a.png"): []}
