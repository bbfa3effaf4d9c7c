"""The forms a person's name comes in: grammatical cases, diminutives, the other script. Pure.

`people.choose` asks: a case of a name is that name, since Russian commands have names in every case; a diminutive or
another script only makes it likely, and so a question to the owner.
"""

import re
from functools import lru_cache

_CASES: tuple[tuple[str, int, str], ...] = (
    # ending of the name, letters to take off, endings of its other cases; the first that fits is used
    ("ия", 1, "и ю ей ею е"),
    ("ая", 2, "ой ую ою"),
    ("яя", 2, "ей юю ею"),
    ("а", 1, "ы и е у ой ою ей ею"),
    ("я", 1, "и е ю ей ею"),
    ("ий", 2, "ия ию ием ии ого ому им ом его ему ем"),
    ("ый", 2, "ого ому ым ом"),
    ("ой", 2, "ого ому ым им ом"),
    ("й", 1, "я ю ем е"),
    ("ь", 1, "я ю ем е и ью"),
)
_CONSONANT = re.compile(r"[бвгджзклмнпрстфхцчшщ]")
_OF_A_CONSONANT = "а у ом ем е ым"
# Павел, Павла; Кузнец, Кузнеца and Заяц, Зайца go by the same rule closely enough.
_FLEETING = re.compile(r"(?<=[бвгджзклмнпрстфхцчшщ])[ео](?=[лкц]$)")
_IRREGULAR = {"лев": frozenset({"льва", "льву", "львом", "льве"})}

# Names that are used for one another, in small letters and without ё.
_ALIKE = tuple(
    frozenset(group.split())
    for group in (
        "александр саша шура саня алекс alexander aleksandr alex sasha sascha",
        "александра саша шура алекс alexandra sasha alex",
        "алексей леша алеша леха alexey alexei aleksey",
        "анастасия настя стася anastasia nastya",
        "анатолий толя толик anatoly",
        "андрей андрюша дрон andrey andrei andrew andy",
        "анна аня анюта нюра ann anna anne annie",
        "антон тоша антоха anton anthony tony",
        "борис боря boris",
        "вадим вадик vadim",
        "валентина валя valentina",
        "валентин валя valentin valentine",
        "валерий валера valery",
        "валерия лера valeria",
        "василий вася vasily basil",
        "вероника ника veronica",
        "виктор витя victor viktor vic",
        "виктория вика victoria vicky vika",
        "владимир вова володя vladimir",
        "владислав влад слава vlad vladislav",
        "вячеслав слава vyacheslav",
        "галина галя galina",
        "георгий гоша жора george",
        "григорий гриша gregory greg grisha",
        "дарья даша daria darya dasha",
        "денис ден denis dennis",
        "дмитрий дима митя димон dmitry dmitri dima",
        "евгений женя evgeny eugene",
        "евгения женя evgenia eugenia",
        "екатерина катя катюша ekaterina catherine katherine kate katya kathy",
        "елена лена алена elena helen lena",
        "елизавета лиза elizabeth liza lisa beth liz",
        "иван ваня ivan john vanya",
        "игорь гарик igor",
        "илья илюша ilya elijah",
        "ирина ира irina irene",
        "кирилл кирюша kirill cyril",
        "константин костя konstantin constantine",
        "ксения ксюша оксана ksenia xenia",
        "лариса лара larisa",
        "лев лева lev leo",
        "леонид леня leonid",
        "любовь люба lyubov",
        "людмила люда люся мила ludmila",
        "максим макс max maxim maksim",
        "маргарита рита margarita rita",
        "марина marina мариша",
        "мария маша маруся maria mary masha",
        "михаил миша mikhail michael mike misha",
        "надежда надя nadezhda nadia",
        "наталья наталия наташа natalia natalya natasha",
        "никита никитос nikita",
        "николай коля nikolay nicholas nick",
        "олег олежка oleg",
        "ольга оля olga olya",
        "павел паша pavel paul pasha",
        "петр петя peter pyotr petr pete",
        "полина поля polina paulina",
        "роман рома roman",
        "светлана света svetlana",
        "семен сема semyon simon",
        "сергей сережа серега sergey sergei serge",
        "софия софья соня sofia sophia sophie sonya",
        "станислав стас stanislav stas",
        "степан степа stepan stephen steven steve",
        "татьяна таня tatiana tanya",
        "тимофей тима timothy tim",
        "федор федя fyodor theodore ted",
        "юлия юля julia julie yulia",
        "юрий юра yuri yury george",
        "яков яша jacob james jim",
        "ярослав ярик слава yaroslav",
        "benjamin ben бен бенджамин",
        "charles charlie чарли чарльз",
        "christopher chris крис",
        "daniel dan danny даниил данила даня дэн",
        "david dave давид дэвид",
        "edward ed eddie эдуард эдик",
        "john jon johnny jack джон",
        "jennifer jenny jen дженнифер",
        "joseph joe джо иосиф",
        "matthew matt матвей мэтт",
        "richard rick dick ричард",
        "robert rob bob bobby роберт боб",
        "samuel samantha sam сэм",
        "susan susie sue сьюзен",
        "thomas tom tommy том фома",
        "william will bill билл уильям",
    )
)
# Names that are, letter for letter, a case of another one, beside those among _ALIKE: Станислава, of Станислав.
_LIKE_A_CASE = frozenset(["станислава", "владислава", "ярослава", "мирослава", "святослава", "богдана", "кира"])
_SURNAMES = ("ова", "ева", "ина", "ына")
_NAMES = _LIKE_A_CASE.union(*_ALIKE)
_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфхыэ", "abvgdeziiklmnoprstufhie", strict=True)),
    **{"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "iu", "я": "ia", "ъ": "", "ь": ""},
}
# Ways of writing the same sound in Latin letters, in the order they are made one.
_SPELLINGS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("shch|sch", "sh"),
        ("kh|gh", "h"),
        ("ph", "f"),
        ("ck|q", "k"),
        ("x", "ks"),
        ("c(?!h)", "k"),
        ("w", "v"),
        ("[yj]", "i"),
        ("ii+", "i"),
        ("ie|io", "e"),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=4096)
def cases(word: str) -> frozenset[str]:
    """The word, in small letters and without ё, in every case it may stand in; itself alone where it has none."""
    if word in _IRREGULAR:
        return _IRREGULAR[word] | {word}
    if len(word) < 3 or not re.fullmatch("[а-я]+", word):
        return frozenset({word})
    for ending, taken_off, others in _CASES:
        if word.endswith(ending):
            return frozenset({word, *(word[:-taken_off] + other for other in others.split())})
    if not _CONSONANT.match(word[-1]):
        return frozenset({word})
    stems = {word, _FLEETING.sub("", word)}
    return frozenset({word, *(stem + other for stem in stems for other in _OF_A_CONSONANT.split())})


def is_another_name(query: str, name: str) -> bool:
    """Is this word, folded, a name of its own, though it may be a case of `name`? «Евгения» is she, or of Евгений;
    «Иванова» she, or of Иванов."""
    return query != name and (query in _NAMES or (query == name + "а" and query.endswith(_SURNAMES)))


def may_be(query: str, name: str) -> bool:
    """May these two words, folded, be the same person's name: as a diminutive, in another script or spelling?"""
    if _sound(query) == _sound(name):
        return True
    return any(name in group and any(query in cases(one) for one in group) for group in _ALIKE)


@lru_cache(maxsize=4096)
def _sound(word: str) -> str:
    sound = "".join(_LETTERS.get(letter, letter) for letter in word)
    for pattern, written in _SPELLINGS:
        sound = pattern.sub(written, sound)
    return sound
