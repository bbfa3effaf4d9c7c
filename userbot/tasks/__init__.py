"""The rules of a task, pure: no clock, no I/O. Time and rows come in as arguments, decisions go out."""
