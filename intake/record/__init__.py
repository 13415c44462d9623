"""The record: what is known of an incident by now, from the facts of all four stages."""
