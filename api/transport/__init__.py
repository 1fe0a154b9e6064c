"""GraphQL over HTTP and WebSocket: reading requests, guarding the door, writing answers."""
