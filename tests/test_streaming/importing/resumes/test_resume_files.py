"""Files that are no good: each is one line with the remedy, and none takes long or much memory."""

# ruff: noqa: RUF001, S106 - Chinese signs stand in texts; the passwords are of these files

import io
import sys
import zipfile
from contextlib import suppress
from time import process_time

import docx
import pytest
from docx.oxml import parse_xml
from pypdf import PdfReader, PdfWriter
from resume_files import write_docx, write_pdf

from streaming.errors import InputError, MissingDependencyError
from streaming.importing import RejectionReason
from streaming.importing.resumes import ResumeText, parse_resume, read_resume
from streaming.importing.resumes.docx_reader import MAX_XML_BYTES
from streaming.importing.resumes.resume_text import MAX_FILE_BYTES, MAX_TEXT_BYTES
from streaming.importing.rows import RowError

TEXT = "Skills\nJava, SQL\nExperience\nNurse, City Hospital, 2019 - 2021\n"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def refused(file, **options):
    with pytest.raises(RowError) as error:
        read_resume(file, **options)
    text = str(error.value)
    assert file.name in text
    assert "\n" not in text
    return error.value.reason, text


def skills(resume):
    return [value.value for value in resume.values if value.field == "skills"]


# --- PDF ------------------------------------------------------------------------------------------


def test_values_of_a_pdf_have_pages(tmp_path):
    resume = read_resume(
        write_pdf(tmp_path / "r.pdf", "Skills\nJava\fExperience\nNurse, Inn, 2019")
    )
    pages = {value.value: resume.text.page_of(value.span.start) for value in resume.values}
    assert (pages["Java"], pages["Nurse"]) == (1, 2)


def test_a_pdf_of_images_asks_for_text_recognition(tmp_path):
    reason, text = refused(write_pdf(tmp_path / "scan.pdf", ""))
    assert reason is RejectionReason.NO_TEXT
    assert "recognise their text first (OCR)" in text


def test_an_encrypted_pdf(tmp_path):
    reason, text = refused(write_pdf(tmp_path / "r.pdf", TEXT, password="secret"))
    assert reason is RejectionReason.NOT_READABLE
    assert "without a password" in text


def test_a_pdf_that_only_restricts_printing_is_read(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(write_pdf(tmp_path / "r.pdf", TEXT)))
    writer.encrypt(user_password="", owner_password="owner", algorithm="RC4-128")
    writer.write(tmp_path / "restricted.pdf")
    assert skills(read_resume(tmp_path / "restricted.pdf")) == ["Java", "SQL"]


def test_a_pdf_of_many_pages(tmp_path):
    reason, text = refused(write_pdf(tmp_path / "book.pdf", "Skills\f" * 500))
    assert reason is RejectionReason.TOO_LARGE
    assert "501 pages, at most 50" in text


def test_a_page_of_drawings(tmp_path):
    lines = "\n".join("l" * 90 for _ in range(50))
    writer = PdfWriter(clone_from=PdfReader(write_pdf(tmp_path / "r.pdf", lines)))
    contents = writer.pages[0].get_contents()
    contents.set_data(b"0 0 m 10 10 l S\n" * 400_000)
    writer.pages[0].replace_contents(contents)
    writer.compress_identical_objects()
    writer.write(tmp_path / "plan.pdf")
    reason, text = refused(tmp_path / "plan.pdf")
    assert reason is RejectionReason.TOO_LARGE
    assert "save it without drawings" in text


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%%EOF", b"no PDF at all", b"\0" * 50])
def test_a_broken_pdf(content, tmp_path):
    file = tmp_path / "broken.pdf"
    file.write_bytes(content)
    assert refused(file)[0] is RejectionReason.NOT_READABLE


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("write", [write_pdf, write_docx])
def test_a_file_that_breaks_off(write, part, tmp_path):
    whole = write(tmp_path / "whole", TEXT).read_bytes()
    file = tmp_path / f"half.{write.__name__[-4:].strip('_')}"
    file.write_bytes(whole[: int(part * len(whole))])
    with suppress(RowError):  # pypdf repairs some
        read_resume(file)


# --- DOCX -----------------------------------------------------------------------------------------


def test_paragraphs_and_tables_in_their_order(tmp_path):
    document = docx.Document()
    document.add_paragraph("Skills")
    row = document.add_table(rows=1, cols=2).rows[0]
    row.cells[0].text, row.cells[1].text = "Databases:", "PostgreSQL, Redis"
    document.add_paragraph("Experience")
    row = document.add_table(rows=1, cols=2).rows[0]
    row.cells[0].text = "2019 - 2021"
    row.cells[1].text = "Nurse, City Hospital"
    row.cells[1].add_paragraph("Cares for patients", style="List Bullet")
    inner = row.cells[1].add_table(rows=1, cols=1)
    inner.rows[0].cells[0].text = "Night shifts"
    document.save(str(tmp_path / "r.docx"))
    resume = read_resume(tmp_path / "r.docx")
    assert resume.text.text.splitlines()[:3] == [
        "Skills",
        "Databases:\tPostgreSQL, Redis",
        "Experience",
    ]
    assert resume.text.text.count("Night shifts") == 1
    stated = resume.stated()
    assert stated["skills"] == ["PostgreSQL", "Redis"]
    assert (stated["experience"][0]["title"], stated["background"]) == (
        "Nurse",
        "Cares for patients\nNight shifts",
    )


def test_text_boxes_content_controls_and_insertions(tmp_path):
    document = docx.Document()
    body = document.element.body
    body.insert(0, parse_xml(
        f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>Skills</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    ))  # fmt: skip
    body.insert(1, parse_xml(
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r>'
        "<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Java</w:t></w:r></w:p>"
        "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>Java</w:t></w:r>"
        "</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    ))  # fmt: skip
    body.insert(2, parse_xml(
        f"<w:p {W}><w:ins><w:r><w:t>SQL</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>Cobol</w:delText></w:r></w:del></w:p>"
    ))  # fmt: skip
    document.save(str(tmp_path / "r.docx"))
    resume = read_resume(tmp_path / "r.docx")
    assert skills(resume) == ["Java", "SQL"]
    assert resume.text.text.count("Java") == 1


def test_a_docx_that_is_another_zip(tmp_path):
    file = tmp_path / "sheet.docx"
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
    reason, text = refused(file)
    assert reason is RejectionReason.NOT_READABLE
    assert "a zip but no DOCX" in text


def test_a_docx_that_is_no_zip(tmp_path):
    file = tmp_path / "old.docx"
    file.write_bytes(b"\xd0\xcf\x11\xe0 an old .doc")
    assert refused(file)[0] is RejectionReason.NOT_READABLE


@pytest.mark.parametrize("name", ["word/document.xml", "word/media/image1.png"])
def test_a_zip_bomb(name, tmp_path):
    whole = io.BytesIO(write_docx(tmp_path / "whole", TEXT).read_bytes())
    file = tmp_path / "bomb.docx"
    size = 10 * MAX_XML_BYTES
    with (
        zipfile.ZipFile(whole) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            if part.filename != name:
                target.writestr(part.filename, source.read(part))
        target.writestr(name, b" " * size)
    assert file.stat().st_size < MAX_FILE_BYTES
    reason, text = refused(file)
    assert reason is RejectionReason.TOO_LARGE
    assert "at most" in text


# --- Text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["r.txt", "r.md", "r.pdf", "r.docx"])
def test_an_empty_file(name, tmp_path):
    file = tmp_path / name
    file.touch()
    assert refused(file)[0] is RejectionReason.NO_TEXT


def test_blank_text(tmp_path):
    file = tmp_path / "r.txt"
    file.write_text(" \n\x0c\n - \n", encoding="utf-8")
    assert refused(file)[0] is RejectionReason.NO_TEXT


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le"])
def test_another_encoding_is_named_and_can_be_given(encoding, tmp_path):
    file = tmp_path / "r.txt"
    file.write_text("专业技能\nJava\n项目管理、数据分析", encoding=encoding)
    reason, text = refused(file)
    assert reason is RejectionReason.NOT_DECODABLE
    assert f"--encoding {encoding}" in text
    assert "项目管理" in skills(read_resume(file, encoding))


def test_an_encoding_that_does_not_exist(tmp_path):
    file = tmp_path / "r.txt"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(InputError, match="no encoding 'utf-99'"):
        read_resume(file, "utf-99")


def test_control_characters_and_line_ends_stay_one_character_each(tmp_path):
    content = "\ufeffSkills\r\nJava\x00\x07, SQL\rKafka\u2028Spark\x1b[2J"
    file = tmp_path / "r.txt"
    file.write_text(content, encoding="utf-8", newline="")
    resume = read_resume(file)
    assert skills(resume) == ["Java", "SQL", "Kafka", "Spark", "2J"]
    java = next(value for value in resume.values if value.value == "Java")
    assert content[1:][java.span.start : java.span.end] == "Java"


def test_a_text_and_a_file_that_are_too_large(tmp_path):
    file = tmp_path / "r.txt"
    file.write_text("x" * (MAX_TEXT_BYTES + 1), encoding="utf-8")
    reason, text = refused(file)
    assert reason is RejectionReason.TOO_LARGE
    assert f"at most {MAX_TEXT_BYTES:,}" in text
    file = tmp_path / "r.pdf"
    with file.open("wb") as target:
        target.truncate(MAX_FILE_BYTES + 1)
    assert refused(file)[0] is RejectionReason.TOO_LARGE


def test_a_pdf_with_the_ending_of_a_text(tmp_path):
    file = write_pdf(tmp_path / "r.pdf", TEXT).rename(tmp_path / "r.txt")
    assert refused(file)[0] in {RejectionReason.NOT_READABLE, RejectionReason.NOT_DECODABLE}


@pytest.mark.parametrize("heading", ["", "Skills\n", "Experience\n", "Objective\n", "Location\n"])
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "1",
            "a",
            " ",
            "\u00a0",
            "a\t",
            "公司",
            "在",
            "路1",
            "(",
            "- ",
            ". ",
            ", ",
            "：",
            "a@",
            "2019 ",
        ),
        *(
            "x in Y ",
            "seeking a ",
            "engineer of ",
            "worked as a ",
            "Aa ",
            "skills: ",
            "1-",
            "a/aaa",
        ),
        *("熟练掌握", "Ltd. ", "Engineer, Acme 2019-2020\n", "\n"),
    ],
)
def test_time_grows_with_the_length(unit, heading):
    def seconds(length):
        text = ResumeText(text=heading + unit * (length // len(unit)), read_as="text")
        start = process_time()
        parse_resume(text)
        return process_time() - start

    # Eight times the text takes 64 times as long if the time is quadratic.
    assert any(seconds(8_000) < 20 * seconds(1_000) + 0.001 for _ in range(5))


# --- The extra ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "module"), [("r.pdf", "pypdf"), ("r.docx", "docx")])
def test_without_the_extra_it_is_one_line(name, module, tmp_path, monkeypatch):
    file = tmp_path / name
    file.write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=r"; install careerstream\[resumes\]$"):
        read_resume(file)


def test_a_text_needs_no_extra(tmp_path, monkeypatch):
    for module in ("pypdf", "docx"):
        monkeypatch.setitem(sys.modules, module, None)
    file = tmp_path / "r.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert skills(read_resume(file)) == ["Java", "SQL"]


def test_a_parsed_text_can_come_from_anywhere():
    assert skills(parse_resume(ResumeText(text=TEXT, read_as="a form"))) == ["Java", "SQL"]
