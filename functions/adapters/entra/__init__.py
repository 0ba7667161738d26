"""Signs in whoever calls with an access token of Microsoft Entra ID: the token's shape and
signature, its claims, and the tenant's signing keys.
"""
