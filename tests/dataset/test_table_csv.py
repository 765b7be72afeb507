"""Tables made beside other work are those made here."""

from __future__ import annotations

import pytest

from boxwright.dataset.table_csv import MANY_ROWS, TableProcess, rows_to_csv

ROWS = [('grün, "1"\udcff.jpg', 16, 12, "猫", 1, 2.5, 12, 9), ("b\n.jpg", 16, 12, "dog", 0.1, 2, 3, 1e-7)]


def test_whole_numbers_stay_whole() -> None:
    assert rows_to_csv(ROWS) == (
        "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        '"grün, ""1""\udcff.jpg",16,12,猫,1,2.5,12,9\n'
        '"b\n.jpg",16,12,dog,0.1,2,3,1e-07\n'
    )
    assert rows_to_csv([]) == "filename,width,height,class,xmin,ymin,xmax,ymax\n"


@pytest.mark.parametrize("rows", [0, MANY_ROWS])
def test_another_process_makes_the_same(rows: int) -> None:
    with TableProcess(rows=rows) as process:
        assert process.render({"train": ROWS, "test": []}) == {"train": rows_to_csv(ROWS), "test": rows_to_csv([])}


def test_a_process_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "no-such-python")
    with TableProcess(rows=MANY_ROWS) as process:
        assert process.render({"train": ROWS}) == {"train": rows_to_csv(ROWS)}


def test_a_process_that_is_not_needed_after_all_ends() -> None:
    with pytest.raises(RuntimeError), TableProcess(rows=MANY_ROWS):
        raise RuntimeError("the disk is full")
