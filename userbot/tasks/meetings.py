"""An agreed meeting as plain facts, as they are stored until a calendar holds them; and its event's name. Pure."""

from datetime import UTC, datetime

from userbot.tasks.slots import Slot


def meeting_uid(owner_id: int, task_id: int, created_at: datetime) -> str:
    """The same for a task for ever; another one for a task of the same number in another database."""
    return f"{created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{owner_id}-{task_id}@userbot.invalid"


def meeting_facts(slot: Slot, summary: str, location: str | None = None) -> dict[str, str | None]:
    """What `store.busy.want_event` keeps of an agreed meeting."""
    return {
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "timezone": slot.timezone,
        "summary": summary,
        "location": location,
    }
