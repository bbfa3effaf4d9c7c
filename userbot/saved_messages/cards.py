"""Keeps Saved Messages current: the record becomes ledger rows and edits. The caller does the editing in Telegram.

`refresh` is cheap when nothing is stale; call it after every commit and after every delivery to the owner.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from userbot.saved_messages import ended, formatting, seen, wording
from userbot.saved_messages.card_text import render_card
from userbot.saved_messages.items import render_item
from userbot.saved_messages.pieces import Desk
from userbot.store import desk as items
from userbot.store import ledger, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.tasks import Card
from userbot.tasks import guard

__all__ = ["Desk", "Edit", "mark_gone", "mark_shown", "refresh", "render_card"]

# What a message can hold beside the sign that keeps it from looking like a command.
PART = guard.MESSAGE_LIMIT - 8


@dataclass(frozen=True)
class Edit:
    """A card's message in Saved Messages is to read so; or, with `item_id`, that of a question or an answer. An empty
    text: it is to go."""

    task_id: int | None
    message_id: int
    text: str
    item_id: int | None = None
    entities: formatting.Entities | None = None


def refresh(desk: Desk, now: datetime, resting: Collection[int] = frozenset()) -> list[Edit]:
    """Queue what the owner has not seen yet, and name the cards to be edited, but for messages that are `resting`.

    For each edit do it in Telegram, then call `mark_shown`, or `mark_gone` where the message is no more. An edit
    that could not be made is named again next time.
    """
    with transaction():
        edits = [edit for card in tasks.stale_cards() if (edit := _show(card, desk, now, resting))]
        for item in items.unposted():
            # Its command was dealt with before anybody could see it.
            if seen.is_sign(item) and not seen.is_wanted(item, desk.owner_id):
                items.is_over(item)
                continue
            # A question that was answered before anybody saw it is not asked any more.
            if item.kind not in items.QUESTIONS or items.is_open(item.id):
                _post(item, desk, now)
        seen.take_away(desk.owner_id)
        edits += [edit for item in items.stale() if (edit := _show_item(item, desk, now))]
    return edits


def mark_shown(edit: Edit, desk: Desk, now: datetime) -> None:
    """The card now reads so. Where its task moved on during the edit it stays stale, to be edited again."""
    with transaction():
        if edit.item_id is not None:
            items.edited(edit.item_id)
            return
        assert edit.task_id is not None  # noqa: S101  (a card's)
        tasks.card_shown(edit.task_id, edit.text)
        task = tasks.get(edit.task_id)
        if task is not None and render_card(task, desk, now) != edit.text:
            tasks.make_card_stale(edit.task_id)


def mark_gone(edit: Edit) -> None:
    """The owner deleted it: the next `refresh` posts a card or an answer anew, but no question that is over."""
    if edit.item_id is not None:
        item = items.get(edit.item_id)
        if item is not None and item.state == "done" and item.kind not in items.QUESTIONS:
            items.post_again(edit.item_id)
        else:
            items.edited(edit.item_id)
        return
    assert edit.task_id is not None  # noqa: S101  (a card's)
    tasks.card_posted_as(edit.task_id, None, None)


def _show(card: Card, desk: Desk, now: datetime, resting: Collection[int]) -> Edit | None:
    row = None if card.ledger_id is None else ledger.get(card.ledger_id)
    if row is not None and row.message_id in resting:
        return None
    task = tasks.get(card.task_id)
    if task is None:
        return None
    text = render_card(task, desk, now)
    entities = formatting.of_task(text, task)
    if row is not None and row.state in ledger.UNDELIVERED:
        # It cannot be edited before it is there, and must not be posted twice; what waits its turn can be brought up
        # to date.
        if ledger.rewrite_queued(row.id, text, entities):
            tasks.card_shown(task.id, text)
        return None
    if row is None or row.message_id is None:
        row_id = ledger.queue(desk.owner_id, "card", text, now, task_id=task.id, entities=entities)
        tasks.card_posted_as(task.id, row_id, text)
    elif text == card.shown:
        tasks.card_shown(task.id, text)
    else:
        return Edit(task.id, row.message_id, text, entities=entities)
    return None


def _show_item(item: Item, desk: Desk, now: datetime) -> Edit | None:
    """Say at a question's message that it is over, or an answer where it was said that its command was seen."""
    row = None if item.ledger_id is None else ledger.get(item.ledger_id)
    if seen.is_sign(item):
        if row is None or row.state in ("failed", "dropped") or ledger.take_back(row.id):
            items.edited(item.id)
        elif row.message_id is not None:
            return Edit(None, row.message_id, "", item.id)
        return None
    text = wording.not_a_command("\n".join(render_item(item, desk, now)), desk.prefix)
    entities = formatting.of_item(text, item, tasks.get(item.task_id or 0), desk)
    if (
        item.state == "done"
        and item.kind not in items.QUESTIONS
        and (row is None or row.state in ("failed", "dropped"))
    ):
        # The sign it was to replace never got there.
        items.post_again(item.id)
    elif row is None or row.state in ("failed", "dropped") or ledger.rewrite_queued(row.id, text, entities):
        items.edited(item.id)
    elif row.message_id is not None:
        return Edit(item.task_id, row.message_id, text, item.id, entities)
    # Else it is on its way, and is changed when it is there.
    return None


def _message_of_card(task_id: int) -> int | None:
    row = next((row for row in ledger.of_task(task_id, "card")[::-1] if row.message_id is not None), None)
    return None if row is None else row.message_id


def _post(item: Item, desk: Desk, now: datetime) -> None:
    purpose: ledger.Purpose = "question" if item.kind in items.QUESTIONS else "answer"
    reply_to, file = item.reply_to, None
    told = items.ENDED in item.payload or items.PROGRESS in item.payload
    if told and (task := tasks.get(item.task_id or 0)) is not None:
        reply_to = _message_of_card(task.id)
        file = desk.meeting_file(task, ended.meeting_title(task), now)
    blocks = render_item(item, desk, now)
    if guard.utf16_length("\n".join(blocks)) <= PART:
        blocks = ["\n".join(blocks)]
        if not items.rings(item) and not seen.is_sign(item) and seen.gives_way_to(item):
            return
    parts = [part for block in blocks for part in guard.split_message(block, PART)] or ["…"]
    task = tasks.get(item.task_id or 0)
    for n, part in enumerate(wording.not_a_command(part, desk.prefix) for part in parts):
        row_id = ledger.queue(
            desk.owner_id,
            purpose,
            part,
            now,
            entities=formatting.of_item(part, item, task, desk) if n == 0 else None,
            task_id=item.task_id,
            reply_to=reply_to if n == 0 else None,
            # Once for all its parts, when the last is there.
            rings=items.rings(item) and n == len(parts) - 1,
            file=file if n == len(parts) - 1 else None,
        )
        if n == 0:
            items.posted_as(item.id, row_id)
