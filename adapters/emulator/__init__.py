"""Both vendors' servers, played from their documents over HTTP and WebSocket. Imports no adapter."""
