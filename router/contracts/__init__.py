"""Contracts: stored, checked, asked for balances and charges."""
