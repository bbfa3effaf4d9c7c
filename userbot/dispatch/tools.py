"""What the workers and their turns need of the other rooms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from userbot.conversation.contact import Setting
from userbot.conversation.hearing import Hearing
from userbot.conversation.owner import Command
from userbot.conversation.pictures import Pictures
from userbot.conversation.turn import Model
from userbot.people import Directory


@dataclass(frozen=True)
class Tools:
    """`setting(language)`: the owner's name, zone and skills, with prompts to be answered in that language.
    `language(text)`: the language an owner's text is in. `read_dialog(peer_id)` brings a dialog's history into the
    journal. `take_commands()` deals with every new command that needs no model and returns those that do.
    `on_change()`: rows were committed that somebody else (delivery, cards) should look at. `hearing`: who turns voice
    notes into words, if somebody does. `pictures`: who brings the contacts' pictures, if the model is to see them.
    `on_answering()`: `answering` changed.
    """

    model: Model
    directory: Directory
    setting: Callable[[str], Setting]
    read_dialog: Callable[[int], Awaitable[object]]
    take_commands: Callable[[], list[Command]]
    on_change: Callable[[], None]
    language: Callable[[str], str]
    hearing: Hearing | None = None
    pictures: Pictures | None = None
    on_answering: Callable[[], None] = lambda: None
