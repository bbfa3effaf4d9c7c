"""`userbot doctor`: looks at everything the program stands on and says how to mend what is wrong; changes nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from userbot.checks import Check, State
from userbot.clock import Clock
from userbot.config import ALL_PARTS, HOME_ONLY, Settings, SettingsError, read_settings
from userbot.doctor_machine import check_disk, check_zone, free_bytes
from userbot.doctor_model import check_models
from userbot.errors import NotLoggedIn, OwnerMustAct, UserbotError
from userbot.private import find_loose, loose_file
from userbot.settings_table import Part
from userbot.skills import Severity, load_skills
from userbot.store import overview
from userbot.telegram.session import SessionLock, find_lock_holder, read_session

__all__ = ["Check", "State", "examine"]

# Telegram refuses clients whose clock is further off; long before, times in messages are wrong.
CLOCK_WARN_S, CLOCK_BROKEN_S = 10, 60
CALENDAR_DAYS = 14
# No computer's clock can rightly be earlier than the program itself.
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)


async def examine(
    environ: Mapping[str, str],
    env_file: Path | None,
    *,
    offline: bool = False,
    clock: Clock | None = None,
    free: Callable[[Path], int] = free_bytes,
) -> list[Check]:
    """Every check that the settings allow. `offline` asks neither Telegram nor the model. `free` says how many bytes
    may still be written to a folder's disk."""
    clock = clock or Clock()
    checks, usable = check_settings(environ, env_file)
    home = usable.get(Part.HOME)
    if home is None:
        return checks
    checks += check_files(home)
    checks += check_disk(home, free)
    telegram = usable.get(Part.TELEGRAM)
    checks += await check_telegram(telegram or home, clock, offline=offline or telegram is None)
    checks.append(check_database(home))
    checks += check_skills(home)
    owner = usable.get(Part.OWNER)
    if owner is not None:
        checks.append(check_clock(owner, clock))
        checks += check_zone(owner, environ, clock.now())
        if owner.calendar_sources.is_set:
            checks += await check_calendar(owner, clock, offline=offline)
    model = usable.get(Part.MODEL)
    if model is not None:
        checks += await check_models(model, clock.now().date(), offline=offline)
    return checks


def check_settings(environ: Mapping[str, str], env_file: Path | None) -> tuple[list[Check], dict[Part, Settings]]:
    """The settings of each part that is in order, so that one wrong part does not hide the state of the others."""
    try:
        settings = read_settings(environ, env_file)
    except SettingsError as error:
        checks = [
            Check("settings", State.BROKEN, problem, "set it in .env; .env.example explains it")
            for problem in error.problems
        ]
        usable: dict[Part, Settings] = {}
        for part in Part:
            try:
                usable[part] = read_settings(environ, env_file, needs=HOME_ONLY | {part})
            except SettingsError:
                continue
        return checks, usable
    found = f"complete, from {settings.env_file} and the environment" if settings.env_file else "complete"
    checks = [Check("settings", State.OK, found)]
    checks += [Check("settings", State.WARN, note, "correct it in .env") for note in settings.notes]
    return checks, dict.fromkeys(ALL_PARTS, settings)


def check_files(settings: Settings) -> list[Check]:
    """Who else on this computer can read what is secret."""
    env_files = dict.fromkeys(path.absolute() for path in (settings.home / ".env", settings.env_file) if path)
    # What `run` refuses to start with, and what it warns of.
    found = [(State.BROKEN, loose) for loose in find_loose(settings.private_folders)]
    found += [(State.WARN, loose) for path in env_files if (loose := loose_file(path)) is not None]
    checks = [Check("files", state, f"{loose.path} {loose.what}", loose.mend) for state, loose in found]
    return checks or [Check("files", State.OK, "nothing secret can be read by others")]


async def check_telegram(settings: Settings, clock: Clock, *, offline: bool) -> list[Check]:
    """The session, and whether Telegram takes it; asked on a copy, so that nothing in it changes."""
    try:
        facts = read_session(settings.session_path)
        if facts is None or not facts.is_logged_in:
            return [Check("session", State.BROKEN, "not logged in", "run `userbot login`")]
        if offline:
            return [Check("session", State.OK, f"a login of id {facts.user_id} is there; Telegram was not asked")]
        holder = find_lock_holder(settings.lock_path)
        if holder is not None:
            found = f"a login of id {facts.user_id} is there, and in use (pid {holder.pid}); Telegram was not asked"
            return [Check("session", State.OK, found)]
        with SessionLock(settings.lock_path):
            return await _ask_telegram(settings, clock)
    except NotLoggedIn as error:
        return [Check("session", State.BROKEN, str(error), "run `userbot login`")]
    except OwnerMustAct as error:
        return [Check("session", State.BROKEN, str(error))]
    except UserbotError as error:
        return [Check("session", State.BROKEN, str(error), "look at the network, or try again later")]


async def _ask_telegram(settings: Settings, clock: Clock) -> list[Check]:
    # Telethon takes a quarter of a second to import: only when it is needed.
    from userbot.telegram.client import connect, make_probe, server_time

    client = make_probe(settings)
    try:
        owner = await connect(client)
        off_by = (clock.now() - await server_time(client)).total_seconds()
    finally:
        await client.disconnect()
    checks = [Check("session", State.OK, f"logged in as {owner.name} (id {owner.user_id})")]
    if abs(off_by) > CLOCK_WARN_S:
        state = State.BROKEN if abs(off_by) > CLOCK_BROKEN_S else State.WARN
        direction = "ahead of" if off_by > 0 else "behind"
        checks.append(
            Check(
                "clock",
                state,
                f"this computer's clock is {timedelta(seconds=round(abs(off_by)))} {direction} Telegram's",
                "let the system set its clock over the network (NTP)",
            )
        )
    return checks


def check_database(settings: Settings) -> Check:
    path = settings.database_path
    if not path.exists():
        return Check("database", State.OK, "not made yet: `userbot run` makes it")
    try:
        condition = overview.read_condition(path)
    except OwnerMustAct as error:
        return Check("database", State.BROKEN, str(error))
    if condition.integrity != "ok":
        return Check("database", State.BROKEN, f"damaged: {condition.integrity}", "put back a backup")
    if condition.unknown:
        return Check(
            "database", State.BROKEN, f"of a newer version ({', '.join(condition.unknown)})", "update the program"
        )
    if condition.pending:
        return Check(
            "database",
            State.WARN,
            f"migrations to come: {', '.join(condition.pending)}",
            "they run by themselves at the next `userbot run`",
        )
    return Check("database", State.OK, "whole and up to date")


def check_skills(settings: Settings) -> list[Check]:
    skills = load_skills(settings.skills_dir)
    checks = [
        Check(
            "skills",
            State.BROKEN if fault.severity is Severity.SKIPPED else State.WARN,
            f"{fault.folder}: {fault.text}",
            f"{fault.mend} ({settings.skills_dir / fault.folder})",
        )
        for fault in skills.faults
    ]
    if not skills.by_type:
        mend = f"put the project's skills/ folder into {settings.home}"
        return [*checks, Check("skills", State.BROKEN, "none can be used", mend)]
    return [Check("skills", State.OK, ", ".join(sorted(skills.by_type))), *checks]


def check_clock(settings: Settings, clock: Clock) -> Check:
    now = clock.now()
    local = now.astimezone(settings.owner_timezone)
    if now < RELEASED:
        return Check("clock", State.BROKEN, f"it says {now:%Y-%m-%d %H:%M} UTC", "set this computer's clock")
    return Check("clock", State.OK, f"{local:%Y-%m-%d %H:%M} in {settings.owner_timezone.key}")


async def check_calendar(settings: Settings, clock: Clock, *, offline: bool) -> list[Check]:
    """Whether the calendar can be read, and how busy it says the owner is: no titles, and no address."""
    from userbot.calendars.calendar import Calendar
    from userbot.tasks.slots import Span

    calendar = Calendar(settings.calendar_sources, settings.owner_timezone)
    if offline and (settings.caldav_url or isinstance(settings.calendar_url, str)):
        return [Check("calendar", State.OK, "set; it was not asked")]
    now = clock.now()
    try:
        found = await calendar.busy_times(Span(now, now + timedelta(days=CALENDAR_DAYS)))
        names = await calendar.names()
    except UserbotError as error:
        mend = "look at CALENDAR_URL and the CALDAV_ settings in .env; docs/calendar.md"
        return [Check("calendar", State.BROKEN, str(error), mend)]
    what = f"{len(found.busy)} busy times in the next {CALENDAR_DAYS} days"
    checks = [Check("calendar", State.OK, what + (f", of {', '.join(names)}" if names else ""))]
    if len(names) > 1:
        what = f"CALDAV_URL names {len(names)} calendars: agreed meetings are written into none"
        checks.append(Check("calendar", State.WARN, what, "set it to one calendar's own address"))
    if found.unread:
        what = f"{found.unread} events cannot be understood: their times are not known to be busy"
        checks.append(Check("calendar", State.WARN, what, "look for them in the calendar's own program"))
    return checks
