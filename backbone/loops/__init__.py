"""The two loops of every stage: follow what the others say, work off what is due."""
