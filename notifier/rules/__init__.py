"""The notifier's rules: pure functions over values, with the instant as a parameter."""
