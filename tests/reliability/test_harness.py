import harness


def test_attempts_repeat_by_seed_and_number_and_an_error_is_a_failure(tmp_path):
    drawn = {}

    def case(index, random, folder):
        assert folder.is_dir() and not list(folder.iterdir())
        drawn.setdefault(index, []).append(random.random())
        if index == 2:
            raise OSError("no space")
        return "wrong" if index == 3 else None

    told = []
    failed = harness.failures(case, 5, tmp_path, seed=1, tell=told.append)
    again = harness.failures(case, 1, tmp_path, seed=1, first=3)
    assert [line.split(": ", 1)[0] for line in failed] == [f"--seed 1 --first {i} --count 1" for i in (2, 3)]
    assert "OSError" in failed[0] and failed[1].endswith(": wrong") and told == failed and again == failed[1:]
    assert drawn[3][0] == drawn[3][1] and len({values[0] for values in drawn.values()}) == 5


def test_a_refusal_is_one_line():
    code, out, err = harness.in_process("data", "check", "no/such/folder")
    assert code == 74 and out == "" and harness.is_one_line(err)
    assert not harness.is_one_line("Traceback (most recent call last)\nmien: this is a bug in mien")
