"""The drawing of Slack's text formats: what Slack draws is drawn, and nothing else gets through as HTML."""

from collections.abc import Callable

import pytest

from local.mrkdwn import mrkdwn, plain

AS_SLACK_DRAWS_IT = [
    pytest.param("*a* _b_ ~c~", "<strong>a</strong> <em>b</em> <del>c</del>", id="the three marks"),
    pytest.param("*a _b_ c*", "<strong>a <em>b</em> c</strong>", id="marks within marks"),
    pytest.param("(*a*), *b*.", "(<strong>a</strong>), <strong>b</strong>.", id="punctuation is a word's edge"),
    # Table and column names are full of underscores, and must stay legible.
    pytest.param("ml_feature_store_v2 2*3*4", "ml_feature_store_v2 2*3*4", id="a mark within a word is a character"),
    pytest.param("* a * and **", "* a * and **", id="a mark beside a space is a character"),
    pytest.param("*a\nb*", "*a\nb*", id="a mark does not reach over a line"),
    pytest.param("`a *b* :x: <c>`", "<code>a *b* :x: &lt;c&gt;</code>", id="code is drawn as it is"),
    pytest.param("```\na\n*b*\n```\nc", "<pre>a\n*b*</pre>c", id="preformatted lines swallow the breaks around them"),
    pytest.param(
        "<https://e.org/?a=1&amp;b=2|*more*>",
        '<a href="https://e.org/?a=1&amp;b=2" rel="noreferrer"><strong>more</strong></a>',
        id="a link with a label",
    ),
    pytest.param(
        "<https://e.org/_a_>", '<a href="https://e.org/_a_" rel="noreferrer">https://e.org/_a_</a>', id="a bare link"
    ),
    pytest.param(
        "*<https://e.org|go>*",
        '<strong><a href="https://e.org" rel="noreferrer">go</a></strong>',
        id="a mark around a link",
    ),
    pytest.param(":red_circle: :warning:", "🔴 ⚠️", id="short names of emoji"),
    pytest.param("08:30:00 :nope:", "08:30:00 :nope:", id="times and unknown short names stay"),
    pytest.param("&lt;a&gt; &amp;amp; &quot;", "&lt;a&gt; &amp;amp; &amp;quot;", id="three entities, decoded once"),
    pytest.param("<!date^1768752000^{time}|8 AM>", "8 AM", id="a date falls back to its text"),
    pytest.param("<@U1|ann> <#C1|ops>", "{@ann} {#ops}", id="a person and a channel"),
    pytest.param("<!subteam^S1|@data> <!subteam^S1>", "{@data} {@S1}", id="a group"),
    # Whoever looks at the inbox must see that the real message would have disturbed everyone.
    pytest.param("<!channel> <!here>", "{@channel} {@here}", id="a live mention stands out"),
    pytest.param("&lt;!channel&gt;", "&lt;!channel&gt;", id="an escaped mention is text"),
]

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="a script"),
    pytest.param("<javascript:alert(1)|click>", id="a link that is a script"),
    pytest.param('<https://e.org/"onclick="alert(1)|x>', id="a link that breaks out of its attribute"),
    pytest.param("`<img src=x onerror=alert(1)>`", id="a picture in code"),
    pytest.param("<@U1|<b>bold</b>>", id="a tag in a label"),
    pytest.param("*<script>*", id="a tag in a mark"),
    pytest.param("&lt;script&gt;", id="an escaped script"),
]


@pytest.mark.parametrize(("text", "drawn"), AS_SLACK_DRAWS_IT)
def test_mrkdwn_is_drawn_as_slack_draws_it(text: str, drawn: str) -> None:
    assert mrkdwn(text) == drawn.replace("{", '<span class="mention">').replace("}", "</span>")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("draw", [mrkdwn, plain])
def test_no_text_becomes_a_tag_or_an_attribute_of_its_own(text: str, draw: Callable[[str], str]) -> None:
    drawn = str(draw(text))
    assert not any(bad in drawn for bad in ("<script", "<img", "<b>", 'href="javascript', '"onclick'))


def test_a_text_cannot_name_a_finished_piece() -> None:
    """The characters that hold the place of finished pieces are taken out of the text first."""
    assert mrkdwn("\ue0000\ue001 `a`") == "\ufffd0\ufffd <code>a</code>"


def test_plain_text_has_emoji_and_no_marks() -> None:
    assert plain("*a* :no_entry: <!channel> &amp;") == "*a* ⛔ &lt;!channel&gt; &amp;"
