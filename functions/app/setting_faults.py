"""Tells the operators of settings that cannot work as they are, each with its remedy. Nothing else
stops because of them.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from functions.app.contexts import EventsContext, Outbox, SettingFaultsContext
from functions.app.outbox import send
from functions.model.events.operators import SettingWrong
from functions.model.log import record

A_DAY = timedelta(hours=24)


async def tell_mail_is_behind(certflow: EventsContext, since: datetime) -> None:
    """Tells the operators, once a week, that mails have been waiting since `since` because the
    limits of the mail service allow no more. Raises Unavailable.
    """
    now = certflow.now()
    if await certflow.monitoring_store.acquire("mail-behind", now, now + A_DAY) is None:
        return  # told today: this is called whenever mail is sent
    record("mail-behind", level=logging.ERROR, since=since.isoformat())
    cure = (
        f"mails that were to go out at {since:%Y-%m-%d %H:%M} UTC still wait, because the limit is "
        "reached. None is lost. Have the service grant more and raise this setting, use a domain "
        "of your own, or send less by rules."
    )
    await tell_setting(certflow, "mail-behind", "CERTFLOW_MAIL_LIMITS", cure)


async def tell_setting_faults(certflow: SettingFaultsContext) -> None:
    """Tells the operators of each setting that cannot work, once a week. Safe to repeat: the id of
    the event is the same during a week. Raises Unavailable.
    """
    for fault in certflow.setting_faults:
        name, _, cure = fault.partition(": ")
        record("setting-wrong", level=logging.ERROR, setting=name, reason=cure)
        await tell_setting(certflow, fault, name, cure)


async def tell_setting(certflow: Outbox, fault: str, setting: str, sentence: str) -> None:
    """Tells the operators, once a week, what is wrong with a setting, or with a file that is one.
    `fault` stays the same as long as it is the same fault. Safe to repeat. Raises Unavailable.
    """
    told = SettingWrong(setting=setting, sentence=sentence)
    # The week is in the id, so that each week has one event.
    id_ = f"settings:{certflow.now():%G-W%V}:{hashlib.sha256(fault.encode()).hexdigest()[:32]}"
    name = "".join(one if one.isascii() and one.isalpha() else "_" for one in setting)
    await send(certflow, told.event(id_, f"settings/{name}", certflow.now()))
