"""Writing files so that a reader never meets half of one."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, work: Path | None = None) -> None:
    """Write ``content`` (text as UTF-8) to ``path``: afterwards it is there whole, or not at all.

    The content goes to a temporary file in ``work`` (which must be on the same file system;
    default: the folder of ``path``) and takes its place by renaming.

    Raises
    ------
    OSError
        The disk is full or not writable; ``path`` is what it was before.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=work or path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
