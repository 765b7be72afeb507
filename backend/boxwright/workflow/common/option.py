"""Options, declared once: a field of a frozen dataclass with its help, limits and spelling.

Command line, jobs and dialogs take them from there. Reading and writing options is here, too.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from boxwright.errors import UsageError
from boxwright.jobs.options import pack, unpack

TILES = "Look at photos in tiles of so many pixels, too, to find small objects; auto takes the network's input size."
"""Help of --tiles."""

_METADATA = "boxwright"
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")

Value = TypeVar("Value")
OptionsT = TypeVar("OptionsT", bound="Options")


@dataclass(frozen=True)
class Declaration:
    """What an option is beside its type and default.

    Attributes:
        help: A sentence for the help and for tool tips.
        flag: How the command line spells it; "" for the field's name with hyphens.
        metavar: What stands for the value in the help; None for the type's.
        minimum, maximum: Limits of a number, inclusive; None for none.
        choices: The texts that it may be; none for any text.
        show_default: What the help says of a default that is not the field's own.
        is_argument: The command line takes it by position.
        is_required: The command line does not go without it, though the Python API may.
        environment: Name of an environment variable that gives the command line's default.
        is_checkpoint: A word, or the prefix of a checkpoint, where no file of that very name is.
    """

    help: str
    flag: str = ""
    metavar: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    show_default: str | None = None
    is_argument: bool = False
    is_required: bool = False
    environment: str = ""
    is_checkpoint: bool = False


def option(default: Value, help: str, **more: Any) -> Value:
    """Declare an option as the default of a dataclass's field.

    Args:
        default: Of the field.
        help: As in Declaration.
        more: Further fields of Declaration.
    """
    return field(default=default, metadata={_METADATA: Declaration(help, **more)})


@dataclass(frozen=True)
class Option:
    """An option of a verb, as forms, the command line and stored jobs need it.

    Attributes:
        field: The field's name, for example "num_steps".
        type: Of one value: bool, int, float, str, Path or an Enum.
        words: Words that are taken beside values of the type, for example ("auto",).
        is_many: Whether it takes several values, which are a tuple.
        default: The field's.
        declaration: The rest.
    """

    field: str
    type: type[Any]
    words: tuple[str, ...]
    is_many: bool
    default: Any
    declaration: Declaration

    @property
    def flag(self) -> str:
        """How the command line spells it: "--num-steps", "--link/--copy"."""
        return self.declaration.flag or "--" + self.field.replace("_", "-")

    @property
    def name(self) -> str:
        """The flag without its hyphens: what `--param` and jobs of earlier versions call it."""
        return self.flag.partition("/")[0].lstrip("-")

    @property
    def shown_name(self) -> str:
        """What messages call it: "--num-steps", "EXPORT"."""
        return self.declaration.metavar or self.name if self.declaration.is_argument else f"--{self.name}"

    def read(self, value: object) -> Any:
        """Return the option's value from what a file, a form or a command line has: text, or what JSON has.

        Raises:
            UsageError: The option cannot have this value.
        """
        if not self.is_many:
            return None if value is None and self.default is None else self._read_one(value)
        texts = value.split("\n") if isinstance(value, str) else value
        if not isinstance(texts, Iterable):
            raise self._refused(value)
        return tuple(self._read_one(text) for text in texts)

    def check(self, value: object) -> None:
        """Refuse a value that is outside of the limits, or is none of the choices.

        Raises:
            UsageError: It is.
        """
        if isinstance(value, str) and self.declaration.choices and value not in self.declaration.choices:
            raise self._refused(value)
        low, high = self.declaration.minimum, self.declaration.maximum
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        # "not >=" rather than "<": NaN is outside of every limit
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise self._refused(value)

    def write(self, value: object) -> Any:
        """Return a value as JSON has it."""
        if isinstance(value, tuple):
            return [self.write(one) for one in value]
        if isinstance(value, Enum):
            return value.value
        return str(value) if isinstance(value, Path) else value

    def _read_one(self, value: object) -> Any:
        if isinstance(value, str):
            if "\0" in value:
                raise UsageError(f"{self.shown_name} {value!r}: a value holds no null character.")
            if value in self.words:
                return value
            value = self._parse(value)
        if self.type is bool or isinstance(value, bool):
            good = self.type is bool and isinstance(value, bool)
        elif self.type is float:
            good = isinstance(value, int | float)
        else:
            good = isinstance(value, self.type)
        if not good:
            raise self._refused(value)
        self.check(value)
        return value

    def _parse(self, text: str) -> object:
        if self.type is bool:
            if text.lower() in _TRUE:
                return True
            if text.lower() in _FALSE:
                return False
            raise self._refused(text)
        try:
            return self.type(text)
        except ValueError:
            raise self._refused(text) from None

    def _refused(self, value: object) -> UsageError:
        shown = f"{value:g}" if isinstance(value, float) else value
        return UsageError(f"{self.shown_name} {shown}: give {self._wanted()}.")

    def _wanted(self) -> str:
        nouns = {bool: "true or false", int: "a whole number", float: "a number", Path: "a path", str: "text"}
        if issubclass(self.type, Enum):
            wanted = f"one of {', '.join(member.value for member in self.type)}"
        elif self.declaration.choices:
            wanted = f"one of {', '.join(self.declaration.choices)}"
        else:
            wanted = nouns[self.type]
        low, high = self.declaration.minimum, self.declaration.maximum
        if low is not None:
            wanted += f" of {low:g} or more" if high is None else f" from {low:g} to {high:g}"
        return " or ".join([wanted, *self.words])


@dataclass(frozen=True)
class Options:
    """Base of the options of a verb; each field is declared by `option`."""

    _declared: ClassVar[Mapping[str, Option]]

    def __post_init__(self) -> None:
        for each in self.declared().values():
            value = getattr(self, each.field)
            if isinstance(value, str) and each.type is not str and value not in each.words:
                raise each._refused(value)
            each.check(value)

    @classmethod
    def declared(cls) -> Mapping[str, Option]:
        """Return the options by their field's name, in the order of the fields."""
        if "_declared" not in cls.__dict__:
            cls._declared = _find_options(cls)
        return cls._declared

    @classmethod
    def from_values(cls: type[OptionsT], values: Mapping[str, object]) -> OptionsT:
        """Return the options from values by name, "num_steps" or "num-steps"; what is not named has its default.

        Raises:
            UsageError: There is no such option, or it cannot have this value.
        """
        options = {name: option for option in cls.declared().values() for name in (option.field, option.name)}
        given = {}
        for name, value in values.items():
            if name not in options:
                known = ", ".join(option.name for option in cls.declared().values())
                raise UsageError(f"There is no parameter {name!r}. Parameters: {known}.")
            given[options[name].field] = options[name].read(value)
        return cls(**given)

    def to_json(self) -> str:
        """Return the options that differ from their defaults, with a version.

        Another version of Boxwright may read it: what is not used, it need not know.
        """
        content = {
            each.field: each.write(getattr(self, each.field))
            for each in self.declared().values()
            if getattr(self, each.field) != each.default
        }
        return pack(content)

    @classmethod
    def from_json(cls: type[OptionsT], text: str) -> OptionsT:
        """Return the options that `to_json` gave, or that an earlier version stored as an object of strings.

        Raises:
            UsageError: It is of a later version, or an option is unknown or cannot have its value.
        """
        return cls.from_values(unpack(text))


def _find_options(cls: type[Options]) -> Mapping[str, Option]:
    hints = get_type_hints(cls)
    found = {}
    for each in fields(cls):
        assert each.default is not MISSING, f"{cls.__name__}.{each.name} has no default"
        base, words, is_many = _analyse(hints[each.name])
        found[each.name] = Option(each.name, base, words, is_many, each.default, each.metadata[_METADATA])
    return found


def _analyse(hint: Any) -> tuple[type[Any], tuple[str, ...], bool]:
    """Return type, words and whether there are many: of `int | Literal["auto"] | None`, `tuple[Path, ...]`."""
    is_many = get_origin(hint) is tuple
    if is_many:
        hint = get_args(hint)[0]
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    words = tuple(word for member in members if get_origin(member) is Literal for word in get_args(member))
    (base,) = [member for member in members if member is not type(None) and get_origin(member) is not Literal]
    return base, words, is_many
