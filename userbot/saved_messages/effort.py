"""What a task took, for its report: the time from the owner's command to its end, and what the model cost."""

from userbot.saved_messages import when, wording
from userbot.saved_messages.when import Language
from userbot.store import costs
from userbot.store.tasks import Task


def effort_line(language: Language, task: Task) -> str:
    """One line about a closed task. A price nobody knows is said to be unknown, and is no zero."""
    span = when.span(language, task.updated_at - task.created_at)
    calls, dollars, unpriced = costs.of_task(task.id)
    if not calls:
        return wording.say(language, "effort.took", span=span)
    if unpriced:
        key = "effort.partly" if dollars else "effort.unknown"
    else:
        key = "effort.known" if dollars >= 0.005 or not dollars else "effort.tiny"
    cost = wording.say(language, key, dollars=f"{dollars:.2f}")
    return wording.say(language, "effort.took_and_cost", span=span, cost=cost)
