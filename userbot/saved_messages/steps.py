"""The small steps between a message to a contact and their answer, as a card's status shows them: delivered, read,
typing, answered. Hints: what Telegram does not tell is not shown."""

from userbot.saved_messages import wording
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.when import Language
from userbot.store import journal, ledger, peers
from userbot.store.tasks import Task


def waiting_for_contact(language: Language, task: Task, desk: Desk) -> str:
    """What is known of a contact who has been written to."""
    return wording.say(language, f"card.{step(task, desk)}")


def step(task: Task, desk: Desk) -> str:
    """answered | typing | read | waiting_contact"""
    if any(entry.author == "contact" for entry in journal.waiting(task.user_id, "new")):
        return "answered"
    if desk.is_typing(task.user_id):
        return "typing"
    last = next((row for row in ledger.latest(task.user_id, 5)[::-1] if row.message_id is not None), None)
    if last is not None and last.message_id is not None and last.message_id <= peers.read_to(task.user_id):
        return "read"
    return "waiting_contact"
