// Rust's HashMap and HashSet as a program uses them. Scenarios: full, hollow, nearly_empty,
// clear, reserve, churn, copied, threads, many, freed, capacity; kinds: map (56-byte slots), set (8-byte slots).
//
// The standard library has no call for the number of buckets or for their address. The allocator
// below forwards to the one every Rust program has, and remembers the last big block asked for; the
// buckets follow from capacity() of a table without deleted slots, which is 7/8 of them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::{c_void, CString};
use std::os::raw::{c_char, c_int}; // in std::ffi since Rust 1.64; Debian 12 has 1.63
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const ENTRIES: u64 = 300_000;
const KEPT_OF: u64 = 50;
const BIG_BLOCK: usize = 64 * 1024;

thread_local! {
    static LAST_BIG_BLOCK: Cell<usize> = const { Cell::new(0) };
}
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Remembering;

unsafe impl GlobalAlloc for Remembering {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = System.alloc(layout);
        if layout.size() >= BIG_BLOCK {
            LAST_BIG_BLOCK.with(|last| last.set(block as usize));
        }
        BYTES.fetch_add(layout.size(), Relaxed);
        block
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        System.dealloc(block, layout)
    }
}

#[global_allocator]
static ALLOCATOR: Remembering = Remembering;

fn last_big_block() -> usize {
    LAST_BIG_BLOCK.with(|last| last.get())
}

extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn snapshot(label: &str) {
    let name = CString::new("hashtrack_snapshot").unwrap();
    let label = CString::new(label).unwrap();
    unsafe {
        let found = dlsym(std::ptr::null_mut(), name.as_ptr());
        if !found.is_null() {
            let take: extern "C" fn(*const c_char) -> c_int = std::mem::transmute(found);
            take(label.as_ptr());
        }
    }
}

fn key_of(i: u64) -> u64 {
    i.wrapping_mul(2_654_435_761)
}

// What the map and the set have in common.
trait Table: Clone + Send + 'static {
    fn with_room(entries: usize) -> Self;
    fn add(&mut self, i: u64);
    fn take(&mut self, i: u64);
    fn size(&self) -> usize;
    fn room(&self) -> usize;
    fn shrink(&mut self);
    fn empty(&mut self);
}

impl Table for HashMap<u64, [u64; 6]> {
    fn with_room(entries: usize) -> Self {
        HashMap::with_capacity(entries)
    }
    fn add(&mut self, i: u64) {
        self.insert(key_of(i), [i; 6]);
    }
    fn take(&mut self, i: u64) {
        self.remove(&key_of(i)).unwrap();
    }
    fn size(&self) -> usize {
        self.len()
    }
    fn room(&self) -> usize {
        self.capacity()
    }
    fn shrink(&mut self) {
        self.shrink_to_fit()
    }
    fn empty(&mut self) {
        self.clear()
    }
}

impl Table for HashSet<u64> {
    fn with_room(entries: usize) -> Self {
        HashSet::with_capacity(entries)
    }
    fn add(&mut self, i: u64) {
        self.insert(key_of(i));
    }
    fn take(&mut self, i: u64) {
        assert!(self.remove(&key_of(i)));
    }
    fn size(&self) -> usize {
        self.len()
    }
    fn room(&self) -> usize {
        self.capacity()
    }
    fn shrink(&mut self) {
        self.shrink_to_fit()
    }
    fn empty(&mut self) {
        self.clear()
    }
}

// hashbrown, bucket_mask_to_capacity(): fewer than 8 buckets leave one free, more leave an eighth.
fn buckets_of_room(room: usize) -> usize {
    match room {
        0 => 0,
        1..=7 => (room + 1).next_power_of_two(),
        _ => room / 7 * 8,
    }
}

fn print_truth(
    address: usize,
    capacity: usize,
    live: usize,
    peak: u64,
    verdict: &str,
    snapshot: &str,
    freed: bool,
) {
    println!(
        "TRUTH {{\"implementation\": \"Rust HashMap (hashbrown)\", \"address\": \"{:#x}\", \
         \"capacity\": {}, \"live\": {}, \"peak\": {}, \"verdict\": \"{}\", \
         \"snapshot\": \"{}\", \"freed\": {}}}",
        address, capacity, live, peak, verdict, snapshot, freed
    );
}

fn print_capacities<T: Table>() {
    for live in [0, 1, 3, 4, 7, 8, 14, 15, 28, 29, 100, 1000, 6000, 20_000] {
        let other_bytes = BYTES.load(Relaxed);
        let mut table = T::with_room(0);
        for i in 0..ENTRIES {
            table.add(i);
        }
        let capacity = buckets_of_room(table.room());
        let bytes = BYTES.load(Relaxed) - other_bytes;
        for i in live..ENTRIES {
            table.take(i);
        }
        table.shrink();
        println!(
            "CAPACITY {} {} {} {} {} Rust HashMap (hashbrown)",
            live,
            capacity,
            bytes,
            buckets_of_room(table.room()),
            BYTES.load(Relaxed) - other_bytes
        );
    }
}

// room() of a table with deleted slots is less.
fn capacity_of_filled() -> usize {
    (ENTRIES as usize * 8 / 7).next_power_of_two()
}

fn filled_and_swept<T: Table>() -> T {
    let mut table = T::with_room(0);
    (0..ENTRIES).for_each(|i| table.add(i));
    (0..ENTRIES).filter(|i| i % KEPT_OF != 0).for_each(|i| table.take(i));
    table
}

// A clone has as many buckets, which it never needed.
fn run_copied<T: Table>() {
    let table = filled_and_swept::<T>();
    let address = last_big_block();
    let copy = table.clone();
    let copy_address = last_big_block();
    snapshot("end");
    for (address, table, verdict) in
        [(address, &table, "hollow"), (copy_address, &copy, "over-reserved")]
    {
        print_truth(address, capacity_of_filled(), table.size(), ENTRIES, verdict, "end", false);
    }
}

fn run_threads<T: Table>() {
    let threads: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(|| (filled_and_swept::<T>(), last_big_block())))
        .collect();
    let tables: Vec<(T, usize)> =
        threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    snapshot("end");
    for (table, address) in &tables {
        print_truth(*address, capacity_of_filled(), table.size(), ENTRIES, "hollow", "end", false);
    }
}

fn print_many(tables: usize, capacity: usize, live: usize) {
    println!(
        "MANY {{\"implementation\": \"Rust HashMap (hashbrown)\", \"tables\": {}, \
         \"capacity\": {}, \"live\": {}, \"verdicts\": [\"hollow\"], \"snapshot\": \"end\"}}",
        tables, capacity, live
    );
}

// Of two entries each that were 400.
fn run_many<T: Table>() {
    let tables: Vec<T> = (0..3000)
        .map(|_| {
            let mut table = T::with_room(0);
            (0..400).for_each(|i| table.add(i));
            (2..400).for_each(|i| table.take(i));
            table
        })
        .collect();
    snapshot("end");
    print_many(tables.len(), 512, tables[0].size());
}

fn run<T: Table>(scenario: &str) {
    match scenario {
        "capacity" => return print_capacities::<T>(),
        "copied" => return run_copied::<T>(),
        "threads" => return run_threads::<T>(),
        "many" => return run_many::<T>(),
        _ => (),
    }
    let reserve = scenario == "reserve";
    let mut table = T::with_room(if reserve { ENTRIES as usize } else { 0 });
    let peak = if reserve { ENTRIES / 300 } else { ENTRIES };
    (0..peak).for_each(|i| table.add(i));
    let address = last_big_block();
    let capacity = buckets_of_room(table.room());
    let mut verdict = if reserve { "over-reserved" } else { "ok" };
    match scenario {
        "full" | "reserve" => (),
        "hollow" | "freed" => {
            (0..ENTRIES).filter(|i| i % KEPT_OF != 0).for_each(|i| table.take(i));
            verdict = "hollow";
        }
        "nearly_empty" => {
            (2..ENTRIES).for_each(|i| table.take(i));
            verdict = "hollow";
        }
        "clear" => {
            table.empty();
            verdict = "hollow";
        }
        "churn" => {
            for i in 0..ENTRIES / 10 {
                table.take(i);
                table.add(i + ENTRIES);
            }
            assert_eq!(address, last_big_block(), "it grew: not what is tested here");
        }
        _ => {
            eprintln!("no such scenario: {}", scenario);
            std::process::exit(2);
        }
    }
    let live = table.size();
    snapshot("end");
    print_truth(address, capacity, live, peak, verdict, "end", false);
    drop(table);
    if scenario == "freed" || scenario == "full" {
        print_truth(address, capacity, live, peak, verdict, "main-returned", true);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let scenario = arguments.get(1).map_or("hollow", |s| s.as_str());
    match arguments.get(2).map_or("map", |s| s.as_str()) {
        "set" => run::<HashSet<u64>>(scenario),
        _ => run::<HashMap<u64, [u64; 6]>>(scenario),
    }
}
