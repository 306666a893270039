"""The SLA clock: policies, deadlines, and the ladder of escalations."""
