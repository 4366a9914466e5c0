"""What all pages share: how numbers and estimates are written, escaping, files of a report."""

import html
import json

import pytest

from jobs.reporting.html_page import (
    estimate,
    milliseconds,
    moment,
    number,
    page_beside,
    percent,
    write_page,
    write_report,
)
from jobs.reporting.svg_plots import curves_plot
from streaming.errors import InputError

PAGE = """{% extends "base.html.j2" %}
{% block heading %}{{ title }}{% endblock %}
{% block main %}{{ report.estimates("ranker", ["HR"], rows) }}{{ some.thing.absent | number }}
{% endblock %}"""


def test_numbers_are_written_for_people_and_a_dash_for_none():
    assert [number(1234.56), number(1234.56, 1), number(0.5, 2, "+")] == [
        "1,235",
        "1,234.6",
        "+0.50",
    ]
    assert (percent(0.1234), milliseconds(1234.4)) == ("12.3%", "1,234 ms")
    assert moment("2026-03-01T10:05:00.000000Z") == "1 March 2026, 10:05 UTC"
    assert {number(None), percent(None), milliseconds(None), moment(None)} == {"-"}


@pytest.mark.parametrize(
    ("low", "high", "mark"), [(0.1, 0.3, "good"), (-0.3, -0.1, "bad"), (-0.1, 0.3, "")]
)
def test_a_difference_is_marked_where_its_interval_leaves_out_zero(low, high, mark):
    report = {"hr": 0.2, "hr/low": low, "hr/high": high}
    assert estimate(report, "hr", signed=True)["mark"] == mark
    assert estimate(report, "hr")["mark"] == ""
    assert estimate(report, "hr")["interval"] == f"{low:.4f} to {high:.4f}"
    assert estimate({"hr": 0.2}, "hr") == {"estimate": "0.2000", "interval": "", "mark": ""}


def test_a_page_stands_alone_and_escapes_values(tmp_path):
    template = tmp_path / "page.html.j2"
    template.write_text(PAGE)
    rows = [{"name": "<b>", "cells": [estimate({}, "hr")]}]
    write_page(tmp_path / "page.html", template, title="<i>", rows=rows)
    text = (tmp_path / "page.html").read_text()
    assert text.startswith("<!doctype html>")
    assert "--series-1:" in text
    assert "<h1>&lt;i&gt;</h1>" in text
    assert "&lt;b&gt;" in text


def test_a_report_has_its_page_beside_it(tmp_path):
    out = tmp_path / "report.json"
    write_report({"a": 1}, out, lambda report, page: page.write_text(str(report)))
    assert json.loads(out.read_text()) == {"a": 1}
    assert page_beside(out).read_text() == "{'a': 1}"
    with pytest.raises(InputError, match="is the name of the page"):
        page_beside(tmp_path / "report.html")
    with pytest.raises(InputError, match="does not exist"):
        page_beside(tmp_path / "none" / "report.json")


def test_curves_without_values_are_left_out():
    assert curves_plot({"training_loss": []}) is None
    svg = curves_plot({"training_loss": [2.0, 1.0], "validation_loss": []})
    assert svg.startswith('<svg role="img" aria-label=')
    assert "training_loss" in svg
    assert "validation_loss" not in svg


@pytest.mark.parametrize("name", ["costs_$5_to_$9_loss", r"$\frac_loss", "a & b <i>_loss"])
def test_a_name_in_a_plot_is_neither_tex_nor_markup(name):
    svg = curves_plot({name: [0.3, 0.2]})
    assert f">{html.escape(name, quote=False)}<" in svg
