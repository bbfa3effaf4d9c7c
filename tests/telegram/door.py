"""Settings that lead to a loopback server, and a person at the terminal who answers what is asked."""

from collections.abc import Callable
from pathlib import Path

from userbot.config import LOGIN_PARTS, Settings, read_settings
from userbot.rehearsal.telegram import TelegramServer

Answer = str | Callable[[], str]


def environ_for(server: TelegramServer, home: Path, **more: str) -> dict[str, str]:
    key = home / "server.pem"
    key.write_text(server.public_key_pem, encoding="ascii")
    return {
        "USERBOT_HOME": str(home),
        "TELEGRAM_API_ID": "1",
        "TELEGRAM_API_HASH": "loopback",
        "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
        "TELEGRAM_SERVER_KEY": str(key),
        **more,
    }


def settings_for(server: TelegramServer, home: Path, **more: str) -> Settings:
    return read_settings(environ_for(server, home, **more), None, needs=LOGIN_PARTS)


class Person:
    """Answers in order; an answer may be worked out when it is asked for. Remembers what was said and asked."""

    def __init__(self, *answers: Answer, on_link: Callable[[str], None] | None = None) -> None:
        self._answers = list(answers)
        self._on_link = on_link
        self.heard: list[str] = []
        self.secrets_asked = 0
        self.links: list[str] = []

    @property
    def answers_left(self) -> int:
        return len(self._answers)

    @property
    def all_heard(self) -> str:
        return "\n".join(self.heard)

    def say(self, text: str) -> None:
        self.heard.append(text)

    def show_link(self, link: str) -> None:
        self.links.append(link)
        if self._on_link is not None:
            self._on_link(link)

    async def ask(self, question: str, *, secret: bool = False) -> str:
        self.heard.append(question)
        self.secrets_asked += secret
        assert self._answers, f"nobody expected: {question}"
        answer = self._answers.pop(0)
        return answer() if callable(answer) else answer
