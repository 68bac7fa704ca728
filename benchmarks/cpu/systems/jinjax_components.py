"""JinjaX, each component a file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import jinjax
from jinja2 import Environment

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "JinjaX"
DISTRIBUTION = "jinjax"

FILES = {
    "Item.jinja": """{#def id, name, active #}
<li class="{% if active %}on{% else %}off{% endif %}"><a href="/people/{{ id }}">{{ name }}</a></li>""",
    "Top.jinja": """{#def title, popular #}
<header><h2>{{ title }}</h2>{% if popular %}<b>popular</b>{% endif %}</header>""",
    "Line.jinja": """{#def label, value, strong #}
<p class="row{% if strong %} strong{% endif %}"><span>{{ label }}</span><i>{{ value }}</i></p>""",
    "Bottom.jinja": """{#def author, likes #}
<footer><cite>{{ author }}</cite>{% if likes %}<em>{{ likes }}</em>{% endif %}</footer>""",
    "Card.jinja": """{#def title, author, likes #}
<article class="card"><Top title={{ title }} popular={{ likes }} /><div class="body">{{ content }}</div>
<Bottom author={{ author }} likes={{ likes }} /></article>""",
    "SmallPage.jinja": """{#def people #}
<ul>{% for person in people %}
<Item id={{ person.id }} name={{ person.name }} active={{ person.active }} />{% endfor %}</ul>""",
    "CardPage.jinja": """{#def entries #}
<main>{% for entry in entries %}<Card title={{ entry.title }} author={{ entry.author }} likes={{ entry.likes }}>
{% for row in entry.rows %}<Line label={{ row.label }} value={{ row.value }} strong={{ row.strong }} />{% endfor %}
</Card>{% endfor %}</main>""",
    "TablePage.jinja": """{#def rows #}
<table>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>""",
}


def folder(files: dict[str, str]) -> Path:
    """A new folder with these files."""
    made = Path(tempfile.mkdtemp(prefix="frontload-bench-"))
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


catalog = jinjax.Catalog(jinja_env=Environment(autoescape=True), auto_reload=False)
catalog.add_folder(folder(FILES))


def small() -> str:
    return str(catalog.render("SmallPage", people=PEOPLE))


def cards() -> str:
    return str(catalog.render("CardPage", entries=ENTRIES))


def table() -> str:
    return str(catalog.render("TablePage", rows=CELLS))
