"""The schema, step by step: numbered scripts that are never changed once released."""
