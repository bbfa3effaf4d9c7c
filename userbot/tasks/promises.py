"""Words that accept something for the owner, in Russian and English. Pure.

Nothing is agreed by a sentence: only an accepted result lets such words go out. Questions, negations and what only may
come ("if it is confirmed", «когда подтвердится») accept nothing.
"""

import re
import unicodedata
from collections.abc import Iterator

from userbot.tasks.plain_text import clean

_LATIN_ALIKE = str.maketrans("aceiopxyukmtbh", "асеіорхуикмтвн")
_CYRILLIC_ALIKE = str.maketrans("асеіорхукмтвн", "aceiopxykmtbh")
# From the start of a word only: else a long run of letters is read again from each of them.
_MIXED = re.compile(r"(?<![a-zа-яёіѕј])(?=[а-яёіѕј]*[a-z])(?=[a-z]*[а-яёіѕј])[a-zа-яёіѕј]+")
_INVENTED = re.compile(r"\b(?:\w\s){3,}\w\b")

# Only the contact's own doing: «вы записали», "you have booked".
_THEIRS = r"(?<!вы )(?<!ты )(?<!что )(?<!you )(?<!you've )(?<!you have )(?<!you already )"
_OTHER_NOTES = (
    r"(?!\s+(?:ваш|тво|вопрос|ответ|для |и |что |номер|адрес|пожелан|контакт|это|все|себе|your|the|that|a note))"
)
_ACCEPTS = re.compile(
    r"\b(?:договорились|уговорились|по рукам|заметано|забились|решено|"
    r"(?:мы |он |она |я )?согласн[аы]|согласен|согласован[аоы]?|"
    r"принима(?:ю|ем|ет|ется)\s+(?:ваш|тво|предлож|услови|цену|это)\w*|"
    r"(?:предложение|условия|цена|время) принят[аоы]?|"
    r"подтвержда(?:ю|ем|ет)|подтвержден[аоы]?|подтвердил[аи]?|забронирован[аоы]?|бронирую|бронируем|"
    r"записан[аоы]?|назначен[аоы]?|утвержден[аоы]?|утвержда(?:ю|ем|ет)|утвердил[аи]?|"
    r"фиксиру(?:ю|ем)|зафиксирован[аоы]?|в силе|будем ждать вас|ждем вас|"
    r"(?:до встречи|увидимся)\s+(?:завтра|сегодня|в|во|послезавтра|\d)|"
    r"(?:нам|ему|ей|мне|меня|нас|его|ее) (?:подходит|удобно|устраивает)|(?<!не )подходит, (?:до|жду|ждем|спасибо)|"
    r"(?:сделка|дело) (?:заключена|в шляпе|закрыта)|заключаем|берем\b(?! на)|покупаем|мы за\b|"
    rf"{_THEIRS}(?:записал[аи]?|забронировал[аи]?|назначил[аи]?|зафиксировал[аи]?|внес(?:ла|ли)?|внесен[аоы]?)"
    rf"{_OTHER_NOTES}"
    r"|agreed|settled|confirmed|i confirm|we confirm|(?:it's|it is|that's|we have|we've got) a (?:deal|date)|"
    r"(?:great|ok|okay|good|fine|perfect|then|yes)[,!.]? deal|^deal|"
    r"booked|scheduled|reserved|locked in|signed up|penciled (?:in|you)|"
    r"all set|it's set|is set|you're (?:on|in)|count (?:us|him|her|me) in|"
    r"(?:works|suits|is fine|is good) (?:for )?(?:him|her|us|me)\b|"
    r"(?:i|we|he|she) (?:accepts?|agrees?|approves?)|accepted|approved|"
    r"(?:i've|i have|we've|we have) put (?:you|it|that) down|"
    r"see you (?:then|there|at|on|tomorrow|today|monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b"
)
_NEGATED = re.compile(
    r"(?:\b(?:не|нет|ни|еще не|пока не|нельзя|not|never|nothing|no|cannot|without|isn't|wasn't|aren't|haven't|hasn't|"
    r"can't|don't|doesn't|didn't|won't|until|unless|before|yet to be|to be|чтобы|прежде чем|до того как|"
    r"if|once|when|whether|as soon as|если|когда|пока|как только|ли|должен|должна|должно|нужно|надо|может быть|"
    r"will be|can be|gets?|после того как|в случае если|чтоб|на случай)(?:\s+[^\s,;:]+){0,4}\s+)$"
)
_AFTER_NOT = re.compile(r"\s+(?:не (?:могу|можем|имею)|ли\b|пока нельзя|only by)")
_SENTENCE = re.compile(r"[^.!?…;\n]+[.!?…;\n]*")


def accepts(text: str) -> bool:
    """Does `text` say that something is agreed, confirmed or booked?"""
    return any(True for _ in accepting(text))


def accepting(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence of `text`, folded, that says that something is agreed, and what stands up to the end of the
    sentence after it: «Договорились! Завтра в пять.»"""
    sentences = [found[0] for found in _SENTENCE.finditer(folded(text))]
    for n, sentence in enumerate(sentences):
        if "?" in sentence:
            # «Договорились, в пять?» asks; what stands before a full stop inside was looked at as its own sentence.
            continue
        if _is_accepting(sentence.strip()):
            yield sentence, "".join(sentences[n : n + 2])


def _is_accepting(sentence: str) -> bool:
    for hit in _ACCEPTS.finditer(sentence):
        before = sentence[: hit.start()]
        if not _NEGATED.search(f" {before}"[-80:]) and not _AFTER_NOT.match(sentence[hit.end() :]):
            return True
    return False


def folded(text: str) -> str:
    """`text` for looking for phrases: small letters, ё as е, plain apostrophes, words spelled letter by letter put
    together, a word of two alphabets brought to one, one space between words."""
    plain = unicodedata.normalize("NFKC", clean(text)).casefold().replace("ё", "е")
    plain = plain.replace("\u2019", "'").replace("\u02bc", "'").replace("`", "'")
    plain = _INVENTED.sub(lambda hit: hit[0].replace(" ", ""), plain)
    plain = _MIXED.sub(_of_one_alphabet, plain)
    return re.sub(r"[^\S\n]+", " ", plain)


def _of_one_alphabet(found: re.Match[str]) -> str:
    word = found[0].translate(_LATIN_ALIKE)
    if not re.search("[a-z]", word):
        return word.replace("і", "и")
    return found[0].translate(_CYRILLIC_ALIKE)
