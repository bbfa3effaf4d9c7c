"""The model: one message format of our own, two wire forms behind it. Only this room imports openai."""
