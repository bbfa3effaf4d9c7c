"""Sentences about what was agreed and is still ahead: what somebody took on by a date, and what the owner calls off."""

from collections.abc import Mapping

AGREED_PHRASES: Mapping[str, tuple[str, str]] = {
    # What was taken on
    "card.taken_on": ("🤝 Взято, жду срока", "🤝 Taken on, waiting for its date"),
    "card.taken_on_asks": ("🤝 Взято. Спрошу, как дела: {at}", "🤝 Taken on. I ask how it stands: {at}"),
    "card.taken_on_over": (
        "⌛ Срок прошёл. На вопрос, сделано ли, ответа пока нет",
        "⌛ The date is over. No answer yet whether it is done",
    ),
    "progress.taken_on": (
        "🤝 № {task_id} · {who}: взято, срок {due}",
        "🤝 No. {task_id} · {who}: taken on, due {due}",
    ),
    "progress.put_off": (
        "⏰ № {task_id} · {who}: новый срок {due}, был {was}",
        "⏰ No. {task_id} · {who}: new date {due}, it was {was}",
    ),
    "ask.stuck": ("🆘 Сделать взятое не получается:", "🆘 They cannot go on with what they took on:"),
    "ask.stuck_answer": (
        "Ответьте на это сообщение, что передать.",
        "Reply to this message what to tell them.",
    ),
    "card.stuck": ("🆘 Сделать взятое не получается", "🆘 They cannot go on with what they took on"),
    "state.taken_on": ("взято, жду срока", "taken on, waiting for its date"),
    "closed.done": ("✅ Сделано, по словам контакта", "✅ Done, the contact says"),
    "closed.withdrawn": (
        "❌ Отмена. Договорённость больше не действует",
        "❌ Called off. What was agreed no longer holds",
    ),
    "closed.declined_later": ("❌ Было взято, потом отказ", "❌ Taken on, then declined"),
    "closed.no_report": (
        "❓ Было взято. Сделано ли, неизвестно: ответа нет",
        "❓ Taken on. Whether it is done is not known: no answer came",
    ),
    "closed.undeliverable_later": (
        "❌ Было взято. Сделано ли, неизвестно: сообщения больше не доходят",
        "❌ Taken on. Whether it is done is not known: messages no longer arrive",
    ),
    "state.done": ("сделано, по словам контакта", "done, the contact says"),
    "state.withdrawn": ("отмена, договорённость больше не действует", "called off, it no longer holds"),
    "state.declined_later": ("было взято, потом отказ", "taken on, then declined"),
    "state.no_report": ("взято, но сделано ли, неизвестно", "taken on, but whether it is done is not known"),
    "state.undeliverable_later": ("было взято, дальше не доставлено", "taken on, then not delivered"),
    "state.called_off": ("отменено вами, контакту сказано", "called off by you, the contact was told"),
    "state.stopped_untold": ("остановлено, контакту не сказано", "stopped, the contact was not told"),
    "ended.done": ("{outcome}: {said}", "{outcome}: {said}"),
    "event.taken_on": ("взято, со сроком", "taken on, by a date"),
    "event.put_off": ("новый срок", "a new date"),
    "event.checked_in": ("спрашиваю, как дела", "asking how it stands"),
    "event.stuck": ("у контакта не получается, вопрос к вам", "the contact is stuck, question to you"),
    "event.done": ("сделано, по словам контакта", "done, the contact says"),
    "problem.unagreed": (
        "↩️ {who}: изменено сообщение, по которому взята задача № {task_id}. Теперь там: {said} Считаю её не взятой и "
        "уточняю.",
        "↩️ {who}: the message by which task no. {task_id} was taken on was changed. It now says: {said} I count it as "
        "not taken on, and ask.",
    ),
    # What the owner calls off
    "card.calling_off": ("⏳ Отменяю: говорю об этом контакту", "⏳ Calling it off: telling the contact"),
    "closed.called_off": ("⏹ Отменено вами, контакту сказано", "⏹ Called off by you, the contact was told"),
    "closed.stopped_untold": (
        "⏹ Остановлено вами. Контакту об этом не сказано",
        "⏹ Stopped by you. The contact was not told",
    ),
    "report.act": (
        "Отменить или перенести, пока не началось: ответьте на эту карточку",
        "To call it off or move it, before it begins: reply to this card",
    ),
    "report.was": ("Было согласовано:", "It was agreed:"),
    "event.calling_off": ("вы отменили договорённость", "you called off what was agreed"),
    "event.called_off": ("контакту сказано об отмене", "the contact was told that it is off"),
    "event.call_off_dropped": ("вы передумали отменять", "you did not call it off after all"),
    "do.call_off": ("Отменить и сказать об этом контакту: {task}", "Call off, and tell the contact: {task}"),
    "do.call_off_words": ("Что сказать:", "What to say:"),
    "problem.calling_off": (
        "Отменяю, контакту скажу: задача № {task_id}.",
        "Calling it off, and telling the contact: task no. {task_id}.",
    ),
    "problem.calling_off_paused": (
        "Отменено, но задача № {task_id} на паузе и контакту не сказано. Сказать: {resume}",
        "Called off, but task no. {task_id} is paused and the contact was not told. To tell them: {resume}",
    ),
    "problem.stop_agreed": (
        "Здесь уже договорились: {stop} этого не отменяет, контакту ничего не сказано. Отменить: ответьте на карточку "
        "«отмени встречу». Перенести: «перенеси на пятницу».",
        "This is agreed already: {stop} does not call it off, the contact was told nothing. To call it off reply to "
        "the card: “cancel the meeting”. To move it: “move it to Friday”.",
    ),
    "problem.stopped_untold": (
        "⏹ Задача № {task_id} остановлена: больше ничего не пишу и не спрашиваю. Контакту об этом не сказано.",
        "⏹ Task no. {task_id} is stopped: I write and ask nothing more. The contact was not told.",
    ),
    "undo.call_off_back": (
        "№ {task_id}: договорённость остаётся в силе. Об отмене контакту ничего не ушло.",
        "No. {task_id}: what was agreed stands. Nothing about calling it off went to the contact.",
    ),
    "undo.call_off_stays": (
        "№ {task_id}: отмену не вернуть, контакту о ней уже сказано или будет сказано. Чтобы договориться снова, "
        "ответьте на карточку, пока задача открыта, или напишите новую команду.",
        "No. {task_id}: calling off stays, the contact is told of it. To agree again reply to the card while the task "
        "is open, or write a new command.",
    ),
}
