"""The API over HTTP: a table of routes, a handler for each route, and the OpenAPI document."""
