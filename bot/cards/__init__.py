"""Views into cards. Pure: no database, no platform, no clock of their own."""
