"""The installed packages against what Boxwright asks for, and labelImg."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import metadata

from boxwright.cli.machine.checkup.check import Check, Status

REINSTALL = 'Install Boxwright again in this environment: pip install --upgrade "boxwright"'


def check_packages() -> Iterator[Check]:
    """Compare each requirement of the distribution with what is installed."""
    try:
        requirements = metadata.requires("boxwright") or []
        found = f"{metadata.version('boxwright')} from {metadata.distribution('boxwright').locate_file('')}"
    except metadata.PackageNotFoundError:
        yield Check("Boxwright", Status.WARNING, "run from a checkout that is not installed", "pip install .")
        return
    yield Check("Boxwright", Status.OK, found)
    good, bad = [], []
    for name, wanted, version in _compared(requirements):
        if version is None:
            bad.append(f"{name} is missing (needs {wanted or 'any version'})")
        elif not _satisfies(version, wanted):
            bad.append(f"{name} is {version} (needs {wanted})")
        else:
            good.append(f"{name} {version}")
    if bad:
        yield Check("packages", Status.PROBLEM, "; ".join(bad), REINSTALL)
    yield Check("packages", Status.OK, ", ".join(good))
    variants = [name for name in ("tensorflow", "tensorflow-cpu", "tensorflow-intel") if _version(name)]
    if {"tensorflow", "tensorflow-cpu"} <= set(variants):
        yield Check(
            "packages",
            Status.WARNING,
            "tensorflow and tensorflow-cpu are both installed, in the same folder",
            "pip uninstall tensorflow-cpu tensorflow, then pip install tensorflow",
        )


def _compared(requirements: list[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield name, wanted versions and installed version of each requirement that is not an extra's."""
    from packaging.requirements import Requirement

    for line in requirements:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        yield requirement.name, str(requirement.specifier), _version(requirement.name)


def _satisfies(version: str, wanted: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(wanted).contains(version, prereleases=True)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_labelimg() -> Check:
    """Say whether labelImg is here, and how to start it."""
    version = _version("labelImg")
    if version is None:
        elsewhere = shutil.which("labelImg")
        where = f"in another environment ({elsewhere})" if elsewhere else "not in this environment"
        return Check(
            "labelImg",
            Status.OK,
            f'{where}; it is needed only to draw boxes. To install it here: pip install "boxwright[labelimg]"',
        )
    if _version("PyQt5") is None:
        return Check("labelImg", Status.PROBLEM, f"{version}, but PyQt5 is missing", "pip install PyQt5")
    found = f"{version} with PyQt5 {_version('PyQt5')}"
    return Check("labelImg", Status.OK, f"{found}; start it with `boxwright label`, which cures its crashes")
