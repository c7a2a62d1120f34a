"""The list of mutants still fits the code that it changes."""

from tests.mutants.__main__ import ROOT, load


def test_every_mutant_changes_one_place() -> None:
    assert [str(mutant) for mutant in load() if not mutant.applies() or mutant.old == mutant.new] == []


def test_every_mutant_has_tests_that_exist() -> None:
    named = {mutant.tests.split()[0].partition("::")[0] for mutant in load()}
    assert {path for path in named if not (ROOT / path).exists()} == set()
