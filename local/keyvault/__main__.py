"""The stand-in by itself: `python -m local.keyvault --port 8443 --identity-port 8444 --ca-file ca.pem`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from local.keyvault.server import running_standin
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
        issuing_delay=arguments.issuing_delay,
        identity_header=arguments.identity_header,
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
    parser.add_argument("--issuing-delay", type=_seconds, default=2.0, help="how long issuers take, in seconds")
    parser.add_argument("--identity-header", help="the value of IDENTITY_HEADER (default: a random one)")
    return parser.parse_args()


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    if not 0 <= float(text) < float("inf"):
        raise argparse.ArgumentTypeError("a delay is a number of seconds, 0 or more")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
