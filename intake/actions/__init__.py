"""Actions: what people do to an incident, each durable before it is answered."""
