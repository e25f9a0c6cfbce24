"""mien resume: continue a run, with the same bits as without the stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.config.keywords import takes_fields_of
from mien.trainer.resume_config import ResumeConfig

if TYPE_CHECKING:
    from mien.trainer.run import Run


@takes_fields_of(ResumeConfig)
def resume(config: ResumeConfig) -> Run:
    """Continue a stopped or finished run in its folder."""
    from mien.trainer import launch

    return launch.resume(config)
