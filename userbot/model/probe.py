"""Is a model fit for this program? One tool call, and one long prompt that must arrive whole. For `userbot doctor`."""

from dataclasses import dataclass

from userbot.model.client import ModelClient
from userbot.model.messages import ToolSpec, system, user

# More than any turn's prompt, and more than the context some servers start with (Ollama: 4096 tokens).
LONG_WORDS = 8000
TOOL = ToolSpec(
    "report_health",
    "Reports that you can call tools.",
    {
        "type": "object",
        "properties": {"word": {"type": "string", "description": "the word you were given"}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
WORD, FIRST_WORD = "samovar", "lantern"
_FILLER = "Nothing of note happened on this day and nobody wrote anything."


@dataclass(frozen=True)
class Called:
    """What came of asking for a tool call. `word_is_right`: its arguments were those asked for."""

    calls: bool
    word_is_right: bool
    duration_s: float


@dataclass(frozen=True)
class Read:
    """What came of a long prompt. `tokens`: as many as the server says it read, of at least `sent`; None when it does
    not say. `knows_the_beginning`: the model called the tool with a word that stood only at the very beginning."""

    tokens: int | None
    sent: int
    knows_the_beginning: bool

    @property
    def is_cut(self) -> bool:
        """The server's count alone tells: weak models lose a word in a long text that they did read."""
        return self.sent > self.tokens if self.tokens else not self.knows_the_beginning


async def call_a_tool(client: ModelClient) -> Called:
    """Raises what `complete` does."""
    rules = system("You are being checked. Answer by calling the tool report_health, and with nothing else.")
    reply = await client.complete([rules, user(f"The word is: {WORD}")], [TOOL])
    call = next(iter(reply.message.calls), None)
    arguments = call.arguments if call is not None and call.name == TOOL.name else None
    is_right = arguments is not None and arguments.get("word") == WORD
    return Called(arguments is not None, is_right, reply.usage.duration_s)


async def read_a_lot(client: ModelClient) -> Read:
    """Raises what `complete` does."""
    rules = f"You are being checked. Answer by calling the tool report_health. The word is: {FIRST_WORD}"
    lines = LONG_WORDS // (len(_FILLER.split()) + 2)
    diary = "\n".join(f"Day {day}. {_FILLER}" for day in range(1, lines + 1))
    reply = await client.complete(
        [system(rules), user(f"{diary}\n\nNow call report_health with the word of your instructions.")], [TOOL]
    )
    knows = any(
        call.name == TOOL.name and (call.arguments or {}).get("word") == FIRST_WORD for call in reply.message.calls
    )
    # No tokenizer makes less than one token of a word.
    return Read(reply.usage.input_tokens, len(diary.split()), knows)
