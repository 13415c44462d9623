"""Escalations: who was told of what, at which level, by which policy."""
