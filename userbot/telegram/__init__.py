"""Telegram: the only room that imports Telethon. Vendor objects become our own at its edge."""
