"""Chat platforms: translate, never decide."""
