"""The log: what a stage said, in commit order, and who has heard how much of it."""
