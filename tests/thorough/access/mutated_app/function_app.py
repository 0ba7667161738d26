"""The project's own app, into which a test puts mutants while it runs, one at a time.

The host imports an app by its file's name, so the project's is loaded by its path under a name of its own, as in
tests/e2e/hurried_app. The host runs in the project's folder.
"""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import azure.functions as func

from functions.app import access
from tests.thorough.access.named_mutants import in_force

access.MAX_AGE = timedelta(0)  # an access file counts at once
now_in_force = ExitStack()

spec = importlib.util.spec_from_file_location("certflow_app", Path.cwd() / "function_app.py")
assert spec is not None
assert spec.loader is not None
project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(project)

control = func.Blueprint()


@control.function_name("put_mutant")
@control.route(route="tests/mutant", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
async def put_mutant(req: func.HttpRequest) -> func.HttpResponse:
    """The mutant that the body names is in force from now on, in place of the last one; without a body, none."""
    now_in_force.close()
    named = req.get_body().decode()
    try:
        if named:
            now_in_force.enter_context(in_force(named))
    except LookupError as error:
        return func.HttpResponse(str(error), status_code=404)
    return func.HttpResponse(status_code=204)


app = project.app
app.register_functions(control)
