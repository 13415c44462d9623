"""No rule of the contract is forgotten: each is decided somewhere, tried by a test, and on the page."""

from __future__ import annotations

import pytest

from tests.harness.ledger import PAGE, Entry, ledger, page

LEDGER = ledger()


@pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry.id)
def test_each_rule_is_decided_somewhere_and_tried_by_a_test(entry: Entry) -> None:
    assert entry.decided_in, f"nothing decides by {entry.id}: {entry.rule.text}"
    assert entry.tests, f"no test names {entry.id}: {entry.rule.text}"


def test_the_page_of_the_contract_is_fresh() -> None:
    fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page(LEDGER)
    assert fresh, "docs/contract.md is stale: write it with `python -m tests.harness.ledger`"
