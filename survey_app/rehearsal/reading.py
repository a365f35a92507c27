"""A page as somebody without JavaScript meets it: forms, what can be answered in them, what is filled in already."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

_ASSETS = etree.XPath("//link[@rel='stylesheet']/@href | //script/@src")
_RECEIPT = etree.XPath("string(//*[contains(@class, 'receipt')])")
_HIDDEN = etree.XPath(".//*[@hidden]//input | .//*[@hidden]//textarea")
_FAULTY = etree.XPath(".//*[contains(@class, 'faulty')]//input | .//*[contains(@class, 'faulty')]//textarea")
_OPTIONAL = etree.XPath(".//*[contains(@class, 'optional')]")
_DONT_KNOW = etree.XPath(".//label[contains(@class, 'dont-know')]//input")
_FIELDS = etree.XPath(".//input | .//textarea")
_BUTTONS = etree.XPath(".//button")


@dataclass(slots=True)
class Control:
    """Everything under one field name that can be answered."""

    name: str
    kind: str  # radio, checkbox or text
    hidden: bool = False
    optional: bool = False
    faulty: bool = False  # the page says that its answer cannot be taken
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
    return Page(
        url=url,
        status=status,
        forms=tuple(_form(url, form) for form in tree.iter("form")),
        assets=tuple(urljoin(url, link) for link in _ASSETS(tree)),
        receipt=_RECEIPT(tree).strip(),
    )


def _form(url: str, form: html.HtmlElement) -> Form:
    hidden, unknowing = set(_HIDDEN(form)), set(_DONT_KNOW(form))
    faulty = {field.get("name") for field in _FAULTY(form)}
    optional = {name for mark in _OPTIONAL(form) for name in _named_with(mark)}
    controls: dict[str, Control] = {}
    fixed = []
    for field in _FIELDS(form):
        name, kind = field.get("name"), _kind(field)
        if kind == "hidden":
            fixed.append((name, field.get("value", "")))
        elif name:
            control = controls.setdefault(name, Control(name, kind, field in hidden, name in optional, name in faulty))
            _add(control, field, dont_know=field in unknowing)
    buttons = tuple((button.get("name", ""), button.get("value", "")) for button in _BUTTONS(form))
    return Form(urljoin(url, form.get("action") or url), tuple(fixed), tuple(controls.values()), buttons)


def _named_with(mark: html.HtmlElement) -> set[str]:
    """The field names that a mark in a legend or a label speaks of."""
    label = mark.getparent()
    if label.tag == "legend":
        return {field.get("name") for field in _FIELDS(label.getparent())}
    return {field.get("name") for field in label.getparent().iter("input", "textarea", "select")}


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
