"""Which labels are taken for a typo: a false alarm costs a look, a missed one costs a class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.dataset.plan.label_typos import closest_label

ONE_CLASS = [
    ("Dog", "dog"),
    ("DOG", "dog"),
    ("traffic light", "traffic_light"),
    ("Traffic-Light", "traffic_light"),
    ("trafficLight", "traffic light"),
    ("trafficlight", "traffic light"),
    ("dogs", "dog"),
    ("bus", "buses"),
    ("cherry", "cherries"),
    ("traffic_lights", "traffic_light"),
    ("dgo", "dog"),
    ("racoon", "raccoon"),
    ("raccon", "raccoon"),
    ("Racoons", "raccoon"),
    ("motercycel", "motorcycle"),
    ("persan", "person"),
    ("helmat_on", "helmet_on"),
    ("café", "cafe"),
    ("dog\u200b", "dog"),
    ("\uff44og", "dog"),
    ("Heltec_ESP32_LoRa", "Heltec_ESP32_Lora"),
    ("Rasberry_Pi_3", "Raspberry_Pi_3"),
]

TWO_CLASSES = [
    ("cat", "car"),
    ("dog", "frog"),
    ("mouse", "house"),
    ("horse", "house"),
    ("goat", "boat"),
    ("ripe", "unripe"),
    ("locked", "unlocked"),
    ("male", "female"),
    ("man", "woman"),
    ("mask_on", "mask_off"),
    ("helmet_on", "helmet_off"),
    ("with_mask", "without_mask"),
    ("bolt_m4", "bolt_m5"),
    ("class1", "class2"),
    ("class1", "class11"),
    ("resistor_a", "resistor_b"),
    ("ESP8266", "ESP32"),
    ("left_hand", "right_hand"),
    ("白菜", "白马"),
    ("c", "b"),
    ("c++", "c#"),
]


@pytest.mark.parametrize(("label", "known"), ONE_CLASS)
def test_two_spellings_of_one_class_are_seen(label: str, known: str) -> None:
    assert closest_label(label, ["zebra", known, "unrelated"]) == known
    assert closest_label(known, ["zebra", label, "unrelated"]) == label


@pytest.mark.parametrize(("label", "known"), TWO_CLASSES)
def test_two_classes_are_left_alone(label: str, known: str) -> None:
    assert closest_label(label, [known]) is None
    assert closest_label(known, [label]) is None


@pytest.mark.parametrize(("label", "known"), TWO_CLASSES)
def test_two_frequent_classes_are_left_alone(label: str, known: str) -> None:
    counts = {label: 40, known: 50}
    assert closest_label(label, [known], counts=counts) is None
    assert closest_label(known, [label], counts=counts) is None


def test_a_rare_label_is_taken_for_a_typo_sooner() -> None:
    assert closest_label("muose", ["mouse"], counts={"muose": 1, "mouse": 50}) == "mouse"
    assert closest_label("hoise", ["horse"]) is None
    assert closest_label("hoise", ["horse"], counts={"hoise": 1, "horse": 50}) == "horse"
    assert closest_label("hoise", ["horse"], counts={"hoise": 20, "horse": 50}) is None


@pytest.mark.parametrize(
    ("rare", "frequent"),
    [("WBC", "RBC"), ("cat", "car"), ("LED", "LCD"), ("RCB", "RBC"), ("tie", "pie")],
)
def test_short_words_that_differ_in_a_letter_are_two_classes_however_rare_one_is(rare: str, frequent: str) -> None:
    counts = {rare: 1, frequent: 5000}
    assert closest_label(rare, [frequent], counts=counts) is None
    assert closest_label(rare.title(), [rare.upper()], counts=counts) == rare.upper()


def test_a_frequent_label_may_still_be_the_same_word() -> None:
    counts = {"Dog": 40, "dog": 50, "dogs": 45, "dgo": 40}
    assert closest_label("Dog", ["dog"], counts=counts) == "dog"
    assert closest_label("dogs", ["dog"], counts=counts) == "dog"
    assert closest_label("dgo", ["dog"], counts=counts) is None


def test_a_known_label_is_meant_as_it_is() -> None:
    assert closest_label("dog", ["Dog", "dog"]) is None
    assert closest_label("dog", []) is None


def test_the_most_alike_is_suggested() -> None:
    assert closest_label("Raccoon", ["raccoons", "racoon", "raccoon"]) == "raccoon"


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=4))
def test_the_answer_is_one_of_the_known(label: str, known: list[str]) -> None:
    assert closest_label(label, known) in {None, *known} - {label}
