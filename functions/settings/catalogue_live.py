"""What the settings of live mean, for docs/settings.md."""

from __future__ import annotations

from collections.abc import Mapping

from functions.settings.documented import THE_DEFAULT, Setting

NOTHING_THERE = "the entry allows nothing"

LIVE_SETTINGS: Mapping[str, tuple[Setting, ...]] = {
    "Live": (
        Setting(
            "CERTFLOW_LIVE_HOSTS",
            "the hosts at which Certflow may [look whether a certificate is served](live.md), "
            "separated by commas: `www.example.com`, or `*.example.com` for all below it",
            "none: live is off",
            NOTHING_THERE,
        ),
        Setting(
            "CERTFLOW_LIVE_PORTS",
            "the ports at which it may look, separated by commas",
            "`443,8443`",
            NOTHING_THERE,
        ),
        Setting(
            "CERTFLOW_LIVE_NETWORKS",
            "networks whose addresses it may connect to although they are not public, separated by "
            "commas: `10.0.0.0/8,fd00::/8`. [Some addresses](live.md#what-is-never-looked-at) no "
            "setting opens",
            "none: public addresses alone",
            NOTHING_THERE,
        ),
        Setting(
            "CERTFLOW_LIVE_GRACE",
            "how long servers may take for a new version before you hear of it: a period for all, "
            "and others by the name that the tag `certflow-endpoints-grace` has (`12h,aks=30m`)",
            "`26h`, and `appgw=6h`, `appservice=26h`, `frontdoor=4d`, `vm=2h`",
            THE_DEFAULT,
        ),
    ),
}
