import harness
import pictures


def test_a_quick_part_of_the_family(tmp_path):
    assert harness.failures(pictures.case, 30, tmp_path) == []
