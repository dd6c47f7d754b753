"""Results as text. Ratios are taken within a round, and their median over the rounds is shown: what the
machine did to all rows of a round falls out."""

import statistics
import sys

from load import SCENARIOS

FOREIGN = 15  # percent of the proxy's core that others may have used in a run that counts
AGAINST = ("nginx", "nginx-map", "haproxy-map", "floor")


def show(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def say(run):
    """One run as it is made."""
    figures = SCENARIOS[run["scenario"]][2] + ["calibration_ms"]
    told = run.get("error") or "  ".join(f"{name} {show(run[name])}" for name in figures if name in run)
    others = run.get("others_on_proxy_core_pct", 0)
    if others > FOREIGN:
        told += f"  (does not count: others used {others:.0f} % of the core)"
    print(f"{run['scenario']}  {run['row']:12} {told}", file=sys.stderr, flush=True)


def by_round(results, scenario):
    """For each round the runs of a scenario that count, by row; in H with what the proxy added."""
    rounds = []
    for one in results["rounds"]:
        runs = {}
        for run in one["runs"]:
            if run["scenario"] == scenario and "error" not in run and run.get("others_on_proxy_core_pct", 0) <= FOREIGN:
                runs[run["row"]] = dict(run)
        if "direct" in runs:
            for run in runs.values():
                run["added_p50_us"] = run["p50_us"] - runs["direct"]["p50_us"]
        if runs:
            rounds.append(runs)
    return rounds


def cell(values):
    if not values:
        return ""
    middle = show(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({show(min(values))}–{show(max(values))})"


def ratio(rounds, row, other, figure):
    """The median of the ratios within rounds."""
    both = [(runs[row].get(figure), runs[other].get(figure)) for runs in rounds if row in runs and other in runs]
    ratios = [mine / theirs for mine, theirs in both if mine is not None and theirs]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def section(results, scenario):
    what, _, figures = SCENARIOS[scenario]
    rounds = by_round(results, scenario)
    tried = [run["row"] for one in results["rounds"] for run in one["runs"] if run["scenario"] == scenario]
    if not tried:
        return []
    against = [row for row in AGAINST if row in tried]
    head = ["row", "runs", *figures, "calibration_ms", *(f"× {row}" for row in against)]
    lines = [f"### {scenario}. {what}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in dict.fromkeys(tried):
        runs = [runs[row] for runs in rounds if row in runs]
        cells = [row, f"{len(runs)}/{tried.count(row)}"]
        cells += [cell([run[name] for run in runs if name in run]) for name in [*figures, "calibration_ms"]]
        cells += [ratio(rounds, row, other, figures[0]) for other in against]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def table(results):
    """Everything, as Markdown."""
    lines = [f"- {name}: {value}" for name, value in results["versions"].items()]
    lines += [f"- rounds: {len(results['rounds'])}, from {results['rounds'][0]['began']}", ""]
    if any(one["quick"] for one in results["rounds"]):
        lines += ["Some rounds were quick ones: these figures are for a first look only.", ""]
    for scenario in SCENARIOS:
        lines += section(results, scenario)
    return "\n".join(lines)
