"""updates.*: the account's state, and the difference between a state and now."""

from telethon.tl import functions, types

from userbot.rehearsal.telegram.changes import NewMessage
from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import people_of, render_entry, render_state
from userbot.rehearsal.telegram.wire import TL


@answers(functions.updates.GetStateRequest)
def get_state(call: Call, request: TL) -> TL:
    return render_state(call.account, call.world.clock.now())


@answers(functions.updates.GetDifferenceRequest)
def get_difference(call: Call, request: TL) -> TL:
    account, box, now = call.account, call.account.box, call.world.clock.now()
    if not 0 < request.pts <= box.pts:
        raise Refusal(400, "PERSISTENT_TIMESTAMP_INVALID")
    if request.pts < box.oldest_known_pts:
        return types.updates.DifferenceTooLong(pts=box.pts)
    entries = box.changes_after(request.pts)
    if not entries:
        return types.updates.DifferenceEmpty(date=now, seq=0)
    entries, later = entries[: call.server.difference_limit], entries[call.server.difference_limit :]
    new_messages: list[TL] = []
    other_updates: list[TL] = []
    people: set[int] = set()
    for entry in entries:
        people |= people_of(account, entry)
        update = render_entry(account, entry)
        if update is None:
            continue
        if not isinstance(entry.change, NewMessage):
            other_updates.append(update)
            continue
        new_messages.append(update.message)
        # This is how a client learns after a crash which of its sends has become which message.
        if (random_id := box.random_id_of.get(entry.change.message_id)) is not None:
            other_updates.append(types.UpdateMessageID(entry.change.message_id, random_id))
    state = render_state(account, now, pts=entries[-1].pts)
    kind = types.updates.DifferenceSlice if later else types.updates.Difference
    return kind(new_messages, [], other_updates, [], call.users(people), state)
