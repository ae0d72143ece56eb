"""The ways in which work can end badly, each with one meaning.

One place maps them to Airflow's behaviour (``posttrade_airflow``), one to exit codes (the command
line). A message names the key and the date, what was found and what was expected, and what to do.
"""

from __future__ import annotations


class PostTradeError(Exception):
    """Anything this product refuses or cannot do; never raised itself."""


class DataRejected(PostTradeError):
    """One message breaks a rule: it is stored with its reason, and the work goes on.

    Args:
        reason: the rule as a sentence in snake case, e.g. ``quantity_not_positive``.
        detail: what was found and what was expected, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class GateFailed(PostTradeError):
    """A check that guards the day failed: the day stops here; trying again cannot help."""


class Unavailable(PostTradeError):
    """Something outside does not answer; the same call may succeed later."""


class ConfigurationError(PostTradeError):
    """The installation or the call is set up wrongly; the message says what to set."""


class InvariantBroken(PostTradeError):
    """Something that cannot happen did: a bug, or data changed behind the product's back."""


# what the database raises by itself, besides breaches of named constraints
SQLSTATES = {
    "PT001": "a change of what is append-only",
    "PT010": "an event of settlement that does not follow on the one before it",
    "PT011": "an event that does not move what its instruction says, or has none",
    "PT012": "a reversal that is not the mirror of what it points at",
    "PT013": "a state that what has settled in all does not fit",
    "PT020": "a day that no calendar reaches",
    "PT030": "a mark in another currency than its instrument's",
    "PT031": "an override that nobody asked for",
    "PT032": "an override that is no price",
    "PT033": "an override of what neither reference data nor a mark knows",
    "PT034": "an override that whoever asked for it decides, or nobody",
    "PT060": "a decision about an alert that does not follow on its state",
    "PT061": "a decision about an alert that another person has to take",
    "PT062": "an alert that does not exist",
}
