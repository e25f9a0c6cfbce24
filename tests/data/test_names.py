import pytest

from mien.data.names import called, clean, decode_names, guess_page, leads_out


@pytest.mark.parametrize(
    "name, cleaned",
    [
        ("train\\smile\\0.png", "train/smile/0.png"),
        (".\\a\\\\b.png", "a/b.png"),
        ("./a//b/./c.png", "a/b/c.png"),
        ("folder/", "folder"),
        ("e\u0301.png", "\xe9.png"),  # as macOS writes it
        ("kaputt_\udcfc.png", "kaputt_%FC.png"),
        ("a\x1b[31m\nb\x7f.png", "a%1B[31m%0Ab%7F.png"),
        ("\u202egnp.exe", "%E2%80%AEgnp.exe"),
        ("\ud800.png", "%ED%A0%80.png"),
        ("顔\u3000写真/👩\u200d🎨.png", "顔\u3000写真/👩\u200d🎨.png"),
        ("100%.png", "100%.png"),
        ("..a/b...png", "..a/b...png"),
    ],
)
def test_one_form_for_every_name(name, cleaned):
    assert clean(name) == cleaned and clean(cleaned) == cleaned
    cleaned.encode()  # never an error


@pytest.mark.parametrize(
    "name", ["..\\out.png", "/etc/passwd", "\\\\server\\x.png", "C:\\x.png", "a/../../x.png", ".."]
)
def test_names_that_lead_out_still_do_when_they_are_clean(name):
    assert leads_out(clean(name))


def test_names_that_only_look_so_do_not():
    assert not any(leads_out(clean(name)) for name in ("a..b/x.png", "...", ".\\a", "ab:c"))


def test_known_files_in_any_case():
    assert called("sub/Metadata.CSV", ("metadata.csv",)) and not called("metadata.csv/x", ("metadata.csv",))


NATIONAL = {
    "cp932": ["顔写真/笑顔.png", "アニメ/女の子01.jpg", "表情/表.png", "テスト/a.png"],  # 表 ends in a backslash's byte
    "gbk": ["新建文件夹/图片1.png", "头像/红发.png", "训练集/笑.png"],
    "cp950": ["新增資料夾/圖片.png", "頭像/紅髮.png"],
    "cp949": ["새 폴더/사진1.png", "얼굴/웃음.png"],
    "cp866": ["Новая папка/лицо.png", "улыбка/1.png"],
    "cp1251": ["Новая папка/лицо.png", "улыбка/1.png"],
    "cp850": ["fröhlich/1.png", "größe.png", "été/1.png", "niño.png", "Über.png", "garçon.png"],
    "cp1252": ["fröhlich/1.png", "größe.png", "été/1.png"],
    "utf-8": ["fröhlich/1.png", "顔.png", "улыбка"],
}


@pytest.mark.parametrize("page", NATIONAL)
def test_the_code_page_of_an_archive_is_guessed(page):
    names = NATIONAL[page]
    assert guess_page([name.encode(page) for name in names]) == page
    assert decode_names([b"plain.txt", *(name.encode(page) for name in names)]) == ["plain.txt", *names]


def test_bytes_of_no_page_are_names_all_the_same():
    names = [bytes([one, two]) + b".png" for one in range(0x80, 0x100) for two in range(0x80, 0x100)]
    cleaned = [clean(name) for name in decode_names(names)]
    assert len(set(cleaned)) > 0.999 * len(names)  # `Members` keeps the rest apart
    "".join(cleaned).encode()
