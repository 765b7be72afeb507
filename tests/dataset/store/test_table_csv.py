"""Tables as pandas writes them."""

from __future__ import annotations

from boxwright.dataset.store.table_csv import rows_to_csv

ROWS = [('grün, "1"\udcff.jpg', 16, 12, "猫", 1, 2.5, 12, 9), ("b\n.jpg", 16, 12, "dog", 0.1, 2, 3, 1e-7)]


def test_whole_numbers_stay_whole() -> None:
    assert rows_to_csv(ROWS) == (
        "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        '"grün, ""1""\udcff.jpg",16,12,猫,1,2.5,12,9\n'
        '"b\n.jpg",16,12,dog,0.1,2,3,1e-07\n'
    )
    assert rows_to_csv([]) == "filename,width,height,class,xmin,ymin,xmax,ymax\n"
