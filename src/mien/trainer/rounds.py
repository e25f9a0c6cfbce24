"""The rounds of a training. If memory does not suffice in one process, all processes raise the same error."""

from __future__ import annotations

from collections.abc import Iterator

from mien.errors import OutOfMemory, RoundTooLarge, in_brief, is_out_of_memory
from mien.runtime import distributed
from mien.trainer.setup import Setup
from mien.training.loop import Progress, train


def rounds(setup: Setup) -> Iterator[Progress]:
    """Yield the progress of each round, to the end of the budget in images.

    If a round does not fit into the memory of one process, all processes raise RoundTooLarge.
    """
    training, recipe = setup.training, setup.recipe
    try:
        yield from train(
            training.players, setup.batches, recipe.batch_size, training.ema, setup.budget.images, training.images
        )
        return
    except OutOfMemory as error:  # another process has reported it
        failed = error
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        failed = distributed.tell(RoundTooLarge(in_brief(error)))
    raise failed.with_traceback(None)  # outside of `except`: its frames would hold the tensors of the round
