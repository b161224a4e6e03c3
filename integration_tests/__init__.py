"""The whole connector over HTTP, against a simulated TikTok; nothing here patches the connector."""
