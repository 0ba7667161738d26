"""Every kind of token that nobody gets in with, and a piece of the sentence that says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.entra_tokens import CLI, STRANGER, Forge, encoded, public_jwk, signing_key

MAX_TOKEN = 16_384


@dataclass(frozen=True)
class BadToken:
    """A header Authorization that is answered with 401. `header` makes it; None stands for a call without one.
    `over_http` is false where a client or the host's parser would not let it through to the app.
    """

    name: str
    says: str
    header: Callable[[Forge], str | None]
    over_http: bool = True

    def __str__(self) -> str:
        return self.name


def _tampered(forge: Forge) -> str:
    """A reader's token with an operator's claims."""
    first, _, signature = forge.signed(forge.person()).split(".")
    _, payload, _ = forge.signed(forge.person(roles=["Certflow.Operator"])).split(".")
    return f"Bearer {first}.{payload}.{signature}"


def _cut(forge: Forge) -> str:
    first, payload, signature = forge.signed(forge.person()).split(".")
    return f"Bearer {first}.{payload}.{signature[:-2]}"


def _of_version_1(forge: Forge) -> str:
    return forge.bearer(forge.version_1())


HEADERS = (
    BadToken("no header", "has no Authorization header", lambda _: None),
    BadToken("an empty header", "has no Authorization header", lambda _: " "),
    BadToken("basic", "does not begin with 'Bearer'", lambda _: "Basic YW5uOnNlY3JldA=="),
    BadToken("a token without Bearer", "does not begin with 'Bearer'", lambda forge: forge.signed(forge.person())),
    BadToken("no token", "there is no token", lambda _: "Bearer"),
    BadToken("two tokens", "more than one token", lambda forge: f"Bearer {forge.signed(forge.person())}, Bearer x.y.z"),
    BadToken("two tokens and a comma", "more than one token", lambda _: "Bearer a.b.c,d.e.f"),
    BadToken("two tokens and a blank", "more than one token", lambda forge: f"Bearer {forge.signed({})} x"),
    BadToken(
        "too long",
        "longer than",
        lambda forge: forge.bearer(forge.person(filler="x" * MAX_TOKEN)),
        over_http=False,
    ),
    BadToken("one part", "three parts", lambda _: "Bearer abc"),
    BadToken("the longest part", "three parts", lambda _: f"Bearer {'a' * MAX_TOKEN}", over_http=False),
    BadToken("two parts", "three parts", lambda _: "Bearer abc.def"),
    BadToken("four parts", "three parts", lambda forge: f"{forge.bearer(forge.person())}.abc"),
    BadToken("encrypted", "encrypted", lambda _: "Bearer a.b.c.d.e"),
    BadToken(
        "two signatures", "JSON serialization", lambda forge: f"Bearer {forge.json_serialization(forge.person())}"
    ),
    BadToken("characters", "characters", lambda _: "Bearer ä.b.c", over_http=False),
    BadToken("not base64", "cannot be decoded", lambda _: "Bearer !.!.!"),
    BadToken("not JSON", "cannot be decoded", lambda forge: f"Bearer {encoded(b'{')}.e30.e30"),
)
SIGNATURES = (
    BadToken("alg none", "not signed with RS256", lambda forge: forge.bearer(forge.person(), alg="none")),
    BadToken("alg missing", "not signed with RS256", lambda forge: forge.bearer(forge.person(), alg=None)),
    BadToken(
        "alg HS256 with the public key", "not signed with", lambda forge: forge.bearer(forge.person(), alg="HS256")
    ),
    *(
        BadToken(f"alg {alg}", "not signed with", lambda forge, alg=alg: forge.bearer(forge.person(), alg=alg))  # type: ignore[misc]
        for alg in ("RS384", "RS512", "PS256", "ES256", "rs256")
    ),
    BadToken("no kid", "(kid)", lambda forge: forge.bearer(forge.person(), kid=None)),
    BadToken("empty kid", "(kid)", lambda forge: forge.bearer(forge.person(), kid="")),
    BadToken("kid is a number", "cannot be decoded", lambda forge: forge.bearer(forge.person(), kid=1)),
    BadToken("unknown kid", "does not publish", lambda forge: forge.bearer(forge.person(), kid="unknown")),
    BadToken(
        "another's key under a known kid",
        "signature of the token is wrong",
        lambda forge: forge.bearer(forge.person(), key=signing_key(1)),
    ),
    BadToken(
        "a key of its own in the header",
        "signature of the token is wrong",
        lambda forge: forge.bearer(forge.person(), key=signing_key(1), jwk=public_jwk(signing_key(1), forge.kid)),
    ),
    BadToken(
        "the address of a key of its own in the header",
        "does not publish",
        lambda forge: forge.bearer(
            forge.person(), key=signing_key(1), kid="own", jku="https://keys.example.com/own", x5u="https://x.example"
        ),
    ),
    BadToken("changed claims", "signature of the token is wrong", _tampered),
    BadToken("a cut signature", "signature of the token is wrong", _cut),
    BadToken("no signature", "signature of the token is wrong", lambda forge: f"{_cut(forge).rpartition('.')[0]}."),
    BadToken(
        "an extension that has to be understood",
        "cannot be decoded",
        lambda forge: forge.bearer(forge.person(), crit=["exp2"], exp2=1),
    ),
    BadToken(
        "claims that are not encoded", "cannot be decoded", lambda forge: forge.bearer({}, crit=["b64"], b64=False)
    ),
    BadToken("claims that are no JSON", "cannot be decoded", lambda forge: forge.bearer(b"{")),
    BadToken("claims in ten thousand brackets", "cannot be decoded", lambda forge: forge.bearer(b"[" * 6_000)),
    BadToken("claims that are a list", "no JSON object", lambda forge: forge.bearer(b"[]")),
)
SOURCES = (
    BadToken("a v1.0 token", "not of version 2.0", _of_version_1),
    BadToken("no version", "not of version 2.0", lambda forge: forge.bearer(forge.person(ver=None))),
    BadToken(
        "another issuer",
        "somebody else (iss)",
        lambda forge: forge.bearer(forge.person(iss=f"https://sts.example.com/{forge.registration.tenant}/v2.0")),
    ),
    BadToken("no issuer", "somebody else (iss)", lambda forge: forge.bearer(forge.person(iss=None))),
    BadToken(
        "the issuer of another tenant",
        "somebody else (iss)",
        lambda forge: forge.bearer(
            forge.person(iss=f"{forge.registration.authority}/{STRANGER}/v2.0", tid=STRANGER),
        ),
    ),
    BadToken("another tenant", "another tenant (tid)", lambda forge: forge.bearer(forge.person(tid=STRANGER))),
    BadToken("no tenant", "another tenant (tid)", lambda forge: forge.bearer(forge.person(tid=None))),
    BadToken("another audience", "not for this API", lambda forge: forge.bearer(forge.person(aud=STRANGER))),
    BadToken("no audience", "not for this API", lambda forge: forge.bearer(forge.person(aud=None))),
    BadToken(
        "the API among several audiences",
        "not for this API",
        lambda forge: forge.bearer(forge.person(aud=[forge.registration.api, STRANGER])),
    ),
    BadToken(
        "the API's address as audience",
        "not for this API",
        lambda forge: forge.bearer(forge.person(aud=f"api://{forge.registration.api}")),
    ),
    BadToken("the page's ID token", "not for this API", lambda forge: forge.bearer(forge.id_token())),
)
TIMES = (
    BadToken("expired", "has expired", lambda forge: forge.bearer(forge.person(exp=forge.at(minutes=-2)))),
    BadToken("expired a minute ago", "has expired", lambda forge: forge.bearer(forge.person(exp=forge.at(minutes=-1)))),
    BadToken("no end", "exp, or not", lambda forge: forge.bearer(forge.person(exp=None))),
    BadToken("the end as text", "exp, or not", lambda forge: forge.bearer(forge.person(exp=str(forge.at(hours=1))))),
    BadToken("an endless end", "exp, or not", lambda forge: forge.bearer(forge.person(exp=float("inf")))),
    BadToken("not yet", "not valid yet", lambda forge: forge.bearer(forge.person(nbf=forge.at(minutes=2)))),
    BadToken("no begin", "nbf, or not", lambda forge: forge.bearer(forge.person(nbf=None))),
    BadToken("true as the begin", "nbf, or not", lambda forge: forge.bearer(forge.person(nbf=True))),
)
CALLERS = (
    BadToken("no oid", "does not say oid", lambda forge: forge.bearer(forge.person(oid=None))),
    BadToken("an oid that is no GUID", "does not say oid", lambda forge: forge.bearer(forge.person(oid="ann"))),
    BadToken("a list as oid", "does not say oid", lambda forge: forge.bearer(forge.person(oid=[STRANGER]))),
    BadToken("no azp", "does not say azp", lambda forge: forge.bearer(forge.person(azp=None))),
    BadToken("azp in capitals", "does not say azp", lambda forge: forge.bearer(forge.person(azp=CLI.upper()))),
    BadToken("azp that is not listed", "(azp)", lambda forge: forge.bearer(forge.person(azp=STRANGER))),
    BadToken("another scope", "access_as_user", lambda forge: forge.bearer(forge.person(scp="User.Read"))),
    BadToken("a longer scope", "access_as_user", lambda forge: forge.bearer(forge.person(scp="access_as_user2"))),
    BadToken("an empty scope", "access_as_user", lambda forge: forge.bearer(forge.person(scp=""))),
    BadToken("a list of scopes", "access_as_user", lambda forge: forge.bearer(forge.person(scp=["access_as_user"]))),
    BadToken("scopes of an app", "(idtyp)", lambda forge: forge.bearer(forge.person(idtyp="app"))),
    BadToken("scopes of a device", "(idtyp)", lambda forge: forge.bearer(forge.person(idtyp="device"))),
    BadToken(
        "an ID token with the API's audience",
        "an ID token is neither",
        lambda forge: forge.bearer(forge.id_token(aud=forge.registration.api, azp=forge.page)),
    ),
    BadToken("a person without scopes", "is neither", lambda forge: forge.bearer(forge.person(scp=None))),
    BadToken("an app without idtyp", "is neither", lambda forge: forge.bearer(forge.machine(idtyp=None))),
    BadToken("an app without a role", "no role", lambda forge: forge.bearer(forge.machine(roles=None))),
    BadToken("an app with an empty list of roles", "no role", lambda forge: forge.bearer(forge.machine(roles=[]))),
    BadToken("roles as text", "list of texts", lambda forge: forge.bearer(forge.machine(roles="Certflow.Operator"))),
    BadToken("roles as numbers", "list of texts", lambda forge: forge.bearer(forge.person(roles=["team-pay", 1]))),
)
BAD_TOKENS = (*HEADERS, *SIGNATURES, *SOURCES, *TIMES, *CALLERS)
