from reglab.summary import MOST, Summary


def test_rows_stand_in_columns_and_what_is_too_much_is_counted():
    rows = [(f"l2 {i}", "x" * i) for i in range(MOST + 2)]
    lines = Summary("a run", rows, ("One.", "Two.")).as_text().splitlines()
    assert lines[0] == "<a run>"
    assert lines[1:3] == ["  l2 0", "  l2 1  x"]
    assert lines[-3:] == ["  and 2 more rows", "  - One.", "  - Two."]
    assert len(lines) == MOST + 4


def test_text_from_outside_is_shown_as_text():
    said = Summary("<script>", [("<b>", "a\x1b[2J\nb")], ("<i>",))
    assert said.as_text().splitlines()[1] == "  <b>  a\ufffd[2J b"
    shown = said.as_html()
    assert shown == (
        "<p><b>&lt;script&gt;</b></p><table><tr><td>&lt;b&gt;</td><td>a\ufffd[2J b</td></tr></table>"
        "<ul><li>&lt;i&gt;</li></ul>"
    )
