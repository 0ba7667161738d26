"""The record of acts: from the outbox to files that their own writer cannot change."""
