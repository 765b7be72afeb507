"""The texts of the interface in each language: all of them, the same placeholders, mnemonics that do not collide."""

from __future__ import annotations

import ast
import gettext
import locale
import re
import shutil
import string
import subprocess
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
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "translations.py"
TABLES = {
    "TIPS[mark]",
    "MISTAKES[kind]",
    "MISTAKES[one.kind]",
    "spec.text",
    "spec.tip",
    "spec.short",
    "STAGES.get(job.stage, job.stage)",
    "KINDS.get(job.kind, job.kind)",
}
"""What `tr` is called with besides literals: texts that are marked with N_ where they are written."""
MENU_BAR = ["&File", "&Edit", "&View", "&Help"]  # labelImg's; its translations keep the letters
FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000-\u30ff\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    choose_language("C")
    yield
    choose_language("C")


def texts_in(source: str) -> list[str]:
    """Return every text that a module shows; raise ValueError for one that cannot be known."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_marker(node.func)]
    called = {id(call.func) for call in calls}
    for node in ast.walk(tree):
        if _is_marker(node) and id(node) not in called:
            raise ValueError(f"line {node.lineno}: tr is passed on; call it with a text")  # type: ignore[attr-defined]
    texts = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        (argument,) = call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            texts.append(argument.value)
        elif ast.unparse(argument) not in TABLES:
            raise ValueError(f"line {call.lineno}: tr({ast.unparse(argument)}) is neither a text nor of a known table")
    return texts


def _is_marker(node: ast.AST) -> bool:
    name = getattr(node, "id", None) or (node.attr if isinstance(node, ast.Attribute) else None)
    return name in ("tr", "N_")


def texts_of_the_plugin() -> dict[Path, list[str]]:
    texts = {}
    for path in sorted(PLUGIN.rglob("*.py")):
        try:
            texts[path.relative_to(PLUGIN)] = texts_in(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise AssertionError(f"{path.relative_to(PLUGIN)}, {error}") from error
    return texts


TEXTS_OF = texts_of_the_plugin()
TEXTS = {text for texts in TEXTS_OF.values() for text in texts}


def catalogue(language: str) -> dict[str, str]:
    """Return the compiled texts of a language, without the header."""
    compiled = load(language)
    assert isinstance(compiled, gettext.GNUTranslations)
    return {text: compiled.gettext(text) for text in compiled._catalog if text}  # type: ignore[attr-defined]


def placeholders(text: str) -> Counter[tuple[str | None, str | None, str | None]]:
    return Counter(tuple(parts[1:]) for parts in string.Formatter().parse(text) if parts[1] is not None)


def mnemonics(text: str) -> list[str]:
    return [letter.upper() for letter in re.findall("&(.)", text)]


def test_the_walk_finds_texts_and_refuses_what_it_cannot_know() -> None:
    assert {"&Train", "Training", "Looking at the images …", "The details are in {log}"} <= TEXTS
    assert texts_in('f"{tr(\'a {n}\', n=1)} b"; tr("c " "d"); N_("e")') == ["a {n}", "c d", "e"]
    assert texts_in("tr(spec.tip)") == []
    for source in ("tr(title)", "tr(f'{n} images')", "map(tr, titles)", "i18n.tr(title)"):
        with pytest.raises(ValueError, match="line 1"):
            texts_in(source)


def test_texts_of_tables_are_marked() -> None:
    marked = [*STAGES.values(), *KINDS.values()]
    marked += [text for spec in ACTIONS for text in (spec.text, spec.tip, spec.short) if text]
    assert set(marked) <= TEXTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_exactly_the_texts_that_are_shown(language: str) -> None:
    translated = set(catalogue(language))
    assert sorted(TEXTS - translated) == [], "missing: run python scripts/translations.py, then translate"
    assert sorted(translated - TEXTS) == [], "not used: run python scripts/translations.py"


def run_script(*arguments: str) -> tuple[int, str]:
    ended = subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_the_catalogues_are_not_stale() -> None:
    assert run_script("--check") == (0, "All translations are up to date.\n")


def test_a_stale_catalogue_is_named_and_brought_up_to_date(tmp_path: Path) -> None:
    shutil.copytree(PLUGIN, tmp_path / "plugin")
    main, po = tmp_path / "plugin" / "main.py", tmp_path / "plugin" / "translations" / "ja_JP.po"
    main.write_text(main.read_text("utf-8") + '\ntr("A new text with {name}", name=1)\n', "utf-8")
    po.write_text(po.read_text("utf-8") + '\nmsgid "An old text"\nmsgstr "古い"\n', "utf-8")
    code, printed = run_script("--check", "--plugin", str(tmp_path / "plugin"))
    assert code == 1
    assert "ja_JP.po: missing: 'A new text with {name}'" in printed
    assert "ja_JP.po: not used: 'An old text'" in printed
    assert "ja_JP.mo: not compiled from ja_JP.po" in printed
    code, printed = run_script("--plugin", str(tmp_path / "plugin"))
    assert code == 1
    assert printed.splitlines() == [f"{name}.po: not translated: 'A new text with {{name}}'" for name in LANGUAGES]
    for name in LANGUAGES:
        path = po.with_name(f"{name}.po")
        path.write_text(path.read_text("utf-8").replace('{name}"\nmsgstr ""', '{name}"\nmsgstr "{name} 新"'), "utf-8")
    assert run_script("--plugin", str(tmp_path / "plugin")) == (0, "All translations are up to date.\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_english_text(language: str) -> None:
    wrong = [text for text, words in catalogue(language).items() if placeholders(words) != placeholders(text)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    untranslated = [text for text, words in catalogue(language).items() if not FULL_WIDTH.search(words)]
    assert untranslated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mnemonic_stands_behind_the_words_and_is_the_english_letter(language: str) -> None:
    for text, words in catalogue(language).items():
        assert mnemonics(words) == mnemonics(text), text
        assert len(mnemonics(text)) <= 1, text
        if mnemonics(words):
            assert re.search(r"[^ ]\(&[A-Z]\)…?$", words), words


@pytest.mark.parametrize("language", (None, *LANGUAGES))
def test_mnemonics_are_unique_in_the_menu_and_in_each_dialog(language: str | None) -> None:
    choose_language(language or "C")
    places = {str(path): texts for path, texts in TEXTS_OF.items() if path.parts[0] == "dialogs"}
    places |= {"the menu": [spec.text for spec in ACTIONS], "the menu bar": ["&Train", *MENU_BAR]}
    for place, texts in places.items():
        letters = Counter(letter for text in set(texts) for letter in mnemonics(tr(text)))
        assert [letter for letter, count in letters.items() if count > 1] == [], place
    assert all(mnemonics(tr(spec.text)) for spec in ACTIONS)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh_CN", "zh_CN"),
        ("zh_CN.UTF-8", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("zh_SG", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh_Hans_HK", "zh_CN"),
        ("Chinese (Simplified)_China", "zh_CN"),
        ("Chinese (Simplified)_China.936", "zh_CN"),
        ("Chinese_China", "zh_CN"),
        ("zh_TW", "zh_TW"),
        ("zh_TW.Big5", "zh_TW"),
        ("zh_HK.UTF-8", "zh_TW"),
        ("zh-Hant", "zh_TW"),
        ("Chinese (Traditional)_Taiwan", "zh_TW"),
        ("Chinese_Taiwan.950", "zh_TW"),
        ("Chinese (Traditional)_Hong Kong SAR", "zh_TW"),
        ("ja_JP", "ja_JP"),
        ("ja_JP.eucJP", "ja_JP"),
        ("ja", "ja_JP"),
        ("Japanese_Japan", "ja_JP"),
        ("Japanese_Japan.932", "ja_JP"),
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
    assert tr("Show log") == (catalogue(language)["Show log"] if language else "Show log")


@pytest.mark.parametrize(
    ("found", "language"),
    [
        (("zh_TW", "UTF-8"), "zh_TW"),
        (("Japanese_Japan", "932"), "ja_JP"),
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
    assert tr("Show log") == (catalogue(language)["Show log"] if language else "Show log")


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


def test_a_catalogue_that_is_gone_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boxwright_labelimg.translations.__file__", str(tmp_path / "__init__.py"))
    assert choose_language("ja_JP") == "ja_JP"
    assert tr("Show log") == "Show log"


def test_nothing_is_not_translated_to_the_catalogues_header() -> None:
    choose_language("ja_JP")
    assert tr("") == ""
