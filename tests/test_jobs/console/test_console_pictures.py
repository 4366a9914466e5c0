"""Makes the README's pictures of the console, on the data of an earlier `make demo`.

Run: make test ARGS="tests/test_jobs/console -k pictures --pictures docs/images"
"""

import pytest

from jobs.demo.demo_jobs import demo_jobs
from streaming.settings import load

pytestmark = [pytest.mark.kafka, pytest.mark.spark, pytest.mark.slow]

CANDIDATE = "demo-java"
PATIENCE_MS = 120_000
SIZE = {"width": 1100, "height": 760}
PHONE = {"width": 390, "height": 760}
LARGEST = 300_000
"""Bytes of a picture."""


@pytest.fixture(scope="module")
def folder(request):
    chosen = request.config.getoption("--pictures")
    if chosen is None:
        pytest.skip("only with --pictures FOLDER, after `make demo`")
    return chosen


@pytest.fixture(scope="module")
def client(folder, console_for):
    assert folder.is_dir()
    with demo_jobs(load(None, ())) as (settings, jobs):
        jobs.wait_for_text("running: ")
        with console_for(settings) as served:
            yield served


@pytest.fixture
def open_page(client, chromium):
    contexts = []

    def opened(path="/", **options):
        context = chromium.new_context(**({"locale": "en", "viewport": SIZE} | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(f"http://{client.host}{path}?token={client.token}")
        return page

    yield opened
    for context in contexts:
        context.close()


def click(page, *kinds):
    for kind in kinds:
        page.wait_for_selector("#list > li")
        newest = page.get_attribute("#latency", "data-event") or ""
        page.locator(f"#list > li:nth-child(2) [data-kind={kind}]").click()
        page.wait_for_function(
            "(n) => (document.getElementById('latency').dataset.event ?? '') !== n", arg=newest
        )


def choose_and_click(page):
    """Click some items. The first clicks after a start wait for classes that Java loads."""
    page.locator("#candidate-id").fill(CANDIDATE)
    page.locator("#choose button").click()
    click(page, *["view"] * 12)
    page.reload()
    click(page, "view", "save", "view", "dismiss", "view")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(1_000)  # the colours of what moved fade in


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("console", "/", {}),
        ("console-phone", "/", {"locale": "zh-CN", "color_scheme": "dark", "viewport": PHONE}),
        ("console-operator", "/operator", {}),
    ],
)
def test_pictures(folder, open_page, name, path, options):
    page = open_page(path, **options)
    if path == "/":
        choose_and_click(page)
    else:
        page.wait_for_selector("#models table")
        page.wait_for_selector("#jobs table")
    picture = folder / f"{name}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size < LARGEST
