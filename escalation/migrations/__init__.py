"""Escalation's schema, revision by revision: expanding first, contracting later."""
