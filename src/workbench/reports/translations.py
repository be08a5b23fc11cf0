"""Files of translations: what there is to translate, and how a file keeps up with it."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from workbench.chain import chain_messages, chains
from workbench.files import write_atomically
from workbench.interpretation.languages import PACKAGED, Text, entries
from workbench.interpretation.messages import MESSAGES
from workbench.study.definition import LANGUAGES_FOLDER
from workbench.study.files import CHAINS_FOLDER

_HEADER = """\
# What the workbench says, translated. "msgctxt" is the key of a message, "msgid" the English; write
# the translation into "msgstr". Parts in braces are put in by the program: keep their names. A
# message marked "fuzzy" is of an English that has changed: correct it and take the mark away.
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural_forms};\\n"

"""


def messages_to_translate(study: Path | None = None) -> dict[str, Text]:
    """Return every message by key: those of the program and of all chains.

    Parameters
    ----------
    study
        A study's folder, whose own chains are among them.

    Examples
    --------
    >>> from workbench.reports.translations import messages_to_translate
    >>> messages_to_translate()["chain.citizens-first.title"]
    'Citizens First'
    """
    found: dict[str, Text] = dict(MESSAGES)
    for chain in chains(None if study is None else study / CHAINS_FOLDER).values():
        found.update(chain_messages(chain))
    return found


def renew(code: str, study: Path | None = None) -> dict[str, int]:
    """Write the file of a language's translations anew, or for the first time.

    Messages that are new have no translation yet, those whose English has changed are marked fuzzy,
    those that are gone are left out.

    Parameters
    ----------
    code
        The language, such as "de" or "pt-BR".
    study
        The folder of the study whose file it is; that of the package without it.

    Returns
    -------
    dict
        How many messages are ``translated``, ``fuzzy`` and ``missing``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from workbench.reports.translations import renew
    >>> with TemporaryDirectory() as folder:
    ...     renew("de", Path(folder))["translated"]
    0
    """
    file = (PACKAGED if study is None else study / LANGUAGES_FOLDER) / f"{code}.po"
    text, counts = renewed(
        file.read_bytes() if file.is_file() else b"", code, messages_to_translate(study)
    )
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, text)
    return counts


def renewed(before: bytes, code: str, messages: Mapping[str, Text]) -> tuple[str, dict[str, int]]:
    """Return the text of a file of translations, with how many there are; ``before`` is the old."""
    from babel import Locale
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    locale = Locale.parse(code, sep="-")
    known = {
        key: (english, forms, fuzzy)
        for key, english, forms, fuzzy in entries(read_po(BytesIO(before), locale=locale))
    }
    catalogue = Catalog(locale=locale)
    counts = {"translated": 0, "fuzzy": 0, "missing": 0}
    for key, english in messages.items():
        old, forms, fuzzy = known.get(key, (english, (), False))
        if not all(forms) or not forms:
            forms, state = (), "missing"
        else:
            state = "fuzzy" if fuzzy or old != english else "translated"
        counts[state] += 1
        if isinstance(english, str):
            told: Any = forms[0] if forms else ""
        else:
            told = forms if len(forms) == catalogue.num_plurals else ("",) * catalogue.num_plurals
        catalogue.add(
            english if isinstance(english, str) else tuple(english),
            told,
            flags=["fuzzy"] if state == "fuzzy" else [],
            context=key,
        )
    written = BytesIO()
    write_po(written, catalogue, width=100, omit_header=True)
    header = _HEADER.format(code=code, plural_forms=catalogue.plural_forms.rstrip(";"))
    return header + written.getvalue().decode(), counts
