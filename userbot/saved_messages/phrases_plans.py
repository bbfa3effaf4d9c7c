"""What the owner reads about one meeting with several people.

`phrases.py` takes them in.
"""

from collections.abc import Mapping

PLANS_PHRASES: Mapping[str, tuple[str, str]] = {
    "plan.members": ("👥 Одна встреча на всех (№ {ids}): {members}", "👥 One meeting for all (no. {ids}): {members}"),
    "plan.member": ("{who}: {state}", "{who}: {state}"),
    "plan.waiting": ("ждём ответа", "no answer yet"),
    "plan.answered": ("время есть", "has named times"),
    "plan.yes": ("да", "yes"),
    "plan.paused": ("на паузе, остальные ждут", "paused, the others wait"),
    "plan.out": ("без участия", "not coming"),
    "plan.agreed": ("✅", "✅"),
    "plan.proposed": ("Предложено всем: {time}", "Proposed to all: {time}"),
    "plan.act": (
        "Ответьте на эту карточку, чтобы направить. Остановить встречу для всех: {stop}",
        "Reply to this card to steer it. To stop the meeting for all: {stop}",
    ),
    "plan.waiting_others": ("⏳ Ответ есть, жду остальных", "⏳ Has answered, waiting for the others"),
    "plan.gone": ("❓ Общая встреча, № {ids}. {who}: {state}", "❓ The meeting for all, no. {ids}. {who}: {state}"),
    "plan.gone_ask": (
        "Остаются: {left}. Договариваться без этого участника?",
        "Left: {left}. Shall the others meet without them?",
    ),
    "plan.gone_act": (
        "Ответьте на это сообщение: да или нет. «Нет» отменит встречу для всех, и кто отвечал, узнает об этом от меня.",
        "Reply to this message: yes or no. No calls the meeting off for all, and I tell those who have answered.",
    ),
    "plan.gone_line": ("❓ {who}: {state}. Продолжать без этого участника?", "❓ {who}: {state}. Go on without them?"),
    "plan.none": (
        "❓ Общая встреча, № {ids}: нет времени, которое подходит всем",
        "❓ The meeting for all, no. {ids}: no time suits everybody",
    ),
    "plan.tried": (
        "❓ Общая встреча, № {ids}: ни одно предложенное время не подошло всем",
        "❓ The meeting for all, no. {ids}: none of the times proposed suited everybody",
    ),
    "plan.void": (
        "Общая встреча, № {ids}: вопрос снят, отвечать не нужно.",
        "The meeting for all, no. {ids}: this question is settled, no answer is needed.",
    ),
    "plan.can": ("№ {task_id} {who}: {times}", "No. {task_id} {who}: {times}"),
    "plan.can_none": ("ничего из предложенного", "none of what was offered"),
    "plan.times_act": (
        "Ответьте на это сообщение, какое время ещё можно предложить: спрошу всех заново. Или кого не ждать: "
        "«без {number}». Или {stop}",
        "Reply to this message what other times may be offered: I will ask everybody again. Or whom not to wait for: "
        "“without {number}”. Or {stop}",
    ),
    "plan.fits_without": ("Без № {task_id} подошло бы: {time}", "Without no. {task_id} this would do: {time}"),
    "problem.left_out_told": (
        "▶️ Договариваюсь без участника: {who}. Пишу туда, что встретиться не получится. Остаются: {left}.",
        "▶️ I go on without {who}, and tell them that it will not work out. Left: {left}.",
    ),
    "problem.left_out_untold": (
        "▶️ Договариваюсь без участника: {who}. Туда ничего не пишу. Остаются: {left}.",
        "▶️ I go on without {who}, and write nothing there. Left: {left}.",
    ),
    "problem.left_out_agreed": (
        "Время уже подтверждено всем. Отменить встречу для всех: ответьте на карточку «отмени встречу». Одному "
        "участнику скажите сами.",
        "The time is settled with all of them. To call it off for all reply to the card: “cancel the meeting”. Tell "
        "a single one yourself.",
    ),
    "problem.left_out_last": (
        "Тогда встречаться будет не с кем. Остановить встречу для всех: {stop}",
        "Then nobody would be left to meet. To stop the meeting for all: {stop}",
    ),
    "problem.left_out_no_plan": (
        "Задача № {task_id} не об общей встрече: без участника её не продолжить. Остановить: {stop}",
        "Task no. {task_id} is no meeting with several people: it cannot go on without its contact. To stop it: {stop}",
    ),
    "problem.nobody_for_plan": (
        "Не нашлось: {query} ({why}). Общую встречу не начинаю, никому не пишу. Укажите @имя или номер телефона и "
        "повторите.",
        "Not found: {query} ({why}). The meeting is not begun, and nobody is written to. Give the @username or phone "
        "number and repeat it.",
    ),
    "problem.stopped_plan": (
        "⏹ Общая встреча остановлена: задачи № {ids}.",
        "⏹ The meeting for all is stopped: tasks no. {ids}.",
    ),
    "problem.goes_on_without": ("▶️ Договариваюсь с остальными.", "▶️ I go on with the others."),
    "problem.called_off": (
        "⏹ Общая встреча отменена: задачи № {ids}. Пишу об этом тем, кто отвечал.",
        "⏹ The meeting for all is called off: tasks no. {ids}. I tell those who have answered.",
    ),
    "problem.untold_settled": (
        "⚠️ {who} не знает, что общее время подтверждено: сообщение не ушло. Напишите в этот диалог сами.",
        "⚠️ {who} does not know that the time is settled: my message did not go out. Please write there yourself.",
    ),
    "problem.untold_stays": (
        "⚠️ {who} не знает, что общая встреча остаётся как была: сообщение не ушло. Напишите в этот диалог сами.",
        "⚠️ {who} does not know that the meeting stays as it was: my message did not go out. Please write to them.",
    ),
    "problem.untold_off": (
        "⚠️ {who} не знает, что общей встречи не будет: сообщение не ушло. Напишите в этот диалог сами.",
        "⚠️ {who} does not know that the meeting for all is off: my message did not go out. Write there yourself.",
    ),
    "problem.untold_left_out": (
        "⚠️ {who} не знает, что вы договариваетесь без этого участника: сообщение не ушло. Напишите сами, если нужно.",
        "⚠️ {who} does not know that the others meet without them: my message did not go out. Write yourself if needed.",
    ),
    "undo.without_stays": (
        "Общая встреча, № {task_id}: ваше слово об участнике уже действует, его не вернуть. Чтобы договориться иначе, "
        "напишите новую команду.",
        "The meeting for all, no. {task_id}: what you said of who is missing is done and cannot be taken back. To "
        "arrange it otherwise write a new command.",
    ),
    "event.plan_told": ("сообщено об общей встрече", "told about the meeting for all"),
    "event.times_said": ("контакт назвал время", "the contact named times"),
    "event.said_yes": ("согласие на предложенное время", "a yes to the proposed time"),
    "event.time_chosen": ("выбрано время для всех", "a time for all was chosen"),
    "event.limits_set": ("границы изменены для всех", "the limits were changed for all"),
    "event.goes_on_without": ("ваш ответ об участнике", "your answer about who is missing"),
}
