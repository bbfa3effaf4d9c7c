"""Sentences about an agreement that its owner has moved: what stands meanwhile, and what came of it.

`phrases.py` takes them in.
"""

from collections.abc import Mapping

MOVES_PHRASES: Mapping[str, tuple[str, str]] = {
    # While the move is open
    "first.stands": (
        "📌 Пока не договорились о другом, в силе прежнее время: {time}",
        "📌 The time agreed before stands until there is another: {time}",
    ),
    "first.past": (
        "⚠️ Прежнее время прошло, а о другом не договорились: {time}",
        "⚠️ The time agreed before is over, and there is no other yet: {time}",
    ),
    "first.act": (
        "Ответьте на эту карточку: «оставь как было», «отмени встречу» или как продолжить. Не переносить: {stop}",
        "Reply to this card: “leave it as it was”, “cancel the meeting”, or how to go on. Not to move it: {stop}",
    ),
    # What came of it
    "left.no_answer": ("Ответа о переносе нет", "No answer about moving it"),
    "left.expired": ("Время для переноса вышло", "Time ran out for moving it"),
    "left.stopped": ("Перенос остановлен вами", "You stopped moving it"),
    "left.undeliverable": ("Просьба о переносе не доставлена", "The wish to move it was not delivered"),
    "left.asked_silence": (
        "Просьба больше не писать, о переносе не договорились",
        "Asked not to be written to, nothing was agreed about moving it",
    ),
    "left.left": ("Без переноса", "Not moved"),
    "left.stands": ("📌 {why}. Прежняя договорённость в силе", "📌 {why}. What was agreed before stands"),
    "left.past": ("⚠️ {why}. Прежнее время уже прошло", "⚠️ {why}. The time agreed before is over"),
    "left.said": ("Последнее от контакта после просьбы о переносе:", "Their last words after the wish to move it:"),
    "left.act": (
        "Об этом я контакту больше не пишу: уточнить можно самим в диалоге. Отменить или перенести, пока не началось: "
        "ответьте на эту карточку",
        "I write them nothing more about it: to make sure, write in the dialog yourself. To call it off or move it, "
        "before it begins: reply to this card",
    ),
    "ended.left_stands": ("{why}, в силе прежнее время: {time}", "{why}, the time agreed before stands: {time}"),
    "ended.left_past": ("{why}, прежнее время прошло: {time}", "{why}, the time agreed before is over: {time}"),
    "state.left": ("{why}, договорённость прежняя", "{why}, as agreed before"),
    "closed.unsettled": (
        "❓ {why}. Договорённость была, но контакт от неё отказался, и новой нет. Время больше не занято",
        "❓ {why}. It was agreed, but the contact took that back, and there is none since. The time is free again",
    ),
    "state.unsettled": ("прежнее отпало, нового нет", "taken back, nothing in its place"),
    "event.left": ("оставлено, как было", "left as it was"),
    "event.first_hour_near": ("прежнее время близко, вы предупреждены", "the first time comes near, you were told"),
    "event.first_hour_past": ("прежнее время пришло", "the first time came"),
    "problem.first_hour_near": (
        "⚠️ № {task_id}, {who}: о переносе ещё не договорились, а скоро прежнее время: {time}. Пока оно в силе. Если не "
        "придёте, напишите контакту или ответьте на карточку «отмени встречу».",
        "⚠️ No. {task_id}, {who}: nothing is agreed yet about moving it, and the time agreed before comes near: {time}. "
        "It still stands. If you do not come, write to them, or reply to the card: “cancel the meeting”.",
    ),
    "problem.first_gone": (
        "⚠️ № {task_id}, {who}: прежнее время тоже не подходит: {said}. Договариваюсь о другом, на прежнее не "
        "рассчитывайте.",
        "⚠️ No. {task_id}, {who}: the time agreed before does not suit any more either: {said}. I go on to another, do "
        "not count on the old one.",
    ),
    "problem.first_changed": (
        "↩️ {who}: изменено сообщение, по которому была договорённость (задача № {task_id}). Теперь там: {said} На "
        "прежнее время не рассчитывайте, уточняю.",
        "↩️ {who}: the message that the agreement rested on was changed (task no. {task_id}). It now says: {said} Do "
        "not count on the old time, I ask.",
    ),
    "problem.stopped_move": (
        "⏹ № {ids}: о переносе больше не пишу. Встреча не отменена, в силе прежнее время: {time}. Контакту ничего "
        "не сказано. Отменить её: ответьте на карточку «отмени встречу».",
        "⏹ No. {ids}: I write nothing more about moving it. The meeting is not called off, the time agreed before "
        "stands: {time}. The contact was told nothing. To call it off reply to the card: “cancel the meeting”.",
    ),
    "problem.stopped_move_past": (
        "⏹ № {ids}: о переносе больше не пишу. Прежнее время уже прошло: {time}. Контакту ничего не сказано.",
        "⏹ No. {ids}: I write nothing more about moving it. The time agreed before is over: {time}. The contact "
        "was told nothing.",
    ),
    "problem.calling_off_moved": (
        "Отменяю встречу совсем, и прежнее время, и перенос, и говорю об этом контакту: задача № {task_id}.",
        "Calling the meeting off altogether, the time agreed before and the move, and telling the contact: task no. "
        "{task_id}.",
    ),
}
