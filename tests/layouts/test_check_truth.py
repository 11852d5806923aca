#!/usr/bin/python3
"""That check_truth.py notices each way in which a report can be wrong, and is silent otherwise."""

import sys
import unittest

sys.dont_write_bytecode = True  # the source tree stays as it is

import check_truth  # noqa: E402

TRUTH = {"implementation": "unknown", "capacity": 1024, "live": 20, "peak": 700,
         "verdict": "hollow", "snapshot": "end", "address": "0x1000", "other_addresses": ["0x9000"]}
TABLE = {"implementation": "unknown", "address": "0x1000", "bytes": 16384, "capacity": 1024,
         "live": 21, "live_error": 1, "read": "estimated", "peak_live_at_least": 650,
         "verdict": "hollow", "freed": False,
         "arrays": [{"address": "0x1000", "bytes": 16384, "role": "slots"}]}


def reports(*tables, label="end"):
    return {label: {"tables": list(tables)}}


class Truths(unittest.TestCase):
    def wrong(self, truth=(), table=()):
        return check_truth.check_truth({**TRUTH, **dict(truth)},
                                       reports({**TABLE, **dict(table)}))[0]

    def test_a_right_report_passes(self):
        self.assertEqual(self.wrong(), [])

    def test_each_wrong_field_is_named(self):
        for field, value in [("implementation", "uthash"), ("verdict", "ok"), ("capacity", 1025),
                             ("live", 40), ("peak_live_at_least", 1000)]:
            with self.subTest(field):
                sentences = self.wrong(table={field: value})
                self.assertEqual(len(sentences), 1)
                self.assertIn(field, sentences[0])

    def test_a_table_that_is_alike_may_be_called_so(self):
        self.assertEqual(self.wrong({"alike": "uthash"}, {"implementation": "uthash"}), [])
        self.assertEqual(len(self.wrong({"alike": "uthash"}, {"implementation": "khash"})), 1)

    def test_a_missing_number_is_wrong(self):
        for field in ("capacity", "live"):
            with self.subTest(field):
                self.assertEqual(len(self.wrong(table={field: None})), 1)

    def test_an_exact_reading_must_be_exact(self):
        self.assertEqual(len(self.wrong(table={"read": "exact", "live_error": 0})), 1)
        self.assertEqual(self.wrong(table={"read": "exact", "live_error": 0, "live": 20}), [])

    def test_tolerances_are_taken_from_the_truth(self):
        self.assertEqual(self.wrong({"capacity_tolerance": 0.01}, {"capacity": 1030}), [])
        self.assertEqual(self.wrong({"live_tolerance": 1.0}, {"live": 39}), [])
        self.assertEqual(len(self.wrong({"live_tolerance": 1.0}, {"live": 7})), 1)

    def test_tombstones_count_where_they_are_told(self):
        self.assertEqual(self.wrong({"tombstones": 3}), [])
        exact = {"read": "exact", "live": 20}
        self.assertEqual(len(self.wrong({"tombstones": 3}, {"tombstones": 4, **exact})), 1)
        self.assertEqual(self.wrong({"tombstones": 3}, {"tombstones": 4}), [])
        self.assertEqual(len(self.wrong({"tombstones": 3}, {"tombstones": 30})), 1)

    def test_the_first_advice_saves_what_was_measured(self):
        saves = {"saves_bytes": 1000}
        self.assertEqual(self.wrong(saves, {"advice": [{"saves_bytes": 1040}]}), [])
        self.assertEqual(len(self.wrong(saves, {"advice": [{"saves_bytes": 1060}]})), 1)
        self.assertEqual(len(self.wrong(saves)), 1)

    def test_growing_is_no_finding(self):
        self.assertEqual(self.wrong({"verdict": "ok"}, {"verdict": "growing"}), [])
        self.assertEqual(len(self.wrong({"verdict": "ok"}, {"verdict": "over-reserved"})), 1)

    def test_a_table_that_is_not_mentioned_is_missed(self):
        for table in ({"freed": True}, {"address": "0x5000", "arrays": []}):
            with self.subTest(table):
                self.assertEqual(self.wrong(table=table), ["the report does not mention it"])
        self.assertEqual(self.wrong({"may_be_missed": True}, {"freed": True}), [])

    def test_stale_bytes_excuse_too_many_entries_but_not_too_few(self):
        stale = {"may_be_missed": True, "live_is_upper_bound": True}
        self.assertEqual(self.wrong(stale, {"live": 700, "verdict": "ok"}), [])
        self.assertEqual(len(self.wrong(stale, {"live": 2})), 1)
        self.assertEqual(len(self.wrong(stale, {"verdict": "over-reserved"})), 1)

    def test_a_header_may_precede_the_slots(self):
        self.assertEqual(self.wrong({"address": "0x1010"}), [])

    def test_another_array_of_the_table_will_do(self):
        place = {"address": "0x9000", "arrays": [{"address": "0x9000", "bytes": 8192}]}
        self.assertEqual(self.wrong(table=place), [])

    def test_without_an_address_implementation_and_capacity_decide(self):
        truth = {key: value for key, value in TRUTH.items() if "address" not in key}
        self.assertEqual(check_truth.check_truth(truth, reports(TABLE))[0], [])
        other = reports({**TABLE, "capacity": 2048})
        self.assertEqual(len(check_truth.check_truth(truth, other)[0]), 1)

    def test_a_missing_dump_is_an_error(self):
        self.assertEqual(len(check_truth.check_truth(TRUTH, reports(TABLE, label="exit"))[0]), 1)


class Many(unittest.TestCase):
    MANY = {"implementation": "unknown", "capacity": 64, "live": 2, "tables": 3,
            "verdicts": ["hollow"], "snapshot": "end"}

    def tables(self, count=3, **changes):
        group = {"first": "a", "tables": count, "saves_bytes": 2000000}
        table = {**TABLE, "capacity": 64, "live": 2, "group": group, **changes}
        return [table] * count

    def wrong(self, *tables):
        return len(check_truth.check_many(self.MANY, reports(*tables))[0])

    def test_all_in_one_group_pass(self):
        self.assertEqual(self.wrong(*self.tables()), 0)

    def test_too_few_or_other_tables_are_noticed(self):
        self.assertEqual(self.wrong(*self.tables(2)), 1)
        self.assertEqual(self.wrong(*self.tables(live=3)), 1)

    def test_a_verdict_that_is_not_allowed_is_noticed(self):
        self.assertEqual(self.wrong(*self.tables(verdict="tombstones")), 1)

    def test_findings_that_are_not_one_group_are_noticed(self):
        alone = {key: value for key, value in self.tables()[0].items() if key != "group"}
        self.assertEqual(self.wrong(alone, alone, alone), 1)
        first, second, third = self.tables()
        other = {**third, "group": {"first": "b", "tables": 3, "saves_bytes": 1}}
        self.assertEqual(self.wrong(first, second, other), 1)


class Stacks(unittest.TestCase):
    def wrong(self, *frames):
        return len(check_truth.check_stacks(TRUTH, reports({**TABLE, "growth": list(frames)}),
                                            "plugin.so"))

    def test_a_named_function_of_the_module_is_wanted(self):
        self.assertEqual(self.wrong({"module": "/a/plugin.so", "function": "grow"}), 0)
        self.assertEqual(self.wrong({"module": "/a/plugin.so", "offset": "0x1"}), 1)
        self.assertEqual(self.wrong({"module": "/a/host", "function": "main"}), 1)
        self.assertEqual(self.wrong({"offset": "0x7f0000"}), 1)


class Decoys(unittest.TestCase):
    DECOY = {"what": "a vector", "address": "0x1008"}

    def test_a_finding_at_a_decoy_is_wrong(self):
        for verdict in check_truth.FINDINGS:
            found = reports({**TABLE, "verdict": verdict})
            self.assertEqual(len(check_truth.check_decoy(self.DECOY, found)[0]), 1)
        healthy = reports({**TABLE, "verdict": "ok"})
        self.assertEqual(check_truth.check_decoy(self.DECOY, healthy)[0], [])

    def test_a_decoy_may_be_about_one_dump_only(self):
        decoy = {**self.DECOY, "snapshot": "end"}
        later = reports(TABLE, label="exit")
        self.assertEqual(check_truth.check_decoy(decoy, later)[0], [])
        self.assertEqual(check_truth.false_alarms([], [decoy], [], later), [(["exit"], TABLE)])

    def test_findings_that_nobody_claims_are_false_alarms(self):
        elsewhere = {**TABLE, "address": "0x70000", "arrays": []}
        known = {**elsewhere, "address": "0x80000", "implementation": "CPython dict"}
        found = reports(TABLE, elsewhere, known)
        self.assertEqual([table for _, table in check_truth.false_alarms([TRUTH], [], [], found)],
                         [elsewhere])
        unclaimed = check_truth.false_alarms([], [self.DECOY], [], found)
        self.assertEqual([table for _, table in unclaimed], [elsewhere, known])

    def test_tables_that_are_alike_are_claimed_together(self):
        many = {key: TABLE[key] for key in ("implementation", "capacity", "live")}
        self.assertEqual(check_truth.false_alarms([], [], [many], reports(TABLE)), [])
        self.assertNotEqual(
            check_truth.false_alarms([], [], [{**many, "live": -1}], reports(TABLE)), [])


class Output(unittest.TestCase):
    def test_claims_are_read_from_their_lines(self):
        output = 'hello\nTRUTH {"a": 1}\nDECOY {"b": 2}\nnot TRUTH {}\n'
        self.assertEqual(check_truth.claims_of(output, "TRUTH"), [{"a": 1}])
        self.assertEqual(check_truth.claims_of(output, "DECOY"), [{"b": 2}])

    def test_addresses_do_not_count_when_outputs_are_compared(self):
        same = check_truth.without_addresses
        self.assertEqual(same("at 0x7f01 live 3"), same("at 0x7e99 live 3"))
        self.assertNotEqual(same("at 0x7f01 live 3"), same("at 0x7f01 live 4"))


if __name__ == "__main__":
    unittest.main()
