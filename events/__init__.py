"""What the stages tell one another: facts in the past tense, and how they are written down."""
