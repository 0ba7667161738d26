"""The embedded default: everything that Azure would provide, on this machine. Nothing in `functions/` imports it.

The parts are packages of their own (packages/); here is what joins them, and what starts and sets up all of it.
"""
