"""The icons of the menu and the tool bar as SVG of 24 by 24, in labelImg's style."""

from __future__ import annotations

from PyQt5.QtCore import QByteArray
from PyQt5.QtGui import QIcon, QImage, QPixmap

_INK, _GREEN, _RED, _BLUE, _ORANGE = "#4a4f57", "#2e9e5b", "#c94f4f", "#2f72c4", "#f08c00"
_LINE = 'fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'

ICONS = {
    "export-dataset": f'<g {_LINE} stroke="{_INK}"><ellipse cx="10" cy="5.5" rx="7" ry="3"/>'
    f'<path d="M3 5.5v11c0 1.7 3.1 3 7 3M17 5.5v5M3 11c0 1.7 3.1 3 7 3"/></g>'
    f'<path {_LINE} stroke="{_GREEN}" d="M14 18h7m-3-3.5 3.5 3.5-3.5 3.5"/>',
    "train": f'<g {_LINE} stroke="{_INK}"><circle cx="4.5" cy="6" r="2"/><circle cx="4.5" cy="18" r="2"/>'
    f'<circle cx="12" cy="12" r="2"/><path d="M6.3 7.2 10.3 10.7M6.3 16.8l4-3.5"/></g>'
    f'<path fill="{_GREEN}" d="M15.5 7v10l7-5z"/>',
    "pause": f'<g fill="{_INK}"><rect x="5" y="4" width="5" height="16" rx="1"/>'
    '<rect x="14" y="4" width="5" height="16" rx="1"/></g>',
    "resume": f'<path fill="{_GREEN}" d="M6 3.5v17l14-8.5z"/>',
    "cancel": f'<rect x="4.5" y="4.5" width="15" height="15" rx="2" fill="{_RED}"/>',
    "evaluate": f'<g {_LINE} stroke="{_INK}"><path d="M3 3v18h18"/></g>'
    f'<g fill="{_BLUE}"><rect x="6" y="13" width="3.5" height="6"/><rect x="11" y="9" width="3.5" height="10"/>'
    '<rect x="16" y="5" width="3.5" height="14"/></g>',
    "export-model": f'<path {_LINE} stroke="{_INK}" d="M12 2.5 20 7v8l-8 5-8-5V7zM4 7l8 4.5L20 7M12 11.5V20"/>',
    "tensorboard": f'<g {_LINE} stroke="{_INK}"><path d="M3 3v18h18"/></g>'
    f'<path {_LINE} stroke="{_ORANGE}" d="M6 6c2 9 5 11 14 11.5"/>',
    "report": f'<g {_LINE} stroke="{_INK}"><path d="M5 3h10l4 4v14H5z"/></g>'
    f'<g fill="{_BLUE}"><rect x="8" y="14" width="2" height="4"/><rect x="11" y="11" width="2" height="7"/>'
    '<rect x="14" y="9" width="2" height="9"/></g>',
    "log": f'<g {_LINE} stroke="{_INK}"><rect x="4" y="3" width="16" height="18" rx="1.5"/>'
    '<path d="M8 8h8M8 12h8M8 16h5"/></g>',
    "suggest": f'<rect x="3" y="7" width="14" height="13" {_LINE} stroke="{_ORANGE}" stroke-dasharray="3 3"/>'
    f'<path fill="{_ORANGE}" d="m18 1 1.4 3.6L23 6l-3.6 1.4L18 11l-1.4-3.6L13 6l3.6-1.4z"/>',
    "findings": f'<path {_LINE} stroke="{_ORANGE}" d="M12 3 22 20H2zM12 10v4.5M12 17.3v.2"/>',
    "mistakes": f'<rect x="3" y="3" width="13" height="13" {_LINE} stroke="{_BLUE}" stroke-dasharray="3 3"/>'
    f'<rect x="8" y="8" width="13" height="13" {_LINE} stroke="{_RED}"/>',
    "no-objects": f'<circle cx="12" cy="12" r="8.5" {_LINE} stroke="{_INK}"/>'
    f'<path {_LINE} stroke="{_RED}" d="m6 18 12-12"/>',
    "next-to-label": f'<rect x="2" y="5" width="11" height="14" {_LINE} stroke="{_INK}"/>'
    f'<path {_LINE} stroke="{_GREEN}" d="M10 12h11m-4-4.5 4.5 4.5-4.5 4.5"/>',
    "accept": f'<rect x="3" y="7" width="14" height="13" {_LINE} stroke="{_ORANGE}"/>'
    f'<path d="m9 12 4 4L22 5" {_LINE} stroke="{_GREEN}" style="stroke-width:3"/>',
}


def icon(name: str) -> QIcon:
    """Return one of ICONS, sharp on any screen."""
    drawn = QIcon()
    for size in (24, 48):
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 24 24">'
        svg = QByteArray(f"{head}{ICONS[name]}</svg>".encode())
        drawn.addPixmap(QPixmap.fromImage(QImage.fromData(svg, "SVG")))
    return drawn
