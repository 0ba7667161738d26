"""What CAs and people do to chains, a function each: it changes the draft of a good chain.

Whether a chain is bad then is not known here: that is for two judges to say (`tests.robustness.oracles`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, ObjectIdentifier

from tests.certificates import CLIENT, DAY, SERVER, Ca, Key, damaged, ip
from tests.clock import fixed_now
from tests.robustness.drafts import HOST, YEARS, Draft, Made, Tier, an_rsa_key, changed, leaf_of, name

type Mutation = Callable[[Draft], None]

ADDRESS = "10.1.2.3"
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
STEP_UP = ObjectIdentifier("1.3.6.1.4.1.311.10.3.3")  # Microsoft's "server gated cryptography"
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
EKUS = (SERVER, CLIENT, ANY, ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CODE_SIGNING, STEP_UP)
USAGES = ("digital_signature", "content_commitment", "key_encipherment", "key_cert_sign", "crl_sign")


# The file


def shuffled(draft: Draft) -> None:
    draft.afterwards.append(lambda draft, made: draft.random.shuffle(made.file))


def one_missing(draft: Draft) -> None:
    draft.hidden.add(draft.any_tier(1))


def without_root(draft: Draft) -> None:
    draft.hidden.add(0)


def with_strangers(draft: Draft) -> None:
    def add(draft: Draft, made: Made) -> None:
        root = Ca.root(name("Stranger Root CA"), YEARS, draft.new_key(), at=fixed_now)
        made.file[1:1] = [root.ca(name("Stranger CA"), YEARS, draft.new_key()).certificate, root.certificate]

    draft.afterwards.append(add)


def one_damaged(draft: Draft) -> None:
    def damage(draft: Draft, made: Made) -> None:
        index = draft.random.randrange(len(made.file))
        whole, broken = made.file[index], damaged(made.file[index])
        made.file[index] = broken
        made.leaves = [broken if one == whole else one for one in made.leaves]

    draft.afterwards.append(damage)


# Trust


def nothing_trusted(draft: Draft) -> None:
    draft.trusted.clear()


def other_root_trusted(draft: Draft) -> None:
    def trust(draft: Draft, made: Made) -> None:
        made.trusted[:] = [Ca.root(name("Other Root CA"), YEARS, draft.new_key(), at=fixed_now).certificate]

    draft.afterwards.append(trust)


def all_cas_trusted(draft: Draft) -> None:
    draft.trusted.update(range(len(draft.tiers)))


def issuing_ca_trusted_alone(draft: Draft) -> None:
    draft.trusted = {len(draft.tiers) - 1}


# Several certificates of one CA


def renewed(draft: Draft) -> None:
    """The same name and key with other dates: the old certificate is in the file, or trusted, too or instead."""
    tier, end = draft.any_tier(), draft.random.choice([-DAY, 10 * DAY])
    where = draft.random.choice(["file", "trust", "trust alone"])

    def add(draft: Draft, made: Made) -> None:
        old = _again(draft, made, tier, draft.tiers[tier].key, start=-3000 * DAY, end=end)
        if where == "file":
            made.file.insert(draft.random.randint(0, len(made.file)), old)
        elif where == "trust":
            made.trusted.append(old)
        else:
            made.trusted[:] = [old]

    draft.afterwards.append(add)


def rolled_over(draft: Draft) -> None:
    """The same name with another key: the CA's next certificate, or its last one."""
    tier, key_ids = draft.any_tier(), draft.random.random() < 0.5

    def add(draft: Draft, made: Made) -> None:
        next_one = _again(draft, made, tier, draft.new_key(), key_ids=key_ids)
        made.file.insert(draft.random.randint(0, len(made.file)), next_one)
        if not tier:
            made.trusted.append(next_one)

    draft.afterwards.append(add)


def new_with_old(draft: Draft) -> None:
    """A CA has certified its next key with its old one (RFC 4210 §4.4), and issues with the next."""
    tier = draft.any_tier()
    old = draft.tiers[tier]
    draft.tiers.insert(tier + 1, Tier(old.name, draft.new_key()))
    draft.hidden = {number + (number > tier) for number in draft.hidden}
    draft.trusted = {number + (number > tier) for number in draft.trusted}

    def add(draft: Draft, made: Made) -> None:
        new = Ca.root(old.name, YEARS, draft.tiers[tier + 1].key, at=fixed_now).certificate
        made.file.insert(draft.random.randint(0, len(made.file)), new)
        made.roots.append(new)

    if not tier:
        draft.afterwards.append(add)


def cross_signed(draft: Draft) -> None:
    """A CA of the chain has a certificate by another root, too, which is trusted too, instead, or not."""
    tier, trust = draft.any_tier(), draft.random.choice(["too", "instead", "not"])
    end, root_end = (draft.random.choice([-DAY, 3000 * DAY, 3000 * DAY]) for _ in range(2))
    root_there = draft.random.random() < 0.5

    def add(draft: Draft, made: Made) -> None:
        other = Ca.root(name("Old Root CA"), changed(YEARS, end=root_end), draft.new_key(), at=fixed_now)
        signed = other.ca(draft.tiers[tier].name, changed(YEARS, end=end), draft.tiers[tier].key)
        added = [signed.certificate, *([other.certificate] if root_there else [])]
        made.file[1:1] = added if draft.random.random() < 0.5 else []
        made.file += [one for one in added if one not in made.file]
        made.roots.append(other.certificate)
        if trust == "instead":
            made.trusted.clear()
        if trust != "not":
            made.trusted.append(other.certificate)

    draft.afterwards.append(add)


def certified_each_other(draft: Draft) -> None:
    """Two CAs of the chain have certified each other."""
    lower = draft.any_tier(1)
    upper = draft.random.randrange(max(lower, 1))

    def add(draft: Draft, made: Made) -> None:
        up = draft.tiers[upper]
        made.file.insert(1, made.cas[lower].ca(up.name, YEARS, up.key).certificate)

    draft.afterwards.append(add)


def _again(draft: Draft, made: Made, tier: int, key: Key, **wish: object) -> x509.Certificate:
    """Another certificate of a CA, from the one above."""
    one = draft.tiers[tier]
    wished = changed(one.wish, **wish)
    if not tier:
        return Ca.root(one.name, wished, key, at=fixed_now).certificate
    return made.cas[tier - 1].ca(one.name, wished, key, issuer=draft.tiers[tier - 1].called).certificate


def with_precertificate(draft: Draft) -> None:
    """The precertificate of Certificate Transparency (RFC 6962 §3.1), beside the certificate or in its place."""
    alone = draft.random.random() < 0.3

    def add(draft: Draft, made: Made) -> None:
        poisoned = (*draft.leaf.more, (x509.PrecertPoison(), True))
        precertificate = leaf_of(draft, made.cas[-1], more=poisoned)
        if alone:
            made.file[:] = [precertificate if one in made.leaves else one for one in made.file]
            made.leaves = [precertificate]
        else:
            made.file.insert(draft.random.randint(0, 1), precertificate)
            made.leaves.append(precertificate)

    draft.afterwards.append(add)


# Validity


def expired(draft: Draft) -> None:
    draft.change_any(start=-3000 * DAY, end=-draft.random.choice([DAY, timedelta(minutes=6)]))


def not_yet_valid(draft: Draft) -> None:
    draft.change_any(start=draft.random.choice([DAY, timedelta(minutes=6)]))


def by_another_clock(draft: Draft) -> None:
    """Within the minutes that clocks may differ by."""
    minutes = timedelta(minutes=4)
    draft.change_any(**draft.random.choice([{"start": minutes}, {"start": -30 * DAY, "end": -minutes}]))


# What a CA may do


def ca_for_purposes(draft: Draft) -> None:
    purposes = draft.random.sample(EKUS, draft.random.randint(1, 2))
    draft.add((x509.ExtendedKeyUsage(purposes), draft.random.random() < 0.2), tier=draft.any_tier())


def ca_usages(draft: Draft) -> None:
    draft.change(draft.any_tier(), usages=_some(draft.random, USAGES))


def path_length(draft: Draft) -> None:
    draft.change(draft.any_tier(), path_length=draft.random.randint(0, 2))


def ca_no_more(draft: Draft) -> None:
    """Basic constraints that are not there, or say that it is no CA."""
    tier = draft.any_tier()
    if draft.random.random() < 0.5:
        draft.change(tier, without=(*draft.tiers[tier].wish.without, ExtensionOID.BASIC_CONSTRAINTS))
    else:
        draft.add((x509.BasicConstraints(ca=False, path_length=None), True), tier=tier)


def version_1_ca(draft: Draft) -> None:
    draft.tiers[draft.random.choice([0, 0, 0, draft.any_tier()])].version_1 = True


# Names and constraints


def constrained(draft: Draft) -> None:
    random = draft.random
    kind = random.choice([*BASES])
    bases = random.sample(BASES[kind], random.randint(1, 2))
    if random.random() < 0.3:
        bases.append(random.choice(BASES[random.choice([*BASES])]))
    more = [random.choice(BASES[kind])] if random.random() < 0.2 else None
    permitted, excluded = random.choice([(bases, more), (more, bases)])
    limits = x509.NameConstraints(permitted, excluded)
    draft.add((limits, random.random() < 0.8), tier=draft.any_tier())


def _names(*values: x509.GeneralName) -> list[x509.GeneralName]:
    return [*values]


# What a CA may issue for, or may not: bases that the leaves' names are within, and others that they are not.
BASES: dict[str, list[x509.GeneralName]] = {
    "DNS": _names(*map(x509.DNSName, ["example.com", ".example.com", HOST, "com", "example.net", "WEB.example.com"]))
    + _names(*map(x509.DNSName, ["", "secret.example.com", "b.example.com"])),
    "IP": _names(
        *(x509.IPAddress(ipaddress.ip_network(one)) for one in ["10.0.0.0/8", "192.0.2.0/24", "::/0", "0.0.0.0/0"])
    ),
    "directory": _names(
        *map(
            x509.DirectoryName,
            [
                name("", organisation=""),
                name("", organisation="Example Org"),
                name("", organisation="EXAMPLE  org"),
                name("", organisation="Other Org"),
                name("", organisation="", country="FR"),
            ],
        )
    ),
    "mail": _names(*map(x509.RFC822Name, ["example.com", ".example.com", "pki@example.com", "example.net"])),
    "URI": _names(*map(x509.UniformResourceIdentifier, ["www.example.com", ".example.com", "example.net"])),
}


def more_names(draft: Draft) -> None:
    names: list[str | x509.GeneralName] = [
        "api.example.com",
        "www.example.net",
        "secret.example.com",
        ip(ADDRESS),
        ip("192.0.2.9"),
        ip("2001:db8::9"),
        x509.RFC822Name("pki@example.com"),
        x509.RFC822Name("pki@example.net"),
        x509.UniformResourceIdentifier("https://www.example.com/x"),
        x509.UniformResourceIdentifier("https://www.example.net/x"),
    ]
    draft.change_leaf(names=(*(draft.leaf.names or ()), *draft.random.sample(names, draft.random.randint(1, 3))))


def names_in_other_ways(draft: Draft) -> None:
    """The host's name by a wildcard, in capitals, in the common name alone, or not at all."""
    choices: list[tuple[str | x509.GeneralName, ...]] = [
        ("*.example.com",),
        ("*.com", "*.example.com"),
        ("w*.example.com",),
        ("*.web.example.com", "example.com"),
        ("WEB.Example.COM",),
        ("web.example.com.",),
        ("www.example.com",),
        (ip(ADDRESS),),
        (),
    ]
    draft.change_leaf(names=draft.random.choice(choices))


def wildcard_over_what_is_excluded(draft: Draft) -> None:
    """A CA may not issue for the host, and the leaf's name is a wildcard that covers it."""
    limits = x509.NameConstraints(None, [x509.DNSName(HOST)])
    draft.add((limits, True), tier=draft.any_tier(1))
    draft.change_leaf(names=("*.example.com",))


def an_address(draft: Draft) -> None:
    draft.host = ADDRESS
    draft.change_leaf(names=(ip(ADDRESS), *draft.random.choice([(), (HOST,)])))


def subjects(draft: Draft) -> None:
    draft.subject = draft.random.choice(
        [
            x509.Name([]),
            name(HOST, organisation="Other Org"),
            name(HOST, organisation="Example  ORG"),
            name("A server", country="FR"),
            name("www.example.net"),
        ]
    )


def spelled_otherwise(draft: Draft) -> None:
    """A CA's name in what it issues differs in case, blanks or the kind of string (RFC 5280 §7.1)."""
    tier = draft.tiers[draft.any_tier()]
    upper = draft.random.random() < 0.5

    def spelled(part: x509.NameAttribute[str | bytes]) -> x509.NameAttribute[str | bytes]:
        text = str(part.value)
        kind = _ASN1Type.PrintableString if draft.random.random() < 0.5 else None
        return x509.NameAttribute(part.oid, text.upper() if upper else text.replace(" ", "  "), kind)

    tier.called = x509.Name([spelled(part) for part in tier.name])


# What a leaf may be used for


def leaf_for_purposes(draft: Draft) -> None:
    draft.change_leaf(ekus=_some(draft.random, EKUS))


def leaf_usages(draft: Draft) -> None:
    draft.change_leaf(usages=_some(draft.random, (*USAGES, "key_agreement")))


def leaf_is_ca(draft: Draft) -> None:
    draft.add((x509.BasicConstraints(ca=True, path_length=None), True))


def _some[T](random: Random, all_of: Sequence[T]) -> Sequence[T]:
    """Some of them, or none."""
    return random.sample(all_of, random.randint(0, 3))


# Extensions


def unknown_extension(draft: Draft) -> None:
    draft.add_any((UNKNOWN, draft.random.random() < 0.7))


def other_criticality(draft: Draft) -> None:
    flipped = draft.random.choice(
        [
            ExtensionOID.BASIC_CONSTRAINTS,
            ExtensionOID.KEY_USAGE,
            ExtensionOID.EXTENDED_KEY_USAGE,
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
            ExtensionOID.NAME_CONSTRAINTS,
            ExtensionOID.SUBJECT_KEY_IDENTIFIER,
            ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
            ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ]
    )
    draft.change_any(flipped=(flipped,), url="http://ca.example.com/issuer.cer")


def odd_encoding(draft: Draft) -> None:
    """An extension whose value is not written as RFC 5280 has it, or cannot be read at all."""
    oid, values = draft.random.choice([*ODD.items()])
    value = bytes.fromhex(draft.random.choice(values))
    draft.add_any((x509.UnrecognizedExtension(oid, value), draft.random.random() < 0.4))


# Values (DER, hex) by extension: odd ones that some readers take, and broken ones.
BROKEN = ("0500", "3003820561", "")
ODD = {
    ExtensionOID.BASIC_CONSTRAINTS: ("3003010100", "30060101ff020100", "3003010101", *BROKEN),
    ExtensionOID.KEY_USAGE: ("030200a6", "030201a7", "03020106", "0303070680", "030100", *BROKEN),
    ExtensionOID.EXTENDED_KEY_USAGE: ("3000", *BROKEN),
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME: (
        "301882" + "0f" + HOST.encode().hex() + "8705" + "0a01020304",  # an address of five bytes
        "301b82" + "0f" + HOST.encode().hex() + "8708" + "0a000000ff000000",  # one with a mask
        "301182" + "0f" + HOST.encode().hex(),
        "3000",
        *BROKEN,
    ),
    ExtensionOID.NAME_CONSTRAINTS: (
        "3012a010300e820b" + b"example.com".hex() + "800100",  # a minimum that is the default
        "3012a010300e820b" + b"example.com".hex() + "800101",
        "300ea00c300a8708" + "c0a80101ffffff00",  # an address with bits of a host
        "300ea00c300a8708" + "0a010203ff00ff00",
        "3000",
        *BROKEN,
    ),
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER: ("3000", "3003820101", "300480020102", *BROKEN),
    ExtensionOID.SUBJECT_KEY_IDENTIFIER: ("0400", "04020102", *BROKEN),
    ExtensionOID.CERTIFICATE_POLICIES: ("30123010060328030430093007060328030509" + "0c0178"[2:], "3000", *BROKEN),
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS: ("3000", *BROKEN),
    ExtensionOID.CRL_DISTRIBUTION_POINTS: ("3000", "30023000", *BROKEN),
    ExtensionOID.POLICY_CONSTRAINTS: ("3003800100", "3000", *BROKEN),
    ExtensionOID.INHIBIT_ANY_POLICY: ("020100", "0201ff", *BROKEN),
}


def other_keys(draft: Draft) -> None:
    """A CA or the leaf with another kind of key."""
    random = draft.random
    kinds: list[Callable[[], Key]] = [
        lambda: ed25519.Ed25519PrivateKey.from_private_bytes(random.randbytes(32)),
        lambda: ec.derive_private_key(random.getrandbits(380) + 1, ec.SECP384R1()),
        lambda: an_rsa_key(2048, "other"),
        lambda: an_rsa_key(3072, "other"),
    ]
    tier = random.randrange(-1, len(draft.tiers))
    if tier < 0:
        draft.key = random.choice(kinds)()
    else:
        draft.tiers[tier].key = random.choice(kinds)()


def without_key_ids(draft: Draft) -> None:
    draft.change_any(key_ids=False)


def other_key_ids(draft: Draft) -> None:
    """Identifiers that are not the hash of the key, of another CA's key, or the issuer's name and serial number."""
    stranger = draft.new_key().public_key()
    issuer = [x509.DirectoryName(draft.tiers[0].name)]
    draft.add_any(
        draft.random.choice(
            [
                (x509.AuthorityKeyIdentifier.from_issuer_public_key(stranger), False),
                (x509.SubjectKeyIdentifier.from_public_key(stranger), False),
                (x509.SubjectKeyIdentifier(b"1234"), False),
                (x509.AuthorityKeyIdentifier(None, issuer, 12345), False),
            ]
        )
    )


# Strength


def weak(draft: Draft) -> None:
    """An RSA key of 1024 bits, an EC key of 192, or a signature with SHA-1."""
    random = draft.random
    tier = draft.any_tier()
    what = random.choice(["RSA", "EC", "SHA-1"])
    if what == "EC":
        draft.tiers[tier].key = ec.derive_private_key(random.getrandbits(190) + 1, ec.SECP192R1())
    else:
        draft.tiers[tier].key = an_rsa_key(1024 if what == "RSA" else 2048, "weak")
    if what == "SHA-1":
        draft.leaf_sha1 = tier == len(draft.tiers) - 1
        draft.tiers[0 if draft.leaf_sha1 else tier + 1].sha1 = True


# In the order in which they are made; those that add CAs stand first.
MUTATIONS: tuple[Mutation, ...] = (
    new_with_old,
    certified_each_other,
    other_keys,
    weak,
    one_missing,
    without_root,
    nothing_trusted,
    all_cas_trusted,
    issuing_ca_trusted_alone,
    expired,
    not_yet_valid,
    by_another_clock,
    ca_for_purposes,
    ca_usages,
    path_length,
    ca_no_more,
    version_1_ca,
    constrained,
    more_names,
    names_in_other_ways,
    wildcard_over_what_is_excluded,
    an_address,
    subjects,
    spelled_otherwise,
    leaf_for_purposes,
    leaf_usages,
    leaf_is_ca,
    unknown_extension,
    other_criticality,
    odd_encoding,
    without_key_ids,
    other_key_ids,
    renewed,
    rolled_over,
    cross_signed,
    other_root_trusted,
    with_precertificate,
    with_strangers,
    one_damaged,
    shuffled,
)
