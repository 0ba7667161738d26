"""Examples of all findings."""

from __future__ import annotations

from tests.unit.finding_example import Example
from tests.unit.finding_examples_chain import OF_THE_CHAIN
from tests.unit.finding_examples_checks import OF_THE_CHECKS
from tests.unit.finding_examples_file import OF_THE_FILE

EXAMPLES: list[Example] = [*OF_THE_FILE, *OF_THE_CHAIN, *OF_THE_CHECKS]
