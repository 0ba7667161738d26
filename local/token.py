"""`python -m local.token --as NAME`: prints an access token for a person or machine of a running stack, and only that.

What `az account get-access-token --resource api://…` does against Entra.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp

from local.entra import USUAL_CALLER
from local.sign_in import SignInRefused, Tokens

STACK = Path(".local/stack.json")


def main() -> int:
    """Prints the token; 1 if there is none, with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m local.token", description="An access token of the running stack.")
    parser.add_argument("--as", dest="name", default=USUAL_CALLER, metavar="NAME", help=f"who ({USUAL_CALLER})")
    parser.add_argument("--stack", type=Path, default=STACK, help=f"what `make up` wrote (default: {STACK})")
    options = parser.parse_args()
    try:
        print(asyncio.run(_token(json.loads(options.stack.read_text()), options.name)))
    except FileNotFoundError:
        print(f"No stack runs: {options.stack} is not there. `make up` starts one.", file=sys.stderr)
        return 1
    except (SignInRefused, aiohttp.ClientError, OSError, ValueError) as error:
        print(f"No token: {error}", file=sys.stderr)
        return 1
    return 0


async def _token(stack: dict[str, Any], name: str) -> str:
    async with aiohttp.ClientSession() as session:
        return await Tokens(stack, session).of(name)


if __name__ == "__main__":
    sys.exit(main())
