"""The owner's calendar: when they are busy, and the agreed meetings written into it. Titles never leave this room."""
