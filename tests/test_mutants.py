"""The table of deliberate faults fits the sources as they are; `make mutants` tries the faults themselves."""

from mutants import MUTANTS, ROOT


def test_each_fault_has_one_place_and_tests_that_exist():
    for mutant in MUTANTS:
        assert (ROOT / "src" / "mien" / mutant.file).read_text().count(mutant.old) == 1, mutant
        assert all((ROOT / "tests" / name).is_file() for name in mutant.tests.split()), mutant
    assert len({(mutant.file, mutant.old) for mutant in MUTANTS}) == len(MUTANTS) >= 24
