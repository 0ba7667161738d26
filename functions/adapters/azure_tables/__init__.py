"""Keeps state in Azure Tables: the ledger of requests, the monitoring store, deliveries of
messages, issuing CAs.
"""
