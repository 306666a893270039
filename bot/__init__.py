"""The running program: joins everything; decides what is said, shown and scheduled."""
