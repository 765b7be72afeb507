"""Updates the translations of the labelImg plugin: collects its texts, brings the .po files up to date, compiles them.

    python scripts/translations.py            # after a text was added or changed, and after a .po file was edited
    python scripts/translations.py --check    # change nothing; name what is missing, unused or not compiled

A text is a literal in `tr("...")`, or in `N_("...")` where it is translated later. New texts get an empty translation,
texts that are no longer used are dropped.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

PLUGIN = Path(__file__).resolve().parent.parent / "plugin" / "boxwright_labelimg"
MARKERS = ("tr", "N_")


def main(argv: list[str] | None = None) -> int:
    """Update the catalogues, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 when something is stale")
    parser.add_argument("--plugin", type=Path, default=PLUGIN, help="the package whose texts are collected")
    arguments = parser.parse_args(argv)
    texts = collect(arguments.plugin)
    problems: list[str] = []
    for po in sorted((arguments.plugin / "translations").glob("*.po")):
        if not arguments.check:
            update(po, texts)
        problems += check(po, texts)
    print("\n".join(problems) or "All translations are up to date.")
    return 1 if problems else 0


def collect(plugin: Path) -> Catalog:
    """Return the texts of a package, each with the files that use it."""
    texts = Catalog(project="Boxwright", charset="utf-8")
    for path in sorted(plugin.rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            text = call.args[0] if call.args and isinstance(call.func, ast.Name) and call.func.id in MARKERS else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                texts.add(text.value, locations=[(path.relative_to(plugin).as_posix(), 0)])
    return texts


def update(po: Path, texts: Catalog) -> None:
    """Add new texts to a .po file, drop unused ones, and compile it into the .mo file beside it."""
    catalogue = _read(po)
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with po.open("wb") as stream:
        write_po(stream, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
    with po.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalogue)


def check(po: Path, texts: Catalog) -> list[str]:
    """Return what is wrong with a .po file and its .mo file, one line each."""
    catalogue = _read(po)
    wanted, there = (set(_messages(each)) for each in (texts, catalogue))
    problems = [f"{po.name}: missing: {text!r}" for text in sorted(wanted - there)]
    problems += [f"{po.name}: not used: {text!r}" for text in sorted(there - wanted)]
    problems += [f"{po.name}: not translated: {text!r}" for text, words in _messages(catalogue).items() if not words]
    mo = po.with_suffix(".mo")
    try:
        with mo.open("rb") as stream:
            compiled = _messages(read_mo(stream))
    except (OSError, ValueError) as error:
        return [*problems, f"{mo.name}: cannot be read: {error}"]
    if compiled != {text: words for text, words in _messages(catalogue).items() if words}:
        problems.append(f"{mo.name}: not compiled from {po.name}: run python scripts/translations.py")
    return problems


def _read(po: Path) -> Catalog:
    with po.open("rb") as stream:
        return read_po(stream, locale=po.stem)


def _messages(catalogue: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in catalogue if message.id}


if __name__ == "__main__":
    sys.exit(main())
