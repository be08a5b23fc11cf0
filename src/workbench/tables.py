"""Tables from any library of data frames, as pandas' own."""

from typing import Any

import pandas as pd

from workbench.errors import DataError


def as_pandas(data: Any) -> pd.DataFrame:
    """Return a data frame of pandas, polars, PyArrow or another library as one of pandas.

    Raises
    ------
    DataError
        If the data are no data frame.

    >>> import pyarrow
    >>> as_pandas(pyarrow.table({"service": [4, 5], "trust": [3, None]}))
       service  trust
    0        4    3.0
    1        5    NaN
    """
    if isinstance(data, pd.DataFrame):
        return data
    import narwhals  # what most data need not

    try:
        table = narwhals.from_native(data)
    except TypeError as error:
        raise DataError(
            f"The data are {type(data).__name__}, not a data frame; make one with the names of the "
            "columns, as in pandas.DataFrame(values, columns=['service', 'trust'])."
        ) from error
    if isinstance(table, narwhals.LazyFrame):
        table = table.collect()
    return table.to_pandas()
