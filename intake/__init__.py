"""Intake: hears what happened, and makes it durable before anybody is told that it was heard.

Hears: everything that the other stages say. Decides: what it can see by itself (the state, the terms of the decision).
Says: `incident.*` and what people did. Owns: the incident's record, idempotency keys, the timeline. Never: a route.
"""
