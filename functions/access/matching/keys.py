"""The patterns of `keys`: `RSA:2048..4096`, `EC:P-256`, `RSA-HSM:3072`, or a kind alone."""

from __future__ import annotations

# What Key Vault has (protocol §6).
RSA_SIZES = (2048, 3072, 4096)
KEY_CURVES = ("P-256", "P-384", "P-521", "P-256K")
KEY_KINDS = ("RSA", "RSA-HSM", "EC", "EC-HSM")


def read_key(text: str) -> frozenset[str]:
    """Reads a pattern of keys. Returns each key that it grants, as EffectivePolicy has it. Raises
    ValueError. A key in an HSM is another kind: `RSA` does not grant it.
    """
    kind, colon, wanted = text.partition(":")
    if kind not in KEY_KINDS:
        raise ValueError(
            f"'{text}' is no kind of key. Allowed: {', '.join(KEY_KINDS)}, alone or with a size or "
            "curve: RSA:2048..4096, EC:P-256."
        )
    rsa = kind.removesuffix("-HSM") == "RSA"
    values = [str(size) for size in RSA_SIZES] if rsa else list(KEY_CURVES)
    first, dots, last = wanted.partition("..") if rsa else (wanted, "", "")
    chosen = _between(values, first, last if dots else first) if colon else values
    if not chosen:
        raise ValueError(f"'{text}' is no key of Key Vault. {kind} has {', '.join(values)}.")
    return frozenset(f"{kind}:{value}" for value in chosen)


def _between(values: list[str], first: str, last: str) -> list[str]:
    """The values from the first to the last; none, if one is not there or they are the wrong way
    round.
    """
    there = first in values and last in values
    return values[values.index(first) : values.index(last) + 1] if there else []
