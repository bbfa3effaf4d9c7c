"""What code says about a result: it fits, it is the owner's to decide, or it is impossible. Codes, never sentences."""

from dataclasses import dataclass
from enum import StrEnum

from userbot.tasks.limits import Approved, Scalar
from userbot.tasks.slots import Slot


class VerdictKind(StrEnum):
    FITS = "fits"
    OUTSIDE = "outside"
    IMPOSSIBLE = "impossible"


class Reason(StrEnum):
    """Why a result does not fit. For the owner's eyes: to the contact's model only PAST may be named,
    since every other reason tells something about the mandate."""

    PAST = "past"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    EXCLUDED_DAY = "excluded_day"
    SHORTER = "shorter"
    LONGER = "longer"
    TOO_LATE = "too_late"
    CONDITIONS = "conditions"
    NUMBER_LOW = "number_low"
    NUMBER_HIGH = "number_high"
    UNIT = "unit"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    CURRENCY = "currency"
    PRICED = "priced"  # it costs something, and the owner spoke of no price
    CHOICE = "choice"
    MISSING = "missing"  # a value that has a limit, or must be there, is null
    FAR_AHEAD = "far_ahead"
    UNCHECKED = "unchecked"  # the mandate holds a limit that no check of this skill can keep
    BUSY = "busy"  # the owner's calendar has something then
    OFFERS = "offers"  # within the limits, but the offers outside them are used up


@dataclass(frozen=True)
class Verdict:
    """`slot` is when the result takes place, if it has a time; `conditions` what the contact made it depend on;
    `values` the values that limits are about. They are what the card shows and what `approve` adds to the mandate."""

    kind: VerdictKind
    reasons: tuple[Reason, ...] = ()
    slot: Slot | None = None
    conditions: str | None = None
    values: tuple[tuple[str, Scalar], ...] = ()

    @property
    def case(self) -> Approved:
        """The result as far as a yes of the owner goes."""
        return Approved(self.slot.span if self.slot else None, self.conditions, self.values)
