"""A page as somebody without JavaScript meets it: forms, what can be answered in them, what is filled in already."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import html


@dataclass(slots=True)
class Control:
    """Everything under one field name that can be answered."""

    name: str
    kind: str  # radio, checkbox or text
    hidden: bool = False
    optional: bool = False
    number: bool = False
    options: tuple[str, ...] = ()  # in the order of the page, those that say "don't know" left out
    dont_know: tuple[str, ...] = ()
    value: tuple[str, ...] = ()  # what the page shows as answered


@dataclass(frozen=True, slots=True)
class Form:
    """A form with the fields that the browser sends by itself."""

    action: str
    fixed: tuple[tuple[str, str], ...]
    controls: tuple[Control, ...]
    buttons: tuple[tuple[str, str], ...]  # name and value of each submit button


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    status: int
    forms: tuple[Form, ...]
    assets: tuple[str, ...]  # addresses of style sheets and scripts
    receipt: str

    @property
    def place(self) -> str:
        """What kind of page it is, by its address."""
        return place(self.url)

    def form_to(self, end: str) -> Form | None:
        """The form that is sent to an address with this end."""
        return next((form for form in self.forms if urlsplit(form.action).path.endswith(end)), None)


def place(url: str) -> str:
    """The kind of page that an address leads to; the same words for a page and for posting it."""
    parts = urlsplit(url).path.strip("/").split("/")
    if parts[0] in {"p", "o"}:
        return "enter"
    if parts[0] == "f":
        return parts[2] if len(parts) > 2 else "landing"
    return "static" if parts[0] == "static" else "other"


def read_page(url: str, status: int, text: str) -> Page:
    """The page that a server sent."""
    tree = html.document_fromstring(text)
    links = tree.xpath("//link[@rel='stylesheet']/@href | //script/@src")
    receipts = tree.xpath("string(//*[contains(@class, 'receipt')])")
    return Page(
        url=url,
        status=status,
        forms=tuple(_form(url, form) for form in tree.iter("form")),
        assets=tuple(urljoin(url, link) for link in links),
        receipt=receipts.strip(),
    )


def _form(url: str, form: html.HtmlElement) -> Form:
    hidden = set(form.xpath(".//*[@hidden]//input | .//*[@hidden]//textarea"))
    optional = set(form.xpath(".//*[contains(@class, 'optional')]/ancestor::fieldset//input/@name"))
    optional.update(form.xpath("//*[@id = .//label[*[contains(@class, 'optional')]]/@for]/@name"))
    unknowing = set(form.xpath(".//label[contains(@class, 'dont-know')]//input"))
    controls: dict[str, Control] = {}
    fixed = []
    for field in form.iter("input", "textarea"):
        name, kind = field.get("name"), _kind(field)
        if kind == "hidden":
            fixed.append((name, field.get("value", "")))
        elif name:
            control = controls.setdefault(name, Control(name, kind, field in hidden, name in optional))
            _add(control, field, dont_know=field in unknowing)
    buttons = tuple((button.get("name", ""), button.get("value", "")) for button in form.iter("button"))
    return Form(urljoin(url, form.get("action") or url), tuple(fixed), tuple(controls.values()), buttons)


def _kind(field: html.HtmlElement) -> str:
    if field.tag == "textarea":
        return "text"
    kind = field.get("type", "text")
    return kind if kind in {"hidden", "radio", "checkbox"} else "text"


def _add(control: Control, field: html.HtmlElement, *, dont_know: bool) -> None:
    if control.kind == "text":
        value = field.get("value", "") if field.tag == "input" else (field.text or "").removeprefix("\n")
        control.number = field.get("inputmode") in {"numeric", "decimal"}
        control.value = (value,) if value else ()
        return
    value = field.get("value", "on")
    if dont_know:
        control.dont_know += (value,)
    else:
        control.options += (value,)
    if field.get("checked") is not None:
        control.value += (value,)
