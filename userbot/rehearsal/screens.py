"""Pictures of what the owner sees, for the README: drawn from the very texts the program would post.

`python -m userbot.rehearsal.screens [folder]` writes docs/screens/NAME.LANGUAGE.svg; a test keeps them equal to the
code. Each scene is a database of its own with made-up people; what stands in it is rendered by saved_messages alone.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from userbot.config import default_home
from userbot.conversation import drafts, moves
from userbot.people import Contact
from userbot.rehearsal.phone_screen import Bubble, draw
from userbot.saved_messages import cards, formatting
from userbot.saved_messages.card_text import compose_card
from userbot.saved_messages.cards import Desk
from userbot.saved_messages.when import Language
from userbot.skills import load_skills
from userbot.store import desk as items
from userbot.store import journal, ledger, peers, tasks, usage
from userbot.store.database import close_database, open_database
from userbot.store.journal import Author, Received
from userbot.tasks.lifecycle import Change

FOLDER = default_home() / "docs" / "screens"
LANGUAGES: tuple[Language, ...] = ("ru", "en")
ZONE = ZoneInfo("Europe/Moscow")
OWNER = Contact(1000, 1, "Павел")
START = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)  # a Monday, 12:12 in Moscow

ANNA = {"ru": Contact(2001, 2, "Анна", "Кузнецова", "anna_k"), "en": Contact(2001, 2, "Anna", "Keller", "anna_k")}
COMMAND = {
    "ru": ". договорись с @anna_k о встрече завтра с 12 до 20, на час",
    "en": ". agree a meeting with @anna_k tomorrow between 12 and 20, for an hour",
}
TOPIC = {"ru": "обсудить договор", "en": "to go through the contract"}
WHEN_WORDS = {"ru": "завтра, 24 ноября, с 12 до 20 по Москве", "en": "tomorrow, 24 November, 12 to 20 Moscow time"}
OPENING = {
    "ru": "Анна, здравствуйте! Это ассистент Павла. Сможете встретиться завтра с 12 до 20, на час?",
    "en": "Hello Anna, this is Pavel's assistant. Could you meet tomorrow between 12 and 20, for an hour?",
}
AGREES = {"ru": "Да, в 15:30 мне удобно", "en": "Yes, 15:30 suits me"}
OTHER_DAY = {"ru": "Завтра никак. Может, в среду в 11?", "en": "Tomorrow is no good. Wednesday at 11?"}


class _Scene:
    """A database in which a meeting with Anna was asked for; `said` is what stands in Saved Messages, as it does."""

    def __init__(self, language: Language, mode: str = "auto") -> None:
        self.language = language
        self.now = START
        self._message_id = 100
        self.desk = Desk(OWNER.user_id, ZONE, load_skills(default_home() / "skills"), language)
        peers.remember(OWNER)
        self.anna = ANNA[language]
        self.receive(OWNER.user_id, "owner", COMMAND[language])
        self.task_id = moves.open_task(
            self.anna,
            owner_id=OWNER.user_id,
            task_type="meeting",
            context={
                "topic": TOPIC[language],
                "when_words": WHEN_WORDS[language],
                "duration_minutes": 60,
                "place": None,
                "timezone": ZONE.key,
            },
            private_notes=None,
            mandate={
                "windows": [{"date": "2026-11-24", "from": "12:00", "to": "20:00"}],
                "timezone": ZONE.key,
                "duration_minutes": 60,
            },
            language=language,
            command_message_id=self._message_id,
            now=self.now,
            mode=mode,
        )

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)

    def receive(self, peer_id: int, author: Author, text: str) -> int:
        self._message_id += 1
        received = Received(peer_id=peer_id, message_id=self._message_id, author=author, text=text, sent_at=self.now)
        journal.record(received, "new", self.now)
        return self._message_id

    def open_dialog(self) -> None:
        """Anna has the first message."""
        row_id = ledger.queue(self.anna.user_id, "opening", OPENING[self.language], self.now, task_id=self.task_id)
        self._message_id += 1
        ledger.mark_sent(row_id, self._message_id, self.now)
        row = ledger.get(row_id)
        assert row is not None  # noqa: S101  (made just now)
        moves.delivered(row, self.now)

    def anna_writes(self, text: str) -> int:
        message_id = self.receive(self.anna.user_id, "contact", text)
        (entry,) = journal.find(self.anna.user_id, [message_id])
        journal.mark_handled([entry.id], "t", self.task_id, "lone")
        moves.move(self.task_id, Change.CONTACT_WROTE, who="contact", now=self.now, message_id=message_id)
        return message_id

    def spends(self, dollars: float) -> None:
        usage.record_call(
            "t", self.anna.user_id, self.now, task_id=self.task_id, model_asked="m", duration_s=1.0, cost_usd=dollars
        )

    def card(self) -> list[Bubble]:
        task = tasks.get(self.task_id)
        assert task is not None  # noqa: S101  (made in the beginning)
        composed = compose_card(task, self.desk, self.now)
        card = Bubble(composed.plain, self.now.astimezone(ZONE), formatting.of_task(composed, task))
        return [Bubble(COMMAND[self.language], START.astimezone(ZONE)), card]

    def question(self) -> list[Bubble]:
        """What is posted for the owner beside the card."""
        cards.refresh(self.desk, self.now)
        rows = [row for row in ledger.next_of_each_peer() if row.peer_id == OWNER.user_id]
        asked = []
        while rows:
            self._message_id += 1
            ledger.mark_sent(rows[0].id, self._message_id, self.now)
            asked += [row for row in rows if row.purpose == "question"]
            rows = [row for row in ledger.next_of_each_peer() if row.peer_id == OWNER.user_id]
        return [Bubble(row.text, self.now.astimezone(ZONE), row.entities or ()) for row in asked]


def _card(language: Language) -> list[Bubble]:
    scene = _Scene(language)
    scene.passes(minutes=1)
    scene.open_dialog()
    return scene.card()


def _report(language: Language) -> list[Bubble]:
    scene = _Scene(language)
    scene.open_dialog()
    scene.spends(0.021)
    scene.passes(minutes=46)
    evidence = scene.anna_writes(AGREES[language])
    result = {
        "date": "2026-11-24",
        "time": "15:30",
        "timezone": ZONE.key,
        "duration_minutes": 60,
        "weekday": "tue",
        "said": AGREES[language],
        "place": None,
        "summary": "",
    }
    moves.move(scene.task_id, Change.AGREED, who="model", now=scene.now, result=result, evidence=[evidence])
    return scene.card()


def _question(language: Language) -> list[Bubble]:
    scene = _Scene(language)
    scene.open_dialog()
    scene.passes(minutes=14)
    evidence = scene.anna_writes(OTHER_DAY[language])
    result = {
        "date": "2026-11-25",
        "time": "11:00",
        "timezone": ZONE.key,
        "duration_minutes": 60,
        "weekday": "wed",
        "said": OTHER_DAY[language],
        "place": None,
        "summary": "",
    }
    asked = {"result": result, "reasons": ["other_day", "other_time"], "evidence": [evidence]}
    items.add("ask", asked, scene.now, task_id=scene.task_id)
    moves.move(scene.task_id, Change.ASKED_OWNER, who="model", now=scene.now)
    return scene.question()


def _draft(language: Language) -> list[Bubble]:
    scene = _Scene(language, mode="first")
    scene.passes(minutes=1)
    row_id = ledger.queue(
        scene.anna.user_id, "opening", OPENING[language], scene.now, task_id=scene.task_id, state="proposed"
    )
    moves.move(scene.task_id, Change.PROPOSED, who="model", now=scene.now)
    drafts.ask(scene.task_id, [row_id], scene.now)
    return scene.question()


SCENES: Mapping[str, Callable[[Language], list[Bubble]]] = {
    "card": _card,
    "report": _report,
    "question": _question,
    "draft": _draft,
}


def render() -> dict[str, str]:
    """Every picture, by its file's name. Opens and closes databases of its own: none may be open."""
    pictures = {}
    for name, play in SCENES.items():
        for language in LANGUAGES:
            with tempfile.TemporaryDirectory() as folder:
                open_database(Path(folder) / "screens.db")
                try:
                    title = "Избранное" if language == "ru" else "Saved Messages"
                    pictures[f"{name}.{language}.svg"] = draw(title, play(language))
                finally:
                    close_database()
    return pictures


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m userbot.rehearsal.screens", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where they go, by default docs/screens")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in render().items():
        (folder / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
