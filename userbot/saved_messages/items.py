"""Desk items in words: questions that wait for the owner, answers, and what went wrong with what to do next."""

from datetime import datetime, timedelta
from typing import Any

from userbot.people import Contact
from userbot.saved_messages import card_text, pieces, when, wording
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language
from userbot.store import floods, journal, ledger, peers, tasks, usage
from userbot.store.desk import Item
from userbot.store.tasks import Task
from userbot.tasks import guard
from userbot.tasks.budgets import PERIOD

CLOSED_SHOWN = 5
TASKS_NAMED = 20


def render_item(item: Item, desk: Desk, now: datetime) -> str:
    """The item's whole text, perhaps longer than one message."""
    task = tasks.get(item.task_id) if item.task_id is not None else None
    language = wording.language_of(task.language) if task else desk.language
    match item.kind:
        case "choose":
            return _choose(language, item.payload, desk)
        case "approve":
            return _approve(language, item.payload, desk)
        case "ask":
            return _ask(language, item, task, desk)
        case "status":
            return _status(language, item.payload, task, desk, now)
        case "list":
            match item.payload.get("of"):
                case "commands":
                    return _help(language, desk)
                case "state":
                    return _state(language, desk, now)
                case _:
                    return _list(language, desk)
        case "said":
            return _said(language, item.payload)
        case "problem":
            return _problem(language, item, desk)


# --- questions ------------------------------------------------------------------------------------------------------


def candidates(payload: dict[str, Any]) -> list[Contact]:
    """Who may be meant, in the order of their numbers."""
    return [Contact(**candidate) for candidate in payload["candidates"]]


def _choose(language: Language, payload: dict[str, Any], desk: Desk) -> str:
    query = one_line(str(payload["act"].get("query", "")), 64)
    lines = [wording.say(language, "choose.head", query=query)]
    for number, contact in enumerate(candidates(payload), start=1):
        known = pieces.told_apart(language, contact)
        lines.append(wording.say(language, "choose.candidate", number=number, who=known))
    lines += [wording.say(language, "choose.act"), "", wording.say(language, "choose.what")]
    return "\n".join(lines + _act(language, payload["act"], None, desk))


def _approve(language: Language, payload: dict[str, Any], desk: Desk) -> str:
    who = Contact(**payload["who"]) if payload.get("who") else None
    lines = [wording.say(language, "approve.head"), *_act(language, payload["act"], who, desk), ""]
    return "\n".join([*lines, wording.say(language, "approve.act")])


def _act(language: Language, act: dict[str, Any], who: Contact | None, desk: Desk) -> list[str]:
    """Exactly what will be done, nothing of it cut or changed: this is what the owner says yes to."""
    known = pieces.who(language, who, who.user_id) if who else ""
    if act["kind"] == "send":
        opening = wording.say(language, "do.send", who=known) if who else wording.say(language, "do.send_anyone")
        return [opening, *([wording.say(language, "do.text")] if who else []), str(act["text"])]
    if act["kind"] in ("steer", "cancel"):
        task = tasks.get(act["task_id"])
        about = pieces.head(language, task) if task else wording.say(language, "ask.gone")
    if act["kind"] == "cancel":
        return [wording.say(language, "do.cancel", task=about)]
    if act["kind"] == "steer":
        return [wording.say(language, "do.steer", task=about), str(act["instruction"]), *_limits(language, act, desk)]
    type_name = one_line(wording.task_type(language, act["task_type"]), 64)
    skill = desk.skills.by_type.get(act["task_type"])
    opening = (
        wording.say(language, "do.start", type=type_name, who=known)
        if who
        else wording.say(language, "do.start_anyone", type=type_name)
    )
    lines = [opening, *pieces.brief(language, skill, act["context"], limit=None), *_limits(language, act, desk)]
    if act.get("private_notes"):
        lines.append(wording.say(language, "card.private", text=act["private_notes"]))
    return lines


def _limits(language: Language, act: dict[str, Any], desk: Desk) -> list[str]:
    shown = pieces.limits(language, act.get("mandate"), desk.zone)
    return [wording.say(language, "card.limits", text=shown)] if shown else []


def _ask(language: Language, item: Item, task: Task | None, desk: Desk) -> str:
    if task is None:
        return wording.say(language, "ask.gone")
    who = pieces.who(language, peers.contact(task.user_id), task.user_id)
    lines = [wording.say(language, "ask.from", task_id=task.id, who=who)]
    result = item.payload.get("result")
    if not result:
        question = one_line(str(item.payload.get("question", "")), 600)
        lines.append(wording.say(language, "ask.question", text=question))
        return "\n".join([*lines, wording.say(language, "ask.answer")])
    skill = desk.skills.by_type.get(task.task_type)
    lines += [wording.say(language, "ask.proposed"), *pieces.result(language, skill, result, desk.zone)]
    lines += pieces.own_words(language, task.user_id, item.payload.get("evidence", ()), desk.zone)
    why = pieces.reasons(language, item.payload.get("reasons", ()))
    if why:
        lines.append(wording.say(language, "ask.outside", reasons=why))
    return "\n".join([*lines, wording.say(language, "ask.agree")])


# --- answers --------------------------------------------------------------------------------------------------------


def _status(language: Language, payload: dict[str, Any], task: Task | None, desk: Desk, now: datetime) -> str:
    if task is None:
        return wording.say(language, "ask.gone")
    card = card_text.render_card(task, desk, now)
    return f"{card}\n\n{card_text.history(task, desk, now)}" if payload.get("events") else card


def _list(language: Language, desk: Desk) -> str:
    opened = tasks.all_open()
    closed = [task for task in tasks.latest(20) if task.status not in tasks.OPEN][:CLOSED_SHOWN]
    lines = []
    if opened:
        lines.append(wording.say(language, "list.open", tasks=when.counted(language, len(opened), "task")))
        lines += [card_text.list_line(task, language) for task in opened]
    else:
        lines.append(wording.say(language, "list.empty", prefix=desk.prefix))
    if closed:
        lines += [wording.say(language, "list.closed"), *(card_text.list_line(task, language) for task in closed)]
    if first := next(iter(opened or closed), None):
        example = wording.command(language, "task", desk.prefix, first.id)
        lines.append(wording.say(language, "list.act", task=example))
    return "\n".join(lines)


def _state(language: Language, desk: Desk, now: datetime) -> str:
    """How the program is: what is open, what it has sent and spent, and what holds it back."""
    opened = tasks.all_open()
    waiting = [str(task.id) for task in opened if task.waiting_for == "owner" or task.paused is not None]
    sent = ledger.sent_to_contacts_since(desk.owner_id, now - timedelta(minutes=1))
    tokens, dollars = usage.cost_since(now - PERIOD)
    first = ledger.first_contacts_since(now - PERIOD)
    lines = [
        wording.say(language, "status.open", number=len(opened)),
        wording.say(language, "status.sending", unsent=ledger.count_undelivered(), sent=sent, most=desk.per_minute),
        wording.say(language, "status.first_contacts", number=first, most=desk.limits.first_contacts),
        wording.say(language, "status.model", tokens=tokens, most=desk.limits.tokens, dollars=f"{dollars:.2f}"),
    ]
    if waiting:
        lines.insert(1, wording.say(language, "status.waiting", tasks=", ".join(waiting[:TASKS_NAMED])))
    if (until := floods.resting_until(now)) is not None:
        lines.append(wording.say(language, "status.resting", until=when.short_moment(until, desk.zone)))
    lines += sorted({wording.trouble(language, task.trouble) for task in opened if task.trouble})
    return "\n".join(lines)


def _help(language: Language, desk: Desk) -> str:
    lines = [wording.say(language, "help.head", prefix=desk.prefix)]
    for name in wording.COMMANDS:
        lines.append(wording.say(language, f"help.{name}", command=wording.command(language, name, desk.prefix)))
    return "\n".join([*lines, wording.say(language, "help.reply", prefix=desk.prefix)])


def _said(language: Language, payload: dict[str, Any]) -> str:
    text = guard.clean(str(payload.get("text", "")))
    return pieces.harmless(text) if payload.get("tainted") else text


def _problem(language: Language, item: Item, desk: Desk) -> str:
    payload = item.payload
    key = f"problem.{payload.get('what')}"
    if not wording.knows(key):
        key = "problem.other"
    values = {name: one_line(str(value)) for name, value in payload.items() if name != "what"}
    values["prefix"] = desk.prefix
    values.setdefault("task_id", str(item.task_id))
    task_list = wording.command(language, "tasks", desk.prefix)
    match payload.get("what"):
        case "nobody":
            why = f"why.{payload.get('why')}"
            values["why"] = wording.say(language, why if wording.knows(why) else "why.unknown")
        case "undeliverable":
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            values["why"] = wording.delivery_error(language, values.get("error", "?"))
        case "account_limited":
            why = wording.delivery_error(language, values.get("error", "?"))
            values["why"] = why[0].upper() + why[1:]
        case "sending" | "contact_unreadable":
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            values["media"] = wording.media(language, str(payload.get("media")))
        case "resting":
            values["until"] = when.short_moment(datetime.fromisoformat(str(payload["until"])), desk.zone)
        case "reopened" | "evidence_deleted":
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            entries = journal.find(peer_id, [int(payload.get("message_id", 0))])
            values["said"] = pieces.words(language, entries[0]) if entries else "…"
        case "restored":
            values["made_at"] = when.short_moment(datetime.fromisoformat(str(payload["made_at"])), desk.zone)
            values["resume"] = wording.command(language, "resume", desk.prefix)
        case "model_down":
            values |= {"stop": wording.command(language, "stop", desk.prefix), "tasks": task_list}
        case "model_key":
            values["detail"] = one_line(str(payload.get("detail", "?")), 600).rstrip(".")
        case "usage" | "which":
            number = payload.get("number")
            values["nearest"] = f"{desk.prefix}{values.get('nearest', '')}" + (f" {number}" if number else "")
        case "paused" | "passed_on_paused":
            values["resume"] = wording.command(language, "resume", desk.prefix, item.task_id)
    values.setdefault("tasks", task_list)
    try:
        return wording.say(language, key, **values)
    except KeyError:
        # A problem named by another version of this program: the owner still has to hear of it.
        return wording.say(language, "problem.other")
