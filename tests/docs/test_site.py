"""The documentation site builds without a warning, without TensorFlow, and describes every command."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import boxwright
from boxwright.cli.app import COMMANDS, load_command

BUILD = """
import sys
from sphinx.cmd.build import main
code = main(sys.argv[1:])
loaded = [name for name in ("tensorflow", "PyQt5") if name in sys.modules]
sys.exit(f"the build imported {loaded}" if loaded else code)
"""


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site's pages, built from the checkout with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    arguments = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "doctrees")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project / "backend"), str(project / "plugin")])}
    ended = subprocess.run(
        [sys.executable, "-c", BUILD, *arguments, str(project / "docs"), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / "html"


def text_of(page: Path) -> str:
    """Return what a reader sees of a page."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_the_site_has_its_parts(site: Path) -> None:
    for page in ("index", "tutorial/labelimg", "reference/commands", "decisions/README", "changelog"):
        assert (site / f"{page}.html").exists(), page


def test_the_command_reference_has_every_command_and_option(site: Path) -> None:
    text = text_of(site / "reference/commands.html")
    for name in COMMANDS:
        assert f"boxwright {name}" in text
        for parameter in load_command(name).params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert option in text, f"boxwright {name} {option}"


def test_the_api_reference_has_every_public_name(site: Path) -> None:
    text = text_of(site / "reference/python-api.html")
    missing = [name for name in dir(boxwright) if not name.startswith("__") and not re.search(rf"\b{name}\b", text)]
    assert not missing


def test_a_page_explains_each_command(project: Path) -> None:
    pages = [*(project / "docs/tutorial").glob("*.md"), *(project / "docs/guides").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    for name in COMMANDS:
        assert f"boxwright {name}" in text, f"no tutorial and no guide shows boxwright {name}"
