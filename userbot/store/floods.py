"""When Telegram asked us to wait before writing to contacts, kept over restarts: a restart is no reason to hurry."""

from datetime import datetime

from userbot.store import rows
from userbot.store.tables import FloodRow


def record(peer_id: int, seconds: float, now: datetime, rest_until: datetime | None) -> None:
    """Telegram wanted us to wait `seconds`. `rest_until`: when nobody is to be written to before then because of it."""
    FloodRow.create(at=now, peer_id=peer_id, seconds=seconds, rest_until=rest_until)


def count_since(at: datetime) -> int:
    return int(FloodRow.select().where(FloodRow.at >= at).count())


def resting_until(now: datetime) -> datetime | None:
    """Until when no contact is written to; None when they may be."""
    latest = rows.value("SELECT max(rest_until) FROM flood_wait")
    until = None if latest is None else datetime.fromisoformat(str(latest))
    return until if until is not None and until > now else None
