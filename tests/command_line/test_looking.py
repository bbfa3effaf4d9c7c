"""Protects who looks at it from the command line: what runs, what is open, what it cost, and what is wrong with it."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.command_line.conftest import BARE, CHECKOUT, NOW, PHONE, answer, command, hear, talking
from tests.telegram.door import environ_for
from userbot.rehearsal.telegram import TelegramServer
from userbot.store import usage
from userbot.store.tables import UsageRow


def test_status_while_it_runs(home: dict[str, str], database: Path) -> None:
    shown = command(home, "status")
    assert shown.returncode == 0
    assert shown.stdout == (
        f"running          yes (pid {os.getpid()})\n"
        "logged in        no: run `userbot login`\n"
        "open tasks       1 (1 pending)\n"
        "unsent messages  1\n"
        "model            gpt-6-luna (not asked yet)\n"
        "last 24 hours    1 of 500 turns, 1 of 300 messages, 70 of 2000000 tokens, $0.25 of $5.00\n"
        "last problem     2026-11-23 09:00 UTC  FLOOD_WAIT_30 (task 1)\n"
    )
    assert json.loads(command(home, "status", "--json").stdout) == {
        "running": True,
        "pid": os.getpid(),
        "logged_in": False,
        "owner_id": None,
        "open_tasks": {"pending": 1},
        "unsent_messages": 1,
        "account_limits": {},
        "model_answering": None,
        "spent_in_24_hours": {"turns": 1, "messages": 1, "tokens": 70, "dollars": 0.25},
        "most_in_24_hours": {"turns": 500, "messages": 300, "tokens": 2000000, "dollars": 5.0},
        "last_problem": {"at": "2026-11-23T09:00:00Z", "what": "FLOOD_WAIT_30", "task_id": 1},
    }


def test_status_says_that_the_account_is_limited(home: dict[str, str], database: Path) -> None:
    """A frozen account cannot write to Saved Messages: this is where its owner finds out."""
    usage.tell_once("account:FROZEN_METHOD_INVALID", NOW)
    shown = command(home, "status").stdout
    assert "account          FROZEN_METHOD_INVALID since 2026-11-23 09:00 UTC: Telegram has frozen it; open" in shown
    limits = json.loads(command(home, "status", "--json").stdout)["account_limits"]
    assert limits == {"FROZEN_METHOD_INVALID": "2026-11-23T09:00:00Z"}


def test_tasks_are_listed_in_the_owners_time(home: dict[str, str], database: Path) -> None:
    shown = command(home | {"OWNER_TIMEZONE": "Europe/Moscow"}, "tasks")
    assert shown.stdout.splitlines() == [
        "id  type     contact       status               waiting for  updated (Europe/Moscow)",
        "1   meeting  Борис Крылов  pending              contact      2026-11-23 12:00",
        "2   meeting  id 8          cancelled (stopped)  contact      2026-11-23 12:00",
    ]
    listed = json.loads(command(home, "tasks", "--json").stdout)
    assert [task["task_id"] for task in listed] == [1, 2]
    assert listed[0]["updated_at"] == "2026-11-23T09:00:00Z"
    assert "secret" not in shown.stdout + json.dumps(listed)


def test_usage_by_day_model_and_task(home: dict[str, str], database: Path) -> None:
    now = datetime.now(UTC)
    UsageRow.delete().execute()
    for task_id, cost in ((1, 0.25), (2, None)):
        usage.record_call(
            "t",
            7,
            now,
            task_id=task_id,
            model_asked="m",
            duration_s=1.0,
            input_tokens=10,
            output_tokens=2,
            cost_usd=cost,
        )
    usage.record_call("t", 7, now - timedelta(days=20), model_asked="old", duration_s=1.0, input_tokens=5)
    shown = command(home | {"OWNER_TIMEZONE": "Europe/Moscow"}, "usage")
    lines = [line.split() for line in shown.stdout.splitlines()]
    today = f"{now.astimezone(ZoneInfo('Europe/Moscow')):%Y-%m-%d}"
    assert [today, "2", "0", "20", "0", "4", "0", "$0.2500", "and", "1", "calls", "unknown"] in lines
    assert ["1", "1", "0", "10", "0", "2", "0", "$0.2500"] in lines
    assert ["2", "1", "0", "10", "0", "2", "0", "unknown"] in lines
    assert "old" not in shown.stdout
    listed = json.loads(command(home, "usage", "--json", "--days", "30").stdout)
    assert [(one["model"], one["task_id"], one["cost_usd"]) for one in listed] == [
        ("old", None, None),
        ("m", 1, 0.25),
        ("m", 2, None),
    ]
    assert command(home, "usage", "--days", "0").returncode == 2


def test_status_names_the_model_that_answers(home: dict[str, str], database: Path) -> None:
    assert re.search(r"^model +m1 \(not asked yet\)$", command(home | {"OPENAI_MODEL": "m1"}, "status").stdout, re.M)
    usage.record_call("t", 7, NOW, model_asked="m2", duration_s=1.0, finish_reason="stop")
    shown = command(home | {"OPENAI_MODEL": "m1"}, "status").stdout
    assert re.search(r"^model +m2 answers, instead of m1$", shown, re.M)
    assert json.loads(command(home, "status", "--json").stdout)["model_answering"] == "m2"


def test_looking_does_not_import_the_models_library(home: dict[str, str], database: Path) -> None:
    """It costs half a second and 50 MB, on a small computer more."""
    for name in ("status", "usage", "tasks"):
        looking = f"import sys; from userbot.__main__ import main; main([{name!r}]); sys.exit('openai' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", looking], env=BARE | home, capture_output=True, check=False)  # noqa: S603
        assert done.returncode == 0, name


def test_nothing_there_yet(home: dict[str, str], tmp_path: Path) -> None:
    assert command(home, "tasks").stdout == "no tasks yet\n"
    assert command(home, "tasks", "--json").stdout == "[]\n"
    assert command(home, "usage").stdout == "no model was asked\n"
    assert command(home, "usage", "--json").stdout == "[]\n"
    assert "running          no" in command(home, "status").stdout
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


def test_a_database_that_cannot_be_read(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "userbot.db").write_bytes(b"not a database" * 100)
    for name in ("status", "tasks"):
        done = command(home, name)
        assert (done.returncode, "database" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


# Doctor


def test_doctor(home: dict[str, str], tmp_path: Path) -> None:
    done = command(home, "doctor")
    assert done.returncode == 1
    assert re.search(r"^broken +settings +TELEGRAM_API_ID is missing", done.stdout, re.M)
    assert re.search(r"^ +→ run `userbot login`$", done.stdout, re.M)
    checks = json.loads(command(home, "doctor", "--json").stdout)
    assert {check["state"] for check in checks} <= {"ok", "warn", "broken"}
    assert set(checks[0]) == {"name", "state", "what", "mend"}
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


def test_doctor_is_content(home: dict[str, str], server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, TELEGRAM_PHONE=PHONE, OWNER_TIMEZONE="Europe/Moscow", OPENAI_API_KEY="sk-1")
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    with talking(environ, "login") as process:
        hear(process, "Code:")
        answer(process, server.last_code(PHONE))
        hear(process, "Password (not shown):")
        answer(process, "пароль")
        assert process.wait(30) == 0
    done = command(environ, "doctor", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert ZoneInfo("Europe/Moscow").key in done.stdout
