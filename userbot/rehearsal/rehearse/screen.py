"""What a rehearsal shows: every message with a number to reply by, and what was edited once it has come to rest."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from userbot.rehearsal.rehearse.scene import Scene
from userbot.rehearsal.rehearse.words import Words
from userbot.rehearsal.telegram import Account, Delivery
from userbot.rehearsal.telegram.attached import name_of

# A card is edited at every step; what it says is shown when it has stood for so long.
AT_REST_S = 2.0
INDENT = "    "


@dataclass(frozen=True)
class Shown:
    """`message_id` is that of the owner's copy; `dialog` the account on the other side, the owner's own for Saved
    Messages."""

    dialog: Account
    message_id: int


class Screen:
    """Shows what happens in `scene` from now on. `say` prints; `shows_typed`: also what people typed themselves."""

    def __init__(self, scene: Scene, words: Words, say: Callable[[str], None], *, shows_typed: bool) -> None:
        self._scene = scene
        self._owner = scene.owner
        self._words = words
        self._say = say
        self._shows_typed = shows_typed
        self._numbers: dict[int, int] = {}
        self._dialogs: dict[int, Account] = {}
        self._texts: dict[int, str] = {}
        # What is not shown as it stands, and the timer that will show it.
        self._restless: dict[int, asyncio.TimerHandle] = {}
        scene.server.world.on_message = self._on_message
        scene.server.world.on_edit = self._on_edit

    def message(self, number: int) -> Shown | None:
        """What was shown with this number."""
        for message_id, known in self._numbers.items():
            if known == number:
                return Shown(self._dialogs[message_id], message_id)
        return None

    def _on_message(self, delivery: Delivery) -> None:
        owners = delivery.sender_copy if delivery.sender is self._owner else delivery.recipient_copy
        if owners is None or delivery.sender.is_service:
            return
        dialog = delivery.recipient if delivery.sender is self._owner else delivery.sender
        if self._scene.is_saying:
            if self._shows_typed:
                self._show_typed(delivery, dialog)
            return
        self._dialogs[owners.id] = dialog
        if dialog is self._owner:
            self._show_soon(owners.id)
        else:
            # What came before it stands above it.
            self.flush()
            self._show(owners.id, owners.text)

    def _on_edit(self, delivery: Delivery) -> None:
        message = delivery.sender_copy
        if delivery.sender is self._owner and message.id in self._dialogs:
            self._show_soon(message.id)

    def _show_soon(self, message_id: int) -> None:
        if timer := self._restless.get(message_id):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._restless[message_id] = loop.call_later(AT_REST_S, self._show_now, message_id)

    def flush(self) -> None:
        """Show at once what has changed."""
        for message_id in list(self._restless):
            self._show_now(message_id)

    def _show_now(self, message_id: int) -> None:
        self._restless.pop(message_id).cancel()
        message = self._owner.box.messages.get(message_id)
        # A sign that a command was seen comes and goes.
        if message is not None:
            self._show(message_id, message.text)

    def _show(self, message_id: int, text: str) -> None:
        before = self._texts.get(message_id)
        if text == before:
            return
        self._texts[message_id] = text
        is_new = message_id not in self._numbers
        number = self._numbers.setdefault(message_id, len(self._numbers) + 1)
        dialog = self._dialogs[message_id]
        title = self._words.say("saved_messages") if dialog is self._owner else f"→ {_name(dialog)}"
        lines = text.split("\n")
        if not is_new:
            old = set((before or "").split("\n"))
            lines = [line for line in lines if line not in old and line.strip()]
            title += f", {self._words.say('changed')}"
        if lines:
            self._say("\n".join([f"[{number}] {title}", *(INDENT + line for line in lines)]))

    def _show_typed(self, delivery: Delivery, dialog: Account) -> None:
        who = self._words.say("owner") if delivery.sender is self._owner else _name(delivery.sender)
        if delivery.sender is self._owner and dialog is not self._owner:
            who += f" → {_name(dialog)}"
        file = name_of(delivery.sender_copy.media)
        self._say(f"{who}: {delivery.text}" if file is None else f"{who}: [{file}] {delivery.text}".rstrip())


def _name(account: Account) -> str:
    return " ".join(filter(None, [account.first_name, account.last_name]))
