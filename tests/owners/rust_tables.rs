// Rust's HashMap in statics, in a Mutex, in a thread-local variable, in a Box and in locals.
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;

type Table = HashMap<u64, u64>;

struct Cache {
    hits: u64,
    sessions: Table,
}

static LOCKED: Mutex<Option<Table>> = Mutex::new(None);
static mut PLAIN: Option<Cache> = None;

thread_local! {
    static LOCAL: RefCell<Table> = RefCell::new(Table::new());
}

// Prints "CAPACITY NAME": 8/7 of what it says rounded up to a power of two are its buckets.
fn fill(table: &mut Table, entries: usize, owner: &str) {
    table.reserve(entries);
    for key in 0..100u64 {
        table.insert(key.wrapping_mul(0x9E3779B97F4A7C15), key);
    }
    println!("{} {}", table.capacity() / 7 * 8, owner);
}

fn main() {
    let mut cache = Cache { hits: 1, sessions: Table::new() };
    let mut boxed = Box::new(Cache { hits: 2, sessions: Table::new() });
    fill(&mut cache.sessions, 7000, "cache.sessions, a local of rust_tables::main");
    fill(&mut boxed.sessions, 14000, "boxed.sessions, a local of rust_tables::main");
    *LOCKED.lock().unwrap() = Some(Table::new());
    fill(LOCKED.lock().unwrap().as_mut().unwrap(), 28000, "rust_tables::LOCKED");
    unsafe {
        PLAIN = Some(Cache { hits: 3, sessions: Table::new() });
        #[allow(static_mut_refs)]
        fill(&mut PLAIN.as_mut().unwrap().sessions, 56000, "rust_tables::PLAIN");
    }
    LOCAL.with(|table| fill(&mut table.borrow_mut(), 112000, "rust_tables::LOCAL"));
    assert_eq!(cache.hits + boxed.hits, 3);
    std::process::exit(0);
}
