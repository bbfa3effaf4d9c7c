"""The rules: pure functions over plain values. No clock, no I/O, no other room."""
