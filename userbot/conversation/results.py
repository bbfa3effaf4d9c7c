"""What becomes of a result that a contact's conversation brings: an agreement, a question to the owner, or an error.

Every refusal says the same words, whatever the limit and however far off: they must tell nothing about it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import checkins, offers, plan_parts, times
from userbot.conversation.contact_acts import AskAboutResult, ContactAct, OfferRefused, Settle
from userbot.conversation.plan_parts import Part
from userbot.conversation.times import Clash
from userbot.conversation.tool_arguments import BadArguments
from userbot.skills import Skill
from userbot.store import desk
from userbot.store.tasks import Task
from userbot.tasks.mandate import (
    Mandate,
    MandateError,
    Reason,
    ResultError,
    Verdict,
    VerdictKind,
    check_due,
    check_result,
    resolve_due,
)

ACCEPTED = "Accepted. Now one message to the contact, as the instructions for this type of task say."
NOT_TO_BE_HAD = "Not recorded: that time cannot be had, and you do not know why. Offer the contact another: {others}."
REFUSED = "Not recorded: the owner has to be asked, and is. Tell the contact that you will come back to it."


def take(
    task: Task,
    skill: Skill,
    result: Mapping[str, Any],
    evidence: tuple[int, ...],
    taken: list[ContactAct],
    now: datetime,
    zone: ZoneInfo,
    *,
    check_ins: bool = False,
    part: Part | None = None,
) -> str:
    """Add to `taken`, the acts of this turn, what becomes of the result; returns what the model reads. `check_ins`: who
    agrees to it is asked later how it stands, where the skill says so. `part`: where it is one of several people's, a
    result is no more than a yes to the time that is proposed.

    Raises BadArguments for what is wrong with the result itself.
    """
    if faults := skill.check_result(result):
        raise BadArguments("result: " + "; ".join(faults))
    if result.get("accepted") is False:
        raise BadArguments("accepted is false: a refusal is status cancelled, with result null")
    verdict = _verdict(task, skill, result, now)
    if task.is_taken_on and verdict.kind is VerdictKind.OUTSIDE:
        verdict = _of_new_date(task, result, now, verdict)
    if verdict.kind is VerdictKind.IMPOSSIBLE:
        raise BadArguments("result: that time is past")
    if part is not None:
        yes = plan_parts.take_yes(part, verdict, result, evidence)
        if verdict.kind is VerdictKind.FITS:
            taken.append(yes)
            return plan_parts.SAID_YES
    due = checkins.followed_until(skill, result, check_ins or task.is_taken_on)
    if task.is_taken_on and due in (None, task.deadline):
        raise BadArguments(f"task {task.id} is taken on by that date already: how it stands goes to {checkins.TOOL}")
    brought = [act for act in taken if isinstance(act, AskAboutResult | OfferRefused) and act.task_id == task.id]
    slot = verdict.slot if times.is_timed(skill) else None
    clash = None if slot is None else times.clash(task, slot, taken)
    fits = verdict.kind is VerdictKind.FITS
    reasons = tuple(reason.value for reason in verdict.reasons)
    if clash is Clash.BUSY:
        reasons += (Reason.BUSY.value,)
    if offers.are_used_up(task, more=len(brought)):
        # Nothing is recorded before the owner said something, not even what would fit: else a yes among many a no
        # would go on telling where the limit lies. The owner sees one result that would fit, to say yes to.
        reasons = (Reason.BUSY.value,) if clash is Clash.BUSY else (Reason.OFFERS.value,)
        if fits and clash is not Clash.HELD and not _is_asked(task, reasons, taken):
            taken.append(AskAboutResult(task.id, dict(result), reasons, evidence))
        return REFUSED
    if clash is Clash.HELD or (clash is Clash.BUSY and fits):
        # Counted like an offer outside the limits: else the owner's days could be felt out hour by hour.
        taken.append(OfferRefused(task.id))
        others = times.spoken(times.to_offer(task, zone, now)) or "none is free now, so ask the owner"
        return NOT_TO_BE_HAD.format(others=others)
    if fits:
        taken.append(Settle(task.id, dict(result), evidence, slot, due))
        return ACCEPTED
    if any(isinstance(act, AskAboutResult) for act in brought):
        # Many in one turn would feel out where the limit lies, at the owner's expense.
        taken.append(OfferRefused(task.id))
        raise BadArguments("the owner is being asked about one proposal already; take it up with the contact")
    taken.append(AskAboutResult(task.id, dict(result), reasons, evidence))
    return REFUSED


def _verdict(task: Task, skill: Skill, result: Mapping[str, Any], now: datetime) -> Verdict:
    try:
        limits = None if task.mandate is None else Mandate.from_json(task.mandate)
    except MandateError:
        # Limits that nobody can read are kept by asking.
        return Verdict(VerdictKind.OUTSIDE, (Reason.UNCHECKED,))
    try:
        return check_result(skill.checks, limits, result, now, task.context)
    except ResultError as error:
        raise BadArguments(f"result: {error}") from error


def _of_new_date(task: Task, result: Mapping[str, Any], now: datetime, verdict: Verdict) -> Verdict:
    """The verdict on what was taken on already, with another date: what else it holds was agreed to before. Where it
    holds anything new beside the date, the verdict stays."""
    if checkins.but_for_date(result) != checkins.but_for_date(task.result or {}):
        return verdict
    due = resolve_due(result)
    try:
        limits = None if task.mandate is None else Mandate.from_json(task.mandate)
    except MandateError:
        return verdict
    return verdict if due is None else check_due(limits, due, now)


def _is_asked(task: Task, reasons: tuple[str, ...], taken: list[ContactAct]) -> bool:
    """Does the owner have a question for just these reasons, or get one by this turn?"""
    waiting = [question.payload.get("reasons") for question in desk.open_questions(task.id)]
    mine = [list(act.reasons) for act in taken if isinstance(act, AskAboutResult) and act.task_id == task.id]
    return list(reasons) in waiting + mine
