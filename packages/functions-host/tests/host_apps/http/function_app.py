"""HTTP functions that show what the host hands over and gives back."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
anonymous = func.AuthLevel.ANONYMOUS


@app.route(route="echo/{name}/{page?}", methods=["GET", "POST"], auth_level=anonymous)
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    """What the function sees."""
    seen = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), status_code=202, mimetype="application/json", headers={"Location": "/x"})


@app.route(route="guarded", methods=["GET"])
def guarded(req: func.HttpRequest) -> str:
    """Wants a function key; answers with a plain string."""
    return "let in"


@app.route(route="owners", auth_level=func.AuthLevel.ADMIN)
def owners(req: func.HttpRequest) -> str:
    """Wants the master key."""
    return "master"


@app.route(route="numbers/{n:int}", methods=["GET"], auth_level=anonymous)
def number(req: func.HttpRequest) -> str:
    """Takes numbers only."""
    return str(req.route_params["n"])


@app.route(route="files/{*rest}", methods=["GET"], auth_level=anonymous)
def files(req: func.HttpRequest) -> str:
    """Takes whatever follows."""
    return str(req.route_params.get("rest", "-"))


@app.route(route="off", auth_level=anonymous)
def off(req: func.HttpRequest) -> str:
    """Switched off by a setting."""
    return "never"


@app.route(route="raises", auth_level=anonymous)
def raises(req: func.HttpRequest) -> str:
    """A bug."""
    raise ValueError("boom")


@app.route(route="exits", auth_level=anonymous)
async def exits(req: func.HttpRequest) -> str:
    """A handler that means to end the process."""
    sys.exit(3)


@app.route(route="blocks", auth_level=anonymous)
async def blocks(req: func.HttpRequest) -> str:
    """A handler that blocks its event loop: from when it has made a file until somebody takes it away."""
    block = Path(req.params["with"])
    block.touch()
    while block.exists():
        time.sleep(0.01)  # noqa: ASYNC251
    return "done"


@app.route(route="cookies", auth_level=anonymous)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    """Sets a cookie, which the worker takes apart."""
    return func.HttpResponse(status_code=200, headers={"Set-Cookie": "a=1; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"})


@app.route(route="says", auth_level=anonymous)
def says(req: func.HttpRequest) -> func.HttpResponse:
    """Logs and prints; answers nothing."""
    logging.info("logged by the function")  # noqa: LOG015 - as most function apps do
    logging.getLogger("azure.core").info("logged by an SDK that the function uses")
    print("printed by the function")  # what is to end in the log
    return func.HttpResponse(status_code=204)
