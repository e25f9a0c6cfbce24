import memory


def test_failed_allocations_are_one_line_or_smaller_parts(tmp_path):
    assert memory.harness.failures(memory.case, 4, tmp_path) == []
