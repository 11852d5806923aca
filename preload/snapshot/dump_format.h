/*
 * The dump file: the contract between libhashtrack.so and hashtrack(1). docs/dump-format.md
 * explains it in words; this header is what both sides compile.
 *
 * A dump is one header, one directory of sections, and the sections. Every number is little-endian.
 * Sections follow each other without gaps in the order of the directory, each padded with zeros to
 * a multiple of 8; together with header and directory they are the whole file, so that every byte
 * stands under a checksum (CRC-32 as zlib's crc32() computes it) and a flipped bit cannot pass.
 *
 * A dump holds no program data: addresses, sizes, counts, times, code addresses, module paths and
 * build-ids, the names of hash-table implementations, labels the program gave to its snapshots, and
 * the suppressions it hands to leak checkers.
 *
 * Compatibility: a reader refuses a version it does not know. Within a version, records may grow at
 * their end (record_bytes says how long they are here) and new section kinds may appear; a reader
 * uses the part of a record that it knows, takes missing fields as zero, and skips unknown kinds.
 */
#ifndef HASHTRACK_DUMP_FORMAT_H
#define HASHTRACK_DUMP_FORMAT_H

#include <stdint.h>

#define DUMP_MAGIC        "hshtrck\n" /* 8 bytes; the newline catches text-mode transfers */
#define DUMP_VERSION      1u
#define DUMP_MAX_SECTIONS 16u
#define DUMP_SUFFIX       ".htd"
#define DUMP_NONE         0xffffffffu /* "no such index" in every u32 index field below */

struct dump_header {
    char magic[8];
    uint32_t version;
    uint32_t header_bytes;  /* sizeof(struct dump_header) */
    uint64_t file_bytes;    /* length of the whole file: a truncated dump is known at once */
    uint32_t section_count; /* at most DUMP_MAX_SECTIONS */
    uint32_t crc;           /* of header (this field as zero) and directory */
};

enum dump_section_kind {
    DUMP_SECTION_INFO = 1, /* exactly one record */
    DUMP_SECTION_STRINGS,  /* bytes; a string is named by the offset of its first byte, ends with \0
                            */
    DUMP_SECTION_COUNTERS,
    DUMP_SECTION_WARNINGS,
    DUMP_SECTION_MODULES,
    DUMP_SECTION_FRAMES,
    DUMP_SECTION_SITES,
    DUMP_SECTION_TABLES,
    DUMP_SECTION_ARRAYS,
    DUMP_SECTION_GROWTHS,
    DUMP_SECTION_READINGS,
    DUMP_SECTION_OWNERS,
    DUMP_SECTION_SUPPRESSIONS, /* at most one record */
    DUMP_SECTION_SCRIPTS,
    DUMP_SECTION_GROWN_PLACES,
};

#define DUMP_SECTION_LAST DUMP_SECTION_GROWN_PLACES

struct dump_section {
    uint32_t kind;         /* enum dump_section_kind */
    uint32_t record_bytes; /* 1 for STRINGS */
    uint64_t offset;       /* from the start of the file, a multiple of 8 */
    uint64_t count;        /* records */
    uint32_t crc;          /* of the section with its padding */
    uint32_t reserved;     /* zero */
};

/* Why a snapshot was taken. */
enum dump_reason {
    DUMP_REASON_MAIN_RETURNED = 1,
    DUMP_REASON_EXIT,             /* exit() was called */
    DUMP_REASON_QUICK_EXIT,       /* quick_exit() */
    DUMP_REASON_EXIT_NOW,         /* _exit() or _Exit() */
    DUMP_REASON_CALL,             /* hashtrack_snapshot() */
    DUMP_REASON_SIGNAL,           /* HASHTRACK_SIGNAL */
    DUMP_REASON_OUTSIDE,          /* hashtrack snapshot PID, or run's own timeline */
    DUMP_REASON_LIBRARY_UNLOADED, /* our destructor: the exit nobody announced */
    /* Written by `hashtrack run` in place of a process of the run; nothing but INFO, STRINGS and
     * WARNINGS, which say why. */
    DUMP_REASON_NO_DUMP,   /* the process was tracked and left no dump */
    DUMP_REASON_UNTRACKED, /* the tracker never was in it */
};

/* Bits of dump_info.flags. */
#define DUMP_INFO_COMPLETE      (1u << 0) /* no pool was full, no reading failed */
#define DUMP_INFO_OWN_ALLOCATOR (1u << 1) /* malloc calls did not reach us: nothing can be said */
#define DUMP_INFO_FORKED        (1u << 2) /* this process was forked by a tracked one */

struct dump_info {
    uint32_t pid;
    uint32_t reason;            /* enum dump_reason */
    uint32_t flags;             /* DUMP_INFO_* */
    uint32_t ordinal;           /* 0 for the dump at exit, n for the n-th snapshot before it */
    uint64_t start_realtime_ns; /* when tracking began, since the epoch */
    uint64_t at_ms;             /* when this snapshot was taken, since tracking began */
    uint64_t threshold_bytes;   /* blocks below this size were not tracked */
    uint64_t tracked_bytes;     /* requested bytes of all live tracked blocks */
    uint64_t tracked_blocks;
    uint64_t peak_tracked_bytes;
    uint32_t program;   /* string: path of the executable */
    uint32_t label;     /* string: hashtrack_snapshot's label, or the reason as a word */
    uint32_t allocator; /* string: path of the module whose malloc serves the program */
    uint32_t unwinder;  /* string: "libunwind", "libgcc" or "none" */
    uint64_t own_bytes; /* memory of the tracker itself */
    uint64_t run_id;    /* HASHTRACK_RUN_ID: the same in all dumps of one run; 0 for none */
};

/* A named number that is not zero: records dropped, frees missed, reads that failed ... */
struct dump_counter {
    uint32_t name; /* string */
    uint32_t reserved;
    uint64_t value;
};

struct dump_warning {
    uint32_t text; /* string: one sentence */
    uint32_t reserved;
};

struct dump_module {
    uint64_t start, end; /* of the executable mapping, addresses in the process */
    uint64_t bias;     /* address in the process minus address in the file (ELF virtual address) */
    uint32_t path;     /* string */
    uint32_t build_id; /* string: hexadecimal, empty when the module has none */
};

/* One return address. The call is in the instruction before it: symbolise offset - 1. */
struct dump_frame {
    uint32_t module; /* index into MODULES or DUMP_NONE */
    uint32_t script; /* 1 + index into SCRIPTS: a line of a script, no address; else 0 */
    uint64_t offset; /* ELF virtual address in that module; without a module, the address itself */
};

/* A place in a script, which an interpreter was executing. */
struct dump_script {
    uint32_t file;     /* string, empty when not known; "<string>" and the like are no files */
    uint32_t function; /* string, empty when not known */
    uint32_t line;     /* 0 when not known */
    uint32_t reserved;
};

/* A call stack, the frame that called the allocator first. Equal stacks share a site. */
struct dump_site {
    uint32_t first_frame; /* index into FRAMES */
    uint32_t frame_count; /* 0 when the stack could not be read */
};

enum dump_table_kind {
    DUMP_KIND_UNKNOWN = 0,
    DUMP_KIND_CHAINED, /* buckets that point at entries */
    DUMP_KIND_OPEN,    /* slots that hold entries */
    DUMP_KIND_COMPACT, /* an index of slots beside a dense array of entries (CPython's dict) */
};

enum dump_read {
    DUMP_READ_NONE = 0,  /* nothing is known but the bytes */
    DUMP_READ_ESTIMATED, /* live inferred from occupancy: live_error says how well */
    DUMP_READ_EXACT,     /* the implementation was recognised and its counters read */
};

/* Bits of dump_table.known: which of the fields hold a value. */
#define DUMP_KNOWN_CAPACITY    (1u << 0)
#define DUMP_KNOWN_LIVE        (1u << 1)
#define DUMP_KNOWN_TOMBSTONES  (1u << 2)
#define DUMP_KNOWN_SLOT_BYTES  (1u << 3)
#define DUMP_KNOWN_VALUE_BYTES (1u << 4)
#define DUMP_KNOWN_ENTRIES     (1u << 5) /* entry_blocks and entry_bytes */
#define DUMP_KNOWN_PEAK        (1u << 6) /* peak_live */
#define DUMP_KNOWN_RESIDENT    (1u << 7) /* resident_bytes, here and in ARRAYS */
#define DUMP_KNOWN_HEADER      (1u << 8) /* header */

/* Bits of dump_table.flags. */
#define DUMP_TABLE_FREED     (1u << 0) /* its arrays were freed; the numbers are its last reading */
#define DUMP_TABLE_REHASHING (1u << 1) /* an old and a new array are in use at the same time */
/* stale bytes may have been counted as entries */
#define DUMP_TABLE_LIVE_IS_UPPER_BOUND (1u << 2)
/* unknown implementation, but live is what the table's own object counts */
#define DUMP_TABLE_COUNTED (1u << 3)
/* tables like it grow without being seen: that it was not seen growing says nothing */
#define DUMP_TABLE_GROWS_UNSEEN (1u << 4)
/* Of a freed one: the numbers are those of a snapshot before. It may have been filled since. */
#define DUMP_TABLE_READ_BEFORE (1u << 5)

struct dump_table {
    uint64_t number;  /* of its first array seen, in the order of all tracked blocks, from 1 */
    uint64_t address; /* of the array that holds buckets or slots, as the allocator returned it */
    uint64_t header;  /* of the object that points at it; with DUMP_TABLE_COUNTED, of its pointer */
    uint64_t bytes;   /* requested bytes of all its arrays */
    uint64_t resident_bytes;
    uint64_t capacity;
    uint64_t live;
    uint64_t live_error; /* one standard error, entries; 0 when read exactly */
    uint64_t tombstones;
    uint64_t slot_bytes;      /* bytes of all arrays per slot or bucket */
    uint64_t value_bytes;     /* inline value, where it can be told from the key */
    uint64_t entry_blocks;    /* chained: blocks outside the arrays, one an entry */
    uint64_t entry_bytes;     /* what those blocks occupy in the allocator, all together */
    uint64_t peak_live;       /* it once held at least this many */
    uint32_t implementation;  /* string: struct layout's name, or "unknown" */
    uint32_t kind;            /* enum dump_table_kind */
    uint32_t read;            /* enum dump_read */
    uint32_t known;           /* DUMP_KNOWN_* */
    uint32_t flags;           /* DUMP_TABLE_* */
    uint32_t confidence_ppm;  /* that this is a table of that implementation */
    uint32_t birth_site;      /* index into SITES: the first array seen */
    uint32_t growth_site;     /* index into SITES: the last growth, or DUMP_NONE */
    uint32_t growths;         /* how many were seen (GROWTHS may hold fewer) */
    uint32_t growth_load_ppm; /* median load just before a growth; 0 when not measured */
    uint64_t birth_ms;
    uint64_t last_growth_ms;
    uint64_t read_ms;                      /* when the numbers above were read */
    uint32_t first_array, array_count;     /* into ARRAYS */
    uint32_t first_growth, growth_count;   /* into GROWTHS, oldest first */
    uint32_t first_reading, reading_count; /* into READINGS, oldest first */
    uint64_t freed_number; /* freed: of the last tracked block that was allocated before; or 0 */
};

enum dump_role {
    DUMP_ROLE_SLOTS = 1,
    DUMP_ROLE_BUCKETS,
    DUMP_ROLE_KEYS,
    DUMP_ROLE_VALUES,
    DUMP_ROLE_METADATA,
    DUMP_ROLE_OLD,     /* still being emptied into its successor */
    DUMP_ROLE_ENTRIES, /* dense entries beside an index */
};

struct dump_array {
    uint64_t address;
    uint64_t bytes; /* as requested */
    uint64_t resident_bytes;
    uint64_t born_ms;
    uint32_t table; /* index into TABLES */
    uint32_t role;  /* enum dump_role */
    uint32_t site;  /* index into SITES */
    uint32_t reserved;
};

struct dump_growth {
    uint32_t table; /* index into TABLES */
    uint32_t site;  /* index into SITES */
    uint64_t at_ms;
    uint64_t from_bytes, to_bytes; /* of the array that was replaced and of its successor */
    uint32_t occupied_ppm;         /* occupied words of the old array */
    uint32_t moved_ppm;            /* of those, found at another offset in the new one */
    uint64_t live;                 /* entries that moved, where they could be counted; else 0 */
};

/* What a table held at one moment. */
struct dump_reading {
    uint32_t table; /* index into TABLES */
    uint32_t reserved;
    uint64_t at_ms;
    uint64_t capacity;
    uint64_t live;
};

enum dump_owner_kind {
    DUMP_OWNER_STATIC = 1,   /* a static variable of a module */
    DUMP_OWNER_THREAD_LOCAL, /* a thread-local variable of a module */
    DUMP_OWNER_FRAME,        /* a variable of a function that is being executed */
    DUMP_OWNER_STACK,        /* somewhere on a stack: which function's is not known */
    DUMP_OWNER_HEAP,         /* in a heap block */
};

/* Bits of dump_owner.flags. */
#define DUMP_OWNER_IS_OBJECT    (1u << 0) /* the table's object is there, no pointer to its array */
#define DUMP_OWNER_EXACT_BLOCK  (1u << 1) /* block_bytes were requested; else at most so many */
#define DUMP_OWNER_HELD_IN_HEAP (1u << 2) /* other heap blocks in use point at this one */

/* A place that leads to a table. Those of one table form chains: the first link is where the
 * table's object lies, or where its array's address stands; each further link is where the address
 * of the block stands that holds the link before it. */
struct dump_owner {
    uint32_t table;  /* index into TABLES */
    uint32_t holds;  /* index into OWNERS, of an earlier one: the link before; or DUMP_NONE */
    uint32_t kind;   /* enum dump_owner_kind */
    uint32_t flags;  /* DUMP_OWNER_* */
    uint32_t module; /* index into MODULES: of the variable, of the frame's code; or DUMP_NONE */
    uint32_t site;   /* index into SITES: where the heap block was allocated; or DUMP_NONE */
    uint64_t offset; /* static: ELF virtual address; thread-local: in the module's block; heap:
                        in the heap block; frame: return address as ELF virtual address */
    uint64_t block_bytes; /* heap: of the block */
    int64_t frame_offset; /* frame: from the frame's CFA (DWARF's canonical frame address) */
    uint64_t points_at;   /* offset in the held link's block of the address that stands here */
};

/* Bits of dump_suppressions.flags. */
#define DUMP_SUPPRESSIONS_CUT (1u << 0) /* the text was longer; what is here are whole lines */

/* A place where tables grew, also those that are gone. Only arrays of 64 KiB and more. */
#define DUMP_GROWN_PLACE_BYTES 65536u

struct dump_grown_place {
    uint32_t site; /* index into SITES */
    uint32_t reserved;
    uint64_t bytes; /* as requested: the largest array that a table grew into there */
};

/* What the program's own __lsan_default_suppressions() returned. No record: it has no such
 * function, or does not export it. */
struct dump_suppressions {
    uint32_t text; /* string: lines */
    uint32_t flags;
};

#endif
