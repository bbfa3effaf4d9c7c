"""Backups: `userbot backup` makes one, also while the program runs; `userbot restore` puts one back into a home without
a database. A backup is a folder; what it holds stands in its manifest with its checksums."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from userbot import __version__
from userbot.config import Settings
from userbot.errors import OwnerMustAct
from userbot.store import copies, overview, restored
from userbot.telegram.session import SessionLock, make_private_folder

DATABASE, SESSION, SKILLS, MANIFEST = "userbot.db", "userbot.session", "skills", "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """`files`: SHA-256 in hex by name. `made_at`: ISO 8601, UTC."""

    version: str
    made_at: str
    files: dict[str, str]


@dataclass(frozen=True)
class Restored:
    made_at: datetime
    with_session: bool
    skills: tuple[str, ...]


def back_up(settings: Settings, folder: Path, now: datetime, *, with_session: bool = False) -> Path:
    """A new backup in `folder`; returns its own folder, which appears there whole or not at all.

    Holds the database and the skills; the session only when asked for, since it is a key to the account. Never `.env`.
    Raises OwnerMustAct when there is nothing to copy, or it cannot be written.
    """
    if not settings.database_path.exists():
        raise OwnerMustAct(f"there is no database at {settings.database_path} yet: nothing to back up")
    if with_session and not settings.session_path.exists():
        raise OwnerMustAct(f"there is no session at {settings.session_path}: log in first, or leave --with-session out")
    target = folder / f"userbot-{now:%Y%m%dT%H%M%SZ}"
    unfinished = folder / f".{target.name}.unfinished"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise OwnerMustAct(f"{target} is there already")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _fill(settings, unfinished, now, with_session)
        unfinished.rename(target)
        copies.sync(folder)
    except OSError as error:
        raise OwnerMustAct(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _fill(settings: Settings, place: Path, now: datetime, with_session: bool) -> None:
    copies.copy_sqlite(settings.database_path, place / DATABASE)
    if (found := copies.check_sqlite(place / DATABASE)) != "ok":
        raise OwnerMustAct(f"the database {settings.database_path} is damaged ({found}): keep the backups you have")
    if with_session:
        copies.copy_sqlite(settings.session_path, place / SESSION)
    for path in _files_below(settings.skills_dir):
        copy = place / SKILLS / path.relative_to(settings.skills_dir)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    files = {path.relative_to(place).as_posix(): _checksum(path) for path in _files_below(place)}
    manifest = Manifest(__version__, now.isoformat(timespec="seconds"), files)
    (place / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in _files_below(place):
        copies.sync(path)


def restore(settings: Settings, backup: Path) -> Restored:
    """Put `backup` into the home, which must have no database (and no session, where the backup holds one).

    Skills that the home has stay as they are. What was said and sent after the backup is not in it: see store/restored.
    Raises OwnerMustAct, and changes nothing then, when the backup is not whole, is of a newer version, or when the home
    is in use.
    """
    manifest = _read_manifest(backup)
    if (found := copies.check_sqlite(backup / DATABASE)) != "ok":
        raise OwnerMustAct(f"the database in {backup} is damaged ({found}): take another backup")
    if unknown := overview.read_condition(backup / DATABASE).unknown:
        raise OwnerMustAct(f"{backup} is of a newer version (it has {', '.join(unknown)}): update the program first")
    with SessionLock(settings.lock_path):
        wanted = {DATABASE: settings.database_path}
        if SESSION in manifest.files:
            wanted[SESSION] = settings.session_path
        for path in wanted.values():
            if path.exists():
                raise OwnerMustAct(
                    f"{path} is there already: move it away first, or set USERBOT_HOME to an empty folder"
                )
        made_at = datetime.fromisoformat(manifest.made_at)
        try:
            skills = _restore_skills(settings.skills_dir, backup / SKILLS)
            # The database last: only with it is anything restored.
            for name in sorted(wanted, reverse=True):
                _put(backup / name, wanted[name], made_at if name == DATABASE else None)
        except OSError as error:
            raise OwnerMustAct(f"{settings.home} cannot be written: {error.strerror or error}") from error
    return Restored(made_at, SESSION in wanted, skills)


def _put(source: Path, target: Path, restored_from: datetime | None) -> None:
    make_private_folder(target.parent)
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        copies.copy_sqlite(source, unfinished)
        if restored_from is not None:
            restored.mark_restored(unfinished, restored_from)
        unfinished.rename(target)
        copies.sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _restore_skills(skills_dir: Path, source: Path) -> tuple[str, ...]:
    if not source.is_dir():
        return ()
    missing = [place for place in sorted(source.iterdir()) if not (skills_dir / place.name).exists()]
    for place in missing:
        shutil.copytree(place, skills_dir / place.name)
    return tuple(place.name for place in missing)


def _read_manifest(backup: Path) -> Manifest:
    """Raises OwnerMustAct when this is no backup, or a file of it is not what it was."""
    try:
        manifest = Manifest(**json.loads((backup / MANIFEST).read_text(encoding="utf-8")))
        datetime.fromisoformat(manifest.made_at)
        names = {str(name): str(checksum) for name, checksum in manifest.files.items()}
        if DATABASE not in names or any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
            raise ValueError("no such files belong into a backup")
        changed = [name for name, checksum in names.items() if _checksum(backup / name) != checksum]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise OwnerMustAct(f"{backup} is no whole backup of userbot ({error}): take another one") from error
    if changed:
        raise OwnerMustAct(f"{backup} was changed or damaged ({', '.join(changed)}): take another backup")
    return manifest


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
