"""Compilers, linkers, debuggers."""

import os

from . import Work, find, program, run
from .inputs import c_source, compiled, cxx_source, driven_command


@program
def cc1(folder):
    """gcc's C compiler, -O2 -g, on a unit of 600 functions"""
    source = c_source(folder)
    options = ["-O2", "-g", "-S", str(source), "-o", str(folder / "unit.s")]
    command = driven_command("gcc", options, "cc1")
    return Work(command, version=[find("gcc"), "--version"])


@program
def cc1plus(folder):
    """gcc's C++ compiler, -O1 -g, on much of the standard library"""
    source = cxx_source(folder)
    options = ["-std=c++17", "-O1", "-g", "-S", str(source), "-o", str(folder / "unit.s")]
    command = driven_command("g++", options, "cc1plus")
    return Work(command, version=[find("g++"), "--version"])


@program
def clang(folder):
    """compiles the same C unit, -O2 -g"""
    return Work([find("clang"), "-w", "-O2", "-g", "-c", str(c_source(folder)),
                 "-o", str(folder / "clang.o")])


@program
def clang_plus_plus(folder):
    """compiles the same C++ unit, -O1 -g"""
    return Work([find("clang++"), "-w", "-std=c++17", "-O1", "-g", "-c",
                 str(cxx_source(folder)), "-o", str(folder / "clang.o")])


@program
def rustc(folder):
    """compiles a crate of 60 generic types, optimised"""
    source = folder / "unit.rs"
    if not source.exists():
        parts = ["use std::collections::{BTreeMap, HashMap, HashSet};"]
        for n in range(60):
            parts.append(f"""
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record{n}<T> {{ pub id: u32, pub name: String, pub items: Vec<T> }}
impl<T: Clone + std::fmt::Debug + std::hash::Hash + Eq> Record{n}<T> {{
    pub fn index(&self) -> HashMap<T, usize> {{
        self.items.iter().cloned().enumerate().map(|(n, item)| (item, n + {n})).collect() }}
    pub fn unique(&self) -> HashSet<T> {{ self.items.iter().cloned().collect() }}
}}
pub fn use_{n}() -> BTreeMap<String, usize> {{
    let record = Record{n} {{ id: {n}, name: format!("{{}}", {n}), items: vec![{n}u64, 2, 3] }};
    record.index().into_iter().map(|(k, v)| (k.to_string(), v)).collect() }}""")
        source.write_text("\n".join(parts))
    sysroot = run([find("rustc"), "--print", "sysroot"]).strip()
    path = os.path.join(sysroot, "bin", "rustc")
    return Work([path, "--edition=2021", "--crate-type=rlib", "-O", "-g", str(source),
                 "--out-dir", str(folder)])


@program
def ld(folder):
    """links the C++ unit with a static standard library"""
    unit = compiled(folder, "g++", cxx_source(folder))
    command = driven_command("g++", ["-static", "-g", str(unit), "-o", str(folder / "linked")],
                             "collect2")
    run([find("g++"), "-static", "-g", str(unit), "-o", str(folder / "linked-before")])
    return Work([find("ld"), *command[1:]])


@program
def objdump(folder):
    """disassembles the C unit with its source lines"""
    return Work([find("objdump"), "-d", "-l", "-S", "-r",
                 str(compiled(folder, "gcc", c_source(folder)))])


@program
def gdb(folder):
    """reads the debugging information of the C++ unit, lists types, functions and lines"""
    unit = compiled(folder, "g++", cxx_source(folder))
    linked = folder / "debugged"
    if not linked.exists():
        run([find("g++"), "-g", str(unit), "-o", str(linked)])
    return Work([find("gdb"), "-nx", "-batch", "-ex", "set pagination off", "-ex", "info types",
                 "-ex", "info functions", "-ex", "info scope part_1::work", "-ex", "list main",
                 "-ex", "python print(len([s for s in dir(gdb)]))", str(linked)])


@program
def cmake(folder):
    """configures a project of 300 libraries and 3,000 tests"""
    project = folder / "cmake-project"
    project.mkdir(exist_ok=True)
    (project / "CMakeLists.txt").write_text("""
cmake_minimum_required(VERSION 3.10)
project(many LANGUAGES NONE)
enable_testing()
foreach(n RANGE 300)
  add_custom_target(part_${n} ALL COMMAND true)
  set_property(GLOBAL PROPERTY "place_${n}" "value ${n}")
  foreach(k RANGE 10)
    set("variable_${n}_${k}" "some text ${n} ${k}")
    add_test(NAME "test_${n}_${k}" COMMAND true)
  endforeach()
endforeach()
""")
    return Work([find("cmake"), "-S", str(project), "-B", str(folder / "cmake-build")])
