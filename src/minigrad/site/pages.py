"""Every page of the site, from the course's own files: address → what makes it."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache, partial
from html import escape
from pathlib import Path
from typing import Any

from minigrad.course.questions import topics
from minigrad.course.reader import slug
from minigrad.course.table import Course, Exercise, Lab, load
from minigrad.course.workspace import resources
from minigrad.site import tools
from minigrad.site.frame import Frame
from minigrad.site.markdown import FOLDED, Heading, Rendered, render
from minigrad.site.recorded import picture, pictures, recorded_charts, recorded_runs
from minigrad.site.words import languages, words

STATIC = Path(__file__).with_name("static")
LAST = "glossary.md"  # of the theory pages: to look things up in
Maker = Callable[[], bytes]


class Site:
    """The site for one engine ("server" or "worker"); ``files`` is all of it."""

    def __init__(self, engine: str, root: Path | None = None) -> None:
        self.engine = engine
        self.source = root or resources()
        self.course: Course = load(self.source / "labs" / "labs.toml")
        text = Path(__file__).with_name("explorers.toml").read_text(encoding="utf-8")
        self.explorers: dict[str, dict[str, Any]] = tomllib.loads(text)

    @cached_property
    def files(self) -> dict[str, Maker]:
        """Address below the site's root → what makes its bytes."""
        made: dict[str, Maker] = {}
        for path, make in self._pages():
            made[path] = partial(_encoded, make)
        for lab in self.course.labs:
            folder = self.source / "labs" / lab.folder / "reference"
            made |= pictures(folder, self.engine)
            if folder.is_dir():
                made[f"charts/{lab.id}.json"] = partial(recorded_charts, folder)
        made |= pictures(self.source / "theory" / "records", self.engine)
        for file in sorted(STATIC.rglob("*")):
            if file.is_file():
                made[f"static/{file.relative_to(STATIC).as_posix()}"] = file.read_bytes
        made["search.json"] = self._search
        made["map.json"] = recorded_runs
        return made

    # ---- which pages there are

    def _pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        for language in languages():
            prefix = "" if language == "en" else f"{language}/"
            yield f"{prefix}index.html", partial(self._home, language)
        for language, pages in self.theory.items():
            prefix = "" if language == "en" else f"{language}/"
            for file in pages.values():
                yield f"{prefix}theory/{file.stem}.html", partial(self._theory, file, language)
        yield "course.html", self._course
        yield "labs/index.html", self._labs
        for lab in self.course.labs:
            for file in self.lab_pages(lab):
                yield self._lab_address(lab, file), partial(self._lab, lab, file)
        for exercise in self.course.exercises:
            yield f"exercises/{exercise.name}.html", partial(self._exercise, exercise)
        for name, (title, body, script) in tools.PAGES.items():
            yield f"{name}.html", partial(self._tool, name, title, body, script)

    @cached_property
    def theory(self) -> dict[str, dict[str, Path]]:
        """Theory pages by language and name; a translation lies in theory/LANGUAGE/."""
        folder = self.source / "theory"
        found = {"en": {p.name: p for p in sorted(folder.glob("*.md"))}}
        for language in languages():
            if language != "en":
                found[language] = {p.name: p for p in sorted((folder / language).glob("*.md"))}
        return found

    def lab_pages(self, lab: Lab) -> list[Path]:
        """A lab's statement, and what its full run reported."""
        folder = self.source / "labs" / lab.folder
        return [
            p
            for p in (folder / "README.md", *sorted((folder / "reference").glob("*.md")))
            if p.is_file()
        ]

    def _lab_address(self, lab: Lab, file: Path) -> str:
        return (
            f"labs/{lab.id}.html" if file.name == "README.md" else f"labs/{lab.id}-{file.stem}.html"
        )

    # ---- links

    def address(self, source: Path, target: str) -> str | None:
        """The site's page for a link of a Markdown file, from the site's root; None if none."""
        path, _, anchor = target.partition("#")
        at = (source.parent / path).resolve() if path else source
        end = f"#{anchor}" if anchor else ""
        if at in self._addresses:
            return self._addresses[at] + end
        return None

    @cached_property
    def _addresses(self) -> dict[Path, str]:
        known: dict[Path, str] = {}
        for language, pages in self.theory.items():
            prefix = "" if language == "en" else f"{language}/"
            known |= {p.resolve(): f"{prefix}theory/{p.stem}.html" for p in pages.values()}
        for lab in self.course.labs:
            for file in self.lab_pages(lab):
                known[file.resolve()] = self._lab_address(lab, file)
            known[(self.source / "labs" / lab.folder).resolve()] = f"labs/{lab.id}.html"
        known[(self.source / "labs" / "README.md").resolve()] = "labs/index.html"
        return known

    def _markdown(self, file: Path, path: str, after: dict[str, str] | None = None) -> Rendered:
        root = "../" * path.count("/")

        def link(target: str) -> str | None:
            if re.match(r"[a-z]+:", target) or target.startswith("#"):
                return target
            found = self.address(file, target)
            return None if found is None else posixpath.join(root, found)

        def image(target: str) -> tuple[str, Path] | None:
            at = (file.parent / target).resolve()
            if at.suffix != ".png" or not at.is_file():
                return None
            return root + picture(at, self.engine), at

        return render(file.read_text(encoding="utf-8"), link, image, after)

    # ---- pages

    def _home(self, language: str) -> str:
        w = words(language)
        frame = Frame(
            self._prefixed("index.html", language), w["title"], self.engine, language,
            tuple(languages()), scripts=("home.js",), wide=True,
        )  # fmt: skip
        chapters = "".join(
            f'<li><a href="{frame.root}{path}">'
            f'<span class="number">{number}</span>{escape(text)}</a></li>'
            for path, text, number in self._chapters(language)
        )
        return frame.around(
            tools.home(w, len(self.course.exercises), chapters, frame.root, self.engine)
        )

    def _theory(self, file: Path, language: str) -> str:
        path = self._prefixed(f"theory/{file.stem}.html", language)
        english = self.theory["en"][file.name]
        after = self._beside(english, "../" * path.count("/"))
        if language != "en":  # section for section the same
            heads = [self._markdown(f, path).headings for f in (english, file)]
            own = {a.anchor: b.anchor for a, b in zip(*heads, strict=True)}
            after = {own[at]: f'<div lang="en">{html}</div>' for at, html in after.items()}
        shown = self._markdown(file, path, after)
        chapters = self._chapters(language)
        at = next(i for i, c in enumerate(chapters) if c[0] == path)
        frame = Frame(
            path, shown.title, self.engine, language,
            tuple(code for code, pages in self.theory.items() if file.name in pages),
            place="theory", side=chapters, headings=shown.headings,
            before=chapters[at - 1][:2] if at else None,
            after=chapters[at + 1][:2] if at + 1 < len(chapters) else None,
        )  # fmt: skip
        number = f'<p class="chapter">{chapters[at][2]}</p>' if chapters[at][2] else ""
        return frame.around(
            f'<article class="prose" data-page="{file.stem}">{number}{shown.html}</article>'
        )

    def _beside(self, file: Path, root: str) -> dict[str, str]:
        """What stands at the end of a theory page's sections: an explorer, exercises, questions."""
        after: dict[str, str] = {}
        for place, explorer in self.explorers.items():
            page, _, anchor = place.partition("#")
            if page == file.name:
                after[anchor] = tools.explorer(explorer["config"], explorer["say"])
        for e in self.course.exercises:
            page, _, anchor = e.theory.partition("#")
            if page == file.name:
                after[anchor] = after.get(anchor, "") + tools.exercise_card(e, root)
        asked = [lab.id for lab in self.course.labs if lab.theory == file.name]
        if topics() & set(asked):
            heads = re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), flags=re.M)
            last = slug([head for head in heads if head != "Sources"][-1])
            after[last] = after.get(last, "") + tools.quiz(asked[0], 3)
        return after

    @lru_cache(maxsize=8)  # noqa: B019 - a Site lives as long as the process
    def _chapters(self, language: str) -> list[tuple[str, str, str]]:
        """(address, title, number) of every theory page, in the language where there is one."""
        found = []
        for name in self._order:
            file = self.theory["en"][name]
            own = self.theory[language].get(name)
            path = self._prefixed(f"theory/{file.stem}.html", language if own else "en")
            path += "" if own or language == "en" else f"?lang={language}"
            head = (own or file).read_text(encoding="utf-8").partition("\n")[0]
            head = head.lstrip("# ").replace("`", "")
            number = str(int(name[:2])) if name[:2].isdigit() else ""
            found.append((path, head, number))
        return found

    @cached_property
    def _order(self) -> list[str]:
        """The theory pages as one reads them: the labs' in their order, and each other one after
        the page that leads to it."""
        pages = self.theory["en"]
        order = list(dict.fromkeys(lab.theory for lab in self.course.labs))
        for name in sorted(set(pages) - {*order, LAST}):
            leads = [n for n in order if f"]({name})" in pages[n].read_text(encoding="utf-8")]
            order.insert(order.index(leads[0]) + 1 if leads else len(order), name)
        return [*order, LAST]

    def _prefixed(self, path: str, language: str) -> str:
        return path if language == "en" else f"{language}/{path}"

    def _course(self) -> str:
        frame = Frame("course.html", "Course", self.engine, place="course", scripts=("course.js",))
        return frame.around(tools.course(self.course))

    def _labs(self) -> str:
        frame = Frame("labs/index.html", "Labs", self.engine, place="labs")
        return frame.around(tools.labs(self.course, self._first_picture))

    def _first_picture(self, lab: Lab) -> str | None:
        """The address of the figure that stands for a lab."""
        files = sorted((self.source / "labs" / lab.folder / "reference").glob("*.png"))
        return picture(files[0], self.engine) if files else None

    def _lab(self, lab: Lab, file: Path) -> str:
        path = self._lab_address(lab, file)
        shown = self._markdown(file, path)
        labs = [
            b for b in self.course.labs if (self.source / "labs" / b.folder / "README.md").is_file()
        ]
        side = [(f"labs/{b.id}.html", b.title, b.id if b.id.isdigit() else "") for b in labs]
        extra = tools.lab(lab) if file.name == "README.md" else ""
        records = (Heading(2, "records", "The records", "The records"),) if extra else ()
        frame = Frame(
            path, shown.title, self.engine, place="labs", side=side,
            headings=(*shown.headings, *records),
        )  # fmt: skip
        return frame.around(f'<article class="prose">{shown.html}{extra}</article>')

    def _exercise(self, exercise: Exercise) -> str:
        lab = self.course.lab(exercise.name)
        frame = Frame(
            f"exercises/{exercise.name}.html", exercise.name, self.engine, place="course",
            scripts=("exercise.js",), wide=True,
        )  # fmt: skip
        page, _, anchor = exercise.theory.partition("#")
        shown = self._markdown(self.source / "theory" / page, frame.path)
        text = re.sub(FOLDED, "", tools.section(shown.html, anchor), flags=re.S)  # once is enough
        return frame.around(tools.exercise(exercise, lab, text))

    def _tool(self, name: str, title: str, body: Callable[[], str], script: str) -> str:
        frame = Frame(f"{name}.html", title, self.engine, place=name, scripts=(script,), wide=True)
        return frame.around(body())

    # ---- data

    def _search(self) -> bytes:
        """One entry per section: where, the page, the section, its text."""
        rows: list[list[str]] = []
        sources = [(f"theory/{p.stem}.html", p) for p in self.theory["en"].values()]
        for lab in self.course.labs:
            sources += [(self._lab_address(lab, p), p) for p in self.lab_pages(lab)[:1]]
        for path, file in sources:
            shown = self._markdown(file, path)
            names = {h.anchor: h.text for h in shown.headings}
            for anchor, text in shown.texts:
                if text.strip():
                    end = f"#{anchor}" if anchor else ""
                    rows.append([path + end, shown.title, names.get(anchor, ""), text])
        for e in self.course.exercises:
            rows.append([f"exercises/{e.name}.html", f"Exercise {e.name}", e.title, ""])
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _encoded(make: Callable[[], str]) -> bytes:
    return make().encode()
