"""Optional packages are loaded without what they do to the process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boxwright.errors import UsageError
from boxwright.inference.runtimes.packages import Package, load_package

pytestmark = pytest.mark.fast


def test_environment_variables_of_a_package_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loud_runtime.py").write_text(
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'\nos.environ['LOUD'] = '1'\nname = 'loud'\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.delenv("LOUD", raising=False)
    assert load_package(Package("loud_runtime", "loud-runtime", "loud")).name == "loud"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"
    assert "LOUD" not in os.environ


def test_a_package_that_is_absent_is_named_with_its_extra() -> None:
    with pytest.raises(UsageError, match=r"loud-runtime, which cannot be loaded.*boxwright\[loud\]"):
        load_package(Package("no_such_runtime", "loud-runtime", "loud"))
