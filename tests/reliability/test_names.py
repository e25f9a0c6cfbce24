import harness
import names


def test_a_quick_part_of_the_family(tmp_path):
    assert harness.failures(names.case, 15, tmp_path) == []
