"""What the interface says, in each language: every text, the same placeholders, mnemonics that do not collide."""

from __future__ import annotations

import ast
import locale
import re
import string
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import boxwright_labelimg
from boxwright_labelimg.actions import ACTIONS
from boxwright_labelimg.client.job_summary import KINDS, STAGES
from boxwright_labelimg.i18n import choose_language, tr
from boxwright_labelimg.translations import LANGUAGES, language_of, load

PLUGIN = Path(boxwright_labelimg.__file__).parent
TABLES = {
    "spec.text": [spec.text for spec in ACTIONS],
    "spec.tip": [spec.tip for spec in ACTIONS],
    "spec.short": [spec.short for spec in ACTIONS if spec.in_toolbar],
    "STAGES.get(job.stage, job.stage)": list(STAGES.values()),
    "KINDS.get(job.kind, job.kind)": list(KINDS.values()),
}
MENU_BAR = ["&File", "&Edit", "&View", "&Help"]  # labelImg's; its translations keep the letters
FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000-\u30ff\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    choose_language("C")
    yield
    choose_language("C")


def texts_said_in(source: str) -> list[str]:
    """Return every text that a module says; raise ValueError for one that cannot be known."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_tr(node.func)]
    called = {id(call.func) for call in calls}
    for node in ast.walk(tree):
        if _is_tr(node) and id(node) not in called:
            raise ValueError(f"line {node.lineno}: tr is passed on; call it with a text")  # type: ignore[attr-defined]
    texts = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        (argument,) = call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            texts.append(argument.value)
        elif (looked_up := TABLES.get(ast.unparse(argument))) is not None:
            texts += looked_up
        else:
            raise ValueError(f"line {call.lineno}: tr({ast.unparse(argument)}) is neither a text nor of a known table")
    return texts


def _is_tr(node: ast.AST) -> bool:
    return getattr(node, "id", None) == "tr" or (isinstance(node, ast.Attribute) and node.attr == "tr")


def texts_of_the_plugin() -> dict[Path, list[str]]:
    said = {}
    for path in sorted(PLUGIN.rglob("*.py")):
        try:
            said[path.relative_to(PLUGIN)] = texts_said_in(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise AssertionError(f"{path.relative_to(PLUGIN)}, {error}") from error
    return said


SAID = texts_of_the_plugin()
TEXTS = {text for texts in SAID.values() for text in texts}


def placeholders(text: str) -> Counter[tuple[str | None, str | None, str | None]]:
    return Counter(tuple(parts[1:]) for parts in string.Formatter().parse(text) if parts[1] is not None)


def mnemonics(text: str) -> list[str]:
    return [letter.upper() for letter in re.findall("&(.)", text)]


def test_the_walk_finds_texts_and_refuses_what_it_cannot_know() -> None:
    assert {"&Train", "Training", "Looking at the images …", "The details are in {log}"} <= TEXTS
    assert texts_said_in('f"{tr(\'a {n}\', n=1)} b"; tr("c " "d")') == ["a {n}", "c d"]
    assert texts_said_in("tr(spec.tip)") == [spec.tip for spec in ACTIONS]
    for source in ("tr(title)", "tr(f'{n} images')", "map(tr, titles)", "words.tr(title)"):
        with pytest.raises(ValueError, match="line 1"):
            texts_said_in(source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_exactly_the_texts_that_are_said(language: str) -> None:
    translated = set(load(language))
    assert sorted(TEXTS - translated) == [], "missing"
    assert sorted(translated - TEXTS) == [], "stale"


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_english_text(language: str) -> None:
    wrong = [text for text, words in load(language).items() if placeholders(words) != placeholders(text)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    untranslated = [text for text, words in load(language).items() if not FULL_WIDTH.search(words)]
    assert untranslated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mnemonic_stands_behind_the_words_and_is_the_english_letter(language: str) -> None:
    for text, words in load(language).items():
        assert mnemonics(words) == mnemonics(text), text
        assert len(mnemonics(text)) <= 1, text
        if mnemonics(words):
            assert re.search(r"[^ ]\(&[A-Z]\)…?$", words), words


@pytest.mark.parametrize("language", (None, *LANGUAGES))
def test_mnemonics_are_unique_in_the_menu_and_in_each_dialog(language: str | None) -> None:
    choose_language(language or "C")
    places = {str(path): texts for path, texts in SAID.items() if path.parts[0] == "dialogs"}
    places |= {"the menu": [spec.text for spec in ACTIONS], "the menu bar": ["&Train", *MENU_BAR]}
    for place, texts in places.items():
        letters = Counter(letter for text in set(texts) for letter in mnemonics(tr(text)))
        assert [letter for letter, count in letters.items() if count > 1] == [], place
    assert all(mnemonics(tr(spec.text)) for spec in ACTIONS)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh_CN", "zh_cn"),
        ("zh_CN.UTF-8", "zh_cn"),
        ("zh-CN", "zh_cn"),
        ("zh_SG", "zh_cn"),
        ("zh", "zh_cn"),
        ("zh_Hans_HK", "zh_cn"),
        ("Chinese (Simplified)_China", "zh_cn"),
        ("Chinese (Simplified)_China.936", "zh_cn"),
        ("Chinese_China", "zh_cn"),
        ("zh_TW", "zh_tw"),
        ("zh_TW.Big5", "zh_tw"),
        ("zh_HK.UTF-8", "zh_tw"),
        ("zh-Hant", "zh_tw"),
        ("Chinese (Traditional)_Taiwan", "zh_tw"),
        ("Chinese_Taiwan.950", "zh_tw"),
        ("Chinese (Traditional)_Hong Kong SAR", "zh_tw"),
        ("ja_JP", "ja_jp"),
        ("ja_JP.eucJP", "ja_jp"),
        ("ja", "ja_jp"),
        ("Japanese_Japan", "ja_jp"),
        ("Japanese_Japan.932", "ja_jp"),
        ("en_US.UTF-8", None),
        ("English_China", None),
        ("de_DE", None),
        ("zha_CN", None),
        ("C", None),
        ("C.UTF-8", None),
        ("POSIX", None),
        ("", None),
        ("936", None),
    ],
)
def test_a_locale_means_a_language(tag: str, language: str | None) -> None:
    assert language_of(tag) == language
    assert choose_language(tag) == language
    assert tr("Show log") == (load(language)["Show log"] if language else "Show log")


@pytest.mark.parametrize(
    ("found", "language"),
    [
        (("zh_TW", "UTF-8"), "zh_tw"),
        (("Japanese_Japan", "932"), "ja_jp"),
        ((None, None), None),
        (("en_US", "UTF-8"), None),
    ],
)
def test_python_s_locale_is_asked_as_labelimg_asks_it(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str | None, str | None], language: str | None
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")  # the system does not know it: labelImg speaks English then
    monkeypatch.setattr(locale, "getlocale", lambda: found)
    choose_language()
    assert tr("Show log") == (load(language)["Show log"] if language else "Show log")


def test_a_locale_that_python_does_not_understand_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("unknown locale: UTF-8")

    monkeypatch.setattr(locale, "getlocale", fail)
    choose_language()
    assert tr("Show log") == "Show log"


def test_english_stays_english() -> None:
    choose_language("ja_JP")
    choose_language("en_GB")
    assert [tr(text) for text in sorted(TEXTS)] == sorted(TEXTS)
    assert tr("Step {step:,}", step=1200) == "Step 1,200"
    assert tr("{curly} as it is") == "{curly} as it is"


def test_a_text_without_translation_is_said_in_english() -> None:
    choose_language("ja_JP")
    assert tr("{count} new things", count=2) == "2 new things"


def test_only_the_chosen_language_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {language: f"boxwright_labelimg.translations.{language}" for language in LANGUAGES}
    for name in names.values():
        monkeypatch.delitem(sys.modules, name, raising=False)
    choose_language("en_US")
    assert not set(names.values()) & set(sys.modules)
    choose_language("zh_TW")
    assert set(names.values()) & set(sys.modules) == {names["zh_tw"]}
