"""The one exception family: every failure that a user can mend."""


class BoxwrightError(Exception):
    """A failure said in one paragraph: file, object, received value, rule, next step.

    The command line prints the message and exits with 1; nothing below it prints or exits.
    """


class UsageError(BoxwrightError):
    """The command was given something it cannot take; the command line exits with 2."""
