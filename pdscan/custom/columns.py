"""What the user says of a column goes before what its name and its values suggest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pdscan.config import Declared
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.model import Item, Likelihood

EVIDENCE = "column declared"
OTHERWISE = "column declared as another kind"


class DeclaredColumns:
    """Findings in columns that are declared to be identifiers of some kinds.

    Those of the kinds are very likely; those of other kinds unlikely, and left out below `minimum`.
    """

    def __init__(self, declared: tuple[Declared, ...], minimum: Likelihood) -> None:
        self._minimum = minimum
        self._kinds = {
            ((one.source, one.table), one.column): one.kinds
            for one in declared
            if one.nature == "identifier" and one.kinds
        }
        self._tables = {table for table, _ in self._kinds}

    def judge(self, batch: pa.RecordBatch, items: Mapping[int, Item]) -> pa.RecordBatch:
        """`batch` (of `findings.SCHEMA`) with the likelihoods that the declarations give.

        `items` has the items of the batch by their numbers in its column ``item``.
        """
        numbers = batch["item"].to_numpy()
        tables = {
            number: (item.source, item.path)
            for number in np.unique(numbers).tolist()
            if ((item := items[number]).source, item.path) in self._tables
        }
        if not tables:
            return batch
        fields, kinds = batch["field"], batch["kind"]
        field, kind = fields.indices.to_numpy(), kinds.indices.to_numpy()
        said = np.zeros(len(batch), np.int8)  # 1: of the declared kinds, 2: of others
        for number, table in tables.items():
            for code, name in enumerate(fields.dictionary.to_pylist()):
                column = name.partition(".")[0]
                wanted = self._kinds.get((table, name)) or self._kinds.get((table, column))
                if wanted:
                    named = np.array([k in wanted for k in kinds.dictionary.to_pylist()], np.bool_)
                    rows = (numbers == number) & (field == code)
                    said[rows] = np.where(named[kind[rows]], 1, 2)
        level = batch["likelihood"].to_numpy().copy()
        level[said == 1] = Likelihood.VERY_LIKELY
        level[said == 2] = np.minimum(level[said == 2], Likelihood.UNLIKELY)
        judged = batch.set_column(
            batch.schema.get_field_index("likelihood"), batch.schema.field("likelihood"),
            pa.array(level, pa.int8()),
        ).set_column(
            batch.schema.get_field_index("evidence"), batch.schema.field("evidence"),
            _with_evidence(batch["evidence"], said),
        )  # fmt: skip
        return judged.filter(pa.array((said != 2) | (level >= self._minimum)))


def _with_evidence(evidence: pa.DictionaryArray, said: np.ndarray) -> pa.DictionaryArray:
    known = evidence.dictionary.to_pylist()
    names = [
        EVIDENCE_SEPARATOR.join(
            dict.fromkeys(part for part in (*name.split(EVIDENCE_SEPARATOR), more) if part)
        )
        for more in ("", EVIDENCE, OTHERWISE) for name in known
    ]  # fmt: skip
    codes = evidence.indices.to_numpy() + said.astype(np.int32) * len(known)
    plain = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names))
    return plain.cast(pa.string()).dictionary_encode()  # the names that are used, no others
