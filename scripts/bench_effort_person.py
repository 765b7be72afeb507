"""A simulated person who labels photos with truth as the oracle, and the seconds that it takes.

The times of opening a photo and of accepting, moving, deleting and relabelling a suggested box are estimates. Drawing a
box takes 25 s in tools like labelImg (arXiv 1911.09168 measured 35 s an image and more), 7 s by extreme clicking
(arXiv 1708.02750).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from boxwright.annotations.model import Box
from boxwright.annotations.overlap import Edges, iou
from boxwright.suggestions.model import SuggestedBox

ACCEPTED = 0.7
"""A suggested box that overlaps the object so much is accepted as it is."""
MOVED = 0.3
"""One that overlaps it so much is moved; what overlaps less is deleted."""
ORDERS = ("file", "random", "ranked")

Truth = Mapping[str, Sequence[Box]]
Suggestions = Mapping[str, Sequence[SuggestedBox]]


@dataclass(frozen=True)
class Seconds:
    """What each act costs, in seconds."""

    draw: float
    open: float = 2.0
    accept: float = 2.0
    move: float = 4.0
    delete: float = 2.0
    relabel: float = 3.0


@dataclass(frozen=True)
class Acts:
    """How often a person did what."""

    opened: int = 0
    accepted: int = 0
    moved: int = 0
    deleted: int = 0
    relabelled: int = 0
    drawn: int = 0

    def __add__(self, other: Acts) -> Acts:
        return Acts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def seconds(self, costs: Seconds) -> float:
        """Return how long it took."""
        return (
            self.opened * costs.open
            + self.accepted * costs.accept
            + self.moved * costs.move
            + self.deleted * costs.delete
            + self.relabelled * costs.relabel
            + self.drawn * costs.draw
        )


class Learner(Protocol):
    """What the person teaches."""

    def train(self, labelled: Sequence[str]) -> None:
        """Train on the photos that are labelled now, from the weights of the round before."""

    def precision(self) -> float:
        """Return AP@.50 on the test photos."""

    def suggestions(self, photos: Sequence[str]) -> Suggestions:
        """Return the boxes that score enough to be shown, by photo."""

    def ranked(self, labelled: Sequence[str], unlabelled: Sequence[str]) -> list[str]:
        """Return the photos without labels, the one to label next first; before the first training, too."""


@dataclass(frozen=True)
class Round:
    """The state after a round.

    Attributes:
        photos: Labelled so far.
        acts: So far.
        ap50: Of the model that was trained on them.
    """

    photos: int
    acts: Acts
    ap50: float


def label_photo(truth: Sequence[Box], suggested: Sequence[SuggestedBox]) -> Acts:
    """Return what a person does to get from the suggested boxes to the true ones.

    Each suggested box, the highest score first, goes to the object that it overlaps most among those that are left.
    """
    left = list(truth)
    acts = Acts(opened=1)
    for box in sorted(suggested, key=lambda one: -one.score):
        nearest = max(left, key=lambda one: iou(_edges(box), _edges(one)), default=None)
        overlap = iou(_edges(box), _edges(nearest)) if nearest else 0.0
        if nearest is None or overlap < MOVED:
            acts += Acts(deleted=1)
            continue
        left.remove(nearest)
        is_right = box.label == nearest.label
        if overlap < ACCEPTED:
            acts += Acts(moved=1, relabelled=not is_right)
        else:
            acts += Acts(accepted=1) if is_right else Acts(relabelled=1)
    return acts + Acts(drawn=len(left))


def simulate(
    truth: Truth,
    learner: Learner,
    *,
    order: str,
    with_suggestions: bool,
    batch: int,
    seed: int,
    enough: float,
) -> list[Round]:
    """Label photos in rounds, and train after each, until the model is good enough or all photos are labelled.

    Args:
        truth: Photo to its boxes.
        learner: Before its first training.
        order: One of ORDERS.
        with_suggestions: Whether boxes are suggested from the second round on.
        batch: Photos of a round.
        seed: Of the random order.
        enough: AP@.50.
    """
    names = sorted(truth)
    if order == "random":
        random.Random(seed).shuffle(names)
    labelled: list[str] = []
    rounds: list[Round] = []
    acts = Acts()
    while len(labelled) < len(names) and (not rounds or rounds[-1].ap50 < enough):
        unlabelled = [name for name in names if name not in set(labelled)]
        if order == "ranked":
            unlabelled = learner.ranked(labelled, unlabelled)
        chosen = unlabelled[:batch]
        suggested = learner.suggestions(chosen) if with_suggestions and rounds else {}
        for name in chosen:
            acts += label_photo(truth[name], suggested.get(name, ()))
        labelled += chosen
        learner.train(labelled)
        rounds.append(Round(len(labelled), acts, learner.precision()))
    return rounds


def first_reaching(rounds: Sequence[Round], ap50: float) -> Round | None:
    """Return the first round whose model reaches an AP@.50; None when none does."""
    return next((one for one in rounds if one.ap50 >= ap50), None)


def _edges(box: Box | SuggestedBox) -> Edges:
    return box.xmin, box.ymin, box.xmax, box.ymax
