"""The list of mutants still fits the code that it changes."""

from tests.mutants.__main__ import ROOT, load


def test_every_mutant_changes_one_place() -> None:
    assert [str(mutant) for mutant in load() if not mutant.applies() or mutant.old == mutant.new] == []


def test_every_mutant_has_tests_that_exist() -> None:
    named = {mutant.tests.split()[0].partition("::")[0] for mutant in load()}
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_selected_test_has_a_name_that_exists() -> None:
    """A test that was renamed would leave its mutants without one."""
    selected = [mutant.tests.partition(" -k ") for mutant in load() if " -k " in mutant.tests]
    for tests, _, words in selected:
        text = (ROOT / tests).read_text()
        # Of one word may be a case, such as a source.
        missing = [word for word in words.strip("'\"").split() if "_" in word and word not in text]
        assert missing == [], tests
