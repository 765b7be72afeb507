"""Translations into the languages that labelImg has strings for, by the English text."""

from __future__ import annotations

from collections.abc import Mapping

TRANSLATIONS: Mapping[str, Mapping[str, str]] = {}
