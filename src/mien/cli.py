"""The command line: finds the verb, reads its flags from its function's signature, prints its result.

torch and the verbs are imported only when they are needed, so `mien --help` takes no time.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import importlib
import inspect
import io
import json
import os
import re
import sys
import traceback
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mien import __version__
from mien.commands.python_api import plain
from mien.config.keywords import set_signature
from mien.config.renamed import current_name
from mien.errors import MienError, OutOfMemory, UsageError, in_brief, is_out_of_memory
from mien.runtime import signals
from mien.runtime.printable import in_one_line, printable, take_any_text

COMMANDS = Path(__file__).parent / "commands"
ORDER = (
    *("demo", "train", "resume", "generate", "translate", "interpolate", "mix", "directions", "project", "reproduce"),
    *("studio", "doctor", "evaluate", "neighbours", "video", "report", "compare", "gradients"),
    *("export", "serve", "log", "lab", "data", "weights", "submit", "recipes", "env"),
)
GROUPS = {"data": ("check", "prepare", "align", "label"), "submit": ("hw6", "check")}
"""Verbs that are a file of several functions: mien data check PATH."""
INTERRUPTED, INPUT_OUTPUT, BUG = 130, 74, 70
SMALLER = {
    **dict.fromkeys(("train", "demo"), "choose a smaller --batch or --resolution, or fewer images"),
    "resume": "mien resume RUN --set batch_size=N with a smaller N, or --metrics none",
    "data": "choose a smaller --resolution, or fewer images",
    "evaluate": "choose a smaller --num or --batch",
}
"""Verb -> the cure for too little memory."""


def main() -> None:
    signals.open_standard_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return the exit code."""
    take_any_text()
    as_json = "--json" in arguments
    arguments = [argument for argument in arguments if argument != "--json"]
    try:
        with signals.handled():
            return answer(arguments, as_json)
    except MienError as error:
        return fail(str(error), error.exit_code, as_json)
    except signals.Interrupted as signal:
        return fail("interrupted" if signal.exit_code == INTERRUPTED else f"ended: {signal}", signal.exit_code, as_json)
    except KeyboardInterrupt:
        return fail("interrupted", INTERRUPTED, as_json)
    except BrokenPipeError:
        # The reader of our output has gone (mien … | head): no message can reach it.
        signals.silence(sys.stdout)
        return 0
    except Exception as error:
        return unexpected(error, arguments, as_json)
    except SystemExit as exit_:
        return int(exit_.code or 0)


def unexpected(error: Exception, arguments: list[str], as_json: bool) -> int:
    """Report an error that no verb expects, and return the exit code."""
    if is_out_of_memory(error):
        cure = SMALLER.get(arguments[0], "choose fewer or smaller images")
        return fail(f"out of memory ({in_brief(error)}): {cure}", OutOfMemory.exit_code, as_json)
    if isinstance(error, OSError):  # a full disk or a lost device, say: no bug of mien
        where = f"{error.filename}: " if error.filename else ""
        return fail(f"{where}{error.strerror or error}", INPUT_OUTPUT, as_json)
    from mien.commands.installed_verbs import author

    print(printable("".join(traceback.format_exception(error))), file=sys.stderr)
    return fail(f"this is a bug in {author(arguments[0])}; please report it with the lines above", BUG, as_json)


def answer(arguments: list[str], as_json: bool) -> int:
    """Print the result of one command line and return 0."""
    if len(arguments) > 1 and arguments[0] == "help":  # mien help data check: mien data check --help
        arguments = [*arguments[1:], "--help"]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"mien {__version__}")
        return 0
    result = call(arguments)
    if os.environ.get("RANK", "0") == "0":  # only one of torchrun's processes prints
        text = json.dumps(result.as_dict(), indent=2) if as_json else printable(str(result))
        print(text, file=sys.stderr if getattr(result, "filled_stdout", False) else sys.stdout, flush=True)
    return 0


def fail(message: str, code: int, as_json: bool) -> int:
    try:
        print(f"mien: {in_one_line(message)}", file=sys.stderr)
        if as_json:
            print(json.dumps({"error": message, "exit_code": code}), flush=True)
    except OSError:  # nobody reads the message; the exit code is enough
        signals.silence(sys.stderr)
        signals.silence(sys.stdout)
    return code


# --- verbs ------------------------------------------------------------------------------------------------------------


def verbs() -> list[str]:
    """The verbs that exist, most used first."""
    there = {path.stem for path in COMMANDS.glob("*.py") if "_" not in path.stem}  # data_align is a part of data
    return [*(verb for verb in ORDER if verb in there), *sorted(there - set(ORDER))]


def overview() -> str:
    """The text of `mien --help`: the first line of each verb's file, read without importing it."""
    from mien.commands.installed_verbs import overview_lines

    lines = ["mien trains GANs on a folder of images and generates new ones.", ""]
    for verb in verbs():
        text = ast.get_docstring(ast.parse((COMMANDS / f"{verb}.py").read_text(encoding="utf-8"))) or ""
        summary = text.splitlines()[0].partition(": ")[2]
        name = f"{verb} {'|'.join(GROUPS[verb])}" if verb in GROUPS else verb
        lines.append(f"  mien {name:<19} {summary}")
    lines += overview_lines()
    lines += ["", "mien help VERB shows a verb's flags. Every verb takes --json.", "Start with: mien demo"]
    return "\n".join(lines)


def call(arguments: list[str]) -> Any:
    """Call the verb's function with its flags and return the result."""
    verb, *rest = arguments
    if verb.startswith("-"):
        raise UsageError(f"a verb comes first: mien {' '.join(verbs()[:4])} … (mien --help lists them)")
    if verb not in verbs():
        return parse(installed(verb), f"mien {verb}", rest)
    module = importlib.import_module(f"mien.commands.{verb}")
    if verb not in GROUPS:
        return parse(plain(getattr(module, verb)), f"mien {verb}", rest)
    if not rest or rest[0] in ("-h", "--help"):
        print("\n".join(f"mien {verb} {name:<10} {first_line(getattr(module, name))}" for name in GROUPS[verb]))
        sys.exit(0 if rest else 2)
    known(rest[0], list(GROUPS[verb]), f"mien {verb}", f"there are {', '.join(GROUPS[verb])}")
    return parse(plain(getattr(module, rest[0])), f"mien {verb} {rest[0]}", rest[1:])


def installed(verb: str) -> Callable[..., Any]:
    """The function of a verb that a package adds. mien's own verbs do not come here, so they search no packages."""
    from mien.commands.installed_verbs import installed_verbs, load

    added = {other.word: other for other in reversed(installed_verbs())}
    known(verb, [*verbs(), *added], "verb", "mien --help lists them")
    return load(added[verb])


def known(word: str, words: list[str], what: str, otherwise: str) -> None:
    if word not in words:
        near = difflib.get_close_matches(word, words, 1)
        raise UsageError(f"no {what} {word!r}: " + (f"did you mean {near[0]}?" if near else otherwise))


def first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").splitlines()[0]


# --- flags ------------------------------------------------------------------------------------------------------------


def parse(function: Callable[..., Any], program: str, arguments: list[str]) -> Any:
    """Call the function with the flags that tyro reads. Raises UsageError, one line, if tyro refuses them."""
    import tyro

    arguments = [with_current_name(program.split()[-1], argument) for argument in arguments]
    check_flags(function, program, arguments)
    words = io.StringIO()
    bound: dict[str, Any] = {}
    signature = signature_of(function)

    def bind(*positional: Any, json: bool = False, **named: Any) -> None:
        bound.update(signature.bind(*positional, **named).arguments)

    shown = [*signature.parameters.values(), json_flag()]
    set_signature(bind, inspect.Signature(shown))
    bind.__annotations__ = {part.name: part.annotation for part in shown}
    bind.__doc__ = function.__doc__
    if {"-h", "--help"} & set(arguments):
        tyro.cli(bind, prog=program, args=["--help"], config=(tyro.conf.FlagCreatePairsOff,))
    try:
        with contextlib.redirect_stderr(words), contextlib.redirect_stdout(words):
            tyro.cli(bind, prog=program, args=arguments, config=(tyro.conf.FlagCreatePairsOff,))
    except SystemExit:
        raise UsageError(f"{program}: {one_line(words.getvalue())}") from None
    return function(**bound)


def with_current_name(verb: str, argument: str) -> str:
    """ "--sweep=hair" -> "--attribute-grid=hair": the current name of an old flag."""
    flag, equals, value = argument.partition("=")
    if not flag.startswith("--"):
        return argument
    name = flag[2:].replace("-", "_")
    new = current_name(verb, name)
    return argument if new == name else f"--{new.replace('_', '-')}{equals}{value}"


def json_flag() -> inspect.Parameter:
    """The flag --json for --help. `run` removes it before a verb reads its flags."""
    import tyro

    hint = typing.Annotated[bool, tyro.conf.arg(help="Print the result, or the error, as JSON.", help_behavior_hint="")]
    return inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=hint)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature with resolved types, and with the flag's name as the name of its value in --help.

    The type that a verb returns stays unresolved: often only the type checker imports it.
    """
    import tyro

    signature = inspect.signature(function)
    named = {name: part.annotation for name, part in signature.parameters.items()}
    hints = typing.get_type_hints(types.SimpleNamespace(__annotations__=named), function.__globals__, None, True)
    parts = []
    for name, part in signature.parameters.items():
        hint = hints[name]
        if not isinstance(part.default, bool) and typing.get_origin(hint) is not typing.Literal:
            unsaid = "" if part.default in (None, ()) else None  # --help does not show an empty default
            word = name.rstrip("_")  # class_ is --class: in Python, class is a keyword
            own = None if word == name else word
            hint = typing.Annotated[hint, tyro.conf.arg(name=own, metavar=word.upper(), help_behavior_hint=unsaid)]
        parts.append(part.replace(annotation=hint))
    return inspect.Signature(parts)


def check_flags(function: Callable[..., Any], program: str, arguments: list[str]) -> None:
    """Raises UsageError for an unknown or a missing flag. tyro checks the values later."""
    given = {argument.partition("=")[0].replace("_", "-") for argument in arguments if argument.startswith("--")}
    parameters = inspect.signature(function).parameters.values()
    flags = {
        f"--{part.name.rstrip('_').replace('_', '-')}": part for part in parameters if part.kind is part.KEYWORD_ONLY
    }
    for flag in sorted(given - flags.keys() - {"--help", "--"}):
        near = difflib.get_close_matches(flag, flags, 1)
        hint = f"did you mean {near[0]}?" if near else f"see {program} --help"
        raise UsageError(f"{program} has no flag {flag}: {hint}")
    if {"-h", "--help"} & set(arguments):
        return
    for flag, part in flags.items():
        if part.default is part.empty and flag not in given:
            raise UsageError(f"{program} needs {flag} {part.name.upper()}: {how_to_give(flag, program, arguments)}")
    first = next(iter(parameters), None)
    if first and first.kind is not first.KEYWORD_ONLY and first.default is first.empty and not arguments:
        raise UsageError(f"{program} needs {first.name.upper()}: see {program} --help")


def how_to_give(flag: str, program: str, arguments: list[str]) -> str:
    """The cure for a missing flag: `mien train faces` means `mien train --data faces`."""
    if flag == "--data" and arguments and not arguments[0].startswith("-") and Path(arguments[0]).exists():
        return f"did you mean {program} --data {arguments[0]}?"
    return f"see {program} --help"


def one_line(box: str) -> str:
    """tyro's message without its frame, headings and pointer to --help.

    tyro prints its errors and exits. Its hook for errors is private (`tyro._errors`) and may change in any release.
    The printed text is the only public interface.
    """
    lines = (re.sub(r"[│╭╮╰╯─|+]+|-{4,}", " ", line) for line in box.splitlines()[1:])
    text = re.sub(r"\s+", " ", " ".join(lines))
    text = re.split("For full helptext|Argument helptext|Perhaps you meant", text)[0].strip()
    return text.replace("Error parsing ", "") or "the flags cannot be read"
