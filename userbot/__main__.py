"""The command line. A command imports what it needs and no more."""

import argparse
import asyncio
import contextlib
import gc
import importlib
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from userbot import __version__
from userbot.clock import Clock
from userbot.config import (
    ALL_PARTS,
    HOME_ONLY,
    LOGIN_PARTS,
    Settings,
    SettingsError,
    find_env_file,
    read_settings,
)
from userbot.errors import NotLoggedIn, TryAgain, UserbotError
from userbot.people import Contact, Several
from userbot.private import loose_file, refuse_loose
from userbot.settings_table import Part
from userbot.telegram.session import AlreadyRunning, SessionLock, find_lock_holder, read_session
from userbot.terminal import Terminal, choose_language

FINE, FAILED, USAGE, NOT_LOGGED_IN, ALREADY_RUNNING, INTERRUPTED = 0, 1, 2, 3, 4, 130

EXIT_CODES = """\
exit codes:
  0    done
  1    something failed (a full disk, a damaged file ...), `doctor` or `skills` found something broken, or `health` is
       bad
  2    wrong usage, or settings are missing or wrong
  3    not logged in: run `userbot login`
  4    already running
  130  interrupted

Settings are read from the environment and from .env; .env.example explains every one.
"""

log = logging.getLogger("userbot")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    # Whatever this process writes holds somebody's messages or keys.
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter is no reason to fail.
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    # What a person waits for at a terminal is said in words; only `run` keeps a log.
    _start_logging("ERROR")
    try:
        command: Callable[[argparse.Namespace, Mapping[str, str]], int] = options.command
        return command(options, os.environ)
    except SettingsError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        return _fail(USAGE, f"settings are missing or wrong; set them in .env or the environment:\n{problems}")
    except NotLoggedIn as error:
        return _fail(NOT_LOGGED_IN, str(error))
    except AlreadyRunning as error:
        return _fail(ALREADY_RUNNING, str(error))
    except TryAgain as error:
        return _fail(FAILED, f"{error}; try again later")
    except UserbotError as error:
        return _fail(FAILED, str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        # `userbot tasks | head`: nobody reads on, which is no failure. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="userbot",
        description="A secretary that lives inside its owner's own Telegram account.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"userbot {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[argparse.Namespace, Mapping[str, str]], int], about: str) -> Any:
        sub = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        sub.set_defaults(command=command)
        return sub

    sub = add("login", _login, "log in to Telegram, once")
    sub.add_argument("--qr", action="store_true", help="with a QR code for your phone instead of a code")
    add("logout", _logout, "end the login, here and at Telegram")
    add("run", _run, "be the secretary, until stopped")
    add("demo", _demo, "play the story on this machine, without Telegram, model or keys")
    sub = add("rehearse", _rehearse, "try a skill with your own model on invented people, without Telegram")
    sub.add_argument("skill", metavar="SKILL", nargs="?", help="its name or task type: shown, checked, with an example")
    sub.add_argument("--at", metavar="WHEN", help="begin then, by your own clock, such as '2026-11-23 12:00'; else now")
    sub.add_argument("--replay", metavar="FILE", type=Path, help="play a saved rehearsal again, with what was replied")
    sub.add_argument("--model", action="store_true", help="with --replay: say the same lines to your model instead")
    sub.add_argument("--as-set", action="store_true", help="with the pauses and quiet hours of your settings")
    for name, command, about in (
        ("status", _status, "say whether it runs, what is open, and what went wrong last"),
        ("tasks", _tasks, "list the tasks"),
        ("usage", _usage, "say what the model has cost, by day, model and task"),
        ("doctor", _doctor, "check everything the program stands on"),
    ):
        sub = add(name, command, about)
        sub.add_argument("--json", action="store_true", help="as JSON, for other programs")
        if name == "doctor":
            sub.add_argument("--offline", action="store_true", help="ask neither Telegram nor the model")
        if name == "usage":
            sub.add_argument(
                "--days", type=int, choices=range(1, 367), default=7, metavar="N", help="the last N days (7)"
            )
    sub = add("skills", _skills, "list the skills, and say what is wrong with them and how to mend it")
    sub.add_argument("--json", action="store_true", help="as JSON, for other programs")
    new = sub.add_subparsers(metavar="new NAME").add_parser("new", help="make a folder to start a skill from")
    new.add_argument("name", metavar="NAME", help="in lower case with hyphens, such as price-offer")
    new.set_defaults(command=_new_skill)
    sub = add("forget", _forget, "take a person's messages out of the database")
    sub.add_argument("who", help="@username, +phone number, numeric id, or the whole name")
    sub.add_argument("--yes", action="store_true", help="do not ask")
    add("health", _health, "say in one line whether the running program is alive, for supervisors")
    sub = add("backup", _backup, "put a copy of tasks, dialogs and skills into DIR, also while it runs")
    sub.add_argument("folder", metavar="DIR", type=Path)
    sub.add_argument("--with-session", action="store_true", help="also the session: a key to your whole account")
    sub = add("restore", _restore, "put a backup back, into a home that has no database")
    sub.add_argument("backup", metavar="BACKUP", type=Path, help="a folder that `userbot backup` made")
    add("export", _export, "write all tasks and how they came to be as JSON lines to standard output")
    return parser


def _login(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _settings(environ, LOGIN_PARTS)
    language = choose_language(settings.owner_language, environ)
    from userbot.store import database
    from userbot.telegram.login import login

    refuse_loose(settings.private_folders)
    with SessionLock(settings.lock_path), database.failures_told():
        database.open_database(settings.database_path)
        try:
            asyncio.run(login(settings, Terminal(), language, by_qr=options.qr))
        finally:
            database.close_database()
    return FINE


def _logout(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _settings(environ, LOGIN_PARTS)
    from userbot.telegram.logout import log_out

    with SessionLock(settings.lock_path):
        ended_now = asyncio.run(log_out(settings))
    sys.stdout.write("logged out\n" if ended_now else "Telegram had ended this login already; its file is removed\n")
    return FINE


def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _settings(environ, ALL_PARTS)
    _start_logging(settings.log_level)
    # Known without asking Telegram, and without making a session file that holds nothing.
    facts = read_session(settings.session_path)
    if facts is None or not facts.is_logged_in:
        raise NotLoggedIn("not logged in: run `userbot login`")
    for note in settings.notes:
        log.warning("%s", note)
    if settings.env_file is not None and (loose := loose_file(settings.env_file)) is not None:
        log.warning("%s %s: %s", loose.path, loose.what, loose.mend)
    from userbot import app

    return asyncio.run(_until_stopped(lambda stop: app.run(settings, stop=stop, environ=environ, on_ready=_settle_in)))


def _settle_in() -> None:
    """What is there after a start stays until the end: the collector need not look through it again and again, which
    costs a good part of every turn (docs/performance.md)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _until_stopped(run: Callable[[asyncio.Event], Coroutine[Any, Any, object]]) -> int:
    """SIGTERM, SIGHUP and Ctrl-C ask for an orderly end; a second one does not wait for it."""
    stop = asyncio.Event()
    received: list[signal.Signals] = []
    running = asyncio.ensure_future(run(stop))
    loop = asyncio.get_running_loop()

    def take(number: signal.Signals) -> None:
        received.append(number)
        stop.set()
        if len(received) > 1:
            running.cancel()

    numbers = [signal.SIGTERM, signal.SIGINT]
    # A terminal that closes; `nohup` means that it is to make no difference.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, take, number)
    try:
        await running
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
    return INTERRUPTED if signal.SIGINT in received else FINE


def _demo(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    # By name: the rehearsal is no part of the program itself.
    return int(importlib.import_module("userbot.rehearsal.demo").main())


def _rehearse(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    command = importlib.import_module("userbot.rehearsal.rehearse.command")
    if options.replay is not None:
        if options.skill or options.at or options.as_set:
            return _fail(USAGE, "--replay says all there is to say: it takes neither SKILL, --at nor --as-set")
        return int(command.run_again(environ, options.replay, with_model=options.model))
    if options.model:
        return _fail(USAGE, "--model goes with --replay FILE")
    return int(command.run(environ, options.skill, at=options.at, as_set=options.as_set))


def _status(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot import report

    settings = _settings(environ, HOME_ONLY)
    sys.stdout.write(report.status(settings, as_json=options.json))
    return FINE


def _tasks(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot import report

    settings = _settings(environ, HOME_ONLY)
    with contextlib.suppress(SettingsError):
        # In the owner's own time, if their zone is known.
        settings = _settings(environ, HOME_ONLY | {Part.OWNER})
    sys.stdout.write(report.tasks(settings, as_json=options.json))
    return FINE


def _usage(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot import report

    settings = _settings(environ, HOME_ONLY)
    with contextlib.suppress(SettingsError):
        settings = _settings(environ, HOME_ONLY | {Part.OWNER})
    sys.stdout.write(report.usage(settings, Clock().now(), options.days, as_json=options.json))
    return FINE


def _doctor(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot import doctor, report

    checks = asyncio.run(doctor.examine(environ, find_env_file(environ), offline=options.offline))
    sys.stdout.write(report.checks(checks, as_json=options.json))
    return FAILED if any(check.state is doctor.State.BROKEN for check in checks) else FINE


def _skills(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot import report
    from userbot.skills import Severity, load_skills

    found = load_skills(_settings(environ, HOME_ONLY).skills_dir)
    sys.stdout.write(report.skills(found, as_json=options.json))
    is_fine = found.by_type and all(fault.severity is not Severity.SKIPPED for fault in found.faults)
    return FINE if is_fine else FAILED


def _new_skill(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot.skill_start import start_skill

    place = start_skill(_settings(environ, HOME_ONLY).skills_dir, options.name)
    sys.stdout.write(
        f"{place}\nnext: edit SKILL.md and the schemas in assets/ (docs/skills.md says how), then `userbot skills` and "
        f"`userbot rehearse {options.name}`\n"
    )
    return FINE


def _forget(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _settings(environ, HOME_ONLY)
    if not settings.database_path.exists():
        return _fail(FAILED, f"there is no database {settings.database_path}")
    refuse_loose(settings.private_folders)
    from userbot.conversation import forgetting
    from userbot.store import database

    with SessionLock(settings.lock_path), database.failures_told():
        database.open_database(settings.database_path)
        try:
            match forgetting.find_known(options.who):
                case Contact() as person:
                    return _forget_person(settings, person, agreed=options.yes)
                case Several(people):
                    names = "".join(f"\n  {person.user_id}  {person.name}" for person in people)
                    return _fail(FAILED, f"several people are called so; name one by the number:{names}")
                case _:
                    return _fail(FAILED, f"the database knows nobody by {options.who!r}; `userbot tasks` names people")
        finally:
            database.close_database()


def _forget_person(settings: Settings, person: Contact, *, agreed: bool) -> int:
    from userbot.conversation import forgetting
    from userbot.store.forgetting import kept_of

    kept, still_open = kept_of(person.user_id), forgetting.open_tasks_with(person)
    terminal = Terminal()
    terminal.say(
        f"{person.name} (id {person.user_id}): {kept.received} messages received, {kept.sent} sent, {kept.tasks} tasks"
        + (f", of which {still_open} open: stopped first, without a word to them" if still_open else "")
    )
    if not agreed:
        question = "Take all of that out of the database? It cannot be undone. Type yes:"
        if asyncio.run(terminal.ask(question)).casefold() not in ("yes", "да"):
            terminal.say("Nothing was done.")
            return FAILED
    forgetting.forget(person, Clock().now())
    terminal.say(
        "Forgotten. Not touched: the dialog in Telegram, the cards in Saved Messages, your backups, "
        "and the name in the session file. What the model cost stays, as numbers."
    )
    # Made before the tables were changed: whole copies, of this person too.
    for copy in sorted(settings.data_dir.glob(f"{settings.database_path.stem}-before-*")):
        terminal.say(f"An older copy may still hold them; delete it yourself: {copy}")
    return FINE


def _health(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot.supervisor import read_health

    settings = _settings(environ, HOME_ONLY)
    is_running = find_lock_holder(settings.lock_path) is not None
    health = read_health(settings.alive_path, is_running, Clock().now())
    sys.stdout.write(f"{health.what}\n")
    return FINE if health.is_fine else FAILED


def _backup(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot.backup import back_up

    settings = _settings(environ, HOME_ONLY)
    made = back_up(settings, options.folder, Clock().now(), with_session=options.with_session)
    sys.stdout.write(f"{made}\n")
    if options.with_session:
        sys.stderr.write("userbot: this backup holds the key to your whole Telegram account: whoever has it, is you\n")
    return FINE


def _restore(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot.backup import restore

    settings = _settings(environ, HOME_ONLY)
    restored = restore(settings, options.backup)
    skills = f", skills: {', '.join(restored.skills)}" if restored.skills else ""
    sys.stdout.write(f"restored from {restored.made_at:%Y-%m-%d %H:%M} UTC{skills}\n")
    session = read_session(settings.session_path)
    if session is None or not session.is_logged_in:
        sys.stdout.write("next: `userbot login`, then `userbot run`\n")
    return FINE


def _export(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from userbot.store.export import export_tasks

    settings = _settings(environ, HOME_ONLY)
    if settings.database_path.exists():
        for line in export_tasks(settings.database_path):
            sys.stdout.write(line + "\n")
    return FINE


def _settings(environ: Mapping[str, str], needs: frozenset[Part]) -> Settings:
    return read_settings(environ, find_env_file(environ), needs=needs)


def _start_logging(level: str) -> None:
    """One line per outcome, to standard error; keeping and rotating them is the platform's business."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    # At lower levels these log addresses and requests, and people's messages with them.
    for name in ("telethon", "openai", "httpx", "httpx2", "httpcore", "httpcore2", "peewee", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _fail(code: int, text: str) -> int:
    sys.stderr.write(f"userbot: {text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
