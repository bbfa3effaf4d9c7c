"""Logging out: the session ends at Telegram, and then its file here. Only the command line calls this."""

from telethon.tl.functions.auth import LogOutRequest

from userbot.config import Settings
from userbot.errors import NotLoggedIn
from userbot.telegram.calls import ask
from userbot.telegram.client import connect, disconnect, make_client
from userbot.telegram.session import read_session


async def log_out(settings: Settings) -> bool:
    """End the login. False when Telegram had ended it before. Hold the SessionLock.

    Raises NotLoggedIn when there is no login, TryAgain when Telegram cannot be asked; then the file stays, since the
    session would go on at Telegram without anybody holding its key.
    """
    facts = read_session(settings.session_path)
    if facts is None or not facts.is_logged_in:
        raise NotLoggedIn("not logged in: there is nothing to end")
    client = make_client(settings)
    had_ended = False
    try:
        await connect(client)
        await ask(client, LogOutRequest())
    except NotLoggedIn:
        had_ended = True
    finally:
        await disconnect(client)
    settings.session_path.unlink(missing_ok=True)
    return not had_ended
