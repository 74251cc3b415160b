"""Table: values of many runs and tags as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.columns import Column, Names, arrow_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Table"]


class Table:
    """Columns of equal length, each a NumPy array under `table[name]`.

    Log.scalars(), histograms(), texts() and hparams() say which columns theirs have. Libraries that
    speak Arrow's PyCapsule protocol (polars, DuckDB, pyarrow, pandas 3, ...) take a table as it
    is and without a copy of its numbers; run and tag are dictionaries there, or plain strings when
    the schema that they ask for says so.

    Attributes:
        columns: the names of the columns.

    Example:
        >>> import eventcodec
        >>> table = eventcodec.open("runs").scalars(tags="loss*")  # doctest: +SKIP
        >>> table["value"].mean()  # doctest: +SKIP
        0.31
        >>> table.to_pandas().pivot(index="step", columns="run", values="value")  # doctest: +SKIP
    """

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = tuple(columns)
        self._columns = columns
        self._arrays: dict[str, NDArray[Any]] = {}

    def __getitem__(self, column: str) -> NDArray[Any]:
        if column not in self._columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        if column not in self._arrays:
            self._arrays[column] = self._columns[column].array()
        return self._arrays[column]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()))) if self._columns else 0

    def without(self, column: str) -> Table:
        """Return the table without one of its columns; the others are shared, not copied.

        Raises:
            KeyError: there is no such column.
        """
        if column not in self._columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        return Table({name: each for name, each in self._columns.items() if name != column})

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a data frame; run and tag are categories.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            message = 'to_pandas() needs pandas: pip install "eventcodec[pandas]"'
            raise ImportError(message) from error
        return pd.DataFrame({name: column.pandas() for name, column in self._columns.items()})

    def to_arrow(self) -> pa.Table:
        """Return the table as a pyarrow.Table; run and tag are dictionaries.

        Raises:
            ImportError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa
        except ImportError as error:
            message = 'to_arrow() needs pyarrow: pip install "eventcodec[arrow]"'
            raise ImportError(message) from error
        return pa.table(self)

    def to_polars(self) -> pl.DataFrame:
        """Return the table as a polars.DataFrame; run and tag are categories.

        Raises:
            ImportError: polars is not installed.
        """
        try:
            import polars as pl
        except ImportError as error:
            message = 'to_polars() needs polars: pip install "eventcodec[polars]"'
            raise ImportError(message) from error
        return pl.DataFrame(self)

    def __arrow_c_schema__(self) -> Any:
        """Return the schema as a PyCapsule that holds an ArrowSchema.

        Source: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
        """
        return _native.arrow_schema(arrow_table(self._columns, {}))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return the rows as a PyCapsule that holds an ArrowArrayStream of one batch.

        Args:
            requested_schema: a PyCapsule with an ArrowSchema, or None. Columns that it wants as
                plain strings are so; other wishes are left to the consumer's own cast.

        Raises:
            TypeError: it is no capsule.
            ValueError: the capsule holds no schema.
        """
        try:
            wanted = {} if requested_schema is None else _native.arrow_formats(requested_schema)
        except (TypeError, ValueError) as error:
            message = "requested_schema must be a PyCapsule with an ArrowSchema, or None"
            raise type(error)(f"{message}, got {requested_schema!r}") from None
        return _native.arrow_stream(arrow_table(self._columns, wanted))

    def __repr__(self) -> str:
        counts = [f"{len(self)} rows"]
        for name in ("run", "tag"):
            column = self._columns.get(name)
            if isinstance(column, Names):
                counts.append(f"{len(column.names)} {name}s")
        return f"Table({', '.join(counts)})"
