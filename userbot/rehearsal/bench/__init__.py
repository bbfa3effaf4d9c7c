"""`make bench`: what this program costs over a bare Telethon handler, with little and with much in its database."""
