"""The stand-in by itself: `python -m local.keyvault --port 8443 --identity-port 8444 --ca-file ca.pem`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

import msgspec

from local.keyvault.grants import Grants
from local.keyvault.outcomes import OutcomeBody, read_wish
from local.keyvault.profile import OBSERVED, PROFILES
from local.keyvault.server import running_standin
from local.keyvault.unkindness import KIND, changed, described
from local.tls import LocalCa


def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    arguments = _parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_serve(arguments))
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        print(f"local.keyvault: {error.strerror or error}{place}", file=sys.stderr)
        return 1
    return 0


async def _serve(arguments: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    ca = LocalCa()
    async with running_standin(
        ca,
        port=arguments.port,
        identity_port=arguments.identity_port,
        identity_header=arguments.identity_header,
        identities=dict(arguments.identity),
        any_token=arguments.any_token,
        unkindness=arguments.unkindness,
        outcomes=arguments.outcome,
        profile=arguments.profile,
    ) as standin:
        ca.write_ca(arguments.ca_file)
        print(
            f"Key Vault stand-in ready: https://localhost:{standin.port} (CA certificate: {arguments.ca_file}), "
            f"IDENTITY_ENDPOINT={standin.identity_endpoint} IDENTITY_HEADER={standin.identity_header}",
            flush=True,
        )
        await stopping.wait()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.keyvault", description="A stand-in for Key Vault.")
    parser.add_argument("--port", type=_port, default=8443, help="HTTPS, every host name a vault (0: a free port)")
    parser.add_argument("--identity-port", type=_port, default=8444, help="HTTP, identity and control (0: a free port)")
    parser.add_argument("--ca-file", type=Path, required=True, help="where to write the CA certificate to trust")
    parser.add_argument("--identity-header", help="the value of IDENTITY_HEADER (default: a random one)")
    parser.add_argument(
        "--identity",
        type=_identity,
        action="append",
        default=[],
        metavar="CLIENT_ID=ACTION,…",
        help="a user-assigned identity with its data actions; may be given several times",
    )
    parser.add_argument("--any-token", action="store_true", help="take any bearer token, with every grant")
    parser.add_argument("--profile", choices=PROFILES, default=OBSERVED, help="the service as seen, or as documented")
    parser.add_argument(
        "--outcome",
        type=_outcome,
        action="append",
        default=[],
        metavar="JSON",
        help="""what issuers make of requests, such as '{"subject": "CN=a", "outcome": "fail"}'; several times""",
    )
    for name, meaning in described().items():
        _add_switch(parser, name, meaning)
    arguments = parser.parse_args()
    given = {name: value for name in described() if (value := getattr(arguments, name)) is not None}
    try:
        arguments.unkindness = changed(KIND, given, lax=True)
    except msgspec.ValidationError as error:
        parser.error(str(error))
    return arguments


def _add_switch(parser: argparse.ArgumentParser, name: str, meaning: str) -> None:
    flag, default = f"--{name.replace('_', '-')}", getattr(KIND, name)
    if isinstance(default, bool):
        parser.add_argument(flag, action="store_true", default=None, help=meaning)
    else:
        parser.add_argument(
            flag, metavar="VALUE", help=f"{meaning} (default: {'none' if default is None else default})"
        )


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _identity(text: str) -> tuple[str, list[str]]:
    client_id, _, actions = text.partition("=")
    identity = client_id, [action.strip() for action in actions.split(",") if action.strip()]
    try:
        Grants(dict([identity]))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return identity


def _outcome(text: str) -> OutcomeBody:
    try:
        return read_wish(text)
    except msgspec.DecodeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
