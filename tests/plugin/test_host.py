"""labelImg's host and the fake one have what the protocol asks for."""

from __future__ import annotations

import inspect
from typing import Any

from boxwright_labelimg.host import Host
from fake_host import FakeHost

MEMBERS = [name for name in vars(Host) if not name.startswith("_")]
MOST = 28


def test_the_protocol_stays_small() -> None:
    assert len(MEMBERS) <= MOST


def test_the_fake_host_is_a_host() -> None:
    fake = FakeHost()
    for name in MEMBERS:
        wanted, there = getattr(Host, name), getattr(fake, name)
        if not isinstance(wanted, property):
            assert list(inspect.signature(there).parameters) == list(inspect.signature(wanted).parameters)[1:], name


def test_labelimgs_host_is_a_host(open_window: Any) -> None:
    host = open_window().host
    for name in MEMBERS:
        wanted = getattr(Host, name)
        if isinstance(wanted, property):
            assert isinstance(getattr(type(host), name), property), name
        else:
            parameters = list(inspect.signature(getattr(type(host), name)).parameters)
            assert parameters == list(inspect.signature(wanted).parameters), name
