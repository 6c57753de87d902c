"""Tables from Feather (Arrow IPC files), with pyarrow (the extra ``parquet``)."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nncli.data.files.arrow_table import BATCH_ROWS, ArrowTable

if TYPE_CHECKING:
    import pyarrow


class FeatherFile(ArrowTable):
    """A Feather file of version 2, the default of writers since 2020."""

    def _opened(self) -> "pyarrow.Schema":
        from pyarrow import ipc

        with self._stream() as stream:
            return ipc.open_file(stream).schema

    def _batches(self, names: list[str]) -> "Iterator[tuple[pyarrow.RecordBatch, float]]":
        from pyarrow import ipc

        fields = [self._schema.get_field_index(name) for name in names]
        options = ipc.IpcReadOptions(included_fields=fields)
        with self._stream() as stream:
            file = ipc.open_file(stream, options=options)
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)  # a batch is read as a whole
                for start in range(0, len(batch), BATCH_ROWS):
                    part = batch.slice(start, BATCH_ROWS)
                    yield part, len(part) / len(batch) / file.num_record_batches

    def _stream(self) -> Any:
        from pyarrow import BufferReader, OSFile

        if isinstance(self.source, Path):
            return OSFile(str(self.source))
        return BufferReader(self.source.getbuffer())
