"""A whole database as one encrypted file, and back. `sealed` is the envelope, `lines` what is in it."""
