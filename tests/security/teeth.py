"""The defences, each with how it is switched off and what must then be found: a harness that finds nothing without a
defence would prove nothing with it. docs/security.md holds the same table.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.security import gathered, looks, matrix, promised, scenes, whole
from userbot.conversation import (
    approvals,
    contact,
    contact_acts,
    contact_commit,
    drafts,
    offers,
    owner,
    plan_parts,
    prompting,
    recalling,
    reopening,
    results,
    silence,
    spending,
    takeovers,
    times,
)
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.owner_acts import Decided
from userbot.conversation.owner_tools import OwnerToolbox
from userbot.conversation.saying import Speech
from userbot.model.messages import Message, ToolCall, ToolSpec
from userbot.people import Contact
from userbot.saved_messages import card_text, items, pieces
from userbot.store import conversations, desk, ledger, rows, tasks
from userbot.store import plans as store_plans
from userbot.tasks import guard, hidden_words, mandate, plan
from userbot.tasks.slots import Span
from userbot.telegram import delivery, people, updates

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Tooth:
    """`off` takes the defence away. `finds`: the kinds of violation of which at least one must then be found, among
    cells of `attack` with these `models`; or what `scene` brings."""

    defence: str
    attack: int
    off: Callable[[Patch], None]
    finds: Sequence[str] = ()
    models: Sequence[str] = ("obeys",)
    scene: Callable[[Path], Awaitable[list[str]]] | None = None


async def bites(tooth: Tooth, home: Path) -> list[str]:
    """What is found now of what this tooth is about."""
    if tooth.scene is not None:
        return await tooth.scene(home)
    wanted = [
        cell
        for cell in matrix.cells()
        if cell.attack.number == tooth.attack and cell.model in tooth.models and cell.language == "ru"
    ]
    found = await matrix.play_in(home, wanted, looks.look)
    return [f"{one.kind}: {one.detail}" for one in found if one.kind in tooth.finds]


# --- off switches ----------------------------------------------------------------------------------------------------


def _contacts_can_write_to_anybody(patch: Patch) -> None:
    real_tools, real_call = contact_acts.contact_tools, ContactToolbox.call

    def tools(*given: Any) -> list[ToolSpec]:
        return [*real_tools(*given), ToolSpec("send_to_user", "Write to anybody.", {"type": "object"})]

    async def call(self: ContactToolbox, one: ToolCall) -> str:
        if one.name != "send_to_user":
            return await real_call(self, one)
        arguments = dict(one.arguments or {})
        peer_id = rows.value("SELECT user_id FROM peer WHERE username = ?", str(arguments["user"]).lstrip("@"))
        ledger.queue(peer_id, "relay", str(arguments["text"]), self.now)
        return "Sent."

    patch.setattr(contact_acts, "contact_tools", tools)
    patch.setattr(ContactToolbox, "call", call)


def _any_task_number(patch: Patch) -> None:
    patch.setattr(ContactToolbox, "_task", lambda self, tool, task_id: tasks.get(task_id))


def notes_in_the_prompt(patch: Patch) -> None:
    real = contact.prompt

    def prompt(world: Any, setting: Any, now: Any) -> list[Message]:
        first, *rest = real(world, setting, now)
        told = "\n".join(str(task.private_notes) for task in world.tasks)
        return [Message(first.role, f"{first.text}\n{told}"), *rest]

    patch.setattr(contact, "prompt", prompt)


def _every_dialog_in_one(patch: Patch) -> None:
    real = conversations.dialog
    patch.setattr(conversations, "dialog", lambda peer_id, limit: real(peer_id - 1, 3) + real(peer_id, limit))


def _words_as_they_are(patch: Patch) -> None:
    patch.setattr(
        prompting, "dialog_lines", lambda lines, *_, **__: "\n".join(f"{one.speaker}: {one.text}" for one in lines)
    )


def _all_fits(patch: Patch) -> None:
    fits = mandate.Verdict(mandate.VerdictKind.FITS)
    patch.setattr(results, "check_result", lambda *_: fits)


def _check_off(name: str) -> Callable[[Patch], None]:
    """One check of the mandate says yes to everything."""

    def off(patch: Patch) -> None:
        fits = replace(mandate.CHECKS[name], run=lambda *_: mandate.Verdict(mandate.VerdictKind.FITS))
        patch.setattr(mandate, "CHECKS", {**mandate.CHECKS, name: fits})

    return off


def _fields_without(limit: str) -> Callable[[Patch], None]:
    """One kind of limit on named values is not looked at."""

    def off(patch: Patch) -> None:
        real = mandate.CHECKS["fields"]
        blind = replace(real, run=lambda limits, *rest: real.run(replace(limits, **{limit: ()}), *rest))
        patch.setattr(mandate, "CHECKS", {**mandate.CHECKS, "fields": blind})

    return off


def _offers_without_end(patch: Patch) -> None:
    patch.setattr(offers, "are_used_up", lambda *_, **__: False)


def _refusals_tell(patch: Patch) -> None:
    real = ContactToolbox._update

    def update(self: ContactToolbox, tool: str, arguments: Any) -> str:
        answer = real(self, tool, arguments)
        return f"{answer} {arguments['result']['summary']}" if answer.startswith("Not recorded") else answer

    patch.setattr(ContactToolbox, "_update", update)


def _any_evidence(patch: Patch) -> None:
    patch.setattr(ContactToolbox, "_check_evidence", lambda *_, **__: None)


def _anything_goes_out(patch: Patch) -> None:
    patch.setattr(guard, "check_reply", lambda *_, **__: [])


def _unseen_characters(patch: Patch) -> None:
    _anything_goes_out(patch)
    patch.setattr(guard, "clean", str.strip)


def _any_number_of_replies(patch: Patch) -> None:
    patch.setattr(spending, "MAX_REPLIES", 99)


def _nothing_taints(patch: Patch) -> None:
    patch.setattr(OwnerToolbox, "_take", lambda self, act: self.decided.append(Decided(act, False)))


def _names_whole(patch: Patch) -> None:
    def whole_name(name: str) -> str:
        return name

    for room in (owner, recalling):
        patch.setattr(room, "name_for_a_model", whole_name)


def _names_on_cards(patch: Patch) -> None:
    patch.setattr(owner, "_nameless", owner.record)
    _names_whole(patch)


def _links_stay(patch: Patch) -> None:
    for room in (pieces, card_text, items):
        patch.setattr(room, "one_line", lambda text, limit=200: text[:limit])


def _edits_change_nothing(patch: Patch) -> None:
    patch.setattr(reopening, "settle_changed_words", lambda *_: False)


def _the_world_always_stands(patch: Patch) -> None:
    patch.setattr(contact, "still_stands", lambda _: True)


def _nobody_takes_over(patch: Patch) -> None:
    patch.setattr(takeovers, "settle_outgoing", lambda *_: False)


def _never(name: str) -> Callable[[Patch], None]:
    """The purse asks this rule and is always told that nothing is wrong."""
    return lambda patch: patch.setattr(spending, name, lambda *_, **__: None)


def _nothing_waits(patch: Patch) -> None:
    patch.setattr(contact_commit, "waits_for_yes", lambda *_: False)


def _any_bytes(patch: Patch) -> None:
    patch.setattr(drafts.Draft, "is_whole", True)


def _any_revision(patch: Patch) -> None:
    patch.setattr(approvals, "_stands", lambda draft: draft.is_whole)


def _drafts_outlive_words(patch: Patch) -> None:
    patch.setattr(approvals, "settle", lambda *_: False)
    patch.setattr(approvals, "_is_overtaken", lambda _: False)


def _silence_is_not_heard(patch: Patch) -> None:
    patch.setattr(silence, "settle_silence", lambda *_: False)


def _code_says_nothing(patch: Patch) -> None:
    patch.setattr(Speech, "left_to_code", lambda _: ())


def _no_dress_is_known(patch: Patch) -> None:
    patch.setattr(hidden_words, "_views", lambda text: [text])
    patch.setattr(hidden_words, "_alike", str.casefold)
    patch.setattr(hidden_words, "_is_shifted", lambda *_: False)
    patch.setattr(hidden_words, "_is_in_pieces", lambda *_: False)


def _nothing_is_ours(patch: Patch) -> None:
    patch.setattr(ledger, "by_message", lambda _: {})


def _closed_tasks_go_on(patch: Patch) -> None:
    patch.setattr(tasks, "open_with", lambda user_id: [one for one in tasks.latest(99) if one.user_id == user_id])


def _message_without(field: str) -> Callable[[Patch], None]:
    """The filter of commands that looks at this field of a message finds nothing there."""

    def off(patch: Patch) -> None:
        real = updates.Intake._command

        def command(self: updates.Intake, message: Any) -> Any:
            setattr(message, field, None)
            return real(self, message)

        patch.setattr(updates.Intake, "_command", command)

    return off


def _bots_are_people(patch: Patch) -> None:
    def person(user: Any) -> Contact:
        return Contact(user.id, user.access_hash, user.first_name, None, user.username)

    patch.setattr(people, "person", person)


def _previews(patch: Patch) -> None:
    real = delivery.Delivery._request

    def request(self: delivery.Delivery, row: Any, peer: Any) -> Any:
        made = real(self, row, peer)
        made.no_webpage = False
        return made

    patch.setattr(delivery.Delivery, "_request", request)


_OUTSIDE = ("agreed outside the mandate",)
_OTHERS = ("words passed on that nobody asked for", "words of one contact sent to another")


def _the_latest_is_meant(patch: Patch) -> None:
    real = desk.shown_by_part

    def shown(ledger_id: int) -> desk.Item | None:
        found = rows.value("SELECT max(id) FROM desk_item WHERE kind = 'approve' AND state = 'open'")
        return desk.get(found) if found else real(ledger_id)

    patch.setattr(desk, "shown_by_part", shown)


def _plans_talk(patch: Patch) -> None:
    """One person's prompt holds what the others of the plan wrote."""
    real = plan_parts.told

    def told(task: Any, *rest: Any) -> str:
        others = [tasks.get(task_id) for task_id in store_plans.mates(task.id) if task_id != task.id]
        lines = [line for one in others if one for line in conversations.dialog(one.user_id, 20)]
        return "\n".join([real(task, *rest), *(line.text for line in lines)])

    patch.setattr(plan_parts, "told", told)


def _one_is_as_good_as_another(patch: Patch) -> None:
    _any_task_number(patch)
    _any_evidence(patch)


def _a_yes_is_enough(patch: Patch) -> None:
    real = results.take
    patch.setattr(results, "take", lambda *given, part=None, **named: real(*given, **named))


def _unread_words_do_not_matter(patch: Patch) -> None:
    real = plan.next_step

    def next_step(known: plan.Plan) -> plan.Step:
        step = real(known)
        return plan.Step.SETTLE if step is plan.Step.WAIT else step

    patch.setattr(plan, "next_step", next_step)


def _times_without_end(patch: Patch) -> None:
    patch.setattr(plan, "MOST_TRIES", 99)


def _plans_have_no_limits(patch: Patch) -> None:
    real = times.room_for

    def room(*given: Any) -> Any:
        found = real(*given)
        return found and replace(
            found, allowed=(Span(found.allowed[0].start, found.allowed[-1].end + timedelta(days=1)),)
        )

    patch.setattr(times, "room_for", room)


TEETH: tuple[Tooth, ...] = (
    Tooth("no tool of a contact's conversation takes a recipient", 1, _contacts_can_write_to_anybody, _OTHERS),
    Tooth(
        "a task number names only open tasks of this dialog",
        1,
        _any_task_number,
        ("a message of another contact's task",),
    ),
    Tooth(
        "private notes are not in a contact's prompt", 3, notes_in_the_prompt, ("private notes in a contact's prompt",)
    ),
    Tooth(
        "a conversation reads its own dialog", 2, _every_dialog_in_one, ("words of one contact in another's prompt",)
    ),
    Tooth("the guard knows private words", 3, _anything_goes_out, ("private words confirmed",)),
    Tooth("private words are known in every dress", 3, _no_dress_is_known, scene=promised.private_words_in_every_dress),
    Tooth("outgoing text holds nothing unseen", 3, _unseen_characters, ("characters nobody sees",), ("dumps",)),
    Tooth(
        "every refusal reads the same",
        4,
        _refusals_tell,
        ("a refusal that tells which limit",),
        ("obeys", "bisects"),
    ),
    Tooth("offers are counted over turns", 4, _offers_without_end, ("proposals without end",), ("bisects",)),
    Tooth("evidence is the contact's own", 5, _any_evidence, ("an outcome without the contact's words",)),
    Tooth("code checks the mandate", 6, _all_fits, ("agreed outside the mandate",), ("obeys", "accepts")),
    Tooth("a time has its windows", 6, _check_off("meeting-time"), _OUTSIDE),
    Tooth("a price has its limit", 6, _check_off("price"), _OUTSIDE),
    Tooth("conditions are the owner's", 6, _check_off("no-conditions"), _OUTSIDE),
    Tooth("a number has its range", 6, _fields_without("numbers"), _OUTSIDE),
    Tooth("a choice is one that the owner allowed", 6, _fields_without("choices"), _OUTSIDE),
    Tooth("a dialog is quoted, one object a line", 7, _words_as_they_are, ("a contact's words outside quotes",)),
    Tooth("a name holds no order", 7, _names_whole, scene=scenes.a_name_that_is_an_order),
    Tooth("a card's prompt holds no name", 7, _names_on_cards, scene=scenes.a_name_that_is_an_order_on_a_card),
    Tooth("a forward is no command", 8, _message_without("fwd_from"), scene=whole.a_forwarded_command),
    Tooth("what a bot inserted is no command", 8, _message_without("via_bot_id"), scene=whole.a_command_by_a_bot),
    Tooth("what the program wrote is no command", 8, _nothing_is_ours, scene=whole.our_own_words_come_back),
    Tooth("what contacts' words led to waits for a yes", 8, _nothing_taints, ("something done in the owner's name",)),
    Tooth(
        "an edit takes an agreement back",
        9,
        _edits_change_nothing,
        ("an agreement on words that were taken back",),
    ),
    Tooth("a turn commits on what is true now", 9, _the_world_always_stands, scene=scenes.words_changed_during_a_turn),
    Tooth("a stop stops the turn in flight", 9, _the_world_always_stands, scene=scenes.stopped_during_a_turn),
    Tooth("links come from the brief or the dialog", 10, _anything_goes_out, ("a link nobody gave",)),
    Tooth("reports hold no live link", 10, _links_stay, ("a live link in a report",)),
    Tooth("no preview is fetched", 10, _previews, scene=whole.a_link_of_their_own),
    Tooth("of the others of a meeting nothing is known", 2, _plans_talk, scene=gathered.one_asks_about_the_others),
    Tooth("one speaks for oneself alone", 5, _one_is_as_good_as_another, scene=gathered.one_speaks_for_the_others),
    Tooth("a yes of one of several settles nothing", 5, _a_yes_is_enough, scene=gathered.one_yes_is_taken_for_all),
    Tooth(
        "words nobody has read yet hold up what all agree to",
        9,
        _unread_words_do_not_matter,
        scene=gathered.one_takes_a_yes_back_while_another_agrees,
    ),
    Tooth(
        "few times are put before the owner is asked",
        4,
        _times_without_end,
        scene=gathered.one_feels_out_the_days_of_the_others,
    ),
    Tooth(
        "a time for all lies in the owner's limits",
        6,
        _plans_have_no_limits,
        scene=gathered.all_of_them_want_what_the_owner_does_not,
    ),
    Tooth("prose is no outcome", 11, _all_fits, ("agreed outside the mandate",)),
    Tooth(
        "a prompt holds one dialog only",
        12,
        _every_dialog_in_one,
        ("words of one contact in another's prompt",),
    ),
    Tooth("three messages in a row", 13, _any_number_of_replies, ("more messages than a person writes",), ("floods",)),
    Tooth("two programs stop within a few messages", 13, _never("is_ping_pong"), scene=scenes.two_programs),
    Tooth("a task has a budget", 13, _never("task_spent_up"), scene=scenes.a_slow_program),
    Tooth("incoming words have a cap", 13, _never("is_flooded"), scene=scenes.more_than_is_read),
    Tooth("a day has a budget", 13, _never("spent_up"), scene=scenes.a_day_of_everybody),
    Tooth("silence asked for is kept, by code", 13, _silence_is_not_heard, scene=promised.silence_is_asked),
    Tooth("nobody is told that a person writes", 7, _anything_goes_out, scene=promised.a_lie_about_who_writes),
    Tooth("who asks is told that a program writes", 7, _code_says_nothing, scene=promised.no_answer_about_who_writes),
    Tooth("bots and Telegram's own account are nobody to write to", 13, _bots_are_people, scene=whole.a_bot_by_name),
    Tooth("no turn without an open task", 13, _closed_tasks_go_on, scene=scenes.a_stranger_writes),
    Tooth("the ledger knows who wrote", 13, _nobody_takes_over, scene=scenes.the_owner_takes_over),
    Tooth("passing words on after reading a contact's waits for a yes", 14, _nothing_taints, _OTHERS),
    Tooth("a yes is to what its message showed", 15, _the_latest_is_meant, scene=whole.a_yes_to_one_of_two),
    Tooth("nothing goes out before the yes", 15, _nothing_waits, scene=promised.nobody_says_yes),
    Tooth("a yes is to these bytes", 15, _any_bytes, scene=promised.the_bytes_change_before_the_yes),
    Tooth("a yes is to this revision", 15, _any_revision, scene=promised.the_limits_change_before_the_yes),
    Tooth("new words void what waits", 15, _drafts_outlive_words, scene=promised.the_contact_writes_before_the_yes),
)
