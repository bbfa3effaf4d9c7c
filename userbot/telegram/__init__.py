"""The only room that imports telethon: log in, stay connected, updates to the journal, the ledger to messages."""
