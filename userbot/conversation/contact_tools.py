"""The tools of a contact's conversation: which acts its turn may ask for, and what code holds each of them to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from userbot.conversation import calling_off, checkins, contact_acts, moving, plan_parts, reopening, results
from userbot.conversation.contact import Setting, World
from userbot.conversation.contact_acts import ContactAct
from userbot.conversation.saying import Speech
from userbot.conversation.tool_arguments import BadArguments, read
from userbot.model.messages import ToolCall, ToolSpec
from userbot.skills import Skill
from userbot.store import journal
from userbot.store.tasks import Task
from userbot.tasks import guard
from userbot.tasks.matching import MatchedBy

MAX_REPLIES = 3


@dataclass
class ContactToolbox:
    """One contact's turn: collects acts, refuses what may not be. See contact_acts.py for the tools."""

    world: World
    setting: Setting
    now: datetime
    most_replies: int = MAX_REPLIES
    acts: list[ContactAct] = field(default_factory=list)
    tools: Sequence[ToolSpec] = ()
    _is_last: bool = False
    _asked_whether_wholly: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._tasks = {task.id: task for task in self.world.tasks}
        today = self.now.astimezone(self.setting.zone).date()
        self._speech = Speech(self.world, self.setting.owner_name, today, self.acts)
        self._skills: dict[int, Skill] = {
            task.id: self.setting.skills.by_type[task.task_type]
            for task in self.world.tasks
            if task.task_type in self.setting.skills.by_type
        }
        schemas = [skill.result_schema for skill in self._skills.values()]
        allowed = [skill.allowed_tools for skill in self._skills.values()]
        tools = [
            tool
            for tool in contact_acts.contact_tools(sorted(self._tasks), schemas)
            # A skill's restriction holds where all open tasks' skills agree on it; the calls are checked again below.
            if any(names is None or tool.name in names for names in allowed) or not allowed
        ]
        if followed := [task.id for task in self.world.tasks if task.is_taken_on or self._may_be_done(task.id)]:
            tools.append(contact_acts.progress_tool(followed))
        if self.world.first:
            tools.append(moving.tool(sorted(self.world.first)))
        if self.world.parts:
            tools.append(plan_parts.tool(sorted(self.world.parts)))
        self.tools = tools

    async def call(self, call: ToolCall) -> str:
        self._is_last = False
        take = {
            "reply": self._reply,
            "update_conversation": self._update,
            plan_parts.RECORD_TIMES: self._record_times,
            checkins.TOOL: self._report_progress,
            moving.TOOL: self._first_time,
            "notify_owner": self._notify_owner,
            "ask_owner": self._ask_owner,
            "stay_silent": self._stay_silent,
        }[call.name]
        return take(call.name, call.arguments)

    def is_over(self) -> bool:
        return self._speech.is_given_up() or any(isinstance(act, contact_acts.StaySilent) for act in self.acts)

    def is_done(self) -> bool:
        return self._is_last

    def whole(self) -> list[ContactAct]:
        """The turn's acts once it is over, with what code answers where the model did not."""
        return [*self.acts, *self._speech.left_to_code()]

    def missing(self) -> str | None:
        if self._speech.is_given_up():
            return None
        replied = {act.task_id for act in self.acts if isinstance(act, contact_acts.Reply)}
        unopened = [task_id for task_id in self.world.openings if task_id not in replied]
        if unopened:
            return f"Call reply with the first message of task {', '.join(map(str, unopened))}."
        if untold := [task_id for task_id in self._to_tell() if task_id not in replied]:
            return f"Call reply and tell the contact that task {', '.join(map(str, untold))} is called off."
        unput = [task_id for task_id in self.world.owed if task_id not in replied and not self._is_settled(task_id)]
        if unput:
            return f"Call reply and put to the contact what is to be put for task {', '.join(map(str, unput))}."
        if all(isinstance(act, contact_acts.Mark) for act in self.acts):
            return "Call reply, or stay_silent if nothing needs an answer."
        return None

    def unsaid(self) -> str | None:
        if any(isinstance(act, contact_acts.Reply | contact_acts.StaySilent) for act in self.acts):
            return None
        return "The contact was written nothing yet. Call reply, or stay_silent if nothing needs an answer."

    def _may_be_done(self, task_id: int) -> bool:
        """May they write that what is asked of them is done already?"""
        return bool(self.world.new) and task_id in self._skills and self._skills[task_id].check_ins

    def _task(self, tool: str, task_id: int) -> Task:
        task = self._tasks.get(task_id)
        if task is None:
            known = ", ".join(map(str, sorted(self._tasks)))
            raise BadArguments(f"there is no open task {task_id} with this contact; open: {known}")
        skill = self._skills.get(task_id)
        if skill is not None and skill.allowed_tools is not None and tool not in skill.allowed_tools:
            raise BadArguments(f"{tool} is not allowed for task {task_id}")
        return task

    def _is_settled(self, task_id: int) -> bool:
        kinds = (
            contact_acts.Settle | contact_acts.Done | contact_acts.Decline | contact_acts.LeaveIt | contact_acts.SayYes
        )
        return any(isinstance(act, kinds) and act.task_id == task_id for act in self.acts)

    def _declines_wholly(self, task_id: int) -> bool:
        """Was it said before in this turn that the meeting itself is refused, and not that it is moved?"""
        asked = task_id in self._asked_whether_wholly
        self._asked_whether_wholly.add(task_id)
        return asked

    def _to_tell(self) -> list[int]:
        """What the contact has to be told is called off, unless the owner may have told them."""
        return [task_id for task_id in self.world.called_off if not calling_off.owner_wrote(task_id)]

    def _reply(self, tool: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", text="text", reply_to="id?", last="flag?")
        task = self._task(tool, given["task_id"])
        if sum(isinstance(act, contact_acts.Reply) for act in self.acts) >= self.most_replies:
            raise BadArguments(f"{self.most_replies} messages in a row are enough")
        if given["reply_to"] is not None and given["reply_to"] not in {line.message_id for line in self.world.read}:
            raise BadArguments("reply_to is not the id of a message in this dialog; use null")
        answer = self._speech.say(task, guard.clean(given["text"]), given["reply_to"])
        self._is_last = bool(given["last"]) and answer is None
        return answer or "Taken. It is sent when your turn ends."

    def _update(self, tool: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", status="text", result="object?", evidence="ids")
        task = self._task(tool, given["task_id"])
        evidence = tuple(dict.fromkeys(given["evidence"]))
        self._check_evidence(task, evidence, settles=given["status"] != "in_progress")
        if self._is_settled(task.id):
            raise BadArguments(f"task {task.id} was settled in this turn already")
        match given["status"]:
            case "in_progress":
                if evidence:
                    self.acts.append(contact_acts.Mark(task.id, evidence))
                return "Noted: nothing is settled yet."
            case "cancelled":
                if not evidence:
                    raise BadArguments("evidence must name the contact's message that refuses")
                if task.id in self.world.first and not self._declines_wholly(task.id):
                    raise BadArguments(moving.NOT_THE_MEETING)
                self.acts.append(contact_acts.Decline(task.id, evidence))
                return "Recorded: the contact refused. The task ends with this turn."
            case "completed":
                return self._complete(task, given["result"], evidence)
            case _:
                raise BadArguments("status must be in_progress, completed or cancelled")

    def _complete(self, task: Task, result: Mapping[str, Any] | None, evidence: tuple[int, ...]) -> str:
        if result is None:
            raise BadArguments("completed needs a result")
        if not evidence:
            raise BadArguments("evidence must name the contact's messages that settle it")
        skill = self._skills.get(task.id)
        if skill is None:
            raise BadArguments("the instructions for this type of task are missing; ask the owner")
        return self._take(task, skill, result, evidence)

    def _take(self, task: Task, skill: Skill, result: Mapping[str, Any], evidence: tuple[int, ...]) -> str:
        zone, check_ins = self.setting.zone, self.setting.check_ins
        part = self.world.parts.get(task.id)
        return results.take(task, skill, result, evidence, self.acts, self.now, zone, check_ins=check_ins, part=part)

    def _record_times(self, _: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", times="list", timezone="text", evidence="ids")
        part = self.world.parts.get(given["task_id"])
        if part is None:
            raise BadArguments("this task is no meeting of several people: use update_conversation")
        evidence = tuple(dict.fromkeys(given["evidence"]))
        if not evidence:
            raise BadArguments("evidence must name the contact's messages that say so")
        self._check_evidence(self._tasks[part.task_id], evidence, settles=True)
        act = plan_parts.take_times(part, given, evidence, self.now)
        # What they said last takes the place of what was recorded before, in this turn too.
        older = contact_acts.RecordTimes | contact_acts.SayYes
        self.acts[:] = [one for one in self.acts if not (isinstance(one, older) and one.task_id == part.task_id)]
        self.acts.append(act)
        return plan_parts.answer_to_times(part, act)

    def _report_progress(self, _: str, arguments: Mapping[str, object] | None) -> str:
        given = read(
            arguments, task_id="id", state="text", due_date="text?", due_time="text?", timezone="text?", evidence="ids"
        )
        # Whoever may record what was agreed may record what became of it.
        task = self._task("update_conversation", given["task_id"])
        evidence = tuple(dict.fromkeys(given["evidence"]))
        self._check_evidence(task, evidence, settles=True)
        if given["state"] not in checkins.STATES:
            raise BadArguments(f"state must be one of {', '.join(checkins.STATES)}")
        if not task.is_taken_on and not (given["state"] == "done" and self._may_be_done(task.id)):
            raise BadArguments(f"task {task.id} was not taken on yet: use update_conversation")
        if self._is_settled(task.id):
            raise BadArguments(f"task {task.id} was settled in this turn already")
        checkins.check_is_news(task, evidence)
        skill = self._skills.get(task.id)
        if given["state"] == "late":
            if skill is None:
                raise BadArguments("the instructions for this type of task are missing; ask the owner")
            return self._take(task, skill, checkins.with_date(task, given), evidence)
        if given["state"] == "stuck":
            self.acts.append(contact_acts.Stuck(task.id, evidence))
            return "The owner is asked. The answer comes later; tell the contact that you will come back to it."
        self.acts.append(contact_acts.Done(task.id, evidence))
        return "Recorded: it is done. The task ends with this turn: thank them in one short message."

    def _first_time(self, _: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", state="text", evidence="ids")
        task = self._task("update_conversation", given["task_id"])
        evidence = tuple(dict.fromkeys(given["evidence"]))
        self._check_evidence(task, evidence, settles=True)
        if self._is_settled(task.id):
            raise BadArguments(f"task {task.id} was settled in this turn already")
        owner_says = any(note.task_id == task.id for note in self.world.instructions)
        act = moving.take(task, given["state"], evidence, owner_says=owner_says, is_part=task.id in self.world.parts)
        self.acts.append(act)
        return moving.ANSWERS[type(act)]

    def _check_evidence(self, task: Task, evidence: tuple[int, ...], *, settles: bool) -> None:
        found = {entry.message_id: entry for entry in journal.find(self.world.contact.user_id, evidence)}
        for message_id in evidence:
            entry = found.get(message_id)
            if entry is None or entry.author != "contact" or entry.state not in ("new", "handled"):
                raise BadArguments(f"evidence: {message_id} is not a message of the contact in the time of this task")
            if settles and entry.forwarded:
                # Somebody else wrote it, perhaps long ago and about another matter: the contact said nothing by it.
                raise BadArguments(
                    f"evidence: {message_id} was forwarded, the words of somebody else: have them say it"
                )
            if message_id < (task.command_message_id or 0):
                raise BadArguments(f"evidence: {message_id} is older than the task")
            by_quote = self.world.matches.get(entry.id)
            # Taken for the only one that went on then: it may have been about another, which was paused.
            known = entry.task_id if entry.matched_by != MatchedBy.LONE else None
            belongs_to = known or (by_quote.task_id if by_quote else None)
            if belongs_to not in (None, task.id):
                raise BadArguments(f"evidence: {message_id} belongs to task {belongs_to}")
        if settles and evidence and max(evidence) < reopening.since(task):
            raise BadArguments("evidence: what they wrote before this was opened again does not settle it anew")

    def _notify_owner(self, tool: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", message="text")
        self.acts.append(
            contact_acts.NotifyOwner(self._task(tool, given["task_id"]).id, guard.clean(given["message"])[:300])
        )
        return "Taken: it will stand on the task's card."

    def _ask_owner(self, tool: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id", question="text")
        task = self._task(tool, given["task_id"])
        if task.id in {contact_acts.ended_by(act) for act in self.acts}:
            raise BadArguments(f"task {task.id} ends with this turn and waits for no answer; use notify_owner")
        self.acts.append(contact_acts.AskOwner(task.id, guard.clean(given["question"])[:600]))
        return "The owner is asked. The answer comes later; tell the contact that you will find out."

    def _stay_silent(self, _: str, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, reason="text")
        if self.world.openings:
            raise BadArguments("the first message must be written")
        if self.world.owed:
            raise BadArguments("what is to be put to the contact now must be written")
        if self._to_tell():
            raise BadArguments("the contact must be told that it is called off")
        self.acts.append(contact_acts.StaySilent(given["reason"][:300]))
        return "Noted."
