"""axe-core in the browser: what keeps people out, at the sizes of a desk and of phones, light and dark."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SIZES = {"desktop": (1280, 820), "phone": (390, 664), "small phone": (320, 568)}
# once what fades in or moves has come to its end
_SERIOUS = """const done = arguments[0];
const moving = document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
Promise.allSettled(moving.map((one) => one.finished))
  .then(() => axe.run({ resultTypes: ["violations"] }))
  .then((result) => done(result.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => [one.id, ...one.nodes.map((node) => node.html.slice(0, 200))])));"""


def looks(*sizes: str) -> list[Any]:
    """Each size in light and dark, as parameters: the first in light and the last in dark, with `-m thorough` all."""
    usual = {(sizes[0], "light"), (sizes[-1], "dark")}
    return [
        pytest.param((size, mode), id=f"{size}-{mode}", marks=() if (size, mode) in usual else pytest.mark.thorough)
        for size in sizes
        for mode in ("light", "dark")
    ]


LOOKS = looks(*SIZES)


def script() -> str:
    """The script of axe-core."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def take_on(browser: Any, look: tuple[str, str]) -> None:
    """A window of a size, in a system that prefers light or dark."""
    size, mode = look
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": mode}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def faults(browser: Any) -> list[Any]:
    """What is serious or critical in the document as it is: that of the frame in which the driver is."""
    if not browser.execute_script("return Boolean(window.axe)"):
        browser.execute_script(script())
    return list(browser.execute_async_script(_SERIOUS))


def faults_and_width(browser: Any) -> list[Any]:
    """The same, and whether something sticks out at the side."""
    fits = browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    return faults(browser) + ([] if fits else ["wider than the window"])
