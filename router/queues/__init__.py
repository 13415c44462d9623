"""Queues: what waits for an engineer, and who claims it."""
