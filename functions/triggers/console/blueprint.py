"""The function that serves the console's files."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from functions.ports.sign_in import PageSignIn

ROUTE = "console/{*path}"


def console_blueprint(page: "Callable[[], PageSignIn]") -> func.Blueprint:
    """Returns the function `console`. It is open to everybody: files without data, and what a
    browser has to know to sign somebody in, which `page` returns.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("console")
    @blueprint.route(route=ROUTE, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def console(req: func.HttpRequest) -> func.HttpResponse:
        # Imported here, because a cold start does not wait for it.
        from functions.triggers.console.answer import file_answer

        return file_answer(req, page())

    return blueprint
