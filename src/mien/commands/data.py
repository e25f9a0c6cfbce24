"""mien data: look at images before training on them, and prepare them. One file a verb."""

from mien.commands.data_align import align as align
from mien.commands.data_check import check as check
from mien.commands.data_label import label as label
from mien.commands.data_prepare import prepare as prepare
