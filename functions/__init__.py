"""The product: what is deployed. Imports point one way: `triggers → issuance ← adapters`."""
