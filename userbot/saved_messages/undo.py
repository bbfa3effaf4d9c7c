"""`.undo`: what the owner's last command did is taken back as far as that can be; the rest is said to stay.

Synchronous, inside the transaction of the command. What was done is read from the record: events, questions, the
ledger. `undo_text` words what becomes of it.
"""

from datetime import datetime
from typing import Any

from userbot.conversation import agreed, moves, plans
from userbot.saved_messages import command_table, settings_by_command, when, wording
from userbot.saved_messages.command_table import Typed
from userbot.saved_messages.pieces import Desk, one_line, quote, who
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal, ledger, peers, tasks
from userbot.store.journal import Entry
from userbot.store.tasks import Event
from userbot.tasks.lifecycle import Change

# Of what the owner wrote before, so much is looked through for a command that did something.
LOOKED_THROUGH = 50
SHOWN = 80
UNDONE = "undone"

Done = dict[str, Any]


def undo_last(entry: Entry, desk: Desk, now: datetime) -> dict[str, Any]:
    """Take the last command before `entry` back; what came of it, as the payload of an answer.

    Looks and notes are passed over. One that was taken back already is not passed over: what was done before it is not
    what the owner has in mind.
    """
    for earlier in journal.owner_wrote_before(desk.owner_id, entry.message_id, LOOKED_THROUGH):
        if not _may_have_done_something(earlier, desk):
            continue
        if earlier.message_id in _undone():
            return {"of": UNDONE, "command": earlier.message_id, "done": [{"what": "again"}]}
        if done := _take_back(earlier, entry.message_id, now):
            return {"of": UNDONE, "command": earlier.message_id, "done": done}
    return {"of": UNDONE, "command": None, "done": []}


def _may_have_done_something(entry: Entry, desk: Desk) -> bool:
    text = entry.text.strip()
    if text.startswith(desk.prefix) and not text.startswith(desk.prefix * 2):
        typed = command_table.read(text[len(desk.prefix) :])
        return not (isinstance(typed, Typed) and typed.name in command_table.LOOKS | {"undo"})
    return entry.reply_to is not None


def _undone() -> set[int]:
    """The commands that were taken back."""
    shown = items.last_of("list", LOOKED_THROUGH)
    return {int(item.payload["command"]) for item in shown if item.payload.get("of") == UNDONE and _did(item.payload)}


def _did(payload: dict[str, Any]) -> bool:
    return payload.get("command") is not None


def _take_back(entry: Entry, message_id: int, now: datetime) -> list[Done]:
    """`entry` is the command, `message_id` the `.undo`. Empty: it had done nothing."""
    if entry.state == "new":
        journal.mark_handled([entry.id], UNDONE)
        return [{"what": "waiting"}]
    done = []
    for task_id, event in tasks.owner_events(entry.message_id):
        if (one := _take_back_event(task_id, event, message_id, now)) is not None:
            done.append(one)
    for item in items.answers_to(entry.message_id):
        if item.kind in items.QUESTIONS and items.void(item.id):
            done.append({"what": "question"})
        elif (name := settings_by_command.put_back(item.payload)) is not None:
            done.append({"what": name})
    # A message passed on is no event of a task.
    relays = ledger.relays_of(entry.message_id, entry.received_at)
    return done + [_take_back_relay(row.id, row.peer_id) for row in relays]


def _take_back_event(task_id: int, event: Event, message_id: int, now: datetime) -> Done | None:
    about: Done = {"task_id": task_id}
    match event.what:
        case Change.CREATED:
            return {**about, "what": "stopped" if moves.stop(task_id, now, message_id) else "over", **_sent(task_id)}
        case Change.STOPPED if moves.take_back_stop(task_id, now, message_id):
            task = tasks.get(task_id)
            return {**about, "what": "stop_back_paused" if task is not None and task.paused else "stop_back"}
        case Change.PAUSED if moves.resume(task_id, now, message_id):
            return {**about, "what": "resumed"}
        case Change.RESUMED if moves.pause(task_id, now, message_id):
            return {**about, "what": "paused"}
        case Change.MODE_SET:
            before = str(event.details["from"])
            if moves.set_mode(task_id, before, now, message_id):
                return {**about, "what": "mode", "mode": before}
        case Change.APPROVED:
            if _is_unsent(task_id) and moves.pause(task_id, now, message_id):
                return {**about, "what": "not_approved"}
            return {**about, "what": "approved_stays"}
        case Change.CALLING_OFF if agreed.keep(task_id, now, message_id):
            return {**about, "what": "call_off_back"}
        case Change.CALLING_OFF:
            return {**about, "what": "call_off_stays"}
        case plans.GOES_ON_WITHOUT:
            return {**about, "what": "without_stays"}
        case Change.STEERED | Change.KEPT | Change.DRAFT_REFUSED:
            return {**about, "what": "stays"}
        case _:
            return None
    return {**about, "what": "over", **_sent(task_id)}


def _sent(task_id: int) -> Done:
    rows = [row for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task_id, purpose)]
    return {
        "sent": sum(row.state == "sent" for row in rows),
        "sending": any(row.state == "sending" for row in rows),
    }


def _is_unsent(task_id: int) -> bool:
    rows = [row for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task_id, purpose)]
    return any(row.state == "queued" for row in rows) and not any(row.state == "sending" for row in rows)


def _take_back_relay(ledger_id: int, peer_id: int) -> Done:
    return {"what": "relay_dropped" if ledger.take_back(ledger_id) else "relay_stays", "peer_id": peer_id}


# --- in words -------------------------------------------------------------------------------------------------------


def undo_text(language: Language, payload: dict[str, Any], desk: Desk) -> str:
    done: list[Done] = payload["done"]
    if not done:
        examples = {name: wording.command(language, name, desk.prefix) for name in ("stop", "tasks")}
        return wording.say(language, "undo.nothing", **examples)
    found = journal.find(desk.owner_id, [payload["command"]])
    command = quote(language, found[0].text, SHOWN) if found else "…"
    if done[0]["what"] == "again":
        return wording.say(language, "undo.again", command=command)
    lines = [wording.say(language, "undo.head", command=command)]
    return "\n".join([*lines, *(_line(language, one, desk) for one in done)])


def _line(language: Language, one: Done, desk: Desk) -> str:
    values: dict[str, object] = {"task_id": one.get("task_id")}
    match one["what"]:
        case "stopped" | "over":
            values["sent"] = _sent_text(language, one)
        case "mode":
            values["mode"] = wording.say(language, f"mode.{one['mode']}")
        case "not_approved" | "stop_back_paused":
            values["resume"] = wording.command(language, "resume", desk.prefix, one["task_id"])
        case "relay_dropped" | "relay_stays":
            values["who"] = one_line(who(language, peers.contact(one["peer_id"]), one["peer_id"]))
        case "lang" | "quiet":
            return settings_by_command.text(language, one["what"], desk)
    return wording.say(language, f"undo.{one['what']}", **values)


def _sent_text(language: Language, one: Done) -> str:
    texts = []
    if one["sent"]:
        texts.append(wording.say(language, "undo.sent", messages=when.counted(language, one["sent"], "message")))
    if one["sending"]:
        texts.append(wording.say(language, "undo.sending"))
    return " ".join(texts) or wording.say(language, "undo.nothing_sent")
