"""Mechanisms side by side from the command line, and the page on what each of them says of itself."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w
from click.testing import CliRunner, Result

from mechanisms import MECHANISMS
from mechanisms.classical.vickrey import Vickrey
from mechanisms.mechanism import Settled
from mechanisms.optimal import Certificate, limits
from scenarios.catalogue import mechanism_facts, mechanism_page
from scenarios.cli import main
from scenarios.comparison import COLUMNS, compare, comparison_table, some_would_leave
from scenarios.experiment import assemble
from scenarios.scenario import load, parse
from scenarios.screen_compare import grouped_reasons, marked, show_comparison

PAIR = {
    "name": "pair",
    "environment": {"values": [[1, 2, 5], [1, 3]]},
    "prior": {"kind": "table", "profiles": [[1, 1], [2, 1], [5, 3], [2, 3]], "probabilities": [0.25, 0.25, 0.3, 0.2]},
    "mechanism": {"kind": "L-printed", "epsilon": 0.1, "delta": 0.1},
}
GOOD = "sells a single good, and this environment is not built as one"


class Levy(Vickrey):
    """Vickrey with a fee of 1 for everybody, win or lose."""

    name = "levy"
    summary = "for a test"

    def settle(self, reports, role, *, of=None):
        settled = super().settle(reports, role, of=of)
        return Settled(settled.allocation, settled.payments + 1.0, settled.rewards, settled.fallback)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with pair.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pair.toml").write_text(tomli_w.dumps(PAIR))
    return tmp_path


def invoke(*arguments: str, status: int | None = 0) -> Result:
    result = CliRunner().invoke(main, ["compare", *arguments], catch_exceptions=False)
    assert status is None or result.exit_code == status, result.output
    return result


def printed_json(*arguments: str, status: int | None = 0):
    return json.loads(invoke(*arguments, "--json", status=status).stdout)


def rows_of(figures) -> dict:
    return {row["mechanism"]: row for row in figures["mechanisms"]}


# --- figures


def test_every_mechanism_has_a_row_with_every_key(here):
    figures = printed_json("pair.toml")
    assert set(rows_of(figures)) == set(MECHANISMS)
    assert all(list(row) == [*COLUMNS, "reasons"] for row in figures["mechanisms"])
    assert {"scenario", "opt", "opt_sound", "unit", "mechanisms", "notes"} <= set(figures)


def test_rows_fall_by_revenue_after_them_those_whose_truth_does_not_last_and_those_without(here):
    rows = printed_json("two-goods")["mechanisms"]
    groups = [
        [row["revenue"] for row in rows if row["revenue"] is not None and row["truthful_is_equilibrium"]],
        [row["revenue"] for row in rows if row["truthful_is_equilibrium"] is False],
        [row["revenue"] for row in rows if row["revenue"] is None],
    ]
    assert all(groups)
    assert [row["revenue"] for row in rows] == [revenue for group in groups for revenue in group]
    assert all(group == sorted(group, reverse=True) for group in groups[:2])


@pytest.mark.parametrize("kind", ["M", "L", "L-printed", "vickrey", "lookahead", "optimal", "first-price"])
def test_figures_are_those_that_other_commands_print(here, kind):
    row = rows_of(printed_json("pair.toml", "--other-types", "12"))[kind]
    runner, override = CliRunner(), ["pair.toml", "--json", "--set", f"mechanism.kind={kind}"]
    revenue = json.loads(runner.invoke(main, ["revenue", *override]).stdout)
    gains = json.loads(runner.invoke(main, ["deviations", *override]).stdout)
    assert row["revenue"] == pytest.approx(revenue["revenue"])
    assert (row["prices"], row["rewards"]) == pytest.approx((revenue["prices"], revenue["rewards"]))
    assert row["share_of_opt"] == pytest.approx(revenue["revenue"] / revenue["opt"])
    assert (row["guarantee"], row["guarantee_holds"]) == (revenue["bound"], revenue["bound_holds"])
    assert row["max_gain"] == pytest.approx(gains["max_gain"])
    assert row["max_gain_expost"] >= max(one["gain_expost"] for one in gains["rows"])  # certainties are tried too
    assert row["truthful_is_equilibrium"] is (gains["max_gain"] <= 1e-9)
    assert row["reason"] is None
    assert row["reasons"] == {}


@pytest.mark.parametrize(("kind", "revenue"), [("vickrey", 2.375), ("lookahead", 2.1875), ("L", 2.375)])
def test_the_scenario_s_own_mechanism_keeps_its_own_parameters(kind, revenue):
    """Two bidders, 1 to 4 evenly: a price on bidding at least as much is too low where ties are lost."""
    own = {"kind": kind} if kind == "vickrey" else {"kind": kind, "conditioning": "at-least"}
    prior = {"kind": "independent", "marginals": [[0.25] * 4] * 2}
    figures = compare(
        assemble(parse({"environment": {"values": [[1, 2, 3, 4]] * 2}, "prior": prior, "mechanism": own}))
    )
    assert rows_of(figures)["lookahead"]["revenue"] == pytest.approx(revenue)
    assert figures["opt"] == pytest.approx(2.375)


def test_what_each_has_to_know_is_what_it_says(here):
    for name, row in rows_of(printed_json("pair.toml")).items():
        kind = MECHANISMS[name]
        assert (row["solution"], row["participation"]) == (kind.solution, kind.participation)
        assert (row["seller_knows"], row["players_know"]) == (kind.about.seller, kind.about.players)


def test_insiders_is_as_its_page_says():
    rows = rows_of(printed_json("insiders", "--mechanisms", "L, L-printed, M, vickrey, lookahead"))
    said = {"L": 62.869, "M": 49.825, "vickrey": 31.5, "lookahead": 57.6}
    assert {name: round(rows[name]["revenue"], 3) for name in said} == said
    assert rows["L-printed"]["max_gain"] == pytest.approx(0.18976, abs=1e-5)
    assert [name for name, row in rows.items() if not row["truthful_is_equilibrium"]] == ["L-printed"]


@pytest.fixture
def levy(monkeypatch):
    monkeypatch.setitem(MECHANISMS, "levy", Levy)


def test_types_that_expect_to_lose_are_counted(here, levy):
    """Under the levy 1 loses 1, 2 wins 1 over 1 and breaks even or loses, 3 over 2 breaks even or loses to 5."""
    row = rows_of(printed_json("pair.toml", "--mechanisms", "levy"))["levy"]
    prices = 0.25 * 1 + 0.25 * 1 + 0.3 * 3 + 0.2 * 2  # ties at (1, 1) go to player 0, who pays 1
    assert row["revenue"] == pytest.approx(prices + 2.0)
    assert row["worst_ex_post"] == row["worst_interim"] == pytest.approx(-1.0)
    stay = {5: 2.0 - 1.0, 2: 0.25 / 0.45 * 1.0 - 1.0, 3: 0.2 / 0.5 * 1.0 - 1.0}
    assert [value for value, utility in stay.items() if utility >= 0] == [5]
    assert row["revenue_if_losers_stay_out"] == pytest.approx(0.3 * (3.0 + 1.0))
    assert some_would_leave(row)


# --- what cannot be computed


def test_what_does_not_fit_says_why(here):
    rows = rows_of(printed_json("two-goods"))
    for name in ("L", "vickrey", "lookahead", "first-price"):
        assert rows[name]["reason"] == GOOD
        assert all(rows[name][key] is None for key in ("revenue", "welfare", "max_gain", "guarantee"))
        assert rows[name]["seller_knows"]
    assert rows["M"]["reason"] is None


def test_reasons_that_are_equal_are_told_once(here):
    groups = grouped_reasons(printed_json("two-goods")["mechanisms"])
    assert {"L", "vickrey"} <= set(groups[GOOD])
    said = re.sub(r"\s+", " ", invoke("two-goods").stdout)
    assert said.count(GOOD) == 1
    assert f"{groups[GOOD][-1]}: {GOOD}" in said


def test_without_opt_the_rest_stands(here, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PROFILES", 3)
    figures = printed_json("pair.toml", "--mechanisms", "vickrey,optimal,M")
    assert figures["opt"] is figures["opt_sound"] is None
    assert "minimum cut on 6 profiles" in figures["notes"][0]
    rows = rows_of(figures)
    assert rows["optimal"]["revenue"] is None
    assert "the limit is 3" in rows["optimal"]["reason"]
    assert rows["vickrey"]["revenue"] == pytest.approx(0.25 + 0.25 + 0.9 + 0.4)
    assert rows["vickrey"]["share_of_opt"] is None
    assert rows["M"]["guarantee"] is rows["M"]["guarantee_holds"] is None
    assert "no OPT" in invoke("pair.toml", "--mechanisms", "vickrey").stdout


def test_a_cell_alone_can_be_missing(here, monkeypatch):
    import analysis.comparison

    monkeypatch.setattr(analysis.comparison, "deviations", refuse)
    figures = printed_json("pair.toml", "--mechanisms", "vickrey")
    (row,) = figures["mechanisms"]
    assert row["revenue"] is not None
    assert row["max_gain"] is row["truthful_is_equilibrium"] is None
    assert row["reasons"] == {"max_gain": "there is no room"}
    assert "vickrey, no max_gain: there is no room" in invoke("pair.toml", "--mechanisms", "vickrey").stdout


def refuse(*arguments, **options):
    raise ValueError("there is no room")


def test_fines_are_noted(here, monkeypatch):
    class Fining(Vickrey):
        name = "fining"
        fines = True

        def settle(self, reports, role, *, of=None):
            settled = super().settle(reports, role, of=of)
            return Settled(settled.allocation, settled.payments, settled.rewards - 0.5, settled.fallback)

    monkeypatch.setitem(MECHANISMS, "fining", Fining)
    figures = printed_json("pair.toml", "--mechanisms", "fining,vickrey")
    assert figures["notes"] == ["fining: revenue counts fines of 1 as income"]
    rows = rows_of(figures)
    assert rows["fining"]["revenue"] == pytest.approx(rows["vickrey"]["revenue"] + 1.0)


def test_seats_that_lie_are_noted(here):
    lying = ["--set", "seats=[{strategy = 'misreport', value = 'shade'}]", "--mechanisms", "vickrey"]
    found = printed_json("pair.toml", *lying)
    assert found["mechanisms"] == printed_json("pair.toml", "--mechanisms", "vickrey")["mechanisms"]
    assert any("truthful play" in note for note in found["notes"])


def test_empty_names_are_no_names(here):
    assert set(rows_of(printed_json("pair.toml", "--mechanisms", "L,, M,"))) == {"L", "M"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("vikrey", "pair.toml: --mechanisms 'vikrey' is unknown; did you mean 'vickrey'?"),
        ("L,XX,M", "pair.toml: --mechanisms 'XX' is unknown; known here: "),
    ],
)
def test_unknown_names_are_status_two(here, names, said):
    result = invoke("pair.toml", "--mechanisms", names, status=2)
    assert said in result.stderr
    assert result.stdout == ""


def test_a_certificate_that_fails_is_status_one(here, monkeypatch):
    monkeypatch.setattr(Certificate, "sound", False)
    result = invoke("pair.toml", "--mechanisms", "vickrey", status=1)
    assert "certificate FAILS" in result.stdout
    assert "pair.toml: OPT's certificate fails" in result.stderr
    assert printed_json("pair.toml", "--mechanisms", "vickrey", status=1)["opt_sound"] is False


# --- the screen and the files


def test_the_screen_is_at_most_110_wide_and_says_all(here, levy):
    text = invoke("insiders").stdout
    assert max(map(len, text.splitlines())) <= 110
    assert "insiders: OPT 63.375 (certified" in text
    able = [row["mechanism"] for row in printed_json("insiders")["mechanisms"] if row["reason"] is None]
    first = [line.split()[0] for line in text.splitlines() if line.startswith(" ") and line.strip()]
    assert [name for name in first if name in able][: len(able)] == able
    known = re.findall(r"[\w-]+", text[text.index("the seller knows") : text.index("does not apply")])
    assert all(known.count(name) == 1 for name in able)  # once among those that have to know the same
    assert "first-price *" in text
    assert text.count("* some type gains by a lie") == 1
    assert "levy: a type expects -1;" in text


def test_names_are_starred_only_where_truth_is_known_to_fail():
    row = {"mechanism": "L", "truthful_is_equilibrium": None, "worst_interim": None}
    assert [marked(row | {"truthful_is_equilibrium": known}) for known in (None, True, False)] == ["L", "L", "L *"]


def test_no_footnote_where_nothing_needs_one(here, capsys):
    show_comparison(compare(assemble(load("pair.toml")), ["vickrey"]))
    text = capsys.readouterr().out
    assert "*" not in text
    assert "note:" not in text
    assert "expenses" not in text


def test_expenses_are_shown_where_there_are_any(here, monkeypatch, capsys):
    class Costly(Vickrey):
        name = "costly"
        expenses = np.array([0.0, 0.5, 0.25])

    monkeypatch.setitem(MECHANISMS, "costly", Costly)
    figures = compare(assemble(load("pair.toml")), ["costly"])
    (row,) = figures["mechanisms"]
    assert row["expenses"] == pytest.approx(0.8 * 0.5 + 0.2 * 0.25)
    assert row["welfare"] + row["expenses"] == pytest.approx(row["surplus"] + row["revenue"])
    show_comparison(figures)
    text = capsys.readouterr().out
    assert "expenses" in text
    assert "costly: welfare is after expenses, revenue is before them" in text


def test_out_writes_a_table_a_plot_and_the_figures(here):
    invoke("pair.toml", "--out", "found")
    written = sorted(path.name for path in (here / "found").iterdir())
    assert written == ["comparison.csv", "comparison.parquet", "comparison.png", "comparison.svg", "figures.json"]
    figures = json.loads((here / "found" / "figures.json").read_text())
    assert figures == printed_json("pair.toml")
    table = pd.read_csv(here / "found" / "comparison.csv")
    assert list(table["mechanism"]) == [row["mechanism"] for row in figures["mechanisms"]]
    assert list(table.columns) == COLUMNS
    result = invoke("pair.toml", "--out", "found", status=2)
    assert "already exists" in result.stderr


def test_the_plot_marks_a_lie_in_the_table_of_a_comparison():
    from analysis.comparison_plots import comparison_bars

    figures = compare(assemble(parse(PAIR)), ["first-price", "vickrey"])
    ax = comparison_bars(comparison_table(figures), opt=figures["opt"], largest_welfare=figures["largest_welfare"])
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    truth = {row["mechanism"]: row["truthful_is_equilibrium"] for row in figures["mechanisms"]}
    assert truth == {"first-price": False, "vickrey": True}
    assert "truth is not an equilibrium" in said
    assert "revenue if losers stay out" not in said


# --- the page


def test_the_page_in_docs_is_what_the_registry_says():
    page = Path(__file__).parents[2] / "docs" / "mechanisms.md"
    said = "docs/mechanisms.md is out of date: crowdbayes list mechanisms --long > docs/mechanisms.md"
    assert page.read_text(encoding="utf-8") == mechanism_page() + "\n", said


def test_the_page_has_a_section_and_a_row_of_each_mechanism():
    page = mechanism_page()
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(MECHANISMS)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(MECHANISMS)
    assert {line.count("|") for line in rows} == {6}
    assert all(len(fact) == 12 and all(fact.values()) for fact in mechanism_facts())


def test_where_a_mechanism_works_is_tried():
    facts = {fact["mechanism"]: fact for fact in mechanism_facts()}
    assert facts["vickrey"]["works for"] == "a single good"
    assert "a public good" not in facts["M"]["works for"]
    assert "a public good" in facts["optimal"]["works for"]
    assert facts["M"]["asks for"] == "values and beliefs about the others"
    assert facts["unanimity"]["asks for"] == "values and the distribution"
    assert facts["L"]["own parameters"] == "conditioning = 'chosen', score = 'brier'"


def test_the_long_list_is_the_page():
    run = CliRunner().invoke
    assert run(main, ["list", "mechanisms", "--long"]).stdout == mechanism_page() + "\n"
    assert json.loads(run(main, ["list", "mechanisms", "--long", "--json"]).stdout) == mechanism_facts()
    refused = run(main, ["list", "claims", "--long"])
    assert refused.exit_code == 2
    assert "--long is for mechanisms, learners and priors, not for claims" in refused.stderr


# --- parameters in brackets, large values, and those who would rather not take part


def test_parameters_in_brackets_are_those_of_the_mechanism(here):
    names = "k-lookahead(k=1), k-lookahead, reserve-price(price=3), english(increment=2, reserve=3), L(epsilon=0.0)"
    rows = rows_of(printed_json("insiders", "--mechanisms", names))
    assert list(rows) == sorted(rows, key=lambda name: -rows[name]["revenue"])
    assert rows["k-lookahead(k=1)"]["revenue"] == pytest.approx(57.6)  # lookahead
    assert rows["k-lookahead"]["revenue"] == pytest.approx(63.375)  # k = 2
    for label, kind, own in (
        ("reserve-price(price=3)", "reserve-price", "price=3"),
        ("L(epsilon=0.0)", "L", "epsilon=0.0"),
    ):
        given = ["--set", f"mechanism.kind={kind}", "--set", f"mechanism.{own}"]
        printed = json.loads(CliRunner().invoke(main, ["revenue", "insiders", *given, "--json"]).stdout)
        assert rows[label]["revenue"] == pytest.approx(printed["revenue"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", "--mechanisms names none"),
        (" , ", "--mechanisms names none"),
        ("k-lookahead(kk=1)", "unknown key '--mechanisms k-lookahead.kk' (= 1); did you mean 'k'?"),
        ("k-lookahead(k=1.5)", "--mechanisms k-lookahead.k should be a valid integer, not 1.5"),
        ("k-lookahead(k", "--mechanisms 'k-lookahead(k' should read like k-lookahead(k=3)"),
        ("k-lookaheads(k=1)", "--mechanisms 'k-lookaheads' is unknown; did you mean 'k-lookahead'?"),
        ("rsop", "there is nothing to compare: rsop serves any set of players"),
        ("k-lookahead(k=0)", "there is nothing to compare: k-lookahead(k=0) k, the number of highest bidders"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence_and_leaves_nothing(here, names, said):
    result = invoke("insiders", "--mechanisms", names, "--out", "found", status=2)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (here / "found").exists()


def test_large_values_hide_no_small_figures(here):
    """Vickrey sells at 100 whatever the other bidder is worth; a lie that gains .0236 gains it beside 10^9 too."""
    tall = "environment.values=[[100], [101, 1000000000000]]"
    rows = rows_of(
        printed_json("worst-case-two", "--set", tall, "--mechanisms", "vickrey, lookahead, single-sample, L")
    )
    assert rows["vickrey"]["revenue"] == pytest.approx(100)
    assert rows["single-sample"]["revenue"] == pytest.approx(50)
    assert all(row["worst_interim"] >= 0 for row in rows.values())
    wide = "environment.values=[[1, 2, 1000000000], [1, 2, 1000000000]]"
    printed = rows_of(printed_json("printed-region", "--set", wide, "--mechanisms", "L-printed", status=None))[
        "L-printed"
    ]
    assert printed["max_gain"] > 0.01
    assert printed["truthful_is_equilibrium"] is False


def test_a_mechanism_that_everybody_leaves_has_a_dagger_and_stands_below(here):
    text = invoke("misinformed-buyers", "--mechanisms", "unanimity, vickrey").stdout
    assert text.index(" vickrey ") < text.index(" unanimity †")
    assert text.count("† some type expects to lose by taking part") == 1
    assert "unanimity: a type expects -60; if those who expect a loss stay out it earns 0" in text


def test_no_share_of_opt_is_said_where_the_seller_has_expenses():
    rows = rows_of(printed_json("public-good", "--mechanisms", "vcg, optimal"))
    assert rows["vcg"]["share_of_opt"] is None
    assert rows["optimal"]["share_of_opt"] == pytest.approx(1.0)


def test_the_readme_quotes_what_compare_prints():
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"\$ crowdbayes (compare .*)\n((?:.*\n)*?)```", page)
    said = [line for line in block[2].splitlines() if line.strip() and line != "..."]
    printed = CliRunner().invoke(main, block[1].split()).stdout.splitlines()
    assert [line for line in said if line not in [text.rstrip() for text in printed]] == []
    assert len(said) > 10
