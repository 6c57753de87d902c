"""Tables from Parquet, read by row groups with pyarrow (the extra ``parquet``)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nncli.data.files.arrow_table import BATCH_ROWS, ArrowTable

if TYPE_CHECKING:
    import pyarrow

_BUFFER_BYTES = 1 << 16


class ParquetFile(ArrowTable):
    """A Parquet file."""

    def _opened(self) -> "pyarrow.Schema":
        from pyarrow import parquet

        # To save memory: no memory map, no whole column chunks, no read-ahead.
        self._file = parquet.ParquetFile(self.source, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        return self._file.schema_arrow

    def _batches(self, names: list[str]) -> "Iterator[tuple[pyarrow.RecordBatch, float]]":
        rows = self._file.metadata.num_rows
        with self._file:
            for batch in self._file.iter_batches(BATCH_ROWS, columns=names):
                yield batch, len(batch) / rows
