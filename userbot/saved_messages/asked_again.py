"""A question that was put silently, since the owner had just typed, and that they may never have seen: it rings once.

They have put the phone away before it came, say. Whoever typed something later has seen it, and is not called.
"""

from datetime import datetime, timedelta

from userbot.conversation import drafts
from userbot.saved_messages import wording
from userbot.saved_messages.attention import IS_THERE
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal, ledger
from userbot.store.desk import Item
from userbot.store.ledger import Outgoing
from userbot.tasks.manners import QuietHours, next_humane

# So long they have to answer by themselves.
AFTER = timedelta(minutes=30)
# Where the owner set no quiet hours of their own: what has waited so long can wait for the morning.
NIGHT = QuietHours(22 * 60, 8 * 60)
_LAST = 2**62


def look(desk: Desk, now: datetime) -> bool:
    """Ring for what has to be; True when something does. Not at night by the owner's clock."""
    if next_humane(now, desk.zone, desk.manners.quiet_hours() or NIGHT) != now:
        return False
    found = [
        (item, row)
        for item in items.late_questions()
        if (row := ledger.get(item.ledger_id or 0)) is not None
        and _was_silent(row, now)
        and items.asked_again(item.id) is None
    ]
    if not found:
        return False
    typed = journal.owner_wrote_before(desk.owner_id, _LAST, 1)
    unseen = [
        (item, row) for item, row in found if not typed or (row.sent_at and typed[0].sent_at <= row.sent_at + IS_THERE)
    ]
    for item, row in unseen:
        items.add("status", {items.AGAIN: item.id}, now, task_id=item.task_id, reply_to=row.message_id)
    return bool(unseen)


def _was_silent(row: Outgoing, now: datetime) -> bool:
    return row.state == "sent" and not row.rings and row.sent_at is not None and row.sent_at <= now - AFTER


def question_of(item: Item) -> Item | None:
    """The question that this asks for once more; of anything else None."""
    number = item.payload.get(items.AGAIN)
    return None if number is None else items.get(int(number))


def again_text(language: Language, item: Item, desk: Desk) -> str:
    question = question_of(item)
    if question is None or question.state != "open":
        return wording.say(language, f"question.{question.state if question else 'void'}")
    act = "draft.act" if drafts.of(question) else "ask.answer" if question.kind == "ask" else f"{question.kind}.act"
    return "\n".join([wording.say(language, "again.head"), wording.say(language, act, prefix=desk.prefix)])
