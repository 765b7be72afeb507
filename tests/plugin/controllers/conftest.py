"""Controllers of a host without labelImg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from fake_host import FakeHost


@dataclass
class Setting:
    """A fake host with real controllers.

    Attributes:
        host: Where the controllers act.
        session: A real Session.
        docks: Real docks.
        controllers: All.
    """

    host: FakeHost
    session: Any
    docks: Any
    controllers: Any


@pytest.fixture
def setting(application: Any, home: Any) -> Iterator[Setting]:
    from PyQt5.QtWidgets import QMainWindow

    from boxwright_labelimg.controllers.controllers import Controllers
    from boxwright_labelimg.controllers.session import Session
    from boxwright_labelimg.docks.docks import Docks

    window = QMainWindow()
    host, session, docks = FakeHost(window), Session(window), Docks(window)
    made = Setting(host, session, docks, Controllers.of(host, session, docks))
    yield made
    made.controllers.close()
    session.tasks.close()
    window.deleteLater()
