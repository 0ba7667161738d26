"""What the use cases need from outside: narrow protocols, which adapters implement, and the records
that they exchange.
"""
