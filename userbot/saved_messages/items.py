"""Desk items in words: questions that wait for the owner, answers, and what went wrong with what to do next."""

from datetime import datetime, timedelta
from typing import Any

from userbot.conversation import checkins, drafts, spending
from userbot.conversation.drafts import Draft
from userbot.people import Contact
from userbot.saved_messages import (
    asked_again,
    card_text,
    digest,
    ended,
    help_text,
    limits_text,
    pieces,
    plan_text,
    progress_text,
    quoted,
    seen,
    settings_by_command,
    standing_text,
    undo,
    usage_text,
    when,
    wording,
)
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.quoted import Line, Text, Words
from userbot.saved_messages.when import Language
from userbot.store import busy, costs, floods, journal, ledger_counts, peers, tasks, usage
from userbot.store import desk as items
from userbot.store.desk import Item
from userbot.store.tasks import Task
from userbot.tasks import guard
from userbot.tasks.budgets import PERIOD

CLOSED_SHOWN = 5
TASKS_NAMED = 20
# So long a draft is still shown when it is over.
MAY_STAY = 1000


def render_item(item: Item, desk: Desk, now: datetime) -> list[Text]:
    """The item's whole text in pieces, each of which starts a message of its own where one cannot hold them all."""
    draft = drafts.of(item)
    if draft is not None:
        return _draft(item, draft, desk)
    rendered = _render(item, desk, now)
    return [Text(rendered) if isinstance(rendered, str) else rendered]


def _render(item: Item, desk: Desk, now: datetime) -> str | Text:
    task = tasks.get(item.task_id) if item.task_id is not None else None
    language = wording.language_of(task.language) if task else desk.language
    if items.SEEN in item.payload:
        return seen.sign_text(language, item, desk, now)
    if items.AGAIN in item.payload:
        return asked_again.again_text(language, item, desk)
    match item.kind:
        case "choose":
            return _choose(language, item, desk)
        case "approve":
            return _approve(language, item, desk)
        case "ask":
            return _ask(language, item, task, desk)
        case "status":
            return _status(language, item.payload, task, desk, now)
        case "list":
            match item.payload.get("of"):
                case "commands":
                    return help_text.help_text(language, desk, item.payload.get("about"))
                case "skills":
                    return help_text.skills_text(language, desk)
                case settings_by_command.OF:
                    return settings_by_command.render(language, item.payload, desk)
                case digest.DIGEST:
                    return digest.digest_text(language, item.payload, desk, now)
                case undo.UNDONE:
                    return undo.undo_text(language, item.payload, desk)
                case "state":
                    return _state(language, desk, now)
                case "usage":
                    return usage_text.render_usage(language, desk, now)
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


def _asks(language: Language, item: Item, act: str) -> str:
    """What the owner can do about a question; once it is over, that it is."""
    return act if item.state == "open" else wording.say(language, f"question.{item.state}")


def _choose(language: Language, item: Item, desk: Desk) -> Text:
    payload = item.payload
    query = one_line(str(payload["act"].get("query", "")), 64)
    lines = [wording.say(language, "choose.head", query=query)]
    for number, contact in enumerate(candidates(payload), start=1):
        known = pieces.told_apart(language, contact)
        lines.append(wording.say(language, "choose.candidate", number=number, who=known))
    lines.append(_asks(language, item, wording.say(language, "choose.act")))
    if item.state != "open":
        return quoted.joined(lines)
    lines += ["", wording.say(language, "choose.what")]
    return quoted.joined([*lines, *_act(language, payload["act"], None, desk)])


def _draft(item: Item, draft: Draft, desk: Desk) -> list[Text]:
    """Exactly what will be sent and to whom, each message of it byte for byte."""
    task = tasks.get(draft.task_id)
    if task is None:
        return [Text(wording.say(desk.language, "ask.gone"))]
    language = wording.language_of(task.language)
    if item.state == "void":
        return [Text(wording.say(language, "draft.void", task=pieces.head(language, task)))]
    head: list[Line] = [wording.say(language, "draft.head", task=pieces.head(language, task))]
    if (reply_to := draft.rows[0].reply_to) is not None:
        said = journal.find(task.user_id, [reply_to])
        head.append(wording.say(language, "draft.quotes"))
        head.append(Words(pieces.words(language, said[0]) if said else "…"))
    texts = [row.text for row in draft.rows]
    names = [wording.say(language, "do.text")]
    if len(texts) > 1:
        names = [wording.say(language, "draft.part", number=n, of=len(texts)) for n in range(1, len(texts) + 1)]
    shown = [quoted.joined([name, Words(text, folds=False)]) for name, text in zip(names, texts, strict=True)]
    acts = Text(_asks(language, item, wording.say(language, "draft.act", prefix=desk.prefix)))
    if item.state != "open":
        # It may have taken several messages: one of them now says that it is over.
        return [quoted.joined(head), *(shown if len(shown) == 1 and len(texts[0]) < MAY_STAY else ()), acts]
    return [quoted.joined(head), *shown, Text(""), acts]


def _approve(language: Language, item: Item, desk: Desk) -> Text:
    payload = item.payload
    who = Contact(**payload["who"]) if payload.get("who") else None
    head, acts = wording.say(language, "approve.head"), _asks(language, item, wording.say(language, "approve.act"))
    return quoted.joined([head, *_act(language, payload["act"], who, desk), "", acts])


def _act(language: Language, act: dict[str, Any], who: Contact | None, desk: Desk) -> list[Line]:
    """Exactly what will be done, nothing of it cut or changed: this is what the owner says yes to."""
    known = pieces.who(language, who, who.user_id) if who else ""
    if act["kind"] == "plan":
        known = plan_text.people(language, act)
    if act["kind"] == "send":
        opening = wording.say(language, "do.send", who=known) if who else wording.say(language, "do.send_anyone")
        text = Words(str(act["text"]), folds=False)
        return [opening, *([wording.say(language, "do.text")] if who else []), text]
    if act["kind"] in ("steer", "cancel", "without"):
        task = tasks.get(act["task_id"])
        about = pieces.head(language, task) if task else wording.say(language, "ask.gone")
    if act["kind"] == "cancel":
        if not act.get("tells"):
            return [wording.say(language, "do.cancel", task=about)]
        told: list[Line] = [wording.say(language, "do.call_off", task=about)]
        if act.get("words"):
            told += [wording.say(language, "do.call_off_words"), Words(str(act["words"]), folds=False)]
        return told
    if act["kind"] == "without":
        return [wording.say(language, "do.without", task=about)]
    if act["kind"] == "steer":
        said = [Words(str(act["instruction"]), folds=False)] if act["instruction"] else []
        opening = wording.say(language, "do.steer", task=about)
        return [opening, *said, *_limits(language, act, desk), *_mode(language, act)]
    type_name = one_line(wording.task_type(language, act["task_type"]), 64)
    skill = desk.skills.by_type.get(act["task_type"])
    opening = (
        wording.say(language, "do.start", type=type_name, who=known)
        if known
        else wording.say(language, "do.start_anyone", type=type_name)
    )
    brief = [Words(line, folds=False) for line in pieces.brief(language, skill, act["context"], limit=None)]
    return [opening, *brief, *_limits(language, act, desk), *_mode(language, act)]


def _mode(language: Language, act: dict[str, Any]) -> list[str]:
    mode = act.get("mode")
    return [wording.say(language, "do.mode", mode=wording.say(language, f"mode.{mode}"))] if mode else []


def _limits(language: Language, act: dict[str, Any], desk: Desk) -> list[str]:
    """What the contact is not told of an act."""
    shown = limits_text.limits(language, act.get("mandate"), desk.zone, whole=True)
    lines = [wording.say(language, "card.limits", text=shown)] if shown else []
    if act.get("private_notes"):
        lines.append(wording.say(language, "card.private", text=act["private_notes"]))
    return lines


def _ask(language: Language, item: Item, task: Task | None, desk: Desk) -> Text:
    if task is None:
        return Text(wording.say(language, "ask.gone"))
    if (asked := plan_text.question(language, item, desk)) is not None:
        return quoted.joined(asked)
    who = pieces.who(language, peers.contact(task.user_id), task.user_id)
    lines: list[Line] = [wording.say(language, "ask.from", task_id=task.id, who=who)]
    if "blocked" in item.payload:
        lines.append(wording.say(language, "ask.blocked", reasons=pieces.blocked(language, item.payload)))
        # Whole: with a yes exactly this is sent.
        lines.append(Words(pieces.harmless(str(item.payload["blocked"])), folds=False))
        return quoted.joined([*lines, _asks(language, item, wording.say(language, "ask.write"))])
    result = item.payload.get("result")
    if checkins.is_stuck(item):
        lines.append(wording.say(language, "ask.stuck"))
        lines += pieces.own_words(language, task.user_id, item.payload["evidence"], desk.zone)
        return quoted.joined([*lines, wording.say(language, "ask.stuck_answer")])
    if not result:
        question = one_line(str(item.payload.get("question", "")), 600)
        lines.append(wording.say(language, "ask.question", text=question))
        return quoted.joined([*lines, _asks(language, item, wording.say(language, "ask.answer"))])
    skill = desk.skills.by_type.get(task.task_type)
    lines += [wording.say(language, "ask.proposed"), *pieces.result(language, skill, result, desk.zone)]
    evidence = item.payload.get("evidence", ())
    lines += pieces.own_words(language, task.user_id, evidence, desk.zone, deciding=result.get("said"))
    why = pieces.reasons(language, item.payload.get("reasons", ()))
    if why:
        lines.append(wording.say(language, "ask.outside", reasons=why))
    if item.state == "open":
        lines += card_text.offers_used(language, task)
    return quoted.joined([*lines, _asks(language, item, wording.say(language, "ask.agree"))])


# --- answers --------------------------------------------------------------------------------------------------------


def _status(language: Language, payload: dict[str, Any], task: Task | None, desk: Desk, now: datetime) -> str | Text:
    if task is None:
        return wording.say(language, "ask.gone")
    if items.ENDED in payload:
        return ended.render_ended(task, desk)
    if items.PROGRESS in payload:
        return progress_text.render_progress(task, payload, desk)
    card = card_text.compose_card(task, desk, now)
    if not payload.get("events"):
        return card
    return quoted.joined([card, "", _spent(language, task, desk), "", card_text.history(task, desk, now)])


def _spent(language: Language, task: Task, desk: Desk) -> str:
    """What this task has spent of what one task may."""
    spent, most = spending.spent_by(task), desk.limits
    return wording.say(
        language,
        "status.task",
        turns=spent.turns,
        most_turns=most.turns_per_task,
        messages=spent.messages,
        most_messages=most.messages_per_task,
        tokens=pieces.number(spent.tokens),
        most_tokens=pieces.number(most.tokens_per_task),
        dollars=f"{spent.dollars:.2f}",
        most_dollars=f"{most.dollars_per_task:.2f}",
    )


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
    sent = ledger_counts.sent_to_contacts_since(desk.owner_id, now - timedelta(minutes=1))
    cost = usage.cost_since(now - PERIOD, desk.owner_id)
    messages = ledger_counts.count_to_contacts_since(now - PERIOD)
    most = desk.limits
    first = ledger_counts.first_contacts_since(now - PERIOD)
    lines = [
        wording.say(language, "status.open", number=len(opened)),
        wording.say(
            language, "status.sending", unsent=ledger_counts.count_undelivered(), sent=sent, most=desk.per_minute
        ),
        wording.say(
            language,
            "status.day",
            messages=messages,
            most_messages=most.messages,
            people=first,
            most_people=most.first_contacts,
            turns=cost.turns,
            most_turns=most.turns,
        ),
        wording.say(
            language,
            "status.model",
            tokens=pieces.number(cost.tokens),
            most=pieces.number(most.tokens),
            dollars=f"{cost.dollars:.2f}",
            most_dollars=f"{most.dollars:.2f}",
        ),
    ]
    if (answering := costs.answering()) is not None:
        key = "status.answering" if answering == desk.model else "status.fallback"
        lines.append(wording.say(language, key, model=one_line(answering), first=one_line(desk.model)))
    if waiting:
        lines.insert(1, wording.say(language, "status.waiting", tasks=", ".join(waiting[:TASKS_NAMED])))
    if (until := floods.resting_until(now)) is not None:
        lines.append(wording.say(language, "status.resting", until=when.short_moment(until, desk.zone)))
    lines += _calendar(language, desk)
    lines += sorted({wording.trouble(language, task.trouble) for task in opened if task.trouble})
    return "\n".join(lines)


def _calendar(language: Language, desk: Desk) -> list[str]:
    """As of when the owner's busy times are known; nothing where no calendar is set."""
    read = busy.last_read()
    if read.fetched_at is None and read.failing_since is None:
        return []
    never = wording.say(language, "status.calendar_never")
    at = never if read.fetched_at is None else when.short_moment(read.fetched_at, desk.zone)
    if read.failing_since is None:
        return [wording.say(language, "status.calendar", at=at)]
    since = when.short_moment(read.failing_since, desk.zone)
    return [wording.say(language, "status.calendar_fails", since=since, at=at)]


def _said(language: Language, payload: dict[str, Any]) -> str:
    text = guard.clean(str(payload.get("text", "")))
    return pieces.harmless(text) if payload.get("tainted") else text


_ABOUT_A_CONTACT = frozenset(
    (
        *("damaged_task", "dialog_broke", "sending", "contact_unreadable", "asked_silence", "told_later"),
        *("untold_settled", "untold_stays", "untold_off", "untold_left_out"),
    )
)

# Problems that quote a message of the contact's.
_OF_WORDS = frozenset(
    {
        *("unagreed", "reopened", "reopened_later", "answered_late", "evidence_deleted"),
        *("first_gone", "first_changed"),
    }
)


def _problem(language: Language, item: Item, desk: Desk) -> str:
    payload = item.payload
    key = f"problem.{payload.get('what')}"
    if not wording.knows(key):
        key = "problem.other"
    values = {name: one_line(str(value)) for name, value in payload.items() if name != "what"}
    values["prefix"] = desk.prefix
    values.setdefault("task_id", str(item.task_id))
    task_list = wording.command(language, "tasks", desk.prefix)
    task = None if item.task_id is None else tasks.get(item.task_id)
    match payload.get("what"):
        case "nobody" | "nobody_for_plan":
            why = f"why.{payload.get('why')}"
            values["why"] = wording.say(language, why if wording.knows(why) else "why.unknown")
        case "undeliverable":
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            values["why"] = wording.delivery_error(language, values.get("error", "?"))
        case "account_limited":
            why = wording.delivery_error(language, values.get("error", "?"))
            values["why"] = why[0].upper() + why[1:]
        case "left_out_told" | "left_out_untold" if task is not None:
            values["who"] = pieces.who(language, peers.contact(task.user_id), task.user_id)
            values["left"] = plan_text.of_all(language, task)[1]
        case what if what in _ABOUT_A_CONTACT:
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            values["media"] = wording.media(language, str(payload.get("media")), values.get("about"))
        case "rests":
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            values["why"] = wording.trouble(language, str(payload.get("why")))
            values["ids"] = ", ".join(str(task_id) for task_id in payload.get("ids", ()))
            for name in ("resume", "stop"):
                values[name] = wording.command(language, name, desk.prefix, item.task_id)
        case "resting":
            values["until"] = when.short_moment(datetime.fromisoformat(str(payload["until"])), desk.zone)
        case what if what in _OF_WORDS:
            peer_id = int(payload.get("peer_id", 0))
            values["who"] = pieces.who(language, peers.contact(peer_id), peer_id)
            entries = journal.find(peer_id, [int(payload.get("message_id", 0))])
            values["said"] = pieces.words(language, entries[0]) if entries else "…"
        case "mode_set":
            values["mode"] = wording.say(language, f"mode.{payload.get('mode')}")
        case "draft_not_sent" | "draft_expired":
            for name in ("resume", "stop"):
                values[name] = wording.command(language, name, desk.prefix, item.task_id)
        case "which_mode":
            mode = "черновик" if language == "ru" else "draft"
            values["example"] = f"{wording.command(language, 'mode', desk.prefix)} {payload.get('number')} {mode}"
        case "restored":
            values["made_at"] = when.short_moment(datetime.fromisoformat(str(payload["made_at"])), desk.zone)
            values["resume"] = wording.command(language, "resume", desk.prefix)
        case "model_down":
            values |= {"stop": wording.command(language, "stop", desk.prefix), "tasks": task_list}
        case "model_key" | "speech_key":
            values["detail"] = one_line(str(payload.get("detail", "?")), 600).rstrip(".")
        case "usage" | "which":
            number = payload.get("number")
            values["nearest"] = f"{desk.prefix}{values.get('nearest', '')}" + (f" {number}" if number else "")
        case "stopped_move" | "stopped_move_past" | "first_hour_near" if task is not None:
            values["time"] = standing_text.time(language, task, desk)
            values["who"] = pieces.who(language, peers.contact(task.user_id), task.user_id)
        case "stop_agreed" | "left_out_last" | "left_out_no_plan":
            values["stop"] = wording.command(language, "stop", desk.prefix, item.task_id)
        case "paused" | "passed_on_paused" | "calling_off_paused":
            values["resume"] = wording.command(language, "resume", desk.prefix, item.task_id)
    values.setdefault("tasks", task_list)
    try:
        return wording.say(language, key, **values)
    except KeyError:
        # A problem named by another version of this program: the owner still has to hear of it.
        return wording.say(language, "problem.other")
