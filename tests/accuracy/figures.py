"""The arithmetic of docs/accuracy.md."""

from statistics import median

FINDINGS = ("hollow", "over-reserved", "tombstones")
Z_95 = 1.959964  # the normal distribution's 97.5th percentile


def wilson(right, of):
    """The 95 % interval of a share (Wilson 1927), which makes sense for 0 and for all, too."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = right / of, Z_95 * Z_95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = Z_95 / (1 + z2 / of) * (share * (1 - share) / of + z2 / (4 * of * of)) ** 0.5
    return max(0.0, middle - spread), min(1.0, middle + spread)


def percent(share):
    """No rounding up to 100, nor down to 0."""
    if share < 1e-9 or share > 1 - 1e-9:
        return f"{share:.0%}"
    return f"{min(max(share, 0.0001), 0.9999):.2%}"


class Truths:
    """What was told of some tables, and what the reports said of them."""

    def __init__(self, lines):
        self.lines = lines

    def __len__(self):
        return len(self.lines)

    def where(self, condition):
        return Truths([line for line in self.lines if condition(line)])

    def to_mention(self):
        """A table that was freed and fine is left out of reports."""
        return self.where(lambda line: not (line["freed"] and line["verdict"] not in FINDINGS))

    def mentioned(self):
        return self.to_mention().where(lambda line: line["found"])

    def named(self):
        return self.mentioned().where(
            lambda line: line["reported_implementation"] == line["implementation"])

    def due(self):
        """Those that deserve a finding."""
        return self.where(lambda line: line["verdict"] in FINDINGS)

    def right_findings(self):
        return self.due().where(
            lambda line: line["found"] and line["reported_verdict"] == line["verdict"])

    def false_findings(self):
        """Findings of another kind than the table deserves, or where it deserves none."""
        return self.where(lambda line: line["found"] and line["flagged"] and
                          line["reported_verdict"] != line["verdict"])

    def errors(self, of):
        """How far off a number was, as shares of the truth, where the report gave one."""
        return [line[of + "_error"] for line in self.mentioned().lines
                if line.get(of + "_error") is not None
                and not (of == "live" and line["live_is_upper_bound"])]

    def tombstones(self):
        """(how many counts were exact, how many there were)."""
        told = self.mentioned().where(lambda line: line["tombstones"] is not None
                                      and line.get("reported_tombstones") is not None)
        exact = told.where(lambda line: line["tombstones"] == line["reported_tombstones"])
        return len(exact), len(told)


def show_errors(errors):
    if not errors:
        return "not told"
    if max(errors) == 0:
        return "exact"
    return f"{percent(median(errors))}, at most {percent(max(errors))}"
