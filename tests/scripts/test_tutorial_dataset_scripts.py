"""The tutorial's command lines for tables and records, as printed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from boxwright.dataset.store.tf_example import decode_example
from boxwright.dataset.store.tfrecord import read_records
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, image_bytes, make_workspace

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def run(script: str, *arguments: str, cwd: Path, installed: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if installed or key != "PYTHONPATH"}
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    if not installed:  # without site-packages' link to the checkout: the script finds the code beside itself
        hide = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if '__editable__' not in repr(f)]; "
        hide += "sys.path[:] = [p for p in sys.path if not p.endswith('backend')]; sys.argv = sys.argv[1:]; "
        hide += "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
        command = [sys.executable, "-c", hide, *command[1:]]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "ws", {f"train/{i}.jpg": ["ship"] for i in (2, 10, 1)})
    add_image(workspace, "test/t.jpg", ["ship", "ship"], seed=9)
    workspace.annotations.mkdir()
    return workspace


def test_an_output_of_a_name_as_long_as_may_be(workspace: Workspace) -> None:
    name = "é" * 120 + ".csv"
    made = run("xml_to_csv.py", "-i", "images/train", "-o", name, cwd=workspace.root)
    assert made.returncode == 0, made.stderr
    assert (workspace.root / name).exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('1.jpg,16,12,ship,1,2,3,"4', "t.csv, line 2: the row cannot be read"),
        ("a\0.jpg,16,12,ship,1,2,3,4", "is not below"),
        ("1.jpg,16,12,ship,9,9,3,4\n2.jpg,16,12,ship,1,2,5,6", "1.jpg: object 1 (ship): The box is inverted"),
    ],
)
def test_odd_tables(workspace: Workspace, rows: str, said: str) -> None:
    columns = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
    (workspace.root / "t.csv").write_bytes((columns + rows).encode())
    flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images/train"]
    made = run("generate_tfrecord.py", *flags, "--output_path=t.record", cwd=workspace.root)
    assert (made.returncode, said in made.stderr, "Traceback" in made.stderr) == (1, True, False), made.stderr
    if "inverted" in said:
        records = [decode_example(record) for record in read_records(workspace.root / "t.record")]
        assert [values["image/filename"] for values in records] == [[b"2.jpg"]]
    made = run("generate_tfrecord.py", *flags, "--output_path=no/t.record", cwd=workspace.root)
    assert (made.returncode, "no folder no" in made.stderr or said in made.stderr) == (1, True)


@pytest.mark.parametrize("installed", [True, False])
def test_the_first_tutorial(workspace: Workspace, installed: bool) -> None:
    root = workspace.root
    for split in ("train", "test"):
        table = f"annotations/{split}_labels.csv"
        made = run("xml_to_csv.py", "-i", f"images/{split}", "-o", table, cwd=root, installed=installed)
        assert made.returncode == 0, made.stderr
        flags = ["--label=ship", f"--csv_input={table}", f"--output_path=annotations/{split}.record"]
        made = run("generate_tfrecord.py", *flags, f"--img_path=images/{split}", cwd=root, installed=installed)
        assert made.returncode == 0, made.stderr
        assert "Successfully created the TFRecords" in made.stdout
    assert workspace.labels_csv("train").read_text() == (
        "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        "1.jpg,16,12,ship,1,2,12,9\n10.jpg,16,12,ship,1,2,12,9\n2.jpg,16,12,ship,1,2,12,9\n"
    )
    records = [decode_example(record) for record in read_records(workspace.record("train"))]
    assert [values["image/filename"] for values in records] == [[b"1.jpg"], [b"10.jpg"], [b"2.jpg"]]
    assert records[0]["image/encoded"] == [image_bytes(2)]
    assert records[0]["image/format"] == [b"jpeg"]
    assert records[0]["image/object/class/label"] == [1]
    assert records[0]["image/object/bbox/xmax"] == [0.75]


def test_the_second_tutorial(workspace: Workspace) -> None:
    root = workspace.root
    assert run("xml_to_csv.py", cwd=root).returncode == 0
    assert (workspace.images / "test_labels.csv").read_text().count("t.jpg,16,12,ship") == 2
    flags = ["--csv_input=images/train_labels.csv", "--image_dir=images/train", "--output_path=train.record"]
    missing = run("generate_tfrecord.py", *flags, cwd=root)
    assert missing.returncode == 1
    assert "--label_map" in missing.stderr
    workspace.training.mkdir()
    (workspace.training / "labelmap.pbtxt").write_text("item { id: 3 name: 'ship' }")
    assert run("generate_tfrecord.py", *flags, cwd=root).returncode == 0
    (first, *_) = read_records(root / "train.record")
    assert decode_example(first)["image/object/class/label"] == [3]


def test_an_unknown_label_is_said_and_nothing_is_written(workspace: Workspace) -> None:
    table = workspace.annotations / "t.csv"
    run("xml_to_csv.py", "-i", "images/train", "-o", str(table), cwd=workspace.root)
    flags = [f"--csv_input={table}", "--img_path=images/train", "--output_path=x.record", "--label=boat"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert made.returncode == 1
    assert "t.csv, line 2: the label 'ship' is not among the classes (boat)" in made.stderr
    assert "--label boat --label ship" in made.stderr
    assert not (workspace.root / "x.record").exists()


def test_an_image_outside_its_folder_is_not_reached(workspace: Workspace) -> None:
    table = workspace.annotations / "t.csv"
    table.write_text("filename,width,height,class,xmin,ymin,xmax,ymax\n../test/t.jpg,16,12,ship,1,2,12,9\n")
    flags = [f"--csv_input={table}", "--img_path=images/train", "--output_path=x.record", "--label=ship"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert made.returncode == 1
    assert "'../test/t.jpg' is not below" in made.stderr


def test_a_broken_xml_is_said_and_the_rest_goes_on(workspace: Workspace) -> None:
    (workspace.images / "train" / "x.xml").write_text("<annotation>")
    made = run("xml_to_csv.py", "-i", "images/train", "-o", "t.csv", cwd=workspace.root)
    assert made.returncode == 1
    assert "x.xml" in made.stderr
    assert (workspace.root / "t.csv").read_text().count("ship") == 3


def test_the_tables_of_real_photographs_are_the_tutorials(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "microcontrollers" / "images"
    for split in ("train", "test"):
        (tmp_path / "images" / split).mkdir(parents=True)
        for xml in (source / split).glob("*.xml"):
            shutil.copyfile(xml, tmp_path / "images" / split / xml.name)
    assert run("xml_to_csv.py", cwd=tmp_path).returncode == 0
    for split in ("train", "test"):
        ours = (tmp_path / "images" / f"{split}_labels.csv").read_text().splitlines()
        theirs = (source / f"{split}_labels.csv").read_text().splitlines()
        assert ours[0] == theirs[0]
        assert sorted(ours) == sorted(theirs)


HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax"


def boxes_in(record: Path) -> dict[str, list[tuple[str, float, float, float, float]]]:
    """The boxes of each image of a record, in pixels."""
    found = {}
    for serialized in read_records(record):
        values = decode_example(serialized)
        width, height = values["image/width"][0], values["image/height"][0]
        edges = [values[f"image/object/bbox/{edge}"] for edge in ("xmin", "ymin", "xmax", "ymax")]
        found[values["image/filename"][0].decode()] = [
            (text.decode(), *(round(one * size, 2) for one, size in zip(box, (width, height) * 2, strict=True)))
            for text, *box in zip(values["image/object/class/text"], *edges, strict=True)
        ]
    return found


@pytest.mark.parametrize(
    "data",
    [
        f"{HEADER}\n1.jpg,16,12,red ship,1,2,12,9\n".replace(",", ";").encode(),
        f"\ufeff{HEADER}\r\n\r\n1.jpg,16,12,red ship,1,2,12,9\r\n,,,,,,,\r\n".encode(),
        f"{HEADER}\n1.jpg,16,12,red ship,1,2,12,9\n".encode("utf-16"),
        f"{HEADER}\n1.jpg,16,12,red ship,1,2,12,9\n".replace(",", "\t").encode("utf-16"),
        b"sep=;\r\n" + f"{HEADER}\r\n1.jpg,16,12,red ship,1,2,12,9".replace(",", ";").encode(),
        b"Filename;Class ;xmin;ymin;xmax;ymax;note\n1.jpg; red  ship;1,0;2,0;12,0;9,0;seen\n",
    ],
)
def test_tables_of_spreadsheets(workspace: Workspace, data: bytes) -> None:
    (workspace.root / "t.csv").write_bytes(data)
    flags = ["--label=red ship", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert made.returncode == 0, made.stderr
    assert boxes_in(workspace.root / "t.record") == {"1.jpg": [("red ship", 1, 2, 12, 9)]}


def test_a_row_that_cannot_be_read_keeps_its_line(workspace: Workspace) -> None:
    (workspace.root / "t.csv").write_bytes(
        b"sep=;\n" + HEADER.replace(",", ";").encode() + b"\n\n1.jpg;16;12;ship;a;2;3;4\n"
    )
    flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert (made.returncode, "t.csv, line 4: xmin is no number" in made.stderr) == (1, True), made.stderr


def test_one_dash_and_backslashes(workspace: Workspace) -> None:
    root = workspace.root
    made = run("xml_to_csv.py", "-inputDir", "images\\train", "-outputFile=annotations\\t.csv", cwd=root)
    assert made.returncode == 0, made.stderr
    flags = ["-label=ship", "-csv_input", "annotations\\t.csv", "--img_path=images\\train", "-output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=root)
    assert made.returncode == 0, made.stderr
    assert sorted(boxes_in(root / "t.record")) == ["1.jpg", "10.jpg", "2.jpg"]


def test_names_with_backslashes_in_a_table(workspace: Workspace) -> None:
    (workspace.root / "t.csv").write_text(f"{HEADER}\ntrain\\1.jpg,16,12,ship,1,2,12,9\n")
    flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images", "--output_path=t.record"]
    assert run("generate_tfrecord.py", *flags, cwd=workspace.root).returncode == 0


def test_the_flags_of_later_tutorials(workspace: Workspace) -> None:
    root = workspace.root
    (root / "map.pbtxt").write_text("item { id: 4 name: 'ship' }")
    made = run("generate_tfrecord.py", "-x", "images/train", "-l", "map.pbtxt", "-o", "a.record", cwd=root)
    assert made.returncode == 0, made.stderr
    assert len(boxes_in(root / "a.record")) == 3
    (root / "xml").mkdir()
    for xml in (workspace.images / "train").glob("*.xml"):
        xml.rename(root / "xml" / xml.name)
    flags = ["-x", "xml", "-i", "images/train", "-l", "map.pbtxt", "-o", "b.record", "-c", "b.csv"]
    made = run("generate_tfrecord.py", *flags, cwd=root)
    assert made.returncode == 0, made.stderr
    assert (root / "b.record").read_bytes() == (root / "a.record").read_bytes()
    assert (root / "b.csv").read_text().count(",ship,") == 3
    neither = run("generate_tfrecord.py", "-l", "map.pbtxt", "-o", "c.record", cwd=root)
    assert (neither.returncode, "-x XML_DIR" in neither.stderr) == (2, True)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (
            "item { id: 1 name: 'ship' } item { id: 1 name: 'boat' }",
            "Item 2 (boat): the id 1 belongs to 'ship' already",
        ),
        ("item { id: 1 name: 'ship' } item { id: 0 name: 'boat' }", "Item 2 (boat): ids start at 1"),
        ("item { id: 1 name: 'ship' } item { name: 'boat' }", "Item 2 (boat): the id is missing"),
        ("", "the label map has no class"),
    ],
)
def test_the_defects_of_a_label_map_are_named(workspace: Workspace, items: str, said: str) -> None:
    (workspace.root / "map.pbtxt").write_text(items)
    (workspace.root / "t.csv").write_text(f"{HEADER}\n1.jpg,16,12,boat,1,2,12,9\n")
    flags = ["--label_map=map.pbtxt", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert (made.returncode, said in made.stderr, "map.pbtxt" in made.stderr) == (1, True, True), made.stderr
    assert not (workspace.root / "t.record").exists()


def test_nothing_to_convert_is_no_success(workspace: Workspace) -> None:
    root = workspace.root
    made = run("xml_to_csv.py", "-i", "images", "-o", "t.csv", cwd=root)
    assert (made.returncode, made.stdout) == (1, "")
    assert f"3 in {Path('images', 'train')}" in made.stderr
    assert not (root / "t.csv").exists()
    (root / "none").mkdir()
    (root / "none" / "a.xml").write_text("<annotation><filename>1.jpg</filename></annotation>")
    made = run("xml_to_csv.py", "-i", "none", "-o", "t.csv", cwd=root)
    assert (made.returncode, "none of its 1 XML files has an object" in made.stderr) == (1, True)
    for rows, said in (("", "has no row below its first line"), ("1.jpg,16,12,ship,9,9,3,4\n", "no box can be used")):
        (root / "t.csv").write_text(f"{HEADER}\n{rows}")
        flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
        made = run("generate_tfrecord.py", *flags, cwd=root)
        assert (made.returncode, made.stdout, said in made.stderr) == (1, "", True), made.stderr
        assert not (root / "t.record").exists()


def test_fractions_are_multiplied_by_the_size_and_said_once(workspace: Workspace) -> None:
    rows = "".join(f"{name}.jpg,16,12,ship,0.25,0.25,0.5,0.75\n" for name in (1, 2, 10))
    (workspace.root / "t.csv").write_text(f"{HEADER}\n{rows}")
    flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert (made.returncode, made.stderr.count("\n")) == (0, 1), made.stderr
    assert "fractions" in made.stderr
    assert boxes_in(workspace.root / "t.record")["10.jpg"] == [("ship", 4, 3, 8, 9)]


@pytest.mark.parametrize(("size", "box"), [((16, 12), (3, 1, 10, 12)), ((12, 16), (1, 2, 12, 9))])
def test_the_tables_size_is_the_frame_of_its_boxes(
    workspace: Workspace, size: tuple[int, int], box: tuple[int, ...]
) -> None:
    # stored as 16 x 12 and turned by EXIF orientation 6 to 12 x 16: pixels and boxes end in one frame
    picture = PIL.Image.new("RGB", (16, 12))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(workspace.images / "train" / "turned.jpg", exif=exif)
    (workspace.root / "t.csv").write_text(f"{HEADER}\nturned.jpg,{size[0]},{size[1]},ship,1,2,12,9\n")
    flags = ["--label=ship", "--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    assert made.returncode == 0, made.stderr
    assert boxes_in(workspace.root / "t.record") == {"turned.jpg": [("ship", *box)]}


def test_advice_can_be_pasted_into_a_shell(workspace: Workspace) -> None:
    (workspace.root / "t.csv").write_text(f"{HEADER}\n1.jpg,16,12,o'neil $(x),1,2,12,9\n")
    flags = ["--csv_input=t.csv", "--img_path=images/train", "--output_path=t.record", "--label=red ship"]
    made = run("generate_tfrecord.py", *flags, cwd=workspace.root)
    advice = made.stderr.partition("for example ")[2].partition(", or with")[0]
    assert shlex.split(advice) == ["--label", "red ship", "--label", "o'neil $(x)"]


@pytest.mark.parametrize(
    ("script", "given", "said"),
    [
        (
            "train.py",
            ["-train_dir=training", "-pipeline_config_path=no\\such.config"],
            "no/such.config: there is no such",
        ),
        (
            "export_inference_graph.py",
            [
                "-pipeline_config_path",
                "no\\such.config",
                "-trained_checkpoint_prefix",
                "no\\model.ckpt-1",
                "-output_directory=y",
            ],
            "no/model.ckpt-1",
        ),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows takes backslashes by itself")
def test_the_other_scripts_take_the_same_flags(workspace: Workspace, script: str, given: list[str], said: str) -> None:
    made = run(script, *given, cwd=workspace.root)
    assert (made.returncode != 0, "unrecognized" in made.stderr) == (True, False)
    assert said in made.stderr
