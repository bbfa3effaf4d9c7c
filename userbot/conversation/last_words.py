"""What a contact says together with "do not write to me any more": if it settles a task, that is recorded. A turn that
can write nothing to anybody; everything with them had ended before it, by code (`silence.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from userbot.conversation import checkins, condensing, contact, moves, moving, standing, times
from userbot.conversation.contact import Setting, World
from userbot.conversation.contact_acts import Decline, Done, LeaveIt, Settle, StaySilent, TakeBack
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.model.messages import Message, ToolCall, user
from userbot.store import journal, peers, plans, tasks
from userbot.store.database import transaction
from userbot.store.tasks import Task
from userbot.tasks import rights
from userbot.tasks.lifecycle import CLOSES, Change, ClosedBecause

TOOLS = ("update_conversation", moving.TOOL, checkins.TOOL, "stay_silent")
NOTE = """\
The contact has asked not to be written to any more: nothing can be sent to them now or later, and nobody can be asked.
If what they wrote with it answers a task, record that with update_conversation (completed, or cancelled where they \
refuse), or, where you have them, report_progress (done only) or first_agreement: exactly and with nothing they did \
not say. That they want to be left alone refuses nothing that was agreed. Else call stay_silent."""
# After one of these nothing more is to be recorded of its task. Whoever takes a time back may still have named another.
_SETTLES = Settle | Done | Decline | LeaveIt


def say_more(texts: Sequence[str]) -> bool:
    """Is there anything in these messages beside the wish to be left alone?"""
    return any(rights.beside_silence(text) for text in texts)


def look(peer_id: int, dialog_limit: int, now: datetime) -> World | None:
    """The tasks that ended since this contact asked for silence, and what they wrote up to that, while it is unread;
    None when there is nothing of the kind."""
    who = peers.contact(peer_id)
    new = [entry for entry in journal.waiting(peer_id, "new") if entry.author == "contact"]
    if not new or who is None or tasks.has_open(peer_id):
        return None
    ended = [task for task in tasks.closed_since(peer_id, now - moves.LATELY) if _ended_by_it(task)]
    asked = max((task.evidence[-1] for task in ended if task.evidence), default=0)
    read = tuple(entry for entry in new if entry.message_id <= asked)
    if not ended or not read:
        return None
    return World(
        contact=who,
        mark=peers.mark(peer_id),
        tasks=tuple(ended[::-1]),
        new=read,
        lines=condensing.read(peer_id, dialog_limit).lines,
        first={task.id: stood.result for task in ended if (stood := standing.first(task)) is not None},
    )


def _ended_by_it(task: Task) -> bool:
    last = tasks.last_event(task.id, *CLOSES)
    return last is not None and last.what == Change.ASKED_SILENCE and plans.member(task.id) is None


def prompt(world: World, setting: Setting, now: datetime) -> list[Message]:
    return [*contact.prompt(world, setting, now), user(NOTE)]


@dataclass
class LastWordsToolbox(ContactToolbox):
    """Records a result, and nothing else."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tools = [tool for tool in self.tools if tool.name in TOOLS]

    async def call(self, call: ToolCall) -> str:
        if call.name not in TOOLS:
            raise BadArguments("nothing can be sent any more")
        if call.name == checkins.TOOL and (call.arguments or {}).get("state") != "done":
            # Another date would be followed, and the owner asked what to write: to them nothing is written.
            raise BadArguments("only done can be recorded: nobody can be asked how it stands any more")
        return await super().call(call)

    def missing(self) -> str | None:
        return None if self.acts else "Record what they said, or call stay_silent."

    def unsaid(self) -> str | None:
        return None

    def is_over(self) -> bool:
        return any(isinstance(act, StaySilent) for act in self.acts) or all(
            any(isinstance(act, _SETTLES) and act.task_id == task.id for act in self.acts) for task in self.world.tasks
        )


def commit(world: World, toolbox: ContactToolbox, turn_id: str, now: datetime) -> bool:
    """False when something changed since the turn read the world. What does not fit the mandate stays as their words
    on the card: nobody could go on about it."""
    with transaction():
        if not contact.still_stands(world) or any(tasks.get(task.id) != task for task in world.tasks):
            return False
        by_id = {task.id: task for task in world.tasks}
        journal.mark_handled([entry.id for entry in world.new], turn_id, world.tasks[-1].id)
        recorded = set()
        # A time that they take back matters only where nothing else was recorded.
        for act in sorted(toolbox.acts, key=lambda act: isinstance(act, TakeBack)):
            match act:
                case Settle() if _agreed(by_id[act.task_id], world, act, now):
                    recorded.add(act.task_id)
                case Done():
                    # What was taken on still is, as its result.
                    _open(by_id[act.task_id], now)
                    checkins.record_done(act, now)
                case Decline():
                    _refused(by_id[act.task_id], act.evidence, now)
                    recorded.add(act.task_id)
                case LeaveIt():
                    # As it was agreed is how it stands already.
                    recorded.add(act.task_id)
                case TakeBack() if act.task_id not in recorded:
                    # No other time can be looked for, since nothing may be written.
                    _refused(by_id[act.task_id], act.evidence, now)
    return True


def _open(task: Task, now: datetime) -> None:
    """For no longer than the transaction of the commit."""
    moves.move(task.id, Change.REOPENED, who="code", now=now)


def _agreed(task: Task, world: World, act: Settle, now: datetime) -> bool:
    if act.slot is not None and not times.promise(task, world.contact, act.slot, act.result, now):
        return False
    # Nobody is asked later how it stands, whatever the skill says.
    _open(task, now)
    return moves.agree(task.id, act.result, act.evidence, who="model", now=now)


def _refused(task: Task, evidence: tuple[int, ...], now: datetime) -> None:
    """What was to be moved stands no longer: its hour is free again."""
    stood = standing.first(task)
    if stood is None and task.closed_because == ClosedBecause.DECLINED and set(evidence) <= set(task.evidence):
        # It has ended by these very words, and the owner has read so.
        return
    columns: dict[str, object] = {"evidence": list(evidence)}
    if stood is not None:
        columns["result"] = None
    _open(task, now)
    details = {"evidence": list(evidence)}
    moves.move(task.id, Change.DECLINED, who="model", now=now, message_id=evidence[-1], details=details, **columns)
