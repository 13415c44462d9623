"""The audit: each day's facts and changes of the directory, sealed by one hash that includes the day before's."""
