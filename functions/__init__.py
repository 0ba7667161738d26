"""The product: what is deployed. Each folder is a room. Imports point down this list only, as
pyproject.toml says; rooms in one line are strangers to each other.

- triggers | adapters | settings | cli: the ways in, the systems outside, the environment, and the
  merge doctor on a terminal
- chains | monitoring | live: a file from the CA; what nobody asked for at this moment; whether
  servers show what is in the vaults
- requests | notifications | inventory: the life of one request; from an event to people; what
  there is
- app: what use cases share
- ports: what they need from outside
- model: vocabulary and rules
- x509: certificates as they can be read

An adapter implements a port, and may read what is above the ports: a channel takes its texts from
notifications. function_app.py joins adapters, settings and app to the app that runs; doctor.py is
the name of a command, and calls cli.

In comments "protocol §n" is a section of docs/key-vault-protocol.md, "platform §n" one of
docs/platform.md.
"""

# Of the whole product; stands nowhere else.
__version__ = "0.1.0"
