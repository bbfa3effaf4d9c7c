"""The owner wants one meeting with several people: kept as data until it is clear who each of them is, then begun.

Whom the owner means is asked of one person after the other; nobody is written to before all are known.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from userbot.conversation import plans
from userbot.conversation.owner_acts import StartPlan
from userbot.people import Contact, Several
from userbot.store import desk
from userbot.tasks.lifecycle import Mode


def payload(act: StartPlan, language: str, mode: str) -> dict[str, Any]:
    """The act as a desk item keeps it. Each of `people` has `who`, or None and `candidates`. `mode`: where the owner
    did not say."""
    return {
        "kind": "plan",
        "people": [_person(query, who) for query, who in zip(act.queries, act.who, strict=True)],
        "timezone": act.timezone,
        "task_type": act.task_type,
        "context": act.context,
        "mandate": act.mandate,
        "private_notes": act.private_notes,
        "language": language,
        "mode": act.mode or mode,
    }


def go_on(
    reach: Mapping[str, Any], chosen: Contact | None, owner_id: int, command_message_id: int | None, now: datetime
) -> None:
    """Ask about the next of the people who is not known, or begin. `chosen`: the owner's answer about the one before.
    Call inside a transaction."""
    people = [dict(one) for one in reach["people"]]
    unknown = [one for one in people if one["who"] is None]
    if unknown and chosen is not None:
        unknown.pop(0)["who"] = asdict(chosen)
    if unknown:
        act = {**reach, "people": people, "query": unknown[0]["query"]}
        desk.add("choose", {"act": act, "candidates": unknown[0]["candidates"]}, now, reply_to=command_message_id)
        return
    task = {
        "task_type": reach["task_type"],
        "context": reach["context"],
        "private_notes": reach["private_notes"],
        "mandate": reach["mandate"],
        "language": reach["language"],
        "command_message_id": command_message_id,
        "mode": reach.get("mode", Mode.AUTO),
    }
    contacts = [Contact(**one["who"]) for one in people]
    plans.start(contacts, task, timezone=reach["timezone"], owner_id=owner_id, now=now)


def _person(query: str, who: Contact | Several) -> dict[str, Any]:
    if isinstance(who, Contact):
        return {"query": query, "who": asdict(who), "candidates": []}
    return {"query": query, "who": None, "candidates": [asdict(one) for one in who.candidates]}
