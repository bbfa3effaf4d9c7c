"""The tables as peewee sees them. Columns only: constraints and indexes live in the migrations, and a test keeps
the two equal."""

import json
from datetime import UTC, datetime
from typing import Any

from peewee import (
    AutoField,
    BigIntegerField,
    BooleanField,
    FloatField,
    IntegerField,
    Model,
    TextField,
)

from userbot.store.database import db


class _InstantField(TextField):
    """An aware UTC datetime, kept as text of one width ("2026-11-23T09:00:00.000Z") so that it sorts as it reads."""

    def db_value(self, value: datetime | None) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def python_value(self, value: str | None) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class _JsonField(TextField):
    def db_value(self, value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


def InstantField(**options: Any) -> Any:
    return _InstantField(**options)


def JsonField(**options: Any) -> Any:
    return _JsonField(**options)


class Table(Model):
    class Meta:
        database = db
        legacy_table_names = False


class Peer(Table):
    """A person this program has (or had) a task with, and the owner: how to address them, and how far we have read."""

    user_id = BigIntegerField(primary_key=True)
    access_hash = BigIntegerField()
    first_name = TextField()
    last_name = TextField(null=True)
    username = TextField(null=True)
    phone = TextField(null=True)
    # Grows with every change of this peer's journal: what a turn compares to know that nothing new has come.
    mark = IntegerField(default=0)
    # Every message up to this id has been seen by a sweep.
    swept_to = IntegerField(default=0)
    # They have read our messages up to this id.
    read_to = IntegerField(default=0)

    class Meta:
        table_name = "peer"


class JournalRow(Table):
    id = AutoField()
    peer_id = BigIntegerField()
    message_id = IntegerField()
    author = TextField()  # contact | owner
    text = TextField()
    media = TextField(null=True)
    reply_to = IntegerField(null=True)
    sent_at = InstantField()
    received_at = InstantField()
    revision = IntegerField(default=1)
    state = TextField()  # new | held | handled | history | deleted
    task_id = IntegerField(null=True)
    matched_by = TextField(null=True)  # quote | lone | model
    turn_id = TextField(null=True)
    forwarded = BooleanField(null=True)  # the words of somebody else
    about = TextField(null=True)  # what its media holds, in a line made by code
    heard = TextField(null=True)  # the transcript of a voice note; "" when nothing is said in it
    hearing_tries = IntegerField(null=True)
    grouped_id = BigIntegerField(null=True)  # the messages of one album share it

    class Meta:
        table_name = "journal"


class LedgerRow(Table):
    id = AutoField()
    peer_id = BigIntegerField()
    task_id = IntegerField(null=True)
    purpose = TextField()  # opening | reply | relay | card | answer | question
    text = TextField()
    entities = JsonField(null=True)
    reply_to = IntegerField(null=True)
    random_id = BigIntegerField(unique=True)
    state = TextField()  # proposed (waits for the owner's yes) | queued | sending | sent | failed | dropped
    not_before = InstantField(null=True)
    attempts = IntegerField(default=0)
    message_id = IntegerField(null=True)
    error = TextField(null=True)
    # The turn that wrote it and may take it back; none once the owner has said yes to it.
    turn_id = TextField(null=True)
    created_at = InstantField()
    sent_at = InstantField(null=True)
    rings = BooleanField(default=False)  # goes out as a scheduled message, which the owner's phone rings for
    scheduled_id = IntegerField(null=True)  # its id until then; message_id is what it becomes
    scheduled_for = InstantField(null=True)  # when the last try asked for it to go out
    file_name = TextField(null=True)
    file = TextField(null=True)  # sent with the text, as a document of this name

    class Meta:
        table_name = "ledger"


class TaskRow(Table):
    id = AutoField()
    owner_id = BigIntegerField()
    user_id = BigIntegerField()
    # The owner's message that asked for it: ids rise over all private chats, so older messages are before its time.
    command_message_id = IntegerField(null=True)
    task_type = TextField()
    context = JsonField()
    private_notes = TextField(null=True)
    mandate = JsonField(null=True)
    language = TextField()
    status = TextField()
    waiting_for = TextField(null=True)
    closed_because = TextField(null=True)
    paused = TextField(null=True)  # owner | takeover
    trouble = TextField(null=True)  # why nothing moves just now: a code that wording knows
    result = JsonField(null=True)
    evidence = JsonField(null=True)  # message ids of the contact that settle the result
    latest = TextField(null=True)  # the latest development in one line, in the model's words
    revision = IntegerField(default=1)
    created_at = InstantField()
    updated_at = InstantField()
    deadline = InstantField(null=True)
    next_followup_at = InstantField(null=True)
    mode = TextField(null=True)  # auto | first | draft; none in tasks older than the column: auto

    class Meta:
        table_name = "conversation_task"


class EventRow(Table):
    id = AutoField()
    task_id = IntegerField()
    at = InstantField()
    who = TextField()  # owner | contact | model | code
    what = TextField()
    message_id = IntegerField(null=True)
    details = JsonField(null=True)

    class Meta:
        table_name = "task_event"


class NoteRow(Table):
    id = AutoField()
    peer_id = BigIntegerField()
    task_id = IntegerField(null=True)
    kind = TextField()  # instruction | did
    text = TextField()
    state = TextField()  # new | read
    turn_id = TextField(null=True)
    at = InstantField()

    class Meta:
        table_name = "conversation_note"


class DeskRow(Table):
    id = AutoField()
    kind = TextField()  # choose | approve | ask | status | list | said | problem
    task_id = IntegerField(null=True)
    payload = JsonField()
    reply_to = IntegerField(null=True)
    ledger_id = IntegerField(null=True)
    state = TextField()  # open (a question without an answer) | done | void
    created_at = InstantField()
    stale = BooleanField(default=False)  # its message is to be edited

    class Meta:
        table_name = "desk_item"


class CardRow(Table):
    task_id = IntegerField(primary_key=True)
    ledger_id = IntegerField(null=True)
    shown = TextField(null=True)
    stale = IntegerField(default=1)  # how often its task changed since it was shown

    class Meta:
        table_name = "card"


class UsageRow(Table):
    id = AutoField()
    turn_id = TextField()
    peer_id = BigIntegerField()
    at = InstantField()
    model_asked = TextField()
    model_answered = TextField(null=True)
    input_tokens = IntegerField(null=True)
    output_tokens = IntegerField(null=True)
    cached_tokens = IntegerField(null=True)
    reasoning_tokens = IntegerField(null=True)
    cost_usd = FloatField(null=True)
    duration_s = FloatField()
    finish_reason = TextField(null=True)
    error = TextField(null=True)
    task_id = IntegerField(null=True)  # whose budget pays for it
    reckoned_tokens = IntegerField(null=True)  # in and out, where the server did not say

    class Meta:
        table_name = "usage"


class FloodRow(Table):
    """Telegram asked us to wait: what the breaker counts, over restarts too."""

    id = AutoField()
    at = InstantField()
    peer_id = BigIntegerField()
    seconds = FloatField()
    rest_until = InstantField(null=True)

    class Meta:
        table_name = "flood_wait"


class AccountRow(Table):
    """Whose account this database is about: one row."""

    user_id = BigIntegerField(primary_key=True)
    first_name = TextField()

    class Meta:
        table_name = "account"


class NoticeRow(Table):
    """What the owner was told about and need not be told again until it is over."""

    key = TextField(primary_key=True)
    at = InstantField()

    class Meta:
        table_name = "notice"


class PreferenceRow(Table):
    """What the owner has set by a command: `store/preferences.py` knows the values."""

    name = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "preference"


class BusyRow(Table):
    """When the owner is busy, as the calendar last said; nothing else of it."""

    id = AutoField()
    start_at = InstantField()
    end_at = InstantField()
    task_id = IntegerField(null=True)  # whose own meeting it is

    class Meta:
        table_name = "busy"


class CalendarReadRow(Table):
    """How the last reading of the calendar went: one row, or none before the first."""

    id = IntegerField(primary_key=True)
    fetched_at = InstantField(null=True)
    until = InstantField(null=True)
    failing_since = InstantField(null=True)
    why = TextField(null=True)

    class Meta:
        table_name = "calendar_read"


class HeldRow(Table):
    """A time that a task has offered or agreed: no other task may."""

    id = AutoField()
    task_id = IntegerField()
    start_at = InstantField()
    end_at = InstantField()
    state = TextField()  # offered | agreed
    created_at = InstantField()

    class Meta:
        table_name = "held_slot"


class EventJobRow(Table):
    """What the owner's calendar is to hold for a task, and whether it does: then there is no `next_try_at`."""

    task_id = IntegerField(primary_key=True)
    uid = TextField()
    sequence = IntegerField()
    meeting = JsonField(null=True)
    attempts = IntegerField(default=0)
    next_try_at = InstantField(null=True)
    error = TextField(null=True)

    class Meta:
        table_name = "event_job"


class PlanRow(Table):
    """One meeting with several people. `step` grows with every time proposed and every round of asking."""

    id = AutoField()
    phase = TextField()  # going | stuck (the owner is asked about times) | agreed | over
    step = IntegerField(default=0)
    tries = IntegerField(default=0)  # times proposed since the owner last said anything about it
    timezone = TextField()  # where the brief names none
    mandate = JsonField(null=True)  # the limits everybody was asked with
    proposed_start = InstantField(null=True)
    proposed_end = InstantField(null=True)
    stale = BooleanField(default=True)  # something happened to one of its tasks: what follows is to be looked at
    created_at = InstantField()

    class Meta:
        table_name = "plan"


class PlanMemberRow(Table):
    """What the task with one of these people has brought to the plan."""

    task_id = IntegerField(primary_key=True)
    plan_id = IntegerField()
    can = JsonField(null=True)  # stretches [start, end] in UTC in which this person can; none yet: null
    asked = IntegerField(default=0)  # the step of the plan that was last put to them
    yes = IntegerField(null=True)  # the step whose time they said yes to
    result = JsonField(null=True)  # with that yes
    evidence = JsonField(null=True)
    told = IntegerField(null=True)  # the step whose time they were told is settled
    is_out = BooleanField(default=False)  # the owner goes on without them

    class Meta:
        table_name = "plan_member"


TABLES = (
    *(Peer, JournalRow, LedgerRow, TaskRow, EventRow, NoteRow),
    *(DeskRow, CardRow, UsageRow, FloodRow, AccountRow, NoticeRow),
    *(BusyRow, CalendarReadRow, HeldRow, EventJobRow),
    *(PreferenceRow, PlanRow, PlanMemberRow),
)
