"""What was asked for with an `Idempotency-Key`, so that asking again does nothing again."""
