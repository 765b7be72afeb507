"""Labels that are probably one class, spelled in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

RARE = 10  # a label this many times rarer than its similar label is probably a typo
FREQUENT = 10  # a label with this many objects that is not rare beside its similar label is meant as it is

SHORT = 4  # letters; words up to here that differ in one are no evidence of a typo

_SEPARATORS = re.compile(r"[\s_\-./]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS = re.compile(r"\d+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_RUNS = re.compile(r"(.)\1+")


def closest_label(label: str, known: Iterable[str], *, counts: Mapping[str, int] | None = None) -> str | None:
    """Return the known label of which `label` is probably another spelling or a typo.

    Case, separators, accents, invisible characters and the plural never make a class. A typo is
    assumed only where two words of the field are unlikely: "dgo" is "dog", but "cat" is not "car", "horse" not
    "house", "mask_on" not "mask_off" and "bolt_m4" not "bolt_m5".

    Args:
        label: A label as the user wrote it.
        known: Labels that it may have been meant to be, in order of preference. When `label` is among them it is
            meant as it is.
        counts: Objects of each label. With them a rare label is taken for a typo sooner, a frequent one never.

    Returns:
        The most similar one, or None.
    """
    others = list(known)
    if label in others:
        return None
    if _is_acronym(label):  # RBC is never a slip for WBC, nor RCB for RBC: only its spelling may vary
        others = [other for other in others if not _is_acronym(other) or is_same_spelling(label, other)]
    best: tuple[int, str] | None = None
    for other in others:
        difference = _difference(label, other, _trust(label, other, counts or {}))
        if difference is not None and (best is None or difference < best[0]):
            best = difference, other
    return None if best is None else best[1]


def _is_acronym(label: str) -> bool:
    return len(label) <= SHORT and label.isupper() and label.isalpha()


def _trust(label: str, other: str, counts: Mapping[str, int]) -> int:
    """Return how sure the label's user seems of it: 2 frequent, 1 nothing is known, 0 rare beside `other`."""
    if label not in counts or other not in counts:
        return 1
    if counts[label] * RARE <= counts[other]:
        return 0
    return 2 if counts[label] >= FREQUENT else 1


def is_same_spelling(label: str, other: str) -> bool:
    """Return whether two labels differ in case, separators, accents or invisible characters at most."""
    return "".join(_words(label)) == "".join(_words(other))


def _difference(label: str, other: str, trust: int) -> int | None:
    """Return 0 for two spellings of one word, 1 for its plural, 2 and more for typos; None for two words."""
    words, other_words = _words(label), _words(other)
    key, other_key = "".join(words), "".join(other_words)
    if key == other_key:
        return 0
    if _DIGITS.findall(key) != _DIGITS.findall(other_key):
        return None
    if len(words) != len(other_words):
        return _word_difference(key, other_key, trust)
    total = 0
    for word, other_word in zip(words, other_words, strict=True):
        if word != other_word:
            difference = _word_difference(word, other_word, trust)
            if difference is None:
                return None
            total += difference
    return total


def _words(label: str) -> list[str]:
    """Return the label's words without what is not seen or not meant: case, accents, invisible characters."""
    spaced = _SEPARATORS.sub(" ", _CAMEL.sub(" ", unicodedata.normalize("NFKC", label)))
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", spaced)).casefold()
    return "".join(character for character in plain if unicodedata.category(character) != "Cf").split()


def _word_difference(word: str, other: str, trust: int) -> int | None:
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) >= 3 and longer in (shorter + "s", shorter + "es", shorter.removesuffix("y") + "ies"):
        return 1
    if word.endswith("s") != other.endswith("s") and min(len(word), len(other)) >= 4:  # a plural and a typo
        difference = _word_difference(word.removesuffix("s"), other.removesuffix("s"), trust)
        return None if difference is None else 1 + difference
    if trust == 2 or len(longer) - len(shorter) > 2:
        return None
    distance = _edits(shorter, longer)
    if distance > 2:
        return None
    return 1 + distance if _is_typo(shorter, longer, distance, trust) else None


def _is_typo(shorter: str, longer: str, distance: int, trust: int) -> bool:
    """Return whether one or two edits at this length are more likely a typo than another word."""
    if longer.lower() == longer.upper():  # a script without case, whose words have two or three characters
        return distance == 1 and len(longer) >= 6
    is_swap = distance == 1 and sorted(shorter) == sorted(longer)
    if len(longer) <= SHORT and len(shorter) == len(longer) and not is_swap:
        return False  # WBC and RBC, cat and car: two short words are as often two classes, however rare one is
    if trust == 0:
        return len(longer) >= (3 if distance == 1 else 7)
    if is_swap:
        enough = 3  # two neighbours changed places
    elif distance == 2:
        enough = 9
    elif _RUNS.sub(r"\1", shorter) == _RUNS.sub(r"\1", longer):
        enough = 5  # a doubled letter
    else:
        enough = 6
    # Another first letter is seldom a typo, often another word: mouse and house, ripe and unripe.
    return len(longer) >= enough and (enough == 3 or shorter[0] == longer[0])


def _edits(word: str, other: str) -> int:
    """Return the optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours."""
    before: list[int] = []
    last: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, start=1):
        before, last, row = last, row, [i]
        for j, other_letter in enumerate(other, start=1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other_letter)))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == other_letter:
                row[j] = min(row[j], before[j - 2] + 1)
    return row[-1]
