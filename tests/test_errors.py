"""The code frame: a place is shown as the file has it, whatever characters stand about it."""

from __future__ import annotations

import json

import pytest

from frontload.errors import CompileError, DeclarationError, Finding, code_frame
from frontload.source import Source, Span


def place(text: str, what: str, **options: object) -> Span:
    start = text.index(what)
    return Source(text, "page.html", **options).span(start, start + len(what))  # type: ignore[arg-type]


FRAMES = {
    "one line": ("<Nope />", "<Nope", ["1 | <Nope />", "  | ^^^^^"]),
    "the lines about it": ("a\nb\n<Nope />\nc\nd", "<Nope", ["2 | b", "3 | <Nope />", "  | ^^^^^", "4 | c"]),
    "numbers of different width": ("\n" * 8 + "a\n<Nope />\n", "<Nope", [" 9 | a", "10 | <Nope />", "   | ^^^^^"]),
    "line ends of Windows": ("a\r\n<Nope />\r\nb\r\n", "<Nope", ["1 | a", "2 | <Nope />", "  | ^^^^^", "3 | b"]),
    "line ends of old": ("a\r<Nope />\rb", "<Nope", ["1 | a", "2 | <Nope />", "  | ^^^^^", "3 | b"]),
    "signs that are no line ends": ("a\x0cb\n\u2028\x85\x1c\n<Nope />", "<Nope",
                                    ["2 | \ufffd\ufffd\ufffd", "3 | <Nope />", "  | ^^^^^"]),
    "tabs": ("\t\t<b>\t<Nope />", "<Nope", ["1 | \t\t<b>\t<Nope />", "  | \t\t   \t^^^^^"]),
    "wide characters": ("日本 <日本>語", "<日本>", ["1 | 日本 <日本>語", "  |      ^^^^^^"]),
    "characters without a width": ("e\u0301\u200d <Nope />", "<Nope", ["1 | e\u0301\u200d <Nope />", "  |   ^^^^^"]),
    "commands to a terminal": ("\x1b[31m<Nope\ud800 />", "<Nope", ["1 | \ufffd[31m<Nope\ufffd />", "  |      ^^^^^"]),
    "more than a line": ("<Card\n  title>", "<Card\n  title", ["1 | <Card", "  | ^^^^^", "2 |   title>"]),
    "nothing": ("", "", ["1 |", "  | ^"]),
    "behind the end": ("a\n", "\n", ["1 | a", "  |  ^"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FRAMES)
def test_a_frame(case: str) -> None:
    text, what, rows = FRAMES[case]
    assert code_frame(place(text, what)).splitlines()[1:] == rows


def test_of_a_long_line_the_part_about_the_place_is_shown() -> None:
    text = "x" * 5000 + "<Nope />" + "y" * 5000
    assert code_frame(place(text, "<Nope")).splitlines() == [
        " --> page.html:1:5001",
        f"1 | … {'x' * 40}<Nope />{'y' * 72} …",
        f"  | {' ' * 42}^^^^^",
    ]
    text = "<Nope />" + "y" * 5000
    assert code_frame(place(text, "<Nope")).splitlines()[1:] == [f"1 | <Nope />{'y' * 112} …", "  | ^^^^^"]
    text = "z" * 5000 + "\n" + "x" * 5000 + "<Nope />"
    assert code_frame(place(text, "x" * 5000 + "<Nope />")).splitlines()[1:] == [
        f"1 | {'z' * 118} …",
        f"2 | {'x' * 120} …",
        f"  | {'^' * 120}",
    ]
    assert code_frame(place(text, "<Nope")).splitlines()[2] == f"2 | … {'x' * 112}<Nope />"


def test_a_text_in_the_middle_of_a_file_has_the_files_lines_and_columns() -> None:
    span = place("a\n<Nope />", "<Nope", first_line=8, lead='    template = """', tail='"""')
    assert code_frame(span).splitlines() == [
        " --> page.html:9:1",
        '8 |     template = """a',
        '9 | <Nope />"""',
        "  | ^^^^^",
    ]
    span = place("<Nope />", "<Nope", first_line=8, lead='    template = "', tail='"')
    assert (span.place, span.column, span.text_line) == ("page.html:8", 17, 1)
    assert code_frame(span).splitlines()[1:] == ['8 |     template = "<Nope />"', "  |                 ^^^^^"]
    span = place("a\n", "a", tail='"')
    assert code_frame(span).splitlines()[1:] == ["1 | a", "  | ^", '2 | "']


def test_a_finding_without_a_place() -> None:
    finding = Finding("a-code", "something", None)
    assert str(finding) == "a-code: something"
    assert finding.to_dict() == {"code": "a-code", "message": "something", "hint": None}


def test_a_report_as_data() -> None:
    error = CompileError([Finding("a-code", "something", place("a\n <Nope />", "<Nope"), "do it")])
    assert json.loads(json.dumps(error.to_dict())) == {
        "findings": [
            {
                "code": "a-code",
                "message": "something",
                "file": "page.html",
                "line": 2,
                "column": 2,
                "length": 5,
                "hint": "do it",
            }
        ]
    }


def test_a_declaration_error_as_a_finding() -> None:
    finding = DeclarationError("Page.x must go").finding(None)
    assert str(finding) == "declaration-error: Page.x must go"
