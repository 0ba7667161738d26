"""The plan of a snapshot once more, in twenty lines that know nothing of the product."""

from __future__ import annotations

import gzip
import json


def renewals_a_year(snapshot: bytes, limit: int, rung: float) -> dict[str, float | None]:
    """How often each certificate of a stored snapshot is renewed in a year; None for a policy that breaks. `rung` is
    the share of its life that is left when Certflow or a person renews it.
    """
    found = dict[str, float | None]()
    for one in json.loads(gzip.decompress(snapshot))["certificates"]:
        tags, policy, current = (one.get(key, {}) for key in ("tags", "policy", "current"))
        renew = tags.get("certflow-renew", "").lower()
        days = policy.get("months", 0) * 365 // 12
        if not days and current.get("not_after"):
            days = round((current["not_after"] - current["not_before"]) / 86400)
        by_policy = policy.get("action") == "AutoRenew" and policy.get("issuer", "").lower() != "unknown"
        if (not one["enabled"] and current) or (renew == "off" and not by_policy) or not days:
            continue
        days, left = min(days, limit), rung
        if by_policy:
            left = 1 - policy.get("percentage", 80) / 100
            if policy.get("days_before") is not None:
                left = policy["days_before"] / days
        found[one["name"]] = None if left >= 0.9 else 365 / (days * (1 - left))
    return found
