"""The settings: `load` reads them from the environment, and nothing else in `functions/` does."""
