"""A page of HTML that stands alone: its style, its sections, and tables of words and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from anncli.cli.showing.svg import attribute, safe, style_sheet

# The first rule of all: nothing is loaded from anywhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root{color-scheme:light dark;--ink:#1a1a1a;--soft:#505357;--paper:#fff;--line:#d3d6da;--ground:#f4f5f7;--link:#00598c}
@media screen and (prefers-color-scheme:dark){
:root{--ink:#f0f0f0;--soft:#b8bcc2;--paper:#16181d;--line:#3d4047;--ground:#20232a;--link:#7cc5ef}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;font-size:16px;overflow-wrap:anywhere}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 16px}
h1{font-size:1.7rem;line-height:1.2;margin:1.4rem 0 .3rem}
h2{font-size:1.25rem;margin:2.2rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 .3rem}
p{margin:.4rem 0;max-width:48rem}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.6rem 0}
.soft,figcaption{color:var(--soft)}
figcaption{font-size:.9rem;margin-top:.3rem}
.notice{border-left:4px solid #c54f00;background:var(--ground);padding:.5rem .8rem;max-width:none}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:1.6rem;align-items:start;margin:1.2rem 0}
figure{margin:0;min-width:0}
figure svg{display:block;width:100%;max-width:480px;height:auto}
pre{background:var(--ground);padding:.6rem .8rem;white-space:pre-wrap;font-size:.9rem;margin:.4rem 0}
pre span{display:inline-block;max-width:100%;overflow-wrap:anywhere}
.scroll{overflow-x:auto;max-width:100%;margin:1rem 0}
.scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.93rem;overflow-wrap:normal}
caption{text-align:left;color:var(--soft);padding:.3rem 0;font-size:.9rem}
th,td{padding:.22rem .7rem .22rem 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
tbody th{font-weight:400}
.name{text-align:left}
td.name,th.name{white-space:normal;max-width:22rem}
details{margin-top:.4rem}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
footer{margin-top:2.5rem;padding-bottom:2rem;color:var(--soft);font-size:.9rem}
@media print{body{font-size:10.5pt}table{font-size:8pt}th,td{padding-right:.4rem}nav,details{display:none}.figures{grid-template-columns:1fr 1fr;gap:.8rem}
figure,tr,h2,h3{break-inside:avoid}h2,h3,caption{break-after:avoid}.scroll{overflow:visible}main,header,footer{max-width:none;padding:0}}
@page{margin:15mm}
"""


class Section(NamedTuple):
    """A heading with an id for links, and the parts below it, each a piece of HTML."""

    name: str
    heading: str
    parts: Sequence[str]


def page(title: str, opening: Iterable[str], sections: Sequence[Section], closing: str) -> str:
    """The page; opening: pieces of HTML below the title; closing: the text at its end."""
    links = "".join(f'<li><a href="#{s.name}">{safe(s.heading)}</a></li>' for s in sections)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{safe(title)}</title>",
        f"<style>{_STYLE}{style_sheet()}</style>",
        "</head>",
        "<body>",
        f"<header>\n<h1>{safe(title)}</h1>",
        *opening,
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n</header>\n<main>',
    ]
    for section in sections:
        parts += [
            f'<section aria-labelledby="{section.name}">',
            f'<h2 id="{section.name}">{safe(section.heading)}</h2>',
        ]
        parts += [*section.parts, "</section>"]
    parts += [f"</main>\n<footer>{safe(closing)}</footer>", "</body>", "</html>"]
    return "\n".join(parts) + "\n"


def paragraph(words: str, style: str = "") -> str:
    return f"<p{_class(style)}>{safe(words)}</p>"


def listing(text: str) -> str:
    """A command; its lines break between words alone, so that no option looks like two."""
    return f"<pre>{' '.join(f'<span>{safe(word)}</span>' for word in text.split(' '))}</pre>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], names: int = 1) -> str:
    """A table that scrolls by itself where it is too wide; the first `names` columns are words, the others numbers."""
    head = "".join(
        f'<th scope="col"{_class("name" if k < names else "")}>{_breakable(word)}</th>' for k, word in enumerate(header)
    )
    lines = [
        f'<div class="scroll" tabindex="0" role="region" aria-label={attribute(caption)}>',
        f"<table>\n<caption>{safe(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>",
    ]
    for row in rows:
        cells = [f'<th scope="row" class="name">{safe(row[0])}</th>']
        cells += [f"<td{_class('name' if k < names else '')}>{safe(cell)}</td>" for k, cell in enumerate(row[1:], 1)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody>\n</table>\n</div>"])


def figure(element: str, heading: str, caption: str, more: str = "") -> str:
    """A drawing under a heading, with its caption; more: HTML below it."""
    return f"<figure>\n<h3>{safe(heading)}</h3>\n{element}\n<figcaption>{safe(caption)}</figcaption>\n{more}</figure>"


def details(summary: str, content: str) -> str:
    """Content that a click shows."""
    return f"<details><summary>{safe(summary)}</summary>\n{content}\n</details>\n"


def figures(parts: Iterable[str]) -> str:
    """Figures side by side, as many as there is room for."""
    return '<div class="figures">\n' + "\n".join(parts) + "\n</div>"


def _breakable(words: str) -> str:
    """A name that may go on in the next line after a sign that joins words."""
    return re.sub(r"([_./-])(?=\w)", r"\1<wbr>", safe(words))


def unbroken(words: str) -> str:
    """A number and its unit, which stay on one line."""
    return words.replace(" %", "\u00a0%")


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
