"""A page as Streamlit runs it: opened by its link, and what is read of it and of its pictures."""

import functools
import html
import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parent.parent


def open_page(name, /, **parameters):
    """Run a page as if its link had been opened; parameters are values by the control's name."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    for parameter, value in parameters.items():
        app.query_params[f"{name}_{parameter}"] = value
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def opener(name):
    """Return `open_page` for one page."""
    return functools.partial(open_page, name)


def take(app, lesson):
    """Click a lesson of a page."""
    (lessons,) = (group for group in app.button_group if group.key.endswith(":lesson"))
    lessons.set_value(lesson).run()
    assert not app.exception, app.exception[0].message
    return app


# --- what it says


def plain(body):
    """Return a text of HTML as it is read."""
    return html.unescape(re.sub(r"<.*?>", "", body))


def statuses(app, role="status"):
    """Return the HTML of the measured sentences."""
    return [element.proto.body for element in app.get("html") if f'role="{role}"' in element.proto.body]


def sentences(app, role="status"):
    """Return the measured sentences as they are read."""
    return [plain(body) for body in statuses(app, role)]


def bodies(app, kind="measured"):
    """Return the texts of the page's HTML elements of one class as they are read."""
    elements = [element.proto.body for element in app.get("html")]
    return [plain(body) for body in elements if f'class="{kind}' in body]


def numbers(pattern, text):
    """Return the numbers in a sentence that a pattern has as its groups."""
    match = re.search(pattern, text)
    assert match, text
    return [float(number.replace("−", "-")) for number in match.groups()]


# --- what it draws and offers


def datasets_of(app):
    """Return the names of the datasets of each picture."""
    return [{dataset.name for dataset in element.proto.datasets} for element in app.get("vega_lite_chart")]


def rows_of(app, number):
    """Return the datasets of a picture as rows."""
    import io

    import pyarrow as pa

    sent = app.get("vega_lite_chart")[number].proto.datasets
    return {each.name: pa.ipc.open_stream(io.BytesIO(each.data.data)).read_all().to_pylist() for each in sent}


def layers_of(part):
    """Return the layers that have a mark, of a template."""
    inner = part.get("layer", [])
    return [part] if "mark" in part else [deeper for layer in inner for deeper in layers_of(layer)]


def marks_of(part, name=None):
    """Return the marks of a template with the names of their datasets."""
    name = part.get("data", {}).get("name", name)
    marks = [(name, part["mark"])] if "mark" in part else []
    return marks + [mark for layer in part.get("layer", ()) for mark in marks_of(layer, name)]


def header(rows):
    """Return the names of a table's columns as the first line of its file has them."""
    return ", ".join(rows[0])
