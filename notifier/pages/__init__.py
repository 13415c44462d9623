"""Pages: who is to hear of what, what was tried, what became of it."""
