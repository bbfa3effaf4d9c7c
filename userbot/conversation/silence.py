"""A contact who does not want to be written to any more: everything with them ends at once, without a model.

Nothing is written back, not even a goodbye: whoever asks for silence gets it. Each settling is one transaction, so that
a crash leaves the message new and the next start does it. Where they said more, it stays new for `last_words`.
"""

from datetime import datetime

from userbot.conversation import last_words, moves
from userbot.store import journal, tasks
from userbot.store.database import transaction
from userbot.tasks import rights
from userbot.tasks.lifecycle import Change


def settle_silence(peer_id: int, now: datetime) -> bool:
    """End the open tasks with this contact, paused ones too, when a new message of theirs asks for it; True when it
    did. What came before that message is noted with them; what came after stays new, and so do all of them where they
    say something beside it."""
    if not tasks.has_open(peer_id):
        return False
    new = [entry for entry in journal.waiting(peer_id, "new") if entry.author == "contact"]
    asking = [entry for entry in new if not entry.forwarded and rights.wants_silence(entry.words)]
    if not asking:
        return False
    last = asking[-1]
    with transaction():
        ended = [task for task in tasks.open_with(peer_id) if last.message_id > (task.command_message_id or 0)]
        for task in ended:
            for entry in new:
                if entry.message_id <= last.message_id:
                    moves.move(task.id, Change.CONTACT_WROTE, who="contact", now=now, message_id=entry.message_id)
            moves.move(
                task.id,
                Change.ASKED_SILENCE,
                who="contact",
                now=now,
                message_id=last.message_id,
                evidence=[last.message_id],
            )
            moves.drop_queued(task.id)
        if ended:
            read = [entry for entry in new if entry.message_id <= last.message_id]
            if not last_words.say_more([entry.words for entry in read if not entry.forwarded]):
                journal.mark_handled([entry.id for entry in read], turn_id=None, task_id=ended[0].id)
    return bool(ended)
