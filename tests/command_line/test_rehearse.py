"""Protects the rehearsal as somebody who writes a skill meets it: real processes, a pipe or a terminal, a model on
loopback; nothing of the owner's reaches the file they save.
"""

import asyncio
import json
import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command_line.conftest import BARE, CHECKOUT, command
from userbot.rehearsal.model import Asked, Call, Said, ScriptedModel, Tokens
from userbot.rehearsal.rehearse.saved_file import read_recording

KEY = "sk-a-secret-of-the-owner"
COMMAND = ". спроси у @anna, какая версия договора последняя"
OPENING = "Анна, здравствуйте! Это ассистент Павла. Какая версия договора последняя?"
ANSWER = "Третья, от понедельника"
THINKS_S = 0.5


def brain(asked: Asked) -> Said:
    """A model that opens the question, asks it, and records the answer; every reply costs a cent."""
    spent = Tokens(100, 10, cost_usd=0.01)
    if "start_conversation" in asked.tools:
        context = {"question": "Какая версия договора последняя?", "details": None, "choices": None}
        opened = {"user": "@anna", "type": "question", "context": {**context, "answer_format": None}}
        start = Call("start_conversation", {**opened, "mandate": None, "private_notes": None})
        return Said("готово", tokens=spent) if asked.tool_results else Said(calls=(start,), tokens=spent)
    if "Write the first message" in asked:
        return Said(calls=(_reply(OPENING),), tokens=spent, delay_s=THINKS_S)
    if ANSWER not in asked:
        return Said(calls=(_reply("Напомню про договор: какая версия последняя?"),), tokens=spent)
    said = next(json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"') and ANSWER in line)
    result = {"answer": "v3", "choice": None, "number": None, "unit": None, "quote": ANSWER, "summary": "Третья."}
    done = {"task_id": 1, "status": "completed", "result": result, "evidence": [said["id"]]}
    return Said(calls=(Call("update_conversation", done), _reply("Спасибо, передам!")), tokens=spent)


def _reply(text: str) -> Call:
    return Call("reply", {"task_id": 1, "text": text, "reply_to": None, "last": True})


@pytest.fixture
def model(server_loop: asyncio.AbstractEventLoop) -> Iterator[ScriptedModel]:
    model = ScriptedModel(brain, api_key=KEY)
    asyncio.run_coroutine_threadsafe(model.start(), server_loop).result(10)
    yield model
    asyncio.run_coroutine_threadsafe(model.stop(), server_loop).result(10)


@pytest.fixture
def environ(tmp_path: Path, model: ScriptedModel) -> dict[str, str]:
    """A home with the skills, and the owner's model in it."""
    (tmp_path / "skills").symlink_to(CHECKOUT / "skills")
    return {
        "USERBOT_HOME": str(tmp_path),
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_MODEL": "scripted",
        "OWNER_TIMEZONE": "Europe/Moscow",
        "OWNER_LANGUAGE": "ru",
    }


def test_a_skill_is_tried_saved_and_played_again(environ: dict[str, str], tmp_path: Path, model: ScriptedModel) -> None:
    """The whole of it: a person is asked and answers, the file holds no secret, and comes out again without a model."""
    lines = f"{COMMAND}\nanna: {ANSWER}\n/save {tmp_path}/one.json\n"
    tried = command(environ, "rehearse", "ask-question", "--at", "2026-11-23 12:00", words=lines)
    assert (tried.returncode, tried.stderr) == (0, "")
    assert "Навык: ask-question (тип question)." in tried.stdout
    assert "Время: 2026-11-23 12:00." in tried.stdout
    # In the order in which they stand in Telegram, though cards are shown when they have come to rest.
    assert tried.stdout.index("№ 1 · Вопрос") < tried.stdout.index(OPENING)
    assert f"Анна Кузнецова: {ANSWER}" in tried.stdout
    assert "Задача 1: @anna, question: completed, agreed" in tried.stdout
    assert "Стоило: $0.0400, токенов: 440." in tried.stdout
    saved = (tmp_path / "one.json").read_text()
    assert KEY not in saved
    assert "127.0.0.1" not in saved
    recording = read_recording(tmp_path / "one.json")
    assert recording.skill == "ask-question"
    # Time jumps between the lines, and not while the model thinks.
    assert THINKS_S <= max(reply.took_s for reply in recording.replies) < 10
    asked = len(model.asked)

    again = command({"USERBOT_HOME": str(tmp_path)}, "rehearse", "--replay", str(tmp_path / "one.json"))
    assert (again.returncode, again.stderr) == (0, "")
    assert "Task 1: @anna, question: completed, agreed" in again.stdout
    assert "messages: 2, questions to you: 0, model turns: 2, tokens: 220" in again.stdout
    assert "All came out as recorded." in again.stdout
    assert len(model.asked) == asked

    with_model = command(environ, "rehearse", "--replay", str(tmp_path / "one.json"), "--model")
    assert (with_model.returncode, with_model.stderr) == (0, "")
    assert "Всё вышло как записано." in with_model.stdout
    assert len(model.asked) == 2 * asked


def test_quotes_and_bursts_are_kept_and_what_comes_out_otherwise_is_said(
    environ: dict[str, str], tmp_path: Path
) -> None:
    lines = f"{COMMAND}\n/reply 2 {ANSWER}\n+ anna: точно\n/save {tmp_path}/one.json\n"
    command(environ, "rehearse", words=lines)
    saved = tmp_path / "one.json"
    said = [(line.who, line.text, line.reply_to, line.waits) for line in read_recording(saved).lines[1:]]
    assert said == [("anna", ANSWER, "message 1", True), ("anna", "точно", None, False)]
    saved.write_text(saved.read_text().replace('"closed_because": "agreed"', '"closed_because": "declined"'))
    again = command(environ, "rehearse", "--replay", str(saved))
    assert again.returncode == 1
    assert "task 1: closed_because is 'agreed', and 'declined' was expected" in again.stdout


def test_a_day_of_silence_is_waited_for_in_seconds(environ: dict[str, str]) -> None:
    """The reminder comes by itself, in the time that /wait jumps over."""
    lines = f"{COMMAND}\n/wait 70m\n"
    waited = command(environ | {"FOLLOW_UP_HOURS": "1"}, "rehearse", "--at", "2026-11-23 12:00", words=lines)
    assert "Напомню про договор" in waited.stdout
    assert "Теперь 2026-11-23 13:10." in waited.stdout


def test_the_owners_session_and_database_are_left_alone(environ: dict[str, str], tmp_path: Path) -> None:
    for folder in ("sessions", "data"):
        (tmp_path / folder).mkdir(mode=0o755)
    command(environ, "rehearse", words=f"{COMMAND}\n")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name != "skills") == ["data", "sessions"]


def test_what_cannot_be_said_is_told_and_the_rest_goes_on(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    lines = (
        "petr: да\nпросто так\n/reply 9 да\n/dance\n/contact @anna Анна\n/contact @petr Пётр Седов\npetr: привет\n"
        f"/save {tmp_path}/notes.txt\n/save {tmp_path}/no/such/one.json\n/quit\n{COMMAND}\n"
    )
    said = command(environ, "rehearse", words=lines)
    assert said.returncode == 0
    for text in ("Контакта petr нет", "Это никому не сказано", "Сообщения [9] нет", "Команды /dance нет"):
        assert text in said.stdout
    assert "Кто-то уже зовётся @anna или Анна: назовите иначе." in said.stdout
    assert "Есть контакт @petr: Пётр Седов." in said.stdout
    assert "Пётр Седов: привет" in said.stdout
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert "это не репетиция" in said.stdout
    assert "cannot be written" in said.stdout
    # After /quit nothing is said any more.
    assert "Задач не было." in said.stdout


def test_a_model_that_cannot_be_reached_is_named(environ: dict[str, str]) -> None:
    down = command(environ | {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "rehearse", words=f"{COMMAND}\nanna: да\n")
    assert down.returncode == 1
    assert "Модель не ответила: no answer from the model: 127.0.0.1:9 cannot be reached" in down.stdout
    assert "Анна Кузнецова: да" not in down.stdout


@pytest.mark.parametrize(
    ("arguments", "without", "code", "said"),
    [
        (["no-such-skill"], "", 1, "there is no skill 'no-such-skill'; there are: ask-question, assign-task, "),
        ([], "OPENAI_BASE_URL", 2, ""),
        (["--at", "soon"], "", 1, "'soon' is no date and time; write it like '2026-11-23 12:00'"),
        (["--model"], "", 2, "--model goes with --replay FILE"),
        (["--replay", "/nowhere.json"], "", 1, "/nowhere.json cannot be read: No such file or directory"),
    ],
)
def test_what_is_missing_is_named(
    environ: dict[str, str], arguments: list[str], without: str, code: int, said: str
) -> None:
    if without == "OPENAI_BASE_URL":
        del environ["OPENAI_API_KEY"]
        said = "OPENAI_API_KEY is missing"
    environ.pop(without, None)
    refused = command(environ, "rehearse", *arguments)
    assert refused.returncode == code
    assert said in refused.stderr
    assert refused.stderr.startswith("userbot: ")


def test_a_skill_that_is_broken_says_why(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "skills").unlink()
    (tmp_path / "skills" / "mine").mkdir(parents=True)
    (tmp_path / "skills" / "mine" / "SKILL.md").write_text("---\nname: mine\n---\n")
    (tmp_path / "skills" / "ask-question").symlink_to(CHECKOUT / "skills" / "ask-question")
    refused = command(environ, "rehearse", "mine")
    assert refused.returncode == 1
    assert "the skill mine cannot be used: description is missing" in refused.stderr


def test_a_skill_that_the_model_does_not_take_is_told(environ: dict[str, str]) -> None:
    """Whoever writes one has to know that it is its description that is wrong."""
    said = command(environ, "rehearse", "meeting", words=f"{COMMAND}\n")
    assert "Попробуйте: . договорись с @anna" in said.stdout
    assert "Навык schedule-meeting не понадобился" in said.stdout


def test_a_skill_of_ones_own_is_shown_by_what_it_does(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "skills").unlink()
    (tmp_path / "skills").mkdir()
    command(environ, "skills", "new", "price-offer")
    said = command(environ | {"OWNER_LANGUAGE": "en"}, "rehearse", "price_offer")
    assert "The skill: price-offer (type price_offer)." in said.stdout
    assert "What it does: Asks a contact about one thing and brings back the answer." in said.stdout


def test_a_model_elsewhere_is_warned_of(environ: dict[str, str]) -> None:
    """What is said goes there and costs money: that is to be known before the first word."""
    at_home = command(environ | {"OWNER_LANGUAGE": "en"}, "rehearse")
    assert "its replies cost money" not in at_home.stdout
    elsewhere = environ | {"OWNER_LANGUAGE": "en", "OPENAI_BASE_URL": "https://models.example.org/v1"}
    assert "its replies cost money" in command(elsewhere, "rehearse").stdout


class _Typist:
    """Somebody at a terminal."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "userbot", "rehearse"], BARE | environ)  # noqa: S606
        self.seen = ""

    def types(self, line: str) -> None:
        os.write(self._fd, line.encode())

    def sees(self, holds: Callable[[str], bool]) -> bool:
        until = time.monotonic() + 30
        while not holds(self.seen) and time.monotonic() < until:
            ready, _, _ = select.select([self._fd], [], [], 0.2)
            try:
                self.seen += os.read(self._fd, 65536).decode(errors="replace") if ready else ""
            except OSError:  # the other side is gone
                break
        return holds(self.seen)

    def ends(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def typist(environ: dict[str, str]) -> Iterator[_Typist]:
    environ["PYTHONPATH"] = str(CHECKOUT)
    typist = _Typist(environ)
    yield typist
    try:
        os.kill(typist.pid, signal.SIGKILL)
        os.waitpid(typist.pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def test_a_person_at_a_terminal_sees_what_comes_while_they_type(typist: _Typist) -> None:
    """In real time: the card, the words to the contact, an answer; Ctrl-D tells what came of it."""
    assert typist.sees(lambda seen: seen.endswith("> "))
    typist.types(COMMAND + "\n")
    assert typist.sees(lambda seen: OPENING in seen)
    typist.types(f"anna: {ANSWER}\n")
    assert typist.sees(lambda seen: "Спасибо, передам!" in seen)
    # What they typed themselves is on their screen already.
    assert typist.seen.count(ANSWER) <= 3
    typist.types("\x04")
    assert typist.sees(lambda seen: "completed, agreed" in seen and "Стоило" in seen)
    assert typist.ends() == 0


def test_ctrl_c_ends_it(typist: _Typist) -> None:
    assert typist.sees(lambda seen: seen.endswith("> "))
    typist.types("\x03")
    assert typist.ends() == 130
    assert "Traceback" not in typist.seen
