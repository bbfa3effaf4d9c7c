"""A Telegram and a model on loopback: the demo's world, and the other half of the tests."""
