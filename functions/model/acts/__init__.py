"""The record of acts: its lines, how they are chained, and how the chain is verified."""
