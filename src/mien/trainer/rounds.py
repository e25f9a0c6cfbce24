"""The rounds of a training, with one error for all processes where memory does not suffice."""

from __future__ import annotations

from collections.abc import Iterator

from mien.errors import OutOfMemory, RoundTooLarge, in_brief, is_out_of_memory
from mien.runtime import distributed
from mien.trainer.setup import Setup
from mien.training.loop import Progress, train


def rounds(setup: Setup) -> Iterator[Progress]:
    """The rounds from here to the end of the budget in images. Raises RoundTooLarge, on all processes, where one does
    not fit into the memory of any."""
    training, recipe = setup.training, setup.recipe
    try:
        yield from train(
            training.players, setup.batches, recipe.batch_size, training.ema, setup.budget.images, training.images
        )
        return
    except OutOfMemory as error:  # another process has told it
        failed = error
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        failed = distributed.tell(RoundTooLarge(in_brief(error)))
    raise failed.with_traceback(None)  # out here, without the frames that hold on to the tensors of the round
