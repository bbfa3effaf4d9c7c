"""Every sentence the owner reads, in Russian and in English, with the values that are filled in by name.

Russian avoids names in other cases than the first and verbs with a gender: names come from strangers.
"""

from collections.abc import Mapping

from userbot.saved_messages.phrases_agreed import AGREED_PHRASES
from userbot.saved_messages.phrases_cards import CARDS_PHRASES
from userbot.saved_messages.phrases_commands import COMMAND_PHRASES
from userbot.saved_messages.phrases_desk import DESK_PHRASES
from userbot.saved_messages.phrases_moves import MOVES_PHRASES
from userbot.saved_messages.phrases_plans import PLANS_PHRASES
from userbot.saved_messages.phrases_troubles import TROUBLES_PHRASES

PARTS = (CARDS_PHRASES, AGREED_PHRASES, TROUBLES_PHRASES, DESK_PHRASES, COMMAND_PHRASES, PLANS_PHRASES, MOVES_PHRASES)
# key: (Russian, English). A test holds that both have the same values to fill in.
PHRASES: Mapping[str, tuple[str, str]] = {key: both for part in PARTS for key, both in part.items()}
