"""What the matrix finds and nothing defends yet, by kind of violation. To be emptied: the bar is zero."""

from collections.abc import Mapping

NOT_YET: Mapping[str, str] = {
    "agreed in words only": "the guard does not read acceptance yet",
    "proposals without end": "offers are not counted over turns yet",
    "a prompt without bounds": "incoming text is not capped yet",
}
