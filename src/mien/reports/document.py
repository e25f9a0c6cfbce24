"""HTML pages from templates/. Every value is escaped; style, script and images are inside the page."""

from __future__ import annotations

import datetime
import functools
from typing import Any

import jinja2
from markupsafe import Markup, escape

from mien import __version__
from mien.reports.charts import number_text
from mien.runtime.printable import count_text

MAX_BYTES = 9_500_000  # of a page
MAX_CHARACTERS = 2000  # of one text from a file


def render(template: str, **values: Any) -> str:
    """The text of templates/`template` with `values` filled in, as HTML."""
    return environment().get_template(template).render(values)


def render_page(template: str, title: str, **values: Any) -> str:
    """A complete HTML document from a template that extends document.html."""
    written = date_text(datetime.datetime.now(datetime.UTC).timestamp())
    return render(template, title=title, version=__version__, written=written, **values)


@functools.cache
def environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("mien.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"number": number_text, "cut": cut, "breakable": breakable, "count": count_text}
    return made


def cut(value: object) -> str:
    """As text of at most MAX_CHARACTERS."""
    text = str(value)
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + " …"


def breakable(path: str) -> Markup:
    """A dotted path that may be broken after a dot or an underscore, as HTML."""
    return escape(cut(path)).replace(".", Markup(".<wbr>")).replace("_", Markup("_<wbr>"))


def date_text(seconds: float) -> str:
    """ "2026-11-21 03:12 UTC" """
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "at an unknown time"
