"""A timer of the app, set off."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from functions.triggers.timers import schedule_blueprint
from tests.unit.fakes import World


async def rings(world: World, name: str) -> None:
    app = func.FunctionApp()
    app.register_functions(schedule_blueprint(lambda: world.certflow))
    handlers: dict[str, Any] = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    await handlers[name](None)
