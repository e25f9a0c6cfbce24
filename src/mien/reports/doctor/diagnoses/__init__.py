"""One diagnosis a file. `ALL` is the order in which they are said: a cause before what follows from it."""

from __future__ import annotations

from mien.reports.doctor.diagnoses.checkerboards import Checkerboards
from mien.reports.doctor.diagnoses.copies import Copies
from mien.reports.doctor.diagnoses.d_has_won import DHasWon
from mien.reports.doctor.diagnoses.d_memorizes import DMemorizes
from mien.reports.doctor.diagnoses.d_underfits import DUnderfits
from mien.reports.doctor.diagnoses.flat_images import FlatImages
from mien.reports.doctor.diagnoses.g_ahead import GAhead
from mien.reports.doctor.diagnoses.getting_worse import GettingWorse
from mien.reports.doctor.diagnoses.hidden_source import HiddenSource
from mien.reports.doctor.diagnoses.identity import Identity
from mien.reports.doctor.diagnoses.label_collapse import LabelCollapse
from mien.reports.doctor.diagnoses.mode_collapse import ModeCollapse
from mien.reports.doctor.diagnoses.mode_dropping import ModeDropping
from mien.reports.doctor.diagnoses.not_finite import NotFinite
from mien.reports.doctor.diagnoses.one_target import OneTarget
from mien.reports.doctor.diagnoses.rate_too_high import RateTooHigh
from mien.reports.doctor.diagnoses.stalled import Stalled
from mien.reports.doctor.diagnosis import Diagnosis

ALL: tuple[Diagnosis, ...] = (
    NotFinite(),
    FlatImages(),
    ModeCollapse(),
    OneTarget(),
    Identity(),
    DHasWon(),
    DUnderfits(),
    GAhead(),
    RateTooHigh(),
    LabelCollapse(),
    DMemorizes(),
    Copies(),
    ModeDropping(),
    HiddenSource(),
    GettingWorse(),
    Checkerboards(),
    Stalled(),
)
