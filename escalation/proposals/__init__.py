"""Proposals: a lower severity, or less effort, where the customer's side can't keep up; a person decides."""
