"""Serves the console: pages in a browser, which call the API as any other client does."""
