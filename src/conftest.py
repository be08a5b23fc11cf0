"""What the examples in docstrings share: a study is read once, and its common results made once."""

import os

# As in tests/conftest.py, before NumPy is there.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from collections.abc import Iterator  # noqa: E402
from functools import cache  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from workbench import chain  # noqa: E402
from workbench.reports import shared  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """Every example opens the demo as a reader would type it, and all of them get one study."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(chain, "open_study", cache(chain.open_study))
        patch.setattr(shared, "compute", cache(shared.compute))
        yield
