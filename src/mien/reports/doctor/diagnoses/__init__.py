"""One diagnosis a file. `ALL` is the order in which they are said: a cause before what follows from it."""

from __future__ import annotations

from mien.reports.doctor.diagnoses.checkerboards import Checkerboards
from mien.reports.doctor.diagnoses.d_has_won import DHasWon
from mien.reports.doctor.diagnoses.d_underfits import DUnderfits
from mien.reports.doctor.diagnoses.flat_images import FlatImages
from mien.reports.doctor.diagnoses.mode_collapse import ModeCollapse
from mien.reports.doctor.diagnoses.not_finite import NotFinite
from mien.reports.doctor.diagnoses.rate_too_high import RateTooHigh
from mien.reports.doctor.diagnoses.stalled import Stalled
from mien.reports.doctor.diagnosis import Diagnosis

ALL: tuple[Diagnosis, ...] = (
    NotFinite(),
    FlatImages(),
    ModeCollapse(),
    DHasWon(),
    DUnderfits(),
    RateTooHigh(),
    Checkerboards(),
    Stalled(),
)
