"""userbot: a secretary that lives inside its owner's own Telegram account."""

__version__ = "0.1.0"
