"""Wires the rooms together: what is started in which order, what watches over it, and how it ends."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from userbot.calendars import invitations
from userbot.calendars.calendar import Calendar
from userbot.calendars.keeping import Keeper
from userbot.card_keeper import CardKeeper
from userbot.clock import Clock
from userbot.config import Settings
from userbot.conversation import courtesy, moves, set_aside
from userbot.conversation.contact import Setting
from userbot.conversation.courtesy import Manners
from userbot.conversation.doing import Step
from userbot.conversation.hearing import Hearing
from userbot.conversation.owner import Command
from userbot.conversation.pictures import Pictures
from userbot.conversation.turn import Model
from userbot.dispatch.tools import Tools
from userbot.dispatch.workers import Dispatch
from userbot.errors import MachineFails, OwnerMustAct, TryAgain
from userbot.model.chain import ModelChain
from userbot.model.prices import Prices, read_prices
from userbot.model.speech import Transcriber
from userbot.people import Contact
from userbot.private import refuse_loose
from userbot.problems import Problems
from userbot.saved_messages import cards, commands, languages
from userbot.saved_messages.when import Language
from userbot.saved_messages.wording import language_of
from userbot.skills import Skills, load_skills
from userbot.store import database, journal, ledger, peers, tasks
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.supervisor import ALIVE_EVERY_S, Phase, Supervisor
from userbot.tasks.meetings import meeting_uid
from userbot.telegram import media
from userbot.telegram.client import Client, SessionLock, connect, disconnect, make_client, until_disconnected
from userbot.telegram.delivery import Delivery
from userbot.telegram.people import People
from userbot.telegram.presence import Presence
from userbot.telegram.refusals import login_ended
from userbot.telegram.updates import Intake, go_on_after_restore
from userbot.telegram.watch import Watch
from userbot.time_keeper import TimeKeeper, mind_the_clock
from userbot.waiting import either, first_to_end

log = logging.getLogger(__name__)

RECONNECT_S = (1.0, 5.0, 15.0, 60.0)


async def run(
    settings: Settings,
    *,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[], None] | None = None,
    environ: Mapping[str, str] | None = None,
    around_model: Callable[[Model], Model] = lambda model: model,
) -> None:
    """Run until `stop` is set; `on_ready` is called whenever commands begin to be taken.

    Raises OwnerMustAct when only the owner can mend it (logged out, say). A connection that is lost for good is made
    anew; everything else that fails ends the program, for its supervisor to start again: whatever was under way is in
    the database. A disk or a database that fails ends it with MachineFails. `environ` names the supervisor that is
    to be told how the program is, if there is one. `around_model`: who listens in on the model (a rehearsal).
    """
    clock = clock or Clock()
    stop = stop or asyncio.Event()
    refuse_loose(settings.private_folders)
    with SessionLock(settings.lock_path), database.failures_told():
        database.open_database(settings.database_path)
        supervisor = Supervisor(settings.alive_path, environ or {})
        supervisor.enter(Phase.CONNECTING)
        beating = asyncio.create_task(_keep_alive(supervisor))
        try:
            set_aside.mend_rows(clock.now())
            mind_the_clock(clock.now(), 0.0)
            skills = load_skills(settings.skills_dir)
            for fault in skills.faults:
                log.warning("skill %s: %s: %s", fault.folder, fault.severity, fault.text)
            if not skills.by_type:
                raise OwnerMustAct(f"no usable skill in {settings.skills_dir}: put the project's skills/ folder there")

            prices = read_prices(settings.prices_path)

            def ready() -> None:
                supervisor.enter(Phase.READY)
                if on_ready is not None:
                    on_ready()

            await _stay_connected(settings, skills, prices, clock, stop, ready, supervisor, around_model)
        finally:
            supervisor.enter(Phase.STOPPING)
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            database.close_database()


async def _stay_connected(
    settings: Settings,
    skills: Skills,
    prices: Prices,
    clock: Clock,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    supervisor: Supervisor,
    around_model: Callable[[Model], Model],
) -> None:
    attempt = 0
    while not stop.is_set():
        try:
            # A stop does not wait for a connection that is being made.
            connected = _Connected(settings, skills, prices, clock, on_ready, around_model)
            await first_to_end(stop.wait(), connected.run())
        except (TryAgain, ConnectionError) as error:
            supervisor.enter(Phase.CONNECTING)
            if connected.was_ready:
                attempt = 0
            wait_s = RECONNECT_S[min(attempt, len(RECONNECT_S) - 1)]
            if isinstance(error, TryAgain) and error.after_s is not None:
                # Telegram's own wish: asking sooner makes it longer.
                wait_s = max(wait_s, error.after_s)
            attempt += 1
            log.warning("no connection to Telegram (%s): again in %.0f s", error, wait_s)
            await either(stop.wait(), asyncio.sleep(wait_s))


async def _keep_alive(supervisor: Supervisor) -> None:
    while True:
        await asyncio.sleep(ALIVE_EVERY_S)
        supervisor.alive()


class _Connected:
    """The program during one connection."""

    def __init__(
        self,
        settings: Settings,
        skills: Skills,
        prices: Prices,
        clock: Clock,
        on_ready: Callable[[], None],
        around_model: Callable[[Model], Model],
    ) -> None:
        self._settings = settings
        self._around_model = around_model
        self._prices = prices
        self._skills = skills
        self._clock = clock
        self._on_ready = on_ready
        self._cards = CardKeeper(clock)
        self._problems = Problems(clock, self._changed)
        self._manners = Manners(
            zone=settings.owner_timezone,
            quiet=settings.quiet_hours,
            longest_answering_s=settings.reply_delay_max_s,
            hold=timedelta(seconds=settings.hold_s),
        )
        # Ended by an error only: the login is over, or what Telegram brought could not be stored.
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.was_ready = False
        self._owner: Contact | None = None
        self._dispatch: Dispatch | None = None

    async def run(self) -> None:
        client = make_client(self._settings)
        owner_id = peers.owner_id()
        # Also what Telegram replays while it connects may tell that a message was sent.
        self._presence = Presence(client, self._clock, typed_to=self._typed_to, is_taken_back=courtesy.came_to_nothing)
        try:
            # Handlers stand before the connection does: what Telegram replays on connecting must find them.
            if owner_id is not None:
                self._take_in(client, owner_id)
            self._owner = await connect(client)
            peers.remember_owner(self._owner)
            if owner_id is None:
                owner_id = self._owner.user_id
                self._take_in(client, owner_id)
            await self._serve(client, self._owner)
        finally:
            await disconnect(client)

    def _take_in(self, client: Client, owner_id: int) -> None:
        self._intake = Intake(
            client,
            self._clock,
            owner_id=owner_id,
            prefix=self._settings.command_prefix,
            lately=moves.LATELY,
            history=self._settings.dialog_lines,
            takes_voice=self._settings.voice_commands and self._settings.speech_settings is not None,
            on_journaled=self._woken,
            on_typing=self._typing,
            on_sent=self._sent,
            on_lost=self._end,
            on_read=self._cards.step,
        )
        self._intake.attach()

    async def _serve(self, client: Client, owner: Contact) -> None:
        owner_id = owner.user_id
        limits = self._settings.limits
        last = [entry.text for entry in journal.latest(owner_id, 20)]
        self._desk = cards.Desk(
            owner_id=owner_id,
            zone=self._settings.owner_timezone,
            skills=self._skills,
            language=languages.of_texts(owner.name, last, self._settings.owner_language),
            prefix=self._settings.command_prefix,
            limits=limits,
            per_minute=self._settings.messages_per_minute,
            model=self._settings.openai_model,
            manners=self._manners,
            meeting_file=self._meeting_file,
            is_typing=self._cards.is_typing,
            doing=self._doing,
        )
        self._delivery = Delivery(
            client,
            self._clock,
            owner_id=owner_id,
            per_minute=self._settings.messages_per_minute,
            hold_s=self._settings.hold_s,
            courteous=self._manners.due_at,
            on_sent=self._sent,
            on_refused=self._refused,
            on_waiting=self._held_up,
            # What the owner typed while this row was under way waited for its outcome.
            on_put_back=lambda row: self._woken(row.peer_id),
            on_account_limited=self._problems.account_limited,
            on_account_free=self._problems.account_free,
            on_rest=self._problems.rests,
            on_logged_out=self._lost_login,
        )
        watch = Watch(client, self._clock, owner_id=owner_id, lately=moves.LATELY, sweep=self._intake.sweep)
        self._calendar = Keeper(
            Calendar(self._settings.calendar_sources, self._settings.owner_timezone),
            self._clock,
            on_trouble=self._problems.calendar_fails,
            on_fine=self._problems.calendar_works,
            on_refused=self._problems.meeting_not_written,
        )
        model = ModelChain(
            self._settings.models,
            to_cloud=self._settings.fallback_to_cloud,
            on_usage=self._note_usage,
            prices=self._prices,
        )
        speech = self._settings.speech_settings
        transcriber = None if speech is None else Transcriber(speech, self._note_usage, self._prices)
        self._dispatch = Dispatch(
            Tools(
                model=self._around_model(model),
                directory=People(client, self._clock),
                setting=self._setting,
                read_dialog=watch.read,
                take_commands=self._take_commands,
                on_change=self._changed,
                on_answering=self._presence.wake,
                language=self._language,
                hearing=self._hearing(client, transcriber),
                pictures=self._pictures(client) if self._settings.pictures else None,
            ),
            self._clock,
            owner_id=owner_id,
            quiet_s=self._settings.quiet_s,
            dialog_lines=self._settings.dialog_lines,
            limits=limits,
            manners=self._manners,
        )
        try:
            await go_on_after_restore(client, owner, self._clock)
            # What is to go out may no longer be wanted: the owner may have written there while the program was off.
            # Before the owner's yes to a draft is read, what its contact said since.
            await watch.sweep([*sorted(ledger.peers_proposed()), owner_id, *sorted(ledger.peers_due() - {owner_id})])
            self._dispatch.wake_all()
            log.info("ready: account=%s open_tasks=%s", owner_id, tasks.count_open())
            self.was_ready = True
            self._on_ready()
            await first_to_end(
                self._delivery.run(),
                self._presence.run(),
                self._delivery.ringing.run(),
                self._cards.run(lambda: self._desk, self._delivery),
                watch.run(),
                watch.keep_swept(),
                self._time().run(),
                self._calendar.run(),
                _wait(self._dispatch.broken),
                _wait(self._over),
                until_disconnected(client),
            )
        finally:
            self._cards.close()
            await self._dispatch.close()
            await model.close()
            if transcriber is not None:
                await transcriber.close()

    # --- what the rooms tell each other -----------------------------------------------------------------------------

    def _woken(self, peer_id: int) -> None:
        if self._dispatch is not None:
            self._dispatch.wake(peer_id)
            self._cards.step(peer_id)

    def _typing(self, peer_id: int) -> None:
        if self._dispatch is not None:
            self._dispatch.quiet.typing(peer_id)
            self._cards.show_typing(peer_id)

    def _doing(self, command_message_id: int) -> Step | None:
        return None if self._dispatch is None else self._dispatch.doing.of(command_message_id)

    def _typed_to(self, now: datetime) -> set[int]:
        if not self._settings.show_typing or self._dispatch is None:
            return set()
        return self._manners.typed_to(self._dispatch.turns.answering, now)

    def _changed(self) -> None:
        self._delivery.wake()
        self._presence.wake()
        self._calendar.wake()
        self._cards.wake()

    def _note_usage(self, call: Any) -> None:
        if self._dispatch is not None:
            self._dispatch.turns.note_usage(call)

    def _sent(self, row: Outgoing) -> None:
        moves.delivered(row, self._clock.now())
        if self._settings.mark_read == "answered" and (up_to := courtesy.read_up_to(row)) is not None:
            self._presence.read(row.peer_id, up_to)
        self._presence.wake()
        self._cards.wake()
        # What was held because this row's outcome was unknown can be decided now.
        self._woken(row.peer_id)

    def _refused(self, row: Outgoing, name: str) -> None:
        moves.undeliverable(row, self._clock.now(), name)
        self._changed()

    def _held_up(self, row: Outgoing, why: str) -> None:
        if moves.held_up(row, why):
            self._cards.wake()

    def _meeting_file(self, task: Task, title: str, now: datetime) -> tuple[str, str] | None:
        if task.closed_because != "agreed" or task.result is None:
            return None
        uid = meeting_uid(task.owner_id, task.id, task.created_at)
        return invitations.meeting_file(task.result, title, now, uid=uid, sequence=task.revision)

    def _lost_login(self, name: str) -> None:
        self._end(login_ended(name))

    def _hearing(self, client: Client, transcriber: Transcriber | None) -> Hearing | None:
        if transcriber is None:
            return None

        async def transcribe(audio: bytes, kind: str) -> str:
            said = await transcriber.transcribe(audio, kind=kind)
            self._problems.speech_works()
            return said

        return Hearing(
            read_voice=lambda peer_id, message_id: media.read_voice(client, peer_id, message_id),
            transcribe=transcribe,
            on_refused=self._problems.speech_refused,
        )

    def _pictures(self, client: Client) -> Pictures:
        return Pictures(lambda peer_id, message_id: media.read_picture(client, peer_id, message_id))

    def _end(self, error: OwnerMustAct | MachineFails) -> None:
        """End this connection with `error`: the first one counts."""
        if not self._over.done():
            self._over.set_exception(error)
            # It may come before anybody waits for it.
            self._over.exception()

    def _take_commands(self) -> list[Command]:
        """Deal with every new command that needs no model, in order; the rest, still new, comes back."""
        waiting = journal.waiting(self._desk.owner_id, "new")
        if self._settings.speech_settings is not None:
            # What is not heard yet holds up nothing: a stop is done at once.
            waiting = [entry for entry in waiting if entry.text or not entry.is_to_be_heard]
        handled = [commands.handle(entry, self._desk, self._clock.now()) for entry in waiting]
        if waiting:
            # After `.lang` it is another one.
            self._desk = replace(self._desk, language=self._language(waiting[-1].words))
        return [command for command in handled if command is not None]

    def _setting(self, language: str) -> Setting:
        assert self._owner is not None  # noqa: S101  (known before anything is served)
        return Setting(
            self._owner.first_name or self._owner.name,
            languages.NAMES[language_of(language)],
            self._settings.owner_timezone,
            self._skills,
            self._desk.limits,
            self._settings.approval_mode,
            self._settings.check_ins,
        )

    def _language(self, text: str) -> Language:
        return languages.of_text(text, self._desk.language, self._settings.owner_language)

    def _time(self) -> TimeKeeper:
        return TimeKeeper(
            self._settings,
            self._clock,
            desk=lambda: self._desk,
            on_jump=self._delivery.wake,
            on_woken=self._woken,
            on_change=self._changed,
            on_looked=self._cards.wake,
            on_tick=self._look_after_plans,
        )

    def _look_after_plans(self) -> None:
        if self._dispatch is not None:
            self._dispatch.look_after_plans()


async def _wait(future: "asyncio.Future[None]") -> None:
    await asyncio.shield(future)
