"""What stands in the pages beside text: home, explorer, exercise, quiz, challenge, map, clinic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from minigrad.course.questions import topics
from minigrad.course.table import Course, Exercise, Lab
from minigrad.lab.records import strict
from minigrad.site.face import prediction
from minigrad.site.frame import data

# the network of the home page: the course's own first example
FIRST = {"depth": 12, "width": 64, "activation": "relu", "init": "xavier_normal", "lr": 1e-3}


def home(w: dict[str, str], count: int, chapters: str, root: str, engine: str) -> str:
    first: dict[str, Any] = {"config": prediction.configuration(FIRST).as_dict()}
    if engine == "worker":  # Python is seconds away: the first run is shown as it was recorded
        first |= recorded_first()
    fates = "".join(
        f'<button class="fate {fate}" data-fate="{fate}"><span class="sign" aria-hidden="true"></span>'
        f"<b>{escape(w[fate])}</b><small>{escape(w[fate + '_hint'])}</small></button>"
        for fate in ("diverged", "stalled", "trained")
    )
    return f"""<section class="hero" aria-labelledby="head">
<h1 id="head">{escape(w["home_head"])}</h1>
<p class="lead">{escape(w["home_lead"])}</p>
<div class="stage">
<div class="net" id="net" aria-live="polite"></div>
<div class="say">
<p class="ask" id="ask">{escape(w["home_question"])}</p>
<div class="fates" role="group" aria-labelledby="ask">{fates}</div>
<label class="sure"><span>{escape(w["sure"])} <output id="percent">70 %</output></span>
<input id="confidence" type="range" min="34" max="100" value="70"></label>
</div>
<div class="outcome" id="outcome" hidden>
<div class="curve" id="curve"></div>
<div class="verdict" id="verdict" role="status"></div>
</div>
</div>
</section>
<section class="about" aria-labelledby="about">
<h2 id="about">{escape(w["start_head"])}</h2>
<p class="lead">{escape(w["start_text"])}</p>
<div class="three">
<div><h3>{escape(w["read_head"])}</h3><p>{escape(w["read_text"])}</p>
<a class="go" href="theory/00-motivation.html">{escape(w["begin"])}</a></div>
<div><h3>{escape(w["write_head"])}</h3><p>{escape(w["write_text"].format(count=count))}</p>
<a class="go" href="{root}course.html">{escape(w["all_exercises"])}</a></div>
<div><h3>{escape(w["foretell_head"])}</h3><p>{escape(w["foretell_text"])}</p>
<a class="go" href="{root}challenge.html">{escape(w["play"])}</a></div>
</div>
<nav aria-labelledby="chapters"><h2 id="chapters">{escape(w["contents"])}</h2><ol class="chapters">{chapters}</ol></nav>
</section>
{data("words", w)}{data("first", first)}
"""


@lru_cache(maxsize=1)
def recorded_first() -> dict[str, Any]:
    """What theory says of the first network, and its run with seed 0."""
    losses = prediction.train(FIRST, tell=lambda event: None)
    found: dict[str, Any] = strict({"prediction": prediction.predict(FIRST), "run": losses})
    return found


def explorer(config: dict[str, Any], say: str) -> str:
    """An explorer, started from ``config``; it asks for a guess first."""
    options = {"config": config, "guess": True}
    value = escape(json.dumps(options), quote=True)
    return (
        f'<aside class="widget explorer" data-widget="explorer" data-options="{value}" '
        f'aria-label="Explorer"><header><span class="label">Try it</span><p>{escape(say)}</p></header>'
        '<div class="body"></div></aside>\n'
    )


def exercise_card(e: Exercise, root: str) -> str:
    return (
        f'<a class="card" data-exercise="{e.name}" href="{root}exercises/{e.name}.html">'
        f'<span class="label">Write it</span><code>{e.name}</code>'
        f"<span>{escape(e.title)}</span><small>{e.minutes} min</small></a>\n"
    )


def quiz(topic: str, number: int) -> str:
    options = escape(json.dumps({"topic": topic, "number": number}), quote=True)
    return (
        f'<aside class="widget quiz" data-widget="quiz" data-options="{options}" '
        'aria-label="Questions"><header><span class="label">Questions</span></header>'
        '<div class="body"></div></aside>\n'
    )


def course(course: Course) -> str:
    """Every lab with its exercises; the page marks what is done."""
    out = [
        '<article class="path"><h1>The course</h1>'
        '<p class="lead">In this order each piece has what it needs. Read the section, write the '
        "piece, and be told within a second what it does; then run the lab with it.</p>"
        '<div class="progress" id="progress" role="status"></div>'
    ]
    for lab in course.labs:
        number = lab.id if lab.id.isdigit() else "·"
        run = f'<a href="labs/{lab.id}.html">the experiment</a>' if lab.id.isdigit() else ""
        out.append(
            f'<section><h2><span class="number">{number}</span>{escape(lab.title)}</h2>'
            f'<p class="meta">{lab.minutes} min · <a href="theory/{Path(lab.theory).stem}.html">'
            f'the theory</a>{" · " if run else ""}{run}</p><ol class="exercises">'
        )
        out += [
            f'<li data-exercise="{e.name}"><a href="exercises/{e.name}.html"><code>{e.name}</code>'
            f"<span>{escape(e.title)}</span><small>{e.minutes} min</small></a></li>"
            for e in lab.exercises
        ]
        out.append("</ol></section>")
    out.append(
        '<section class="keep"><h2>Your work</h2><p id="where"></p>'
        '<button id="export">Save it as a file</button> '
        '<label class="button">Take over a file<input id="import" type="file" accept=".zip"></label>'
        '<p id="kept" role="status"></p></section></article>'
    )
    return "".join(out)


def labs(course: Course, picture: Callable[[Lab], str | None]) -> str:
    out = [
        '<article class="path"><h1>The labs</h1><p class="lead">Each trains real networks. The '
        "curves you see are of the full runs that are committed with the course; each lab can be "
        "run here too, smaller, with your own functions.</p>"
    ]
    for lab in course.labs:
        src = picture(lab)
        shown = f'<img src="../{src}" alt="" loading="lazy">' if src else ""
        out.append(
            f'<a class="labcard" href="{lab.id}.html">{shown}<span><b>'
            f"{lab.id if lab.id.isdigit() else ''} {escape(lab.title)}</b>"
            f"<small>{len(lab.exercises)} exercises, {lab.minutes} min</small></span></a>"
        )
    return "".join([*out, "</article>"])


def lab(lab: Lab) -> str:
    """At the end of a lab's statement: its records, drawn; and the lab, run here."""
    options = {"lab": lab.id, "mine": [e.name for e in lab.exercises if e.mine]}
    value = escape(json.dumps(options), quote=True)
    return (
        f'<h2 id="records">The records</h2><aside class="widget" data-widget="figure" '
        f'data-options="{value}" aria-label="Records"><div class="body"></div></aside>'
        if lab.runs
        else ""
    )


def exercise(e: Exercise, lab: Lab, text: str) -> str:
    page, _, anchor = e.theory.partition("#")
    theory = f"../theory/{Path(page).stem}.html#{anchor}"
    return f"""<div class="bench" data-name="{e.name}">
<section class="reading prose" aria-label="Theory">
<p class="meta"><a href="../course.html">{escape(lab.title)}</a> · {e.minutes} min</p>
<h1><code>{e.name}</code></h1>
<p class="lead">{escape(e.title)}</p>
{text}
<p><a href="{theory}">The whole chapter</a></p>
</section>
<section class="work" aria-label="Your code">
<details class="head"><summary>What stands above it in <code id="file">exercise.py</code></summary><pre class="code" id="above" tabindex="0"></pre></details>
<div id="editor" class="editor"></div>
<div class="row"><button id="check" class="primary">Check <kbd>Ctrl ↵</kbd></button>
<button id="hint">Hint</button><button id="solution" hidden>Solution</button>
<button id="reset" class="quiet">Start again</button><span id="state" role="status"></span></div>
<div id="result" class="result" role="status" aria-live="polite"></div>
<div id="hints" class="hints" aria-live="polite"></div>
<div id="mine" hidden></div>
</section>
</div>
{data("lab", {"id": lab.id, "mine": [x.name for x in lab.exercises if x.mine]})}"""


def section(html: str, anchor: str) -> str:
    """The part of a rendered page below the heading of this anchor."""
    match = re.search(rf'<h(\d) id="{re.escape(anchor)}">', html)
    if match is None:
        return ""
    end = re.search(rf"<h[2-{match[1]}] id=", html[match.end() :])
    return html[match.start() : match.end() + end.start()] if end else html[match.start() :]


def _explorer_page() -> str:
    return (
        '<article class="tool"><h1>The explorer</h1><p class="lead">Choose an MLP or a transformer. Theory says '
        "what it will do, how sure it is, and why; train an MLP and see. Two can stand side by side, "
        "and the address of this page keeps what you chose.</p>"
        '<div id="pair"></div></article>'
    )


def _quiz_page() -> str:
    order = sorted(topics(), key=lambda topic: (topic.isdigit(), topic))
    return (
        '<article class="tool narrow"><h1>Questions</h1><p class="lead">Every choice says why it is '
        "right or wrong. What you get wrong comes back until you have it.</p>"
        f'<div class="row" id="topics" data-topics="{" ".join(order)}"></div>'
        '<div id="quiz"></div></article>'
    )


def _challenge_page() -> str:
    return (
        '<article class="tool"><h1>The challenge</h1><p class="lead">Say what a network will do, and '
        "how sure you are; it is trained here. At level 4, say which of four real curves is its own. "
        "You, theory and chance are scored by the same rule: "
        'the squared error of the odds.</p><div id="game"></div></article>'
    )


def _map_page() -> str:
    return (
        '<article class="tool"><h1>The map</h1><p class="lead">Every recorded run of the sweep: its '
        "depth, its learning rate, its fate; and behind them, where theory draws the border. A "
        'point opens its network and trains it.</p><div id="map"></div></article>'
    )


def _clinic_page() -> str:
    return (
        '<article class="tool"><h1>The NaN clinic</h1><p class="lead">Ten sick training scripts. Run '
        "one, trace it, write your diagnosis into it, and cure it.</p>"
        '<div id="clinic"></div></article>'
    )


def _backward_page() -> str:
    return (
        '<article class="tool"><h1>Backward, step by step</h1><p class="lead">Values flow up the '
        "graph; then the gradient comes down, one node at a time. A node waits until every use of "
        "it has sent its share, because the shares add.</p>"
        '<div id="graph"></div></article>'
    )


PAGES: dict[str, tuple[str, Callable[[], str], str]] = {
    "explorer": ("Explorer", _explorer_page, "explorer-page.js"),
    "quiz": ("Questions", _quiz_page, "quiz-page.js"),
    "challenge": ("Challenge", _challenge_page, "challenge.js"),
    "map": ("Map", _map_page, "map.js"),
    "clinic": ("NaN clinic", _clinic_page, "clinic.js"),
    "backward": ("Backward", _backward_page, "backward.js"),
}
