"""The picture of the plan in docs/: the renewals by hand of an inventory, month by month, under each limit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from functions.model.inventory.plan import PLANNED_LIMITS, plan_of
from functions.model.inventory.plan_sums import Month, months_ahead
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate
from functions.model.options import Options
from functions.model.tags import OWNER_TAG

CERTIFICATES, BY_HAND, SEED = 400, 0.4, 47  # how many; the share that people renew
ISSUED_FOR = 199  # days
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 800, 300, 48, 44, 44  # CSS pixels
COLOURS = {199: "#9db8d9", 100: "#3f74b5", 47: "#12345c"}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff }}
svg {{ display: block; font: 12px "DejaVu Sans", Arial, sans-serif; fill: #333 }}
</style><svg width="{width}" height="{height}">{marks}</svg>"""


def inventory(now: datetime) -> Iterator[CertificateRecord]:
    """Certificates of a public CA that were issued at any time in the last months; of some people have the CSRs signed,
    the others Key Vault renews.
    """
    chance = random.Random(SEED)  # noqa: S311  to be repeated, not secret
    for number in range(CERTIFICATES):
        hand = number < CERTIFICATES * BY_HAND
        began = now - timedelta(days=chance.uniform(0, ISSUED_FOR * 2 / 3))
        yield CertificateRecord(
            f"site-{number}",
            tags={OWNER_TAG: "sites@example.com"},
            current=IssuedCertificate("v1", "", not_before=began, not_after=began + timedelta(days=ISSUED_FOR)),
            policy=AskedFor("Unknown" if hand else "DigiCert", months=12, action="AutoRenew", percentage=80),
        )


def months_of(limit: int, now: datetime) -> list[Month]:
    """The twelve whole months ahead, under a limit in days."""
    options = Options()
    plans = (plan_of("main", one, limit, options.ladder, now) for one in inventory(now))
    return months_ahead([one for one in plans if one], now, options.renewal_minutes)[1:]


def plan_page(now: datetime) -> str:
    """The chart as a page: a group of bars for each month, a bar for each limit."""
    series = {limit: months_of(limit, now) for limit in PLANNED_LIMITS}
    highest = max(one.by_hand for months in series.values() for one in months)
    step = 50
    top = -(-highest // step) * step
    marks = [*_grid(top, step), *_legend(series), *_bars(series, top)]
    return PAGE.format(width=WIDTH, height=HEIGHT, marks="".join(marks))


def _y(count: float, top: int) -> float:
    return HEIGHT - BOTTOM - count / top * (HEIGHT - BOTTOM - TOP)


def _grid(top: int, step: int) -> Iterator[str]:
    for count in range(0, top + 1, step):
        y = _y(count, top)
        yield f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{count}</text>'


def _legend(series: dict[int, list[Month]]) -> Iterator[str]:
    title = f"Renewals of {CERTIFICATES * BY_HAND:.0f} certificates by hand, and the hours that twelve months take"
    yield f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{title}</text>'
    for place, (limit, months) in enumerate(series.items()):
        x, hours = LEFT + place * 160, sum(one.minutes for one in months) // 60
        yield f'<rect x="{x}" y="27" width="11" height="11" fill="{COLOURS[limit]}"/>'
        yield f'<text x="{x + 17}" y="37">{limit} days: {hours:,} hours</text>'


def _bars(series: dict[int, list[Month]], top: int) -> Iterator[str]:
    names = [one.month for one in next(iter(series.values()))]
    group = (WIDTH - LEFT - 8) / len(names)
    bar = group * 0.8 / len(series)
    for place, name in enumerate(names):
        x = LEFT + place * group
        yield f'<text x="{x + group / 2}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{name}</text>'
        for number, (limit, months) in enumerate(series.items()):
            y = _y(months[place].by_hand, top)
            left, height, colour = x + group * 0.1 + number * bar, HEIGHT - BOTTOM - y, COLOURS[limit]
            size = f'width="{bar - 1:.1f}" height="{height:.1f}"'
            yield f'<rect x="{left:.1f}" y="{y:.1f}" {size} fill="{colour}"/>'
