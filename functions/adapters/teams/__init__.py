"""A Teams channel: the Adaptive Card that holds notices, and the webhook that takes it."""
