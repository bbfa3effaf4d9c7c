"""`.usage` in words: what the model cost in the last week, by day, model and task."""

from datetime import datetime, time, timedelta

from userbot.saved_messages import pieces, when, wording
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language
from userbot.store import costs
from userbot.store.costs import Costs, summed

DAYS = 7
# The dearest ones by name, the rest in one line: it is to be read on a phone.
TASKS_SHOWN = 8


def render_usage(language: Language, desk: Desk, now: datetime) -> str:
    today = now.astimezone(desk.zone).date()
    first = datetime.combine(today - timedelta(days=DAYS - 1), time(), desk.zone)
    found = costs.since(first, desk.zone)
    lines = [wording.say(language, "usage.head", days=when.counted(language, DAYS, "day"))]
    if not found:
        return "\n".join([*lines, wording.say(language, "usage.none")])
    for day, one in summed(found, lambda one: one.day).items():
        lines.append(_line(language, f"{day:%d.%m}", one))
    lines.append(wording.say(language, "usage.models"))
    for model, one in summed(found, lambda one: one.model).items():
        lines.append(_line(language, one_line(model, 64), one))
    return "\n".join([*lines, wording.say(language, "usage.tasks"), *_tasks(language, found)])


def _tasks(language: Language, found: list[Costs]) -> list[str]:
    of_tasks = summed([one for one in found if one.task_id is not None], lambda one: one.task_id)
    dearest = sorted(of_tasks.values(), key=lambda one: (one.cost_usd, one.input + one.output), reverse=True)
    rest = summed(dearest[TASKS_SHOWN:], lambda one: "usage.others")
    rest = {**rest, **summed([one for one in found if one.task_id is None], lambda one: "usage.no_task")}
    return [
        *(
            _line(language, wording.say(language, "usage.task", task_id=one.task_id), one)
            for one in dearest[:TASKS_SHOWN]
        ),
        *(_line(language, wording.say(language, key), one) for key, one in rest.items()),
    ]


def _line(language: Language, what: str, one: Costs) -> str:
    dollars = f"{one.cost_usd:.4f}" if one.cost_usd < 1 else f"{one.cost_usd:.2f}"
    key = "usage.unknown" if one.cost is None else "usage.partly" if one.unpriced else "usage.known"
    cost = wording.say(language, key, dollars=dollars, number=one.unpriced)
    tokens = pieces.number(one.input + one.output)
    return wording.say(language, "usage.line", what=what, calls=one.calls, tokens=tokens, cost=cost)
