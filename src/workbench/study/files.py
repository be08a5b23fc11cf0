"""The files a study is made of: what pages are made from, hashed and checked."""

from pathlib import Path
from typing import Any

from workbench.study import codebook, definition, norms, scorecard, themes

STUDY_FILES = (
    definition.FILE_NAME,
    codebook.FILE_NAME,
    definition.ORGANISATIONS_FILE,
    scorecard.FILE_NAME,
    norms.FILE_NAME,
    themes.FILE_NAME,
    themes.QUOTES_FILE,
)
"""What a study's folder may hold beside its sources and chains, and pages are made from."""

CHAINS_FOLDER = "chains"
"""The folder of a study that holds its own chains, one TOML file each."""


def study_files(study: Any) -> dict[str, Path]:
    """Return every file that the pages of a study are made from, by what it is called.

    A file is called by its path relative to the study's folder. One that lies elsewhere is called
    by its own name and its source: where it lies on this machine is nobody's business.
    """
    folder = Path(study.path)
    files = {name: folder / name for name in STUDY_FILES}
    for path in sorted((folder / CHAINS_FOLDER).glob("*.toml")):
        files[path.relative_to(folder).as_posix()] = path
    for path in sorted((folder / definition.LANGUAGES_FOLDER).glob("*.po")):
        files[path.relative_to(folder).as_posix()] = path
    for name, source in study.sources.items():
        for path in (folder / file for file in source.files):
            inside = path.is_relative_to(folder)
            within = path.relative_to(folder).as_posix() if inside else ""
            files[within or f"{path.name} (source {name})"] = path
    return {called: path for called, path in files.items() if path.is_file()}
