"""The only SQL: tables, the repositories beside them, and the reads behind screens."""
