"""Assignments: who is on it, by preference and never nobody."""
