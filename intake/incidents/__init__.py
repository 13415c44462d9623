"""Incidents: taken, made durable, read again."""
