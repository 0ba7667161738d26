"""The answers of the API as types; the OpenAPI document is made of them."""
