"""Decisions: what is owed, made from what was heard."""
