"""Files of translations: they keep what is translated and mark what has changed."""

from pathlib import Path

from workbench.interpretation.languages import Plural
from workbench.reports.translations import renew, renewed

OLD = {
    "kept": "Trust",
    "changed": "Service of {name}",
    "gone": "Nobody",
    "count.unit": Plural("{count} unit", "{count} units"),
}
NEW = {
    "new": "People",
    "kept": "Trust",
    "changed": "The service of {name}",
    "count.unit": Plural("{count} unit", "{count} units"),
}


def translated() -> bytes:
    text, counts = renewed(b"", "fr", OLD)
    assert counts == {"translated": 0, "fuzzy": 0, "missing": 4}
    for english, french in (
        ('"Trust"\nmsgstr ""', '"Trust"\nmsgstr "Confiance"'),
        ('"Service of {name}"\nmsgstr ""', '"Service of {name}"\nmsgstr "Service de {name}"'),
        ('msgstr[0] ""', 'msgstr[0] "{count} unité"'),
        ('msgstr[1] ""', 'msgstr[1] "{count} unités"'),
    ):
        assert english in text
        text = text.replace(english, french)
    return text.encode()


def test_a_file_keeps_up_with_the_messages() -> None:
    text, counts = renewed(translated(), "fr", NEW)
    assert counts == {"translated": 2, "fuzzy": 1, "missing": 1}
    assert 'msgctxt "kept"\nmsgid "Trust"\nmsgstr "Confiance"' in text
    assert 'msgid "The service of {name}"\nmsgstr "Service de {name}"' in text
    assert text.index("fuzzy", text.index("msgid")) < text.index('msgctxt "changed"')
    assert "Nobody" not in text
    assert renewed(text.encode(), "fr", NEW) == (text, counts)


def test_the_packages_file_is_as_the_messages_are(tmp_path: Path) -> None:
    """``make messages`` changes nothing."""
    from workbench.interpretation.languages import PACKAGED
    from workbench.reports.translations import messages_to_translate

    before = (PACKAGED / "fr.po").read_bytes()
    assert renewed(before, "fr", messages_to_translate())[0].encode() == before


def test_a_study_has_its_own_file(tmp_path: Path) -> None:
    found = renew("pt-BR", tmp_path)
    assert found["missing"] > 700
    assert "Language: pt-BR" in (tmp_path / "languages" / "pt-BR.po").read_text(encoding="utf-8")
