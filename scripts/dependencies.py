"""The bounds in setup.cfg as constraints, an import of every module, and licences; ./scripts/dependencies uses it.

Only the standard library is imported: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import configparser
import importlib
import pkgutil
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

SETUP = Path(__file__).resolve().parent.parent / "setup.cfg"
TEST_TOOLS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "pyyaml")
"""What the fast tier needs."""
NEEDS_AN_EXTRA = ("PyQt5", "labelImg", "send2trash", "libs")
"""Modules of the extra labelimg, whose own bounds need a display to be tested."""
PROJECT = "boxwright"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def main() -> int:
    """Do what the part says; return 1 when a module cannot be imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("constraints", "tests", "imports", "licences"))
    parser.add_argument("which", nargs="?", choices=("oldest", "newest"), default="newest")
    arguments = parser.parse_args()
    if arguments.part == "constraints":
        print("\n".join(lower_bounds() if arguments.which == "oldest" else ()))
    elif arguments.part == "tests":
        print("\n".join(TEST_TOOLS))
    elif arguments.part == "licences":
        print_licences()
    else:
        return import_all()
    return 0


def requirements(extra: str = "") -> list[str]:
    """Return the requirements of Boxwright, or of one of its extras, as setup.cfg has them."""
    config = configparser.ConfigParser()
    config.read(SETUP, encoding="utf-8")
    text = config["options.extras_require"][extra] if extra else config["options"]["install_requires"]
    return [line.strip() for line in text.splitlines() if line.strip()]


def lower_bounds() -> list[str]:
    """Return a constraint for each requirement that pins it to its lower bound."""
    return [re.sub(r"\s*>=\s*", "==", line.split(",")[0]) for line in requirements() if ">=" in line]


def import_all() -> int:
    """Import every module; return 1 when one cannot be."""
    failed = 0
    for package in ("boxwright", "boxwright_labelimg"):
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if module.name.endswith("__main__"):
                continue
            try:
                importlib.import_module(module.name)
            except ImportError as error:
                if (error.name or "").split(".")[0] not in NEEDS_AN_EXTRA:
                    failed += 1
                    print(f"{module.name}: {error}", file=sys.stderr)
    print("all modules are imported" if not failed else f"{failed} modules are not imported")
    return 1 if failed else 0


def print_licences() -> None:
    """Print the distributions that Boxwright needs, with all that these need, as they are installed."""
    pending, seen = [PROJECT], set()
    while pending:
        name = pending.pop()
        if normal(name) in seen:
            continue
        seen.add(normal(name))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # an extra, or for another system
        pending += [_NAME.match(line).group() for line in found.requires or () if "extra ==" not in line]  # type: ignore[union-attr]
        print(f"{found.metadata['Name']} {found.version}: {licence_of(found)}")


def licence_of(found: Distribution) -> str:
    """Return the licence that a distribution states."""
    metadata = found.metadata
    classifiers = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if "License ::" in line]
    stated = metadata.get("License-Expression") or ", ".join(classifiers) or (metadata.get("License") or "").strip()
    return stated.splitlines()[0] if stated else "not stated"


def normal(name: str) -> str:
    """Return the form in which names of distributions are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
