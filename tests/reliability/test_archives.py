import archives
import harness


def test_a_quick_part_of_the_family(tmp_path):
    assert harness.failures(archives.case, 40, tmp_path) == []
