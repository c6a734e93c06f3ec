"""Pages of studies: prose is filled, the rest stays."""

import numpy as np
import pandas as pd

from scenarios.study_page import WIDTH, grid, interval, page


def test_prose_is_filled_and_the_rest_is_kept():
    text = page(
        "# {title}\n\n" + "word " * 60 + "\n\n- " + "item " * 60 + "\n\n    code  {n}\n\n{table}",
        {
            "title": "T",
            "n": 3,
            "table": "| a |\n| --: |",
        },
    )
    lines = text.splitlines()
    assert lines[0] == "# T"
    assert max(map(len, lines)) <= WIDTH
    assert "    code  3" in lines
    assert text.endswith("| a |\n| --: |\n")
    assert sum(line.startswith("  item") for line in lines) > 1


def test_a_percent_sign_stays_with_its_number():
    text = page(" ".join(["95 %"] * 60), {})
    assert not any(line.startswith("%") for line in text.splitlines())


def test_a_table_aligns_numbers_to_the_right():
    table = pd.DataFrame({"who": ["a", "b"], "much": [1.23456, 2.0]})
    assert grid(table).splitlines() == ["| who | much |", "| :-- | --: |", "| a | 1.235 |", "| b | 2 |"]


def test_an_interval_is_196_standard_errors():
    sample = np.array([1.0, 2.0, 3.0, 6.0])
    half = 1.959964 * sample.std(ddof=1) / 2
    assert interval(sample, 3) == f"3.000 ± {half:.3f}"
