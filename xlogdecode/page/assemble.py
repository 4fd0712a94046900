"""The parts of the page, which are real files beside this one -> the HTML around the records."""

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final, Self

__all__ = ["Parts"]

_SCRIPTS: Final = (
    "strings.js", "dom.js", "data.js", "filters.js", "matcher.js", "search.js", "timeline.js",
    "list.js", "detail.js", "overview.js", "facets.js", "app.js", "keys.js",
)  # fmt: skip
"""In the order in which they run."""
_POLICY: Final = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
    "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The page's own text, style and script."""

    html: str
    style: str
    script: str

    @classmethod
    def read(cls) -> Self:
        """Return the parts that come with the package."""
        folder = files("xlogdecode.page")
        scripts = [folder.joinpath(name).read_text("utf-8") for name in _SCRIPTS]
        script = '"use strict";\n' + "\n".join(scripts)
        html, style = (
            folder.joinpath(name).read_text("utf-8") for name in ("page.html", "page.css")
        )
        return cls(html, style, script)

    def before(self, head: dict[str, Any], lang: str) -> bytes:
        """Return all that comes before the records."""
        policy = _POLICY.format(script=_hash(self.script), style=_hash(self.style))
        text = self.html.replace("{policy}", policy).replace("{lang}", lang or "en")
        text = text.replace("{choice}", lang).replace("{title}", escape(head["title"]))
        text = text.replace("{style}", self.style)
        opening = '<script type="application/json" id="head">'
        return f"{text}{opening}{_json(head)}</script>\n".encode()

    def after(self) -> bytes:
        """Return all that comes behind the records."""
        return f"<script>{self.script}</script>\n</body>\n</html>\n".encode()


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _json(head: dict[str, Any]) -> str:
    """Return JSON in which nothing ends a script, or begins a comment."""
    text = json.dumps(head, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
