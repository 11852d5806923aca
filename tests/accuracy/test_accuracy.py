#!/usr/bin/python3
"""That the figures of docs/accuracy.md are counted as it says they are."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

import code_sites  # noqa: E402
import figures  # noqa: E402
import real_programs  # noqa: E402
import residents  # noqa: E402


def truth(verdict="hollow", reported="hollow", **changes):
    line = {"verdict": verdict, "reported_verdict": reported, "found": reported is not None,
            "flagged": reported in figures.FINDINGS, "freed": False, "implementation": "khash",
            "reported_implementation": "khash", "live_is_upper_bound": False, "live_error": 0.0,
            "capacity_error": 0.0, "tombstones": 3, "reported_tombstones": 3}
    return {**line, **changes}


class Figures(unittest.TestCase):
    def test_wilson_agrees_with_the_literature(self):
        # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for right, of, low, high in ((81, 263, .2553, .3662), (15, 148, .0624, .1605),
                                     (0, 20, .0, .1611), (1, 29, .0061, .1718)):
            self.assertAlmostEqual(figures.wilson(right, of)[0], low, places=4)
            self.assertAlmostEqual(figures.wilson(right, of)[1], high, places=4)

    def test_a_share_is_not_rounded_to_certainty(self):
        self.assertEqual(figures.percent(0.999999), "99.99%")
        self.assertEqual(figures.percent(1.0), "100%")
        self.assertEqual(figures.percent(0.000001), "0.01%")

    def test_findings_are_right_only_with_the_right_verdict(self):
        truths = figures.Truths([truth(), truth(reported="over-reserved"), truth(reported="ok"),
                                 truth(reported=None), truth("ok", "ok"), truth("ok", "hollow")])
        self.assertEqual(len(truths.due()), 4)
        self.assertEqual(len(truths.right_findings()), 1)
        self.assertEqual(len(truths.false_findings()), 2)
        self.assertEqual(len(truths.mentioned()), 5)

    def test_a_freed_and_healthy_table_need_not_be_mentioned(self):
        truths = figures.Truths([truth("ok", None, freed=True), truth("hollow", None, freed=True)])
        self.assertEqual(len(truths.to_mention()), 1)

    def test_upper_bounds_are_no_errors(self):
        truths = figures.Truths([truth(live_error=9.0, live_is_upper_bound=True),
                                 truth(live_error=0.5)])
        self.assertEqual(truths.errors("live"), [0.5])
        self.assertEqual(figures.show_errors([0.0, 0.0]), "exact")
        self.assertEqual(figures.show_errors([0.0, 0.01, 0.5]), "1.00%, at most 50.00%")

    def test_tombstones_are_counted_where_both_sides_told(self):
        truths = figures.Truths([truth(), truth(reported_tombstones=4), truth(tombstones=None)])
        self.assertEqual(truths.tombstones(), (1, 2))


class Residents(unittest.TestCase):
    def test_an_implementation_needs_its_library_or_its_program(self):
        glib = {"/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0.7400.6"}
        judge = residents.may_live_in
        self.assertTrue(judge("any", "GHashTable", glib, glib | {"/usr/bin/any"}))
        self.assertTrue(judge("any", "GHashTable", glib, set()))
        self.assertFalse(judge("any", "GHashTable", set(), glib))
        self.assertFalse(judge("sort", "uthash", glib, glib))
        self.assertTrue(judge("git log", "khash", set(), {"/usr/bin/git"}))

    def test_a_librarys_table_is_allocated_by_its_code_and_a_templates_by_any(self):
        libraries = {"/lib/x86_64-linux-gnu/libcrypto.so.3", "/lib/x86_64-linux-gnu/libstdc++.so.6"}
        judge = residents.may_live_in
        self.assertFalse(judge("any", "OpenSSL LHASH", libraries, {"/usr/bin/any"}))
        self.assertTrue(judge("any", "std::unordered_map", libraries, {"/usr/bin/any"}))

    def test_unknown_tables_are_judged_by_what_grew_them(self):
        judge = residents.judge_unknown
        self.assertEqual(judge("x", ["calloc", "htab_expand"], [64]), "right")
        self.assertEqual(judge("x", ["llvm::SmallVectorBase<int>::grow_pod"], [64]), "wrong")
        self.assertEqual(judge("mawk", ["mawk+0x1"], [16384]), "right")
        self.assertEqual(judge("gdb", ["gdb+0x1"], [16 + 96 * 95]), "wrong")
        self.assertIsNone(judge("x", ["x+0x1"], [16384]))

    def test_a_table_in_the_collectors_memory_has_a_size_of_gccs(self):
        table = {"growths": 0, "live": 60000, "capacity": 131071}
        self.assertTrue(residents.is_collected_table("cc1plus", table))
        self.assertFalse(residents.is_collected_table("gdb", table))
        self.assertFalse(residents.is_collected_table("cc1plus", {**table, "capacity": 131072}))
        self.assertFalse(residents.is_collected_table("cc1plus", {**table, "growths": 2}))

    def test_one_wrong_hit_in_a_thousand_blocks_is_borne_but_no_finding(self):
        def line(blocks, *verdicts):
            wrong = [{"verdict": verdict} for verdict in verdicts]
            return {"blocks": blocks, "large": {"wrong": wrong}, "small": {"wrong": []}}
        good = real_programs.is_good_enough
        self.assertTrue(good([line(900), {"skipped": "not here"}, line(100, "ok")]))
        self.assertFalse(good([line(900), line(99, "ok")]))
        self.assertFalse(good([line(9000, "hollow")]))
        self.assertFalse(good([line(9000), {"broken": "does not end"}]))

    def test_what_the_loader_brought_is_read_from_its_log(self):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory, "loaded.7")
            self.assertEqual(real_programs.loaded_files(log), set())
            log.write_text("""\
         7:\tfile=libz.so.1 [0];  needed by /usr/bin/any [0]
         7:\tcalling init: /lib/x86_64-linux-gnu/libz.so.1
         7:\t
         7:\tinitialize program: /usr/bin/any
         7:\ttransferring control: /usr/bin/any
         7:\tcalling fini: /lib/x86_64-linux-gnu/liblzma.so.5 [0]
""")
            self.assertEqual(real_programs.loaded_files(log),
                             {"/usr/bin/any", "/lib/x86_64-linux-gnu/libz.so.1"})


class CodeSites(unittest.TestCase):
    def test_the_slab_of_an_arena_is_told_from_a_table(self):
        # objdump's words about clang 14 and LLVM 14 of Debian 12.
        slab = """\
  920dea:\tmov    $0x1000,%r12d
  920df0:\tshl    %cl,%r12
  920df3:\tmov    $0x10,%esi
  920df8:\tmov    %r12,%rdi
  920dfb:\tcall   8f1f80 <_ZN4llvm15allocate_bufferEmm@plt>"""
        table = """\
  f2401e:\tcmp    $0x41,%ecx
  f24021:\tmov    $0x40,%eax
  f24026:\tcmovae %ecx,%eax
  f2402f:\tshl    $0x3,%rax
  f2403c:\tcall   e127d0 <_ZN4llvm15allocate_bufferEmm@@LLVM_14>"""
        self.assertEqual(code_sites.judge_code("/usr/lib/libclang-cpp.so.14", slab), "wrong")
        self.assertEqual(code_sites.judge_code("/usr/lib/libLLVM-14.so.1", table), "right")
        self.assertIsNone(code_sites.judge_code("/usr/lib/libany.so.1", table))


if __name__ == "__main__":
    unittest.main()
