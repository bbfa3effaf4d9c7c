"""Which open task a contact's message belongs to. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class MatchedBy(StrEnum):
    QUOTE = "quote"  # it replies to one of the task's own messages
    LONE = "lone"  # there is only one open task
    MODEL = "model"  # the contact's conversation picked


@dataclass(frozen=True)
class Match:
    task_id: int
    by: MatchedBy


def match(open_task_ids: Collection[int], quoted_task_id: int | None) -> Match | None:
    """The task a message belongs to, or None when code cannot tell: then the contact's conversation does.

    `quoted_task_id`: the task of the message of ours it replies to, if any. A quote of a task that is closed says
    nothing about the open ones.
    """
    if quoted_task_id in open_task_ids and quoted_task_id is not None:
        return Match(quoted_task_id, MatchedBy.QUOTE)
    if len(open_task_ids) == 1:
        return Match(next(iter(open_task_ids)), MatchedBy.LONE)
    return None
