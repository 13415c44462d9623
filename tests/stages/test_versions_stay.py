"""What a stage has written down of a contract, a person or a key stays as it was, at each stage."""

from __future__ import annotations

import pytest
from asyncpg import PostgresError

from backbone import STAGES
from tests.harness.postgres import sql


@pytest.mark.parametrize("statement", ["update directory set by = 'somebody else'", "delete from directory"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_version_of_an_object_is_neither_changed_nor_taken_away(database: str, stage: str, statement: str) -> None:
    with pytest.raises(PostgresError, match="never changed"):
        sql(database, f"set search_path = {stage}; {statement}")
