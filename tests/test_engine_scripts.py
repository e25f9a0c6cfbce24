"""The batch script of docs/engines.md, with programs in place of srun and scontrol that record their words."""

import re
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "engines.md"
FAKE = '#!/bin/sh\necho "$(basename "$0") $*" >> "$RECORD"\nexit $1\n'


@pytest.mark.parametrize(
    "code, requeued",
    [(0, False), (2, False), (3, False), (71, False), (137, False)]
    + [(code, True) for code in (75, 76, 129, 138, 143)],
)
def test_the_batch_script_requeues_what_was_cut_off_and_nothing_else(code, requeued, tmp_path):
    (script,) = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "job.sh").write_text(script)
    for name, exit_code in (("srun", code), ("scontrol", 0)):
        (tmp_path / name).write_text(FAKE.replace("$1", str(exit_code)))
        (tmp_path / name).chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "RECORD": str(tmp_path / "record"), "SLURM_JOB_ID": "7"}
    done = subprocess.run(["bash", tmp_path / "job.sh"], env=variables, capture_output=True, text=True)
    first, *rest = (tmp_path / "record").read_text().splitlines()
    assert first.startswith("srun --kill-on-bad-exit=1 mien train r3gan --data ") and first.endswith(" --auto-resume")
    assert rest == (["scontrol requeue 7"] if requeued else [])
    assert done.returncode == (0 if requeued else code) and done.stderr == ""
