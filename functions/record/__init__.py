"""The record of who did what: how long it is kept."""
