"""What the examples in docstrings share: one demo study, read once, for all of them."""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from workbench import chain  # noqa: E402
from workbench.chain import ChainStudy  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
DEMO = "data/demo"


@pytest.fixture(scope="session", autouse=True)
def _demo_read_once() -> None:
    """Every example opens the demo, as a reader would type it; all of them get the same study."""
    demo: ChainStudy | None = None
    opened = chain.open_study

    def open_study(path: str | Path) -> ChainStudy:
        nonlocal demo
        if path != DEMO:
            return opened(path)
        if demo is None:
            demo = opened(path)
        return demo

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(chain, "open_study", open_study)
        yield
