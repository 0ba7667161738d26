"""Renewals that have to be approved: what they inherit, and what holds them at their start."""
