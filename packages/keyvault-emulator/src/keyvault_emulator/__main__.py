"""The emulator by itself: `python -m keyvault_emulator --port 8443 --identity-port 8444 --ca-dir ca`."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import signal
import sys
from pathlib import Path

import msgspec

from keyvault_emulator.ca_dir import CERTIFICATE, CaUnusable, ca_in
from keyvault_emulator.grants import Grants
from keyvault_emulator.localhost_names import advice
from keyvault_emulator.outcomes import OutcomeBody, read_wish
from keyvault_emulator.profile import OBSERVED, PROFILES
from keyvault_emulator.server import Emulator, running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.unkindness import KIND, changed, described
from keyvault_emulator.web import LOOPBACK

OPEN = (
    "keyvault_emulator: warning: listens on {host}, not on this machine alone. Whoever reaches port {port} may change "
    "grants, outcomes and the clock through the control door, which asks for no password{more}. Do this only in a "
    "network of your own, such as that of a container."
)
AND_KEYS = ", and with --any-token read every private key"


def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    arguments = _parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_serve(arguments))
    except CaUnusable as error:
        print(f"keyvault_emulator: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        print(f"keyvault_emulator: {error.strerror or error}{place}", file=sys.stderr)
        return 1
    return 0


async def _serve(arguments: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    ca = ca_in(arguments.ca_dir) if arguments.ca_dir else LocalCa()
    async with running_emulator(
        ca,
        port=arguments.port,
        identity_port=arguments.identity_port,
        identity_header=arguments.identity_header,
        identities=dict(arguments.identity),
        any_token=arguments.any_token,
        unkindness=arguments.unkindness,
        outcomes=arguments.outcome,
        profile=arguments.profile,
        host=arguments.host,
    ) as emulator:
        if arguments.ca_file:
            ca.write_ca(arguments.ca_file)
        _tell(arguments, emulator)
        await stopping.wait()


def _tell(arguments: argparse.Namespace, emulator: Emulator) -> None:
    """One line for whoever waits for it, then how to reach vaults by name; a warning beside if others can reach it."""
    if not ipaddress.ip_address(emulator.host).is_loopback:
        more = AND_KEYS if arguments.any_token else ""
        print(OPEN.format(host=emulator.host, port=emulator.identity_port, more=more), file=sys.stderr, flush=True)
    ca_file = arguments.ca_file or arguments.ca_dir / CERTIFICATE
    ready = (
        f"Key Vault emulator ready: https://localhost:{emulator.port} (CA certificate: {ca_file}), "
        f"IDENTITY_ENDPOINT={emulator.identity_endpoint} IDENTITY_HEADER={emulator.identity_header}"
    )
    print(ready, advice(emulator.port), sep="\n", flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keyvault_emulator", description="An emulator of Key Vault.")
    parser.add_argument("--port", type=_port, default=8443, help="HTTPS, every host name a vault (0: a free port)")
    parser.add_argument("--identity-port", type=_port, default=8444, help="HTTP, identity and control (0: a free port)")
    parser.add_argument(
        "--host", type=_address, default=LOOPBACK, help="the IP address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument("--ca-file", type=Path, help="where to write the CA certificate to trust")
    parser.add_argument(
        "--ca-dir",
        type=Path,
        help="where the CA lies: rootCA.pem and rootCA-key.pem, made there if there are none (default: a new CA)",
    )
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
    if not arguments.ca_file and not arguments.ca_dir:
        parser.error("--ca-file or --ca-dir is needed: without the CA's certificate no client trusts the vaults")
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


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("an IP address of this machine, such as 0.0.0.0 for all of them") from None


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
