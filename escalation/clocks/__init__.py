"""Clocks: a promise's rows, what happens to them, and what falls due."""
