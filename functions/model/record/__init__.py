"""The record of what was done: its acts as a list, and how long it is kept."""
