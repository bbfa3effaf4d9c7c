"""What a failed wire call means: which parameter it refuses, and which of our three errors it is."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from userbot.errors import NeverAgain, OwnerMustAct, TryAgain, UserbotError
from userbot.model.reading import as_list, as_mapping

_LONGEST_QUOTE = 200
# Validation errors quote the request, and with it people's messages, after these words.
_QUOTES_THE_REQUEST = re.compile(r"\binput_value\s*=|['\"]input['\"]\s*:")
_OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_ABOUT_THE_PROMPT = {"invalid_prompt", "bio_policy", "misalignment_policy_violation"}
_ABOUT_IMAGES = re.compile(r"image|picture|vision|multi-?modal|mmproj|content\b.*\bstring", re.IGNORECASE)
_ABOUT_ONE_IMAGE = re.compile(
    r"too large|too big|\bsize|exceed|corrupt|decode|invalid image|could not process|unsupported image", re.IGNORECASE
)
_NO_TOOLS_HERE = ("--enable-auto-tool-choice", "--jinja", "does not support tools", "support tool use")


class OutOfCredit(OwnerMustAct):
    """The account at this provider has no money left: another provider's may have."""


@dataclass(frozen=True)
class Refusal:
    """A wire call that brought no answer. `status` is None when no HTTP response came at all."""

    message: str
    status: int | None = None
    code: str | None = None
    param: str | None = None
    after_s: float | None = None
    timed_out: bool = False

    def names(self, parameter: str) -> bool:
        """Whether this refusal is about `parameter`, by its own field or in its words.

        A name that is also an English word (`strict`, `include`) counts only in quotes.
        """
        word = rf"(?<![A-Za-z_]){re.escape(parameter)}(?![A-Za-z_])"
        quoted = word if "_" in parameter else rf"['\"`]{parameter}['\"`]"
        return bool(re.search(word, self.param or "") or re.search(quoted, self.message))

    def __str__(self) -> str:
        known = [f"HTTP {self.status}" if self.status else None, self.code, self.param]
        return ": ".join(filter(None, [" ".join(filter(None, known)), self.message]))


def read_refusal(status: int, headers: Mapping[str, str], body: str) -> Refusal:
    """Reads an HTTP error response; servers write theirs in half a dozen shapes."""
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal("no JSON in the error response", status, after_s=_after_s(headers))
    if isinstance(payload, list) and payload:
        payload = payload[0]
    found = as_mapping(payload)
    refusal = read_error_object(found.get("error") or found.get("detail") or found)
    return Refusal(refusal.message, status, refusal.code, refusal.param, _after_s(headers))


def read_error_object(error: object) -> Refusal:
    """Reads an `error` value: an object, a bare text, or a list of validation errors with their places."""
    if isinstance(error, str):
        return Refusal(_quotable(error))
    if isinstance(error, list) and error:
        first = as_mapping(error[0])
        place = ".".join(str(step) for step in as_list(first.get("loc")) if step != "body")
        return Refusal(_quotable(str(first.get("msg") or first.get("message") or "")), param=place or None)
    known = as_mapping(error)
    code, kind, param = known.get("code"), known.get("type"), known.get("param")
    if code is None or (kind in _OUT_OF_MONEY):
        code = kind
    return Refusal(
        _quotable(str(known.get("message") or "")),
        code=str(code) if code is not None else None,
        param=param if isinstance(param, str) else None,
    )


def _quotable(message: str) -> str:
    cut = _QUOTES_THE_REQUEST.split(message, maxsplit=1)[0].strip()
    return cut if len(cut) <= _LONGEST_QUOTE else cut[:_LONGEST_QUOTE] + "…"


def _after_s(headers: Mapping[str, str]) -> float | None:
    """The wait a response asks for: seconds, milliseconds, or a date read against the response's own date."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    try:
        wait = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(wait.total_seconds(), 0.0)


def is_worth_a_quick_retry(refusal: Refusal) -> bool:
    if refusal.timed_out or refusal.code in _OUT_OF_MONEY or refuses_tools(refusal):
        return False
    return refusal.status is None or refusal.status in (408, 409, 429) or refusal.status >= 500


def refuses_images(refusal: Refusal) -> bool:
    """Whether this refusal of a request with pictures may be about them. Servers say so with half a dozen codes."""
    if refusal.status not in (400, 404, 413, 415, 422, 500, 501):
        return False
    return bool(_ABOUT_IMAGES.search(f"{refusal.code} {refusal.param} {refusal.message}"))


def takes_no_images(refusal: Refusal) -> bool:
    """Whether it is the model that takes none: else this one picture was too large or could not be read."""
    return not _ABOUT_ONE_IMAGE.search(refusal.message)


def refuses_tools(refusal: Refusal) -> bool:
    """Whether the server says that it, or this model on it, cannot take tools at all."""
    return any(words in refusal.message for words in _NO_TOOLS_HERE)


def error_for(refusal: Refusal, model: str, has_own_url: bool, named: str) -> UserbotError:
    """The error a refusal becomes when nothing is left to try.

    `has_own_url`: OPENAI_BASE_URL is set, so the address itself may be what is wrong. `named`: what these settings'
    names begin with.
    """
    status, said = refusal.status, str(refusal)
    if status == 200 and (refusal.code or "").isdigit():
        status = int(refusal.code or 0)  # gateways put the status of the server behind them here
    if status == 402 or refusal.code in _OUT_OF_MONEY:
        return OutOfCredit(
            "The model provider says that the account is out of credit. Top it up, or set another "
            f"{named}_API_KEY or {named}_MODEL."
        )
    if status == 401 or refusal.code == "invalid_api_key" or (status == 400 and "api key" in said.lower()):
        return OwnerMustAct(f"The model provider refused the key. Set a valid {named}_API_KEY.")
    if status == 403:
        return OwnerMustAct(
            f"The model provider forbids this (HTTP 403). Check that {named}_API_KEY may use "
            f"{named}_MODEL={model}, and that the provider serves your country."
        )
    if status is not None and 300 <= status < 400:
        return OwnerMustAct(
            f"The model's address has moved (HTTP {status}). Set {named}_BASE_URL to where it is now; "
            "messages are not sent on to another place by themselves."
        )
    if refuses_tools(refusal):
        return OwnerMustAct(
            f"The server takes no tools with {named}_MODEL={model}, and without tools nothing works. "
            f"Set another model, or turn tools on where it runs. It said: {refusal.message}"
        )
    if refusal.status == 404:
        if has_own_url and refusal.code != "model_not_found":
            return OwnerMustAct(
                f"Nothing answers there (HTTP 404). Check {named}_BASE_URL (it usually ends in /v1) and that "
                f"{named}_MODEL={model} exists on that server. It said: {refusal.message}"
            )
        return OwnerMustAct(f"There is no model {model} for this key (HTTP 404). Set another {named}_MODEL.")
    if refusal.code in _ABOUT_THE_PROMPT or (refusal.status in (400, 413, 422)):
        return NeverAgain(f"the model refused the request: {said}")
    if refusal.status is None or refusal.status < 400 or refusal.status in (408, 409, 429) or refusal.status >= 500:
        return TryAgain(f"no answer from the model: {said}", refusal.after_s)
    return NeverAgain(f"the model refused the request: {said}")
