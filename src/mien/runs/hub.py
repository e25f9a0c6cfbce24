"""Published runs: a folder in the layout of the Hugging Face hub, and its download by "user/repo".

The folder holds `model.safetensors`, which is a snapshot, and `recipe.json`. So it is a run with one snapshot. mien
reads nothing else of it, and loads only its own classes.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from mien.errors import FileError, UsageError, in_brief

MODEL = "model.safetensors"
READ = (MODEL, "recipe.json")
CURE = "pip install 'mien[hub]'"


def is_repo(run: str, outdir: Path) -> bool:
    """Return whether a text may name a repository: user/repo, where user is no folder here."""
    user = run.partition("/")[0]
    named = re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]*\w", run)
    return bool(named) and not Path(user).exists() and Path(user) != outdir


def downloaded(repo: str) -> Path:
    """Return the folder of a repository in the cache of the hub. Raises UsageError or FileError."""
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UsageError(f"{repo} is not a run directory; to load it from Hugging Face: {CURE}")
    from huggingface_hub import snapshot_download

    try:
        return Path(str(snapshot_download(repo, allow_patterns=list(READ), library_name="mien")))
    except Exception as error:  # the library raises its own, those of its HTTP client and those of the system
        raise FileError(
            f"{repo} is not a run directory, and Hugging Face did not give it: {in_brief(error)}"
        ) from error


def push(folder: Path, files: list[str], repo: str, private: bool) -> str:
    """Upload these files of a folder to a repository and return its address. It is made if it does not exist."""
    from huggingface_hub import HfApi

    api = HfApi(library_name="mien")
    try:
        address = api.create_repo(repo, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo, folder_path=folder, allow_patterns=files, commit_message="Upload by mien export"
        )
    except Exception as error:
        raise FileError(f"--push {repo}: Hugging Face did not take it: {in_brief(error)}") from error
    return str(address)


def check_push(repo: str) -> None:
    """Check --push. Raises UsageError for a wrong name, or without the library."""
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]*\w", repo):
        raise UsageError(f"--push {repo}: name a repository as user/repo")
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UsageError(f"--push needs huggingface_hub, which is not installed: {CURE}")
