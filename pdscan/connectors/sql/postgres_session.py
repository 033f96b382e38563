"""One connection to PostgreSQL, in a snapshot that others share, that gives Arrow columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.sql.dialect import Options


class PostgresSession:
    """An ADBC connection in one repeatable-read, read-only transaction."""

    def __init__(self, url: sa.URL, options: Options, snapshot: str) -> None:
        from adbc_driver_postgresql import dbapi

        self.snapshot = snapshot
        self._connection = dbapi.connect(url.render_as_string(hide_password=False), autocommit=True)
        try:
            self._cursor = self._connection.cursor()
            for setting in (
                "SET client_encoding TO 'UTF8'",
                "SET DateStyle TO 'ISO'",
                "SET standard_conforming_strings TO on",
                "SET idle_in_transaction_session_timeout TO 0",
                # Parallel and synchronized scans give rows in another order each time.
                "SET max_parallel_workers_per_gather TO 0",
                "SET synchronize_seqscans TO off",
                f"SET statement_timeout TO {milliseconds(options.patience)}",
                f"SET lock_timeout TO {milliseconds(options.lock_timeout)}",
            ):
                self._cursor.execute(setting)
            self._cursor.execute("SELECT current_setting('server_encoding')")
            self._is_ascii = self._cursor.fetchone()[0] == "SQL_ASCII"
            if self._is_ascii:  # such a server refuses to send what is not valid
                self._cursor.execute("SET client_encoding TO 'SQL_ASCII'")
            self._begins = True
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        if not self._begins:
            return
        self._begins = False
        self._cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if self.snapshot:
            self._cursor.execute(f"SET TRANSACTION SNAPSHOT '{self.snapshot}'")

    def export(self) -> None:
        """Makes the session's snapshot one that others can see."""
        self._cursor.execute("SELECT pg_catalog.pg_export_snapshot()")
        self.snapshot = str(self._cursor.fetchone()[0])

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement` in batches of about `size` bytes."""
        from adbc_driver_manager._reader import AdbcRecordBatchReader

        self._begin()
        self._cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(size)}
        )
        self._cursor.execute(statement)
        # The cursor's own reader of record batches loses the SQLSTATE of what goes wrong midway.
        stream = self._cursor.fetch_arrow()
        with AdbcRecordBatchReader._import_from_c(stream.address) as reader:
            for batch in reader:
                yield self._unchecked(batch) if self._is_ascii else batch
        if self.snapshot:
            # Another session keeps what is seen; the lock on the table is let go.
            self._cursor.execute("COMMIT")
            self._begins = True

    @staticmethod
    def _unchecked(batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its texts as bytes: a database without encoding may hold anything."""
        return pa.RecordBatch.from_arrays(
            [
                column.cast(pa.binary()) if pa.types.is_string(column.type) else column
                for column in batch.columns
            ],
            batch.schema.names,
        )

    def close(self) -> None:
        """Gives the connection back; never raises."""
        for thing in (getattr(self, "_cursor", None), self._connection):
            with suppress(Exception):
                if thing is not None:
                    thing.close()


def milliseconds(seconds: float) -> int:
    """As PostgreSQL's settings want it; 0 would mean no limit."""
    return max(int(seconds * 1000), 1)
