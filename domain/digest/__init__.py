"""早报: what somebody, and a desk, has before it in the morning."""
