"""Web pages. Forms issue the same commands as chats; nothing here decides."""
