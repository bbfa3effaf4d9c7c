"""The tools of the owner's conversation: each call is checked at once, and becomes an act or what the model reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from userbot.conversation import agreed, owner_acts, plan_without, prompting, times
from userbot.conversation.contact import Setting
from userbot.conversation.owner import SHOWN, Command, Unknown, record
from userbot.conversation.owner_acts import Decided, OwnerAct
from userbot.conversation.recalling import summary
from userbot.conversation.spending import may_pass_on
from userbot.conversation.tool_arguments import BadArguments, read
from userbot.model.messages import ToolCall, ToolSpec
from userbot.people import Contact, Directory, Found, Nobody, Several, name_for_a_model
from userbot.skills import Skill
from userbot.store import conversations, ledger, tasks
from userbot.store.tasks import Task
from userbot.tasks import guard, mandate
from userbot.tasks.lifecycle import Mode
from userbot.tasks.plan import MOST_PEOPLE

# What the status of a task holds of its dialog, and a list of tasks at the most.
STATUS_LINES = 6
STATUS_LINE_LIMIT = 400
LISTED = 40
CANDIDATES_SHOWN = 8


def _mode(given: str | None) -> str | None:
    if given is not None and given not in list(Mode):
        raise BadArguments(f"mode must be one of {', '.join(Mode)}, or null")
    return given


def _cannot(unkept: Sequence[str], skill: Skill) -> str:
    known = f" (by name: {', '.join(skill.limitable)})" if skill.limitable else ""
    return f"{', '.join(unkept)} cannot be kept by a task of this type{known}"


@dataclass
class OwnerToolbox:
    """One owner's turn: collects acts and notes which of them came after a contact's words were read."""

    command: Command
    setting: Setting
    directory: Directory
    now: datetime
    shown: Contact | Several | None = None
    decided: list[Decided] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    # The people of one meeting that could not begin, as the model named them.
    _unbegun: frozenset[str] = frozenset()
    tools: Sequence[ToolSpec] = ()

    def __post_init__(self) -> None:
        self._tainted = self.command.spoken
        skills = list(self.setting.skills.by_type.values())
        if self.command.focus is not None:
            self.tools = owner_acts.owner_tools_for_task(mandate.MANDATE_SCHEMA, [self.command.focus])
            # A question about all of them names none of them to the model: whom it leaves out, code reads.
            if self.command.question is None and plan_without.can_be(self.command.focus):
                self.tools = [*self.tools, plan_without.tool((self.command.focus,))]
        else:
            self.tools = owner_acts.owner_tools(
                [skill.task_type for skill in skills],
                [skill.brief_schema for skill in skills],
                mandate.MANDATE_SCHEMA,
                is_any_open=tasks.count_open() > 0 or bool(agreed.all_ahead(self.now)),
            )
            if plan_without.is_any():
                self.tools = [*self.tools, plan_without.tool()]

    async def call(self, call: ToolCall) -> str:
        match call.name:
            case "start_conversation":
                return await self._start(call.arguments)
            case "send_to_user":
                return await self._send(call.arguments)
            case "find_contact":
                return await self._find(call.arguments)
            case "get_conversation_status":
                return self._status(call.arguments)
            case "list_conversations":
                return self._list(call.arguments)
            case "steer_conversation":
                return self._steer(call.arguments)
            case "cancel_conversation":
                given = read(call.arguments, task_id="id", words="text?")
                words = guard.clean(given["words"] or "") or None
                self._take(owner_acts.Cancel(self._open_task(given["task_id"]).id, words))
                return "Taken."
            case plan_without.TOOL:
                task = self._open_task(read(call.arguments, task_id="id")["task_id"])
                if not plan_without.can_be(task.id):
                    raise BadArguments("nobody would be left, or it is no meeting of several people that is still open")
                self._take(owner_acts.LeaveOut(task.id))
                return "Taken."
            case _:
                given = read(call.arguments, text="text")
                self._take(owner_acts.Answer(guard.clean(given["text"])[: guard.REPLY_LIMIT]))
                return "Taken."

    def is_over(self) -> bool:
        return False

    def is_done(self) -> bool:
        return False

    def unsaid(self) -> str | None:
        return None

    def missing(self) -> str | None:
        if self.decided or self.unknown:
            return None
        return "Call the tool the command needs, or reply to ask the owner what is meant."

    def _take(self, act: OwnerAct) -> None:
        self.decided.append(Decided(act, self._tainted))

    async def _start(self, arguments: Mapping[str, object] | None) -> str:
        given = read(
            arguments,
            user="text",
            together_with="texts?",
            type="text",
            context="object",
            mandate="object?",
            private_notes="text?",
            mode="text?",
        )
        skill = self.setting.skills.by_type.get(given["type"])
        if skill is None:
            raise BadArguments(f"type must be one of {', '.join(self.setting.skills.by_type)}")
        faults = [f"context: {fault}" for fault in skill.check_brief(given["context"])]
        limited = None
        if given["mandate"] is not None:
            try:
                limited = mandate.parse_mandate(given["mandate"], self.now)
            except mandate.MandateError as error:
                faults.append(f"mandate: {error}")
            if unkept := skill.unkept(limited):
                faults.append(f"mandate: {_cannot(unkept, skill)}; leave it empty")
        others = [query.strip() for query in given["together_with"] or () if query.strip() != given["user"]]
        if others and not times.is_timed(skill):
            faults.append("together_with is for meetings only: one call for each person")
        if len(others) >= MOST_PEOPLE:
            faults.append(f"together_with: one meeting of more than {MOST_PEOPLE} people cannot be arranged so")
        if faults:
            raise BadArguments("; ".join(faults))
        if {given["user"], *others} < self._unbegun:
            raise BadArguments(
                "one meeting with all of them was wanted: the owner is told, and nobody of them is written to"
            )
        if others:
            return await self._start_plan([given["user"], *dict.fromkeys(others)], skill, given, limited)
        who = await self._who(given["user"])
        if isinstance(who, str):
            return who
        self._take(
            owner_acts.StartConversation(
                who,
                given["user"],
                skill.task_type,
                dict(given["context"]),
                None if limited is None else limited.to_json(),
                given["private_notes"],
                _mode(given["mode"]),
            )
        )
        return self._taken(who, given["user"])

    async def _start_plan(
        self, queries: Sequence[str], skill: Skill, given: Mapping[str, Any], limits: mandate.Mandate | None
    ) -> str:
        """One meeting with all of these, or none: with somebody missing it would be another meeting."""
        found = [await self._who(query) for query in queries]
        if unknown := [who for who in found if isinstance(who, str)]:
            self._unbegun = frozenset(queries)
            self.unknown = [replace(one, of_plan=True) if one.query in queries else one for one in self.unknown]
            return " ".join([*unknown, "Nothing was started, with nobody."])
        self.unknown = [replace(one, of_plan=False) for one in self.unknown]
        who = tuple(one for one in found if not isinstance(one, str))
        self._take(
            owner_acts.StartPlan(
                who,
                tuple(queries),
                self.setting.zone.key,
                skill.task_type,
                dict(given["context"]),
                None if limits is None else limits.to_json(),
                given["private_notes"],
                _mode(given["mode"]),
            )
        )
        unclear = next((one for one in who if isinstance(one, Several)), who[0])
        return self._taken(unclear, ", ".join(queries))

    async def _send(self, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, user="text", text="text")
        text = guard.clean(given["text"])
        if not text or guard.utf16_length(text) > guard.MESSAGE_LIMIT:
            raise BadArguments("text must be one message that is not empty")
        who = await self._who(given["user"])
        if isinstance(who, str):
            return who
        self._check_first_contacts(who)
        self._take(owner_acts.SendToUser(who, given["user"], text))
        return self._taken(who, given["user"])

    def _check_first_contacts(self, who: Contact | Several) -> None:
        """A task's first message waits for its day; words passed on are for now or not at all (invariant 13)."""
        if isinstance(who, Several):
            return  # it is looked at when the owner has chosen
        sends = [one.act for one in self.decided if isinstance(one.act, owner_acts.SendToUser)]
        promised = {act.who.user_id for act in sends if isinstance(act.who, Contact)} - {who.user_id}
        beside = sum(not ledger.latest(user_id, 1) for user_id in promised)
        if not may_pass_on(who.user_id, self.setting.limits, self.now, beside):
            raise BadArguments(
                "no more new people may be written to today (FIRST_CONTACTS_PER_DAY): say so to the owner with reply"
            )

    async def _who(self, query: str) -> Contact | Several | str:
        """Whom the owner means, or what to tell the model when nobody can be found."""
        who: Found
        if self.shown is not None and query.casefold() == SHOWN:
            who = self.shown
        else:
            who = await self.directory.find(query)
        if isinstance(who, Nobody):
            self.unknown.append(Unknown(query, who.why))
            return f"Error: nobody found for {query[:64]!r} ({who.why}). The owner is told. Do not guess another name."
        self.unknown = [unknown for unknown in self.unknown if unknown.query != query]
        return who

    def _taken(self, who: Contact | Several, query: str) -> str:
        """Named as the owner did: the person's own name is theirs to choose, and would taint the turn."""
        if isinstance(who, Several):
            return "Taken. It is not clear who is meant: the owner is asked, do not ask yourself."
        if self._tainted:
            return f"Taken, with {query}. It waits for the owner's yes."
        return f"Taken, with {query}."

    async def _find(self, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, query="text")
        who = await self.directory.find(given["query"])
        if isinstance(who, Nobody):
            return prompting.quoted({"found": [], "why": who.why})
        found = who.candidates if isinstance(who, Several) else (who,)
        # People choose their names.
        self._tainted = True
        shown = [{"name": name_for_a_model(one.name), "username": one.username} for one in found[:CANDIDATES_SHOWN]]
        return prompting.quoted({"found": shown})

    def _status(self, arguments: Mapping[str, object] | None) -> str:
        given = read(arguments, task_id="id")
        task = tasks.get(given["task_id"])
        if task is None:
            raise BadArguments(f"there is no task {given['task_id']}; see list_conversations")
        # From here on a stranger's words stand in this turn's context.
        self._tainted = True
        self._take(owner_acts.ShowStatus(task.id))
        lines = conversations.dialog(task.user_id, STATUS_LINES)
        return prompting.quoted(
            {
                **record(task, self.setting),
                "result": task.result and dict(task.result),
                "latest": task.latest and prompting.capped(task.latest),
                "last_messages": [
                    prompting.shown_line(
                        line,
                        prompting.local(line.at, self.setting.zone),
                        self.setting.owner_name,
                        limit=STATUS_LINE_LIMIT,
                    )
                    for line in lines
                ],
            }
        )

    def _list(self, arguments: Mapping[str, object] | None) -> str:
        read(arguments)
        self._take(owner_acts.ShowList())
        return prompting.quoted({"tasks": [summary(task, self.command.text) for task in tasks.latest(LISTED)]})

    def _steer(self, arguments: Mapping[str, object] | None) -> str:
        given = read(
            arguments, task_id="id", instruction="text?", mandate="object?", private_notes="text?", mode="text?"
        )
        task = self._open_task(given["task_id"])
        if not given["instruction"] and (given["mandate"] is not None or not given["private_notes"]):
            raise BadArguments("instruction may be null only where private_notes is all there is")
        if not given["instruction"] and task.status not in tasks.OPEN:
            raise BadArguments("of what is agreed only an instruction can be given")
        limited = None
        if given["mandate"] is not None:
            skill = self.setting.skills.by_type.get(task.task_type)
            try:
                limited = mandate.parse_mandate(given["mandate"], self.now)
            except mandate.MandateError as error:
                raise BadArguments(f"mandate: {error}") from error
            if skill is not None and (unkept := skill.unkept(limited)):
                raise BadArguments(f"mandate: {_cannot(unkept, skill)}")
        stored = None if limited is None else limited.to_json()
        # Without what nobody sees: the owner may have to say yes to exactly this.
        instruction = guard.clean(given["instruction"] or "") or None
        self._take(owner_acts.Steer(task.id, instruction, stored, given["private_notes"] or None, _mode(given["mode"])))
        return "Taken."

    def _open_task(self, task_id: int) -> Task:
        task = tasks.get(task_id)
        if task is None or not agreed.can_change(task, self.now):
            raise BadArguments(f"task {task_id} is not open; see list_conversations")
        if self.command.focus is not None and task_id != self.command.focus:
            raise BadArguments(f"this reply is for task {self.command.focus} only")
        return task
