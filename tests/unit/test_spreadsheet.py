"""What leaves for a spreadsheet: lines it reads, and nothing it computes."""

import csv
import io

import pytest

from services.spreadsheet import csv_lines, harmless_cell


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "  =1"])
def test_a_cell_that_could_be_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert harmless_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "media (104)", "1.5", " a = b"])
def test_any_other_cell_is_left_as_it_is(text: str) -> None:
    assert harmless_cell(text) == text


def test_a_cell_with_commas_quotes_and_line_ends_comes_back_whole() -> None:
    rows = [["id", "because"], ["1", 'a "b", and\r\nc']]

    assert list(csv.reader(io.StringIO(csv_lines(rows), newline=""))) == rows
