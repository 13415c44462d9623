"""People, rotations and overrides: who is on call."""
