"""Text in code pages is decoded as what it is, however little there is of it."""

import pytest

from workbench.study.encodings import decode, is_encoding

NAMES = {
    "cp1252": [
        ["Montréal", "Québec", "Trois-Rivières"], ["Köln", "Düsseldorf"], ["São Paulo", "Brasília"],
        ["Málaga", "Cádiz"], ["Tromsø", "Ålesund"], ["Reykjavík", "Kópavogur"], ["Zürich"],
        ["Orléans", "Besançon", "Nîmes"], ["MONTRÉAL", "QUÉBEC"], ["North — “Main”"], ["A Coruña"],
    ],
    "cp1250": [
        ["Łódź", "Gdańsk", "Częstochowa"], ["Plzeň", "České Budějovice"], ["Košice", "Žilina"],
        ["Győr", "Székesfehérvár"], ["Šibenik", "Čakovec"], ["Iaşi", "Timişoara"], ["Wrocław"],
    ],
    "cp1251": [
        ["Москва", "Казань", "Пермь"], ["Київ", "Львів", "Одеса"], ["София", "Пловдив"],
        ["МОСКВА", "КАЗАНЬ"], ["Уфа"], ["Управление образования", "Больница № 3"],
    ],
    "koi8-r": [["Москва", "Казань", "Пермь"]],
    "cp1253": [["Αθήνα", "Θεσσαλονίκη", "Πάτρα"], ["ΑΘΗΝΑ"]],
    "cp1254": [["İstanbul", "Eskişehir", "Çanakkale"], ["Muğla", "Ağrı"]],
    "cp1255": [["ירושלים", "תל אביב"]],
    "cp1256": [["الرياض", "جدة", "مكة"]],
    "cp1257": [["Rīga", "Jūrmala", "Liepāja"], ["Šiauliai", "Panevėžys"]],
    "cp874": [["กรุงเทพ", "เชียงใหม่"]],
    "shift_jis": [["東京都", "大阪府", "北海道"], ["カスタマーセンター", "ポスト"], ["大阪"]],
    "euc_jp": [["東京都", "大阪府", "北海道"]],
    "gb18030": [["北京", "上海", "广州"], ["北京市教育局", "深圳市"], ["武汉"]],
    "big5": [["臺北市", "高雄市", "臺中市"]],
    "euc_kr": [["서울특별시", "부산", "대구"]],
    "mac_roman": [["Montréal", "Québec"], ["São Paulo", "Brasília"], ["Zürich"], ["Crème brûlée"]],
    "utf-16-le": [["Łódź", "Gdańsk"], ["Москва", "Казань"], ["東京都"], ["North"]],
    "utf-16-be": [["Москва", "Казань"], ["東京都"]],
}  # fmt: skip


def table(names: list[str], rows: int = 40) -> str:
    lines = [f"{names[n % len(names)]},o{n % 7},{1 + n % 5},{1 + n % 4}" for n in range(rows)]
    return "\n".join(["town,office,a1,a2", *lines]) + "\n"


@pytest.mark.parametrize(
    ("encoding", "names"),
    [(encoding, names) for encoding, lists in NAMES.items() for names in lists],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_few_names_are_enough(encoding: str, names: list[str]) -> None:
    found = decode(table(names).encode(encoding))
    assert found.text == table(names)
    assert found.guessed
    if names != ["North"]:
        assert found.example in " ".join(names)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_not_guessed(encoding: str) -> None:
    found = decode(table(["Łódź", "東京都"]).encode(encoding))
    assert found.text == table(["Łódź", "東京都"])
    assert not found.guessed
    assert not decode(b"town,a1\nNorth,1\n").guessed


def test_the_encoding_given_is_taken() -> None:
    content = "Œuf".encode("cp1252")
    assert decode(content, "cp1250").text != "Œuf"
    assert decode(content, "cp1252").text == "Œuf"
    with pytest.raises(UnicodeDecodeError):
        decode(content, "utf-8")


def test_what_is_a_text_encoding() -> None:
    assert is_encoding("cp1251")
    assert is_encoding("Shift_JIS")
    assert not is_encoding("cp9999")
    assert not is_encoding("base64")
