"""Map .npy files that may be damaged or forged, with a check of shape and type."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import FileError


def read_array(path: Path, dtype: type, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return the array, mapped and not copied. None in `shape`: any length there. Objects are never unpickled.

    Raises FileError, in one line, for a file that is missing, damaged or of another kind.
    """
    if not path.is_file():
        raise FileError(f"{path} is {'not a regular file' if path.exists() else 'missing'}: prepare the images again")
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # numpy evaluates the header as Python text, and any exception may result
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise FileError(f"{path} cannot be read ({why}): prepare the images again") from error
    fits = len(array.shape) == len(shape) and all(
        wanted in (None, there) for wanted, there in zip(shape, array.shape, strict=True)
    )
    if array.dtype != dtype or not fits or not array.flags.c_contiguous:
        found = f"{array.dtype} {array.shape}" + ("" if array.flags.c_contiguous else " in Fortran's order")
        raise FileError(f"{path} is {found}, not {np.dtype(dtype)} {shape}: prepare it again")
    return array
