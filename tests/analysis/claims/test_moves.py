"""Moves between instances: simpler ones are simpler, and structure is kept."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.claims import Instance, domain, generate, generate_goods, moves

FAMILIES = [
    generate.independent_values,
    generate.iid_values,
    generate.correlated,
    generate.affiliated,
    generate.common_value,
    generate.symmetric_values,
    generate.insiders,
    generate.signalled,
    generate_goods.two_goods,
    generate_goods.some_bundles,
    generate_goods.alike_goods,
    generate_goods.groups,
]


def drawn(family, count: int = 6) -> list[Instance]:
    rng = np.random.default_rng([11, FAMILIES.index(family)])
    return [family(rng) for _ in range(count)]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_families_make_valid_instances(family):
    for instance in drawn(family):
        assert moves.valid(instance)
        assert len(instance.states) <= 81
        assert instance.known.cells.shape == (len(instance.states), instance.players)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_every_move_leads_to_something_valid_and_simpler(family):
    for instance in drawn(family, 3):
        for small in moves.simpler(instance):
            assert moves.valid(small)
            assert moves.size(small) < moves.size(instance)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_mutants_are_valid_and_mostly_different(family):
    rng = np.random.default_rng(2)
    for instance in drawn(family, 3):
        mutants = [moves.mutate(instance, rng) for _ in range(10)]
        assert all(map(moves.valid, mutants))
        assert sum(mutant != instance for mutant in mutants) >= 8


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (generate.iid_values, domain.iid),
        (generate.independent_values, domain.independent),
        (generate.symmetric_values, domain.symmetric),
        (generate_goods.alike_goods, domain.iid),
    ],
)
def test_some_moves_of_each_sort_keep_a_distribution_s_structure(family, kind):
    """Fewer types, other worths and other odds: each can be had without leaving the kind of distribution."""
    for instance in drawn(family, 4):
        assert kind(instance)
        odds = [small for small in moves._smaller_odds(instance) if kind(small)]
        worths = [small for small in moves._smaller_worths(instance) if kind(small)]
        types = list(moves._fewer_types(instance))
        assert worths
        assert not types or kind is domain.symmetric or any(map(kind, types))
        assert odds


def test_leaving_a_player_out_keeps_the_others_odds_and_edges():
    trio = Instance(
        generate.of_values([(1, 2), (1,), (3, 4)]),
        ((0, 0, 0), (1, 0, 0), (1, 0, 1)),
        (1, 2, 4),
        knowledge="graph",
        parameters={"edges": [[0, 2], [1, 0]]},
    )
    first, *_ = moves._fewer_players(trio)
    assert first.values == ((1,), (3, 4))
    assert (first.states, first.odds) == (((0, 0), (0, 1)), (3, 4))
    assert first.parameters == {"edges": []}
    *_, last = moves._fewer_players(trio)
    assert last.parameters == {"edges": [[1, 0]]}


def test_a_type_goes_with_its_states():
    pair = Instance(generate.of_values([(1, 2, 3), (1,)]), ((0, 0), (1, 0), (2, 0)), (1, 2, 3))
    found = {small.values[0]: (small.states, small.odds) for small in moves._fewer_types(pair)}
    assert found[1, 3] == (((0, 0), (1, 0)), (1, 3))


def test_a_marginal_changes_for_all_who_share_it():
    pair = Instance(generate.of_values([(1, 2)] * 2), *generate.product_states([(1, 3)] * 2))
    assert moves.with_margin(pair, 0, 1, 1).odds == (1, 1, 1, 1)
    other = replace(pair, worths=generate.of_values([(1, 2), (1, 3)]))
    assert moves.with_margin(other, 0, 1, 1).odds == (1, 3, 1, 3)


def test_what_the_program_refuses_is_not_valid():
    plain = Instance(generate.of_values([(1, 2), (1,)]), ((0, 0),), (1,))
    assert moves.valid(plain)
    assert not moves.valid(moves.with_worth(plain, 0, 1, 0, 1))
    assert not moves.valid(replace(plain, knowledge="graph", parameters={"edges": [[0, 0]]}))
