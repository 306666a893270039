"""One line of history, applied by ``Database.migrate``."""
