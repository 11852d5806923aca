"""What truly lives in the programs of programs/: the measure of real_programs.py.

A table that a report names is wrong when its implementation has no business in the program:
neither a library that the loader brought nor the program itself contains it, or the library does,
but its code did not allocate the array. A table of no known implementation is judged by the
function that grew it, or by the sizes that the program's own tables have where there are no
symbols; each entry was looked up in the program's source.
"""

import re

# Implementations by the library whose code allocates their arrays: (the file's name,
# implementations).
LIBRARIES = [
    (r"libglib-2\.0", r"GHashTable"),
    (r"libcrypto\.so", r"OpenSSL LHASH"),
    (r"libxml2\.so", r"xml(Dict|HashTable)( .*)?"),
    (r"libpython3|/python3", r"CPython (dict|set|OrderedDict)"),
    (r"libruby|/ruby", r"Ruby Hash.*"),
    (r"libperl\.so|/perl", r"Perl (hash|string table)"),
    (r"liblua|/lua5", r"Lua (string )?table"),
    (r"luajit", r"LuaJIT (string )?table"),
    (r"libtcl8|/tclsh", r"Tcl_HashTable"),
    (r"libapr-1", r"apr_hash_t"),
    (r"libbfd|libctf|libopcodes", r"libiberty htab"),  # libbfd has libiberty inside
]

# The same for those that are templates: whoever includes their headers allocates, and is loaded
# together with the library.
TEMPLATES = [
    (r"libstdc\+\+\.so", r"std::unordered_map"),
    (r"libc\+\+\.so", r"std::unordered_map \(libc\+\+\)"),
    (r"libLLVM|libclang", r"LLVM .*"),
]

# What the program itself contains: (program, implementations, why).
PROGRAMS = [
    (r"cc1|cc1plus", r"libiberty htab|GCC hash_table", "gcc: hash-table.h, libiberty"),
    (r"gdb", r"libiberty htab", "gdb is linked with libiberty"),
    (r"ld|objdump", r"libiberty htab", "binutils are linked with libiberty"),
    (r"git .*", r"khash", "git: khash.h, oidset.h"),
    (r"redis server", r"Redis dict|Lua (string )?table", "redis: dict.c, deps/lua"),
    (r"memcached", r"memcached hash table", "memcached: assoc.c"),
    (r"bash", r"Bash hash table", "bash: hashlib.c"),
    (r"gawk", r"gawk array", "gawk: str_array.c, int_array.c, cint_array.c"),
    (r"rustc", r"Rust (HashMap \(hashbrown\)|IndexMap)", "rustc: hashbrown, indexmap"),
    (r"node", r"OpenSSL LHASH", "node may carry OpenSSL in itself"),
]

# Functions that grow tables of other kinds, whatever program they are in.
GROWTH_FUNCTIONS = [
    (r"^(htab_find_slot_with_hash|htab_expand)$", "libiberty: hashtab.c"),
    (r"^(_?ht_lookup_with_hash|ht_expand)$", "cpplib: symtab.c, the identifiers of cc1"),
    (r"^hash_table<.*>::(expand|find_slot_with_hash)$", "gcc: hash-table.h"),
    (r"^Perl_(hv_common|hv_ksplit|newHVhv)", "perl: hv.c"),
    (r"^hash_search$", "bash: hashlib.c"),
    (r"^(_dictExpand|dictExpand)$", "redis: dict.c"),
    (r"^xmlHash(AddEntry3|UpdateEntry3)$", "libxml2: hash.c"),
    (r"^xmlDict(Lookup|QLookup)$", "libxml2: dict.c"),
    (r"^new_keys_object$", "CPython: dictobject.c"),
    (r"^set_table_resize$", "CPython: setobject.c"),
    (r"^lua[HS]_resize$", "Lua: ltable.c, lstring.c"),
    (r"^llvm::StringMapImpl::RehashTable$", "LLVM: StringMap"),
    (r"^llvm::SmallPtrSetImplBase::Grow$", "LLVM: SmallPtrSet"),
    (r"^llvm::FoldingSetBase::GrowBucketCount$", "LLVM: FoldingSet"),
    (r"^v8::base::TemplateHashMapImpl<.*>::Resize$", "V8: hashmap.h"),
    (r"^v8::internal::StringTable::Data::Resize$", "V8: string-table.cc"),
    (r"^(st_|rb_st_|rebuild_table)", "Ruby: st.c"),
    (r"^rb_id_table_insert$", "Ruby: id_table.c"),
    (r"^bfd_hash_(insert|table_init_n)$", "libbfd: hash.c, in a chunk of objalloc.c of its own"),
]

# Functions whose arrays are no tables. The first of these lists that knows a frame decides.
NO_TABLES = [
    (r"^objalloc_create$", "libiberty: objalloc.c, the first chunk of an arena"),
    (r"^symtab_node::create_reference$", "gcc: vec of ipa_ref"),
    (r"^llvm::DwarfCompileUnit::addLabelAddress$", "LLVM: DwarfDebug::ArangeLabels, a vector"),
    (r"^llvm::MCAssembler::registerSymbol$", "LLVM: MCAssembler::Symbols, a vector"),
    (r"^llvm::SmallVector(Base|TemplateBase)<.*>::(grow\w*|mallocForGrow)$", "LLVM: SmallVector"),
    (r"^std::vector<.*>::", "libstdc++: vector"),
]

# The same, unless a function that called these knows better: they allocate for anybody.
ANYBODYS_MEMORY = [
    (r"^ggc_internal_alloc$", "gcc: a page of its collector"),
    (r"^symbol_table::finalize_compilation_unit$", "gcc: functions in the order of output"),
]

# gawk, str_array.c: the sizes of its tables, in pointers.
GAWK_PRIMES = {13, 127, 1021, 8191, 16381, 32749, 65497, 131101, 262147, 524309, 1048583, 2097169}
# libiberty, hashtab.c: the sizes of its tables.
HTAB_PRIMES = {251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287,
               1048573, 2097143, 4194301}
# gdb, bcache.cc.
BCACHE_SIZES = {1021, 2053, 4099, 8191, 16381, 32771, 65537, 131071, 262144, 524287, 1048573,
                2097143}


def power_of_two_times(*slot_bytes):
    def fits(size):
        return any(size % slot == 0 and (size // slot) & (size // slot - 1) == 0
                   for slot in slot_bytes)
    return fits


def one_of(sizes):
    return lambda size: size % 8 == 0 and size // 8 in sizes


def elf_symbols(size):
    """libbfd's elf_symbol_type takes 96 bytes, a chunk of objalloc.c begins with 16."""
    return size > 16 and (size - 16) % 96 == 0


# Programs without symbols: (program, whether the array has such a size, verdict, what it is). The
# size is no proof by itself; each was traced to its function by hand once, in Debian 12's binary.
STRIPPED = [
    (r"gdb|ld|objdump", elf_symbols, "wrong", "libbfd: elf_slurp_symbol_table()"),
    (r"gawk", one_of(GAWK_PRIMES), "right", "str_array.c and int_array.c"),
    (r"mawk", power_of_two_times(16), "right", "array.c: the lists of a hash table"),
    (r"lua|redis server", power_of_two_times(24, 8, 40), "right", "ltable.c and lstring.c"),
    (r"git .*", power_of_two_times(8, 4), "right", "hashmap.c, object.c, pack-objects.c"),
    (r"gdb", one_of(HTAB_PRIMES | BCACHE_SIZES), "right", "libiberty's hashtab.c, bcache.cc"),
    (r"vim", power_of_two_times(16), "right", "hashtab.c"),
]


def may_live_in(program, implementation, loaded, modules):
    """Whether a table of this implementation can be in the program, for which the loader brought
    those files, when code of these modules called for its array (none: that is not known)."""
    for file, implementations in LIBRARIES:
        if (re.fullmatch(implementations, implementation) and
                any(re.search(file, path) for path in loaded) and
                (not modules or any(re.search(file, path) for path in modules))):
            return True
    if any(re.fullmatch(implementations, implementation) and
           any(re.search(file, path) for path in loaded) for file, implementations in TEMPLATES):
        return True
    return any(re.fullmatch(name, program) and re.fullmatch(implementations, implementation)
               for name, implementations, _ in PROGRAMS)


def is_collected_table(program, table):
    """gcc's hash_table in a page of its collector (hash-table.cc: prime_tab). The page has the size
    of any other, so a size proves nothing; that its entries are where their hashes lead, modulo a
    prime of that list, does: it never grew in this page, so it is no guess by growth."""
    return (program in ("cc1", "cc1plus") and table.get("growths") == 0 and
            table.get("live", 0) > 0 and table.get("capacity") in HTAB_PRIMES)


def judge_unknown(program, functions, sizes):
    """"right", "wrong", or None where nobody has looked yet. `sizes`: bytes of its arrays."""
    for function in functions:
        if any(re.search(pattern, function) for pattern, _ in NO_TABLES):
            return "wrong"
        if any(re.search(pattern, function) for pattern, _ in GROWTH_FUNCTIONS):
            return "right"
    if any(re.search(pattern, function) for function in functions
           for pattern, _ in ANYBODYS_MEMORY):
        return "wrong"
    for name, fits, verdict, _ in STRIPPED:
        if re.fullmatch(name, program) and any(fits(size) for size in sizes):
            return verdict
    return None
