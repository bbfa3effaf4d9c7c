"""When Telegram asked us to wait before writing to contacts, kept over restarts: a restart is no reason to hurry."""

from dataclasses import dataclass
from datetime import datetime

from userbot.store.tables import FloodRow


@dataclass(frozen=True)
class Flood:
    """`seconds`: how long Telegram wanted us to wait."""

    at: datetime
    seconds: float


def record(peer_id: int, seconds: float, now: datetime) -> None:
    FloodRow.create(at=now, peer_id=peer_id, seconds=seconds)


def since(at: datetime) -> list[Flood]:
    """Oldest first."""
    rows = FloodRow.select().where(FloodRow.at >= at).order_by(FloodRow.id)
    return [Flood(row.at, row.seconds) for row in rows]
