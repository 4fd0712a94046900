"""Metrics in Prometheus's text format, 0.0.4, as its node exporter reads them from files."""

from collections.abc import Iterable, Mapping

__all__ = ["Metric", "metrics_text"]

Labels = Mapping[str, str]
Metric = tuple[str, str, list[tuple[Labels, float]]]
"""The name of a gauge, its meaning, and each of its values with the labels of that."""


def metrics_text(prefix: str, metrics: Iterable[Metric], common: Labels) -> str:
    """Return `metrics`, whose names get the `prefix`, with the `common` labels before their own."""
    lines = []
    for name, meaning, values in metrics:
        full = prefix + name
        lines += [f"# HELP {full} {meaning}", f"# TYPE {full} gauge"]
        for labels, value in values:
            shown = ",".join(f'{k}="{_escaped(v)}"' for k, v in {**common, **labels}.items())
            lines.append(f"{full}{{{shown}}} {value!r}" if shown else f"{full} {value!r}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
