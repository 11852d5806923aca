// IndexMap and IndexSet as a program uses them. Scenarios: full, hollow, emptied, clear, reserve,
// churn, freed, capacity; kinds: map1 (indexmap 1.9), map2, set2 (2.2).
//
// As in ../hashbrown.rs, the allocator remembers the last big block: the entries or their places,
// two arrays of one table.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_void, CString};
use std::os::raw::{c_char, c_int}; // in std::ffi since Rust 1.64; Debian 12 has 1.63
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const ENTRIES: u64 = 200_000;
const KEPT_OF: u64 = 50;
const BIG_BLOCK: usize = 64 * 1024;

static LAST_BIG_BLOCK: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Remembering;

unsafe impl GlobalAlloc for Remembering {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = System.alloc(layout);
        if layout.size() >= BIG_BLOCK {
            LAST_BIG_BLOCK.store(block as usize, Relaxed);
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

trait Table {
    const ENTRY_BYTES: usize; // hash, key, value
    fn with_room(entries: usize) -> Self;
    fn add(&mut self, i: u64);
    fn take(&mut self, i: u64);
    fn size(&self) -> usize;
    fn room(&self) -> usize;
    fn shrink(&mut self);
    fn empty(&mut self);
}

macro_rules! table {
    ($table:ty, $entry_bytes:expr, $add:expr) => {
        impl Table for $table {
            const ENTRY_BYTES: usize = $entry_bytes;
            fn with_room(entries: usize) -> Self {
                Self::with_capacity(entries)
            }
            fn add(&mut self, i: u64) {
                let add: fn(&mut Self, u64) = $add;
                add(self, i)
            }
            fn take(&mut self, i: u64) {
                self.swap_remove(&key_of(i));
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
    };
}

table!(indexmap1::IndexMap<u64, [u64; 4]>, 48, |map, i| { map.insert(key_of(i), [i; 4]); });
table!(indexmap2::IndexMap<u64, [u64; 4]>, 48, |map, i| { map.insert(key_of(i), [i; 4]); });
table!(indexmap2::IndexSet<u64>, 16, |set, i| { set.insert(key_of(i)); });

// There is room for 7 entries for every 8 places; fewer than 8 places leave one free.
fn places_of_room(room: usize) -> usize {
    match room {
        0 => 0,
        1..=7 => (room + 1).next_power_of_two(),
        _ => (room * 8 / 7).next_power_of_two(),
    }
}

fn print_truth(capacity: usize, live: usize, peak: u64, verdict: &str, label: &str, freed: bool) {
    println!(
        "TRUTH {{\"implementation\": \"Rust IndexMap\", \"address\": \"{:#x}\", \
         \"capacity\": {}, \"live\": {}, \"peak\": {}, \"verdict\": \"{}\", \
         \"snapshot\": \"{}\", \"freed\": {}}}",
        LAST_BIG_BLOCK.load(Relaxed), capacity, live, peak, verdict, label, freed
    );
}

fn print_capacities<T: Table>() {
    for live in [0, 1, 4, 7, 14, 28, 100, 1000, 6000] {
        let other_bytes = BYTES.load(Relaxed);
        let mut table = T::with_room(0);
        (0..ENTRIES).for_each(|i| table.add(i));
        let capacity = places_of_room(table.room());
        let bytes = BYTES.load(Relaxed) - other_bytes;
        (live..ENTRIES).for_each(|i| table.take(i));
        table.shrink();
        // Room for as many entries as there are; the places, of 8 bytes and one, take the rest.
        let fixed_bytes = BYTES.load(Relaxed) - other_bytes;
        let entries_bytes = live as usize * T::ENTRY_BYTES;
        println!(
            "CAPACITY {} {} {} {} {} Rust IndexMap",
            live,
            capacity,
            bytes,
            fixed_bytes.saturating_sub(entries_bytes + 16) / 9,
            fixed_bytes
        );
    }
}

fn run<T: Table>(scenario: &str) {
    if scenario == "capacity" {
        return print_capacities::<T>();
    }
    let reserve = scenario == "reserve";
    let mut table = T::with_room(if reserve { ENTRIES as usize } else { 0 });
    let peak = if reserve { ENTRIES / 300 } else { ENTRIES };
    (0..peak).for_each(|i| table.add(i));
    let capacity = places_of_room(if reserve { ENTRIES as usize } else { table.size() });
    let mut verdict = if reserve { "over-reserved" } else { "ok" };
    match scenario {
        "full" | "reserve" => (),
        "hollow" | "freed" => {
            (0..ENTRIES).filter(|i| i % KEPT_OF != 0).for_each(|i| table.take(i));
            verdict = "hollow";
        }
        "emptied" => {
            (0..ENTRIES).for_each(|i| table.take(i));
            verdict = "hollow";
        }
        "clear" => {
            table.empty();
            verdict = "hollow";
        }
        "churn" => (0..ENTRIES / 10).for_each(|i| {
            table.take(i);
            table.add(i + ENTRIES);
        }),
        _ => {
            eprintln!("no such scenario: {}", scenario);
            std::process::exit(2);
        }
    }
    let live = table.size();
    snapshot("end");
    print_truth(capacity, live, peak, verdict, "end", false);
    drop(table);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let scenario = arguments.get(1).map_or("hollow", |s| s.as_str());
    match arguments.get(2).map_or("map2", |s| s.as_str()) {
        "map1" => run::<indexmap1::IndexMap<u64, [u64; 4]>>(scenario),
        "set2" => run::<indexmap2::IndexSet<u64>>(scenario),
        _ => run::<indexmap2::IndexMap<u64, [u64; 4]>>(scenario),
    }
}
