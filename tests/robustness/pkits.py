"""NIST's Public Key Interoperability Test Suite (PKITS 1.0.1), as the package cryptography-vectors has it.

Of its tests those are here whose verdict depends neither on revocation lists nor on policies: 4.1, 4.2, 4.3, 4.6, 4.13
and 4.16 wholly, of 4.5 and 4.7 those in which a CRL decides nothing, of 4.4 the three good ones about serial numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cryptography_vectors

CERTIFICATES = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data" / "certs"
ANCHOR = "TrustAnchorRootCertificate"
TIME = datetime(2020, 1, 1, tzinfo=UTC)  # the suite's certificates are valid from 2010 to 2030


@dataclass(frozen=True, slots=True)
class Case:
    """One test of the suite: the certificates (DER) from the leaf to below the trust anchor, and the verdict."""

    number: str
    name: str
    files: tuple[str, ...]

    @property
    def good(self) -> bool:
        return self.name.startswith("Valid")

    @property
    def path(self) -> list[bytes]:
        return [der(name) for name in self.files]


def der(name: str) -> bytes:
    return (CERTIFICATES / f"{name}.crt").read_bytes()


# The number in PKITS, the leaf, and the CAs between it and the trust anchor, from the one that issued the leaf upwards.
# A line that is indented goes on with the one before.
LISTED = """
4.1.1   ValidCertificatePathTest1                 GoodCA
4.1.2   InvalidCASignatureTest2                   BadSignedCA
4.1.3   InvalidEESignatureTest3                   GoodCA
4.1.4   ValidDSASignaturesTest4                   DSACA
4.1.5   ValidDSAParameterInheritanceTest5         DSAParametersInheritedCA DSACA
4.1.6   InvalidDSASignatureTest6                  DSACA
4.2.1   InvalidCAnotBeforeDateTest1               BadnotBeforeDateCA
4.2.2   InvalidEEnotBeforeDateTest2               GoodCA
4.2.3   Validpre2000UTCnotBeforeDateTest3         GoodCA
4.2.4   ValidGeneralizedTimenotBeforeDateTest4    GoodCA
4.2.5   InvalidCAnotAfterDateTest5                BadnotAfterDateCA
4.2.6   InvalidEEnotAfterDateTest6                GoodCA
4.2.7   Invalidpre2000UTCEEnotAfterDateTest7      GoodCA
4.2.8   ValidGeneralizedTimenotAfterDateTest8     GoodCA
4.3.1   InvalidNameChainingTest1                  GoodCA
4.3.2   InvalidNameChainingOrderTest2             NameOrderingCA
4.3.3   ValidNameChainingWhitespaceTest3          GoodCA
4.3.4   ValidNameChainingWhitespaceTest4          GoodCA
4.3.5   ValidNameChainingCapitalizationTest5      GoodCA
4.3.6   ValidNameUIDsTest6                        UIDCA
4.3.7   ValidRFC3280MandatoryAttributeTypesTest7  RFC3280MandatoryAttributeTypesCA
4.3.8   ValidRFC3280OptionalAttributeTypesTest8   RFC3280OptionalAttributeTypesCA
4.3.9   ValidUTF8StringEncodedNamesTest9          UTF8StringEncodedNamesCA
4.3.10  ValidRolloverfromPrintableStringtoUTF8StringTest10  RolloverfromPrintableStringtoUTF8StringCA
4.3.11  ValidUTF8StringCaseInsensitiveMatchTest11 UTF8StringCaseInsensitiveMatchCA
4.4.14  ValidNegativeSerialNumberTest14           NegativeSerialNumberCA
4.4.16  ValidLongSerialNumberTest16               LongSerialNumberCA
4.4.17  ValidLongSerialNumberTest17               LongSerialNumberCA
4.5.1   ValidBasicSelfIssuedOldWithNewTest1       BasicSelfIssuedNewKeyOldWithNewCA BasicSelfIssuedNewKeyCA
4.5.3   ValidBasicSelfIssuedNewWithOldTest3       BasicSelfIssuedOldKeyNewWithOldCA BasicSelfIssuedOldKeyCA
4.5.4   ValidBasicSelfIssuedNewWithOldTest4       BasicSelfIssuedOldKeyNewWithOldCA BasicSelfIssuedOldKeyCA
4.5.6   ValidBasicSelfIssuedCRLSigningKeyTest6    BasicSelfIssuedCRLSigningKeyCRL BasicSelfIssuedCRLSigningKeyCA
4.5.8   InvalidBasicSelfIssuedCRLSigningKeyTest8  BasicSelfIssuedCRLSigningKeyCRL BasicSelfIssuedCRLSigningKeyCA
4.6.1   InvalidMissingbasicConstraintsTest1       MissingbasicConstraintsCA
4.6.2   InvalidcAFalseTest2                       basicConstraintsCriticalcAFalseCA
4.6.3   InvalidcAFalseTest3                       basicConstraintsNotCriticalcAFalseCA
4.6.4   ValidbasicConstraintsNotCriticalTest4     basicConstraintsNotCriticalCA
4.6.5   InvalidpathLenConstraintTest5             pathLenConstraint0subCA pathLenConstraint0CA
4.6.6   InvalidpathLenConstraintTest6             pathLenConstraint0subCA pathLenConstraint0CA
4.6.7   ValidpathLenConstraintTest7               pathLenConstraint0CA
4.6.8   ValidpathLenConstraintTest8               pathLenConstraint0CA
4.6.9   InvalidpathLenConstraintTest9             pathLenConstraint6subsubCA00 pathLenConstraint6subCA0
        pathLenConstraint6CA
4.6.10  InvalidpathLenConstraintTest10            pathLenConstraint6subsubCA00 pathLenConstraint6subCA0
        pathLenConstraint6CA
4.6.11  InvalidpathLenConstraintTest11            pathLenConstraint6subsubsubCA11X pathLenConstraint6subsubCA11
        pathLenConstraint6subCA1 pathLenConstraint6CA
4.6.12  InvalidpathLenConstraintTest12            pathLenConstraint6subsubsubCA11X pathLenConstraint6subsubCA11
        pathLenConstraint6subCA1 pathLenConstraint6CA
4.6.13  ValidpathLenConstraintTest13              pathLenConstraint6subsubsubCA41X pathLenConstraint6subsubCA41
        pathLenConstraint6subCA4 pathLenConstraint6CA
4.6.14  ValidpathLenConstraintTest14              pathLenConstraint6subsubsubCA41X pathLenConstraint6subsubCA41
        pathLenConstraint6subCA4 pathLenConstraint6CA
4.6.15  ValidSelfIssuedpathLenConstraintTest15    pathLenConstraint0SelfIssuedCA pathLenConstraint0CA
4.6.16  InvalidSelfIssuedpathLenConstraintTest16  pathLenConstraint0subCA2 pathLenConstraint0SelfIssuedCA
        pathLenConstraint0CA
4.6.17  ValidSelfIssuedpathLenConstraintTest17    pathLenConstraint1SelfIssuedsubCA pathLenConstraint1subCA
        pathLenConstraint1SelfIssuedCA pathLenConstraint1CA
4.7.1   InvalidkeyUsageCriticalkeyCertSignFalseTest1     keyUsageCriticalkeyCertSignFalseCA
4.7.2   InvalidkeyUsageNotCriticalkeyCertSignFalseTest2  keyUsageNotCriticalkeyCertSignFalseCA
4.7.3   ValidkeyUsageNotCriticalTest3             keyUsageNotCriticalCA
4.13.1  ValidDNnameConstraintsTest1               nameConstraintsDN1CA
4.13.2  InvalidDNnameConstraintsTest2             nameConstraintsDN1CA
4.13.3  InvalidDNnameConstraintsTest3             nameConstraintsDN1CA
4.13.4  ValidDNnameConstraintsTest4               nameConstraintsDN1CA
4.13.5  ValidDNnameConstraintsTest5               nameConstraintsDN2CA
4.13.6  ValidDNnameConstraintsTest6               nameConstraintsDN3CA
4.13.7  InvalidDNnameConstraintsTest7             nameConstraintsDN3CA
4.13.8  InvalidDNnameConstraintsTest8             nameConstraintsDN4CA
4.13.9  InvalidDNnameConstraintsTest9             nameConstraintsDN4CA
4.13.10 InvalidDNnameConstraintsTest10            nameConstraintsDN5CA
4.13.11 ValidDNnameConstraintsTest11              nameConstraintsDN5CA
4.13.12 InvalidDNnameConstraintsTest12            nameConstraintsDN1subCA1 nameConstraintsDN1CA
4.13.13 InvalidDNnameConstraintsTest13            nameConstraintsDN1subCA2 nameConstraintsDN1CA
4.13.14 ValidDNnameConstraintsTest14              nameConstraintsDN1subCA2 nameConstraintsDN1CA
4.13.15 InvalidDNnameConstraintsTest15            nameConstraintsDN3subCA1 nameConstraintsDN3CA
4.13.16 InvalidDNnameConstraintsTest16            nameConstraintsDN3subCA1 nameConstraintsDN3CA
4.13.17 InvalidDNnameConstraintsTest17            nameConstraintsDN3subCA2 nameConstraintsDN3CA
4.13.18 ValidDNnameConstraintsTest18              nameConstraintsDN3subCA2 nameConstraintsDN3CA
4.13.19 ValidDNnameConstraintsTest19              nameConstraintsDN1SelfIssuedCA nameConstraintsDN1CA
4.13.20 InvalidDNnameConstraintsTest20            nameConstraintsDN1CA
4.13.21 ValidRFC822nameConstraintsTest21          nameConstraintsRFC822CA1
4.13.22 InvalidRFC822nameConstraintsTest22        nameConstraintsRFC822CA1
4.13.23 ValidRFC822nameConstraintsTest23          nameConstraintsRFC822CA2
4.13.24 InvalidRFC822nameConstraintsTest24        nameConstraintsRFC822CA2
4.13.25 ValidRFC822nameConstraintsTest25          nameConstraintsRFC822CA3
4.13.26 InvalidRFC822nameConstraintsTest26        nameConstraintsRFC822CA3
4.13.27 ValidDNandRFC822nameConstraintsTest27     nameConstraintsDN1subCA3 nameConstraintsDN1CA
4.13.28 InvalidDNandRFC822nameConstraintsTest28   nameConstraintsDN1subCA3 nameConstraintsDN1CA
4.13.29 InvalidDNandRFC822nameConstraintsTest29   nameConstraintsDN1subCA3 nameConstraintsDN1CA
4.13.30 ValidDNSnameConstraintsTest30             nameConstraintsDNS1CA
4.13.31 InvalidDNSnameConstraintsTest31           nameConstraintsDNS1CA
4.13.32 ValidDNSnameConstraintsTest32             nameConstraintsDNS2CA
4.13.33 InvalidDNSnameConstraintsTest33           nameConstraintsDNS2CA
4.13.34 ValidURInameConstraintsTest34             nameConstraintsURI1CA
4.13.35 InvalidURInameConstraintsTest35           nameConstraintsURI1CA
4.13.36 ValidURInameConstraintsTest36             nameConstraintsURI2CA
4.13.37 InvalidURInameConstraintsTest37           nameConstraintsURI2CA
4.13.38 InvalidDNSnameConstraintsTest38           nameConstraintsDNS1CA
4.16.1  ValidUnknownNotCriticalCertificateExtensionTest1
4.16.2  InvalidUnknownCriticalCertificateExtensionTest2
"""


def _case(line: str) -> Case:
    number, leaf, *issuers = line.split()
    return Case(number, leaf, (f"{leaf}EE", *(f"{name}Cert" for name in issuers)))


CASES = [_case(line) for line in LISTED.replace("\n ", " ").strip().splitlines()]
