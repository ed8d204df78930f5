"""Ten visitors on ten pages of a server that has just started, as after every sleep on Community Cloud.

A visitor speaks Streamlit's own protocol, without a browser, so that ten of them come at once even on a small machine.
More starts than the usual ones: COLD_STARTS=20 pytest tests/browser/test_cold_start.py
"""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from pages.ui.pages import PAGES

TITLES = {page.name: page.title for page in PAGES.values()}
STARTS = int(os.environ.get("COLD_STARTS", "3"))
VISITORS, WITHIN = 10, 3.0  # seconds


def visit(address, name, delay):
    """Open one page; return what went wrong."""
    time.sleep(delay)
    errors, headings = [], []
    with connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as connection:
        asked = BackMsg()
        asked.rerun_script.page_name = "" if name == "home" else name
        connection.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(connection.recv(timeout=240))
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                errors.append(f"{name}: {element.exception.type}: {element.exception.message}")
            elif element.WhichOneof("type") == "heading":
                headings.append(element.heading.body)
            if message.WhichOneof("type") == "script_finished":
                break
    return errors if headings[:1] == [TITLES[name]] else [*errors, f"{name}: the headings are {headings}"]


@pytest.mark.parametrize("start", range(STARTS))
def test_ten_visitors_of_a_fresh_server_see_no_error(fresh_server, start):
    rng = random.Random(start)
    pages = rng.sample(list(TITLES), VISITORS)
    with ThreadPoolExecutor(VISITORS) as pool:
        opened = [pool.submit(visit, urlsplit(fresh_server).netloc, page, WITHIN * rng.random()) for page in pages]
        assert [error for opening in opened for error in opening.result()] == []
