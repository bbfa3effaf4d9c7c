"""Keeps Saved Messages current: the record becomes ledger rows and edits. The caller does the editing in Telegram.

`refresh` is cheap when nothing is stale; call it after every commit and after every delivery to the owner.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from userbot.saved_messages import attention, ended, formatting, quoted, seen, standing_text
from userbot.saved_messages.card_text import compose_card, render_card
from userbot.saved_messages.items import render_item
from userbot.saved_messages.pieces import Desk
from userbot.store import desk as items
from userbot.store import ledger, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.ledger import Outgoing
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
    # How often the card's task had changed when it was rendered.
    stale: int = 0

    @property
    def card_of(self) -> int:
        """The task whose card it is; 0, which no task has, for anything else."""
        return self.task_id or 0 if self.item_id is None else 0


def refresh(
    desk: Desk,
    now: datetime,
    rests: Callable[[int], bool] = lambda message_id: False,
    stepped: Collection[int] = frozenset(),
) -> list[Edit]:
    """Queue what the owner has not seen yet, and name the cards to be edited, but for a message that `rests`.
    `stepped`: tasks whose cards may read otherwise though their record did not change.

    For each edit do it in Telegram, then call `mark_shown`, or `mark_gone` where the message is no more. An edit
    that could not be made is named again next time.
    """
    with transaction():
        edits = [edit for card in tasks.stale_cards(stepped) if (edit := _show(card, desk, now, rests))]
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


def mark_shown(edit: Edit) -> None:
    """The card now reads so. Where its task moved on during the edit it stays stale, to be edited again."""
    if edit.item_id is not None:
        _item_shown(edit.item_id, edit.text)
        return
    assert edit.task_id is not None  # noqa: S101  (a card's)
    tasks.card_shown(edit.task_id, edit.text, edit.stale)


def mark_gone(edit: Edit) -> None:
    """The owner deleted it: the next `refresh` posts a card or an answer anew, but no question that is over."""
    if edit.item_id is not None:
        item = items.get(edit.item_id)
        if item is not None and seen.is_sign(item):
            # The owner does not want it; its answer comes as a message of its own.
            items.is_over(item)
            items.edited(item.id)
        elif item is not None and _is_still_to_be_seen(item):
            items.post_again(edit.item_id)
        else:
            items.edited(edit.item_id)
        return
    assert edit.task_id is not None  # noqa: S101  (a card's)
    tasks.card_posted_as(edit.task_id, None, None)


def _show(card: Card, desk: Desk, now: datetime, rests: Callable[[int], bool]) -> Edit | None:
    if card.message_id is not None and rests(card.message_id):
        return None
    row = None if card.ledger_id is None else ledger.get(card.ledger_id)
    task = tasks.get(card.task_id)
    if task is None:
        return None
    composed = compose_card(task, desk, now)
    text, entities = composed.plain, formatting.of_task(composed, task)
    if row is not None and row.state in ledger.UNDELIVERED:
        # It cannot be edited before it is there, and must not be posted twice; what waits its turn can be brought up
        # to date.
        if ledger.rewrite_queued(row.id, text, entities):
            tasks.card_shown(task.id, text, card.stale)
        return None
    if row is None or row.message_id is None:
        row_id = ledger.queue(desk.owner_id, "card", text, now, task_id=task.id, entities=entities)
        tasks.card_posted_as(task.id, row_id, text)
    elif text != card.shown:
        return Edit(task.id, row.message_id, text, entities=entities, stale=card.stale)
    elif card.stale:
        tasks.card_shown(task.id, text, card.stale)
    return None


def _item_shown(item_id: int, text: str) -> None:
    item = items.get(item_id)
    if item is not None and seen.is_sign(item) and item.state == "open":
        # It is looked at once more: what happened during the edit is shown with the next.
        seen.stands_as(item, text)
    else:
        items.edited(item_id)


def _show_item(item: Item, desk: Desk, now: datetime) -> Edit | None:
    """Say at a question's message that it is over, or an answer where it was said that its command was seen."""
    row = None if item.ledger_id is None else ledger.get(item.ledger_id)
    if seen.is_sign(item) and item.state == "open":
        return _show_sign(item, row, desk, now)
    if seen.is_sign(item):
        if row is None or row.state in ("failed", "dropped") or ledger.take_back(row.id):
            items.edited(item.id)
        elif row.message_id is not None:
            return Edit(None, row.message_id, "", item.id)
        return None
    if row is not None and item.kind in items.QUESTIONS and not items.is_open(item.id) and ledger.take_back(row.id):
        # Nobody has seen it yet, and nobody needs to.
        items.edited(item.id)
        return None
    if item.kind in items.QUESTIONS and item.state != "open" and (again := items.asked_again(item.id)) is not None:
        # What rang for it says that it is over, too.
        items.is_over(again)
    composed = quoted.not_a_command(quoted.joined(render_item(item, desk, now)), desk.prefix)
    text, entities = composed.plain, formatting.of_item(composed, item, tasks.get(item.task_id or 0))
    if _is_still_to_be_seen(item) and (row is None or row.state in ("failed", "dropped")):
        # The sign it was to replace never got there.
        items.post_again(item.id)
    elif row is None or row.state in ("failed", "dropped") or ledger.rewrite_queued(row.id, text, entities):
        items.edited(item.id)
    elif row.message_id is not None:
        return Edit(item.task_id, row.message_id, text, item.id, entities)
    # Else it is on its way, and is changed when it is there.
    return None


def _is_still_to_be_seen(item: Item) -> bool:
    """An answer, or a question that is open. One that is over need not be."""
    return item.state == ("open" if item.kind in items.QUESTIONS else "done")


def _show_sign(sign: Item, row: Outgoing | None, desk: Desk, now: datetime) -> Edit | None:
    """Say what is being done, where that is another thing than what stands there."""
    text = _sign_text(sign, desk, now)
    if row is None or row.state in ("failed", "dropped") or seen.stands_so(sign, text):
        items.edited(sign.id)
    elif ledger.rewrite_queued(row.id, text):
        items.edited(sign.id)
        seen.stands_as(sign, text)
    elif row.message_id is not None:
        return Edit(None, row.message_id, text, sign.id)
    # Else it is on its way, and is changed when it is there.
    return None


def _sign_text(sign: Item, desk: Desk, now: datetime) -> str:
    return quoted.not_a_command(quoted.joined(render_item(sign, desk, now)), desk.prefix).plain


def _message_of_card(task_id: int) -> int | None:
    row = next((row for row in ledger.of_task(task_id, "card")[::-1] if row.message_id is not None), None)
    return None if row is None else row.message_id


def _post(item: Item, desk: Desk, now: datetime) -> None:
    purpose: ledger.Purpose = "question" if item.kind in items.QUESTIONS else "answer"
    reply_to, file = item.reply_to, None
    told = items.ENDED in item.payload or items.PROGRESS in item.payload
    if told and (task := tasks.get(item.task_id or 0)) is not None:
        reply_to = _message_of_card(task.id)
        if not standing_text.is_left(task):
            file = desk.meeting_file(task, ended.meeting_title(task), now)
    rings = attention.rings(item, desk.owner_id, now)
    blocks = render_item(item, desk, now)
    whole = quoted.joined(blocks)
    if guard.utf16_length(whole.plain) <= PART:
        blocks = [whole]
        if not rings and not seen.is_sign(item) and seen.gives_way_to(item):
            return
    parts = [part for block in blocks for part in quoted.in_parts(block, PART)] or [quoted.Text("…")]
    task = tasks.get(item.task_id or 0)
    for n, part in enumerate(quoted.not_a_command(part, desk.prefix) for part in parts):
        row_id = ledger.queue(
            desk.owner_id,
            purpose,
            part.plain,
            now,
            entities=formatting.of_item(part, item, task, is_first=n == 0),
            task_id=item.task_id,
            reply_to=reply_to if n == 0 else None,
            # Once for all its parts, when the last is there.
            rings=rings and n == len(parts) - 1,
            file=file if n == len(parts) - 1 else None,
        )
        if n == 0:
            items.posted_as(item.id, row_id)
        if seen.is_sign(item):
            seen.stands_as(item, part.plain)
