"""Three kinds of error, by what is to be done about them: try again, never again, the owner must act. And one that
ends the program, since nothing it could do would last."""


class UserbotError(Exception):
    """Base of every error this program raises on purpose. Its text is for logs, never for a contact."""


class TryAgain(UserbotError):
    """Nothing is known to be wrong with the request itself: the same thing may work later.

    `after_s`: the other side's own wish for how long to wait, in seconds, when it stated one.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class TelegramUnavailable(TryAgain):
    """Telegram cannot be asked just now, or wants us to wait."""


class BudgetSpent(TryAgain):
    """What this would cost is not to be spent now. `budget` names what ran out."""

    def __init__(self, budget: str, after_s: float) -> None:
        super().__init__(f"the budget of {budget} is spent", after_s)
        self.budget = budget


class NeverAgain(UserbotError):
    """This very request will not work however often it is repeated."""


class OwnerMustAct(UserbotError):
    """Nothing goes on before the owner does something; the text says what."""


class NotLoggedIn(OwnerMustAct):
    """There is no login, or Telegram no longer takes it: whoever meets it, the whole program ends."""


class MachineFails(UserbotError):
    """The disk, or a file this program stands on, fails. Nobody inside may catch it: the program ends, and goes on
    from what was committed when it is started again. The text says what to mend."""
