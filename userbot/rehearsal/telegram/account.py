"""A person's (or a bot's) account: who they are, whom they know, and their message box."""

from dataclasses import dataclass, field
from datetime import datetime

from userbot.rehearsal.telegram.box import MessageBox
from userbot.rehearsal.telegram.message import Message

SERVICE_ACCOUNT_ID = 777000


@dataclass(frozen=True)
class Contact:
    """How an account named someone in its own contact list."""

    user_id: int
    first_name: str
    last_name: str | None = None


@dataclass(frozen=True)
class ScheduledMessage:
    """`message.id` is a scheduled id, counted apart from the box's; `message.date` is when it goes out."""

    message: Message
    random_id: int | None = None


@dataclass
class Account:
    id: int
    phone: str
    first_name: str
    last_name: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    lang_code: str = "en"
    bot: bool = False
    deleted: bool = False
    # What strangers must have or pay before they may write first.
    requires_premium: bool = False
    stars_per_message: int = 0
    about: str | None = None
    box: MessageBox = field(default_factory=MessageBox, repr=False)
    contacts: dict[int, Contact] = field(default_factory=dict, repr=False)
    blocked: set[int] = field(default_factory=set, repr=False)
    # Everyone this account has ever been told of: only these are sent along with answers.
    met: set[int] = field(default_factory=set, repr=False)
    scheduled: dict[int, ScheduledMessage] = field(default_factory=dict, repr=False)
    last_scheduled_id: int = 0
    online_until: datetime | None = None

    @property
    def is_service(self) -> bool:
        return self.id == SERVICE_ACCOUNT_ID
