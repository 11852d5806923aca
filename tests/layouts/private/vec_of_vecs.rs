//! A private table in Rust: buckets that are a Vec of pairs each, and keep their memory when they
//! are emptied. Keys in sequence lie in them one by one.
//!
//! Called as PROGRAM SCENARIO with full, hollow as scenario.h describes them, or cleared: all
//! buckets are emptied.

use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_void};

const ENTRIES: u64 = 120_000;

extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// hashtrack_snapshot where the library is preloaded, otherwise nothing.
fn snapshot(label: &str) {
    let name = CString::new("hashtrack_snapshot").unwrap();
    let label = CString::new(label).unwrap();
    // RTLD_DEFAULT is the null handle.
    let function = unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()) };
    if !function.is_null() {
        let function: extern "C" fn(*const c_char) -> c_int =
            unsafe { std::mem::transmute(function) };
        function(label.as_ptr());
    }
}

struct Map {
    buckets: Vec<Vec<(u64, [u32; 3])>>,
    live: usize,
}

impl Map {
    fn with_capacity(capacity: usize) -> Self {
        Map {
            buckets: (0..capacity).map(|_| Vec::new()).collect(),
            live: 0,
        }
    }

    fn bucket(&self, key: u64) -> usize {
        key.wrapping_mul(0x9e37_79b9) as usize & (self.buckets.len() - 1)
    }

    fn insert(&mut self, key: u64, value: [u32; 3]) {
        if (self.live + 1) * 10 > self.buckets.len() * 9 {
            let mut bigger = Map::with_capacity(self.buckets.len() * 2);
            for (key, value) in std::mem::take(&mut self.buckets).into_iter().flatten() {
                bigger.insert(key, value);
            }
            *self = bigger;
        }
        let bucket = self.bucket(key);
        self.buckets[bucket].push((key, value));
        self.live += 1;
    }

    fn get(&self, key: u64) -> Option<&[u32; 3]> {
        self.buckets[self.bucket(key)]
            .iter()
            .find(|pair| pair.0 == key)
            .map(|pair| &pair.1)
    }

    fn erase(&mut self, key: u64) {
        let bucket = self.bucket(key);
        let at = self.buckets[bucket]
            .iter()
            .position(|pair| pair.0 == key)
            .expect("a key cannot be erased");
        self.buckets[bucket].swap_remove(at);
        self.live -= 1;
    }
}

fn is_kept(key: u64) -> bool {
    key % 50 == 0
}

fn main() {
    let scenario = std::env::args().nth(1).unwrap_or_else(|| "hollow".into());
    assert!(
        ["full", "hollow", "cleared"].contains(&scenario.as_str()),
        "no such scenario"
    );
    let mut map = Map::with_capacity(64);
    for key in 1..=ENTRIES {
        map.insert(key, [key as u32; 3]);
    }
    let keeps = |key: u64| scenario == "full" || (scenario == "hollow" && is_kept(key));
    if scenario == "hollow" {
        for key in (1..=ENTRIES).filter(|key| !is_kept(*key)) {
            map.erase(key);
        }
    } else if scenario == "cleared" {
        map.buckets.iter_mut().for_each(Vec::clear);
        map.live = 0;
    }
    for key in 1..=ENTRIES {
        assert_eq!(map.get(key).is_some(), keeps(key), "the table is broken");
    }
    snapshot("end");
    println!(
        "TRUTH {{\"implementation\": \"unknown\", \"capacity\": {}, \"live\": {}, \
         \"peak\": {ENTRIES}, \"verdict\": \"{}\", \"snapshot\": \"end\", \
         \"address\": \"{:p}\"}}",
        map.buckets.len(),
        map.live,
        if scenario == "full" { "ok" } else { "hollow" },
        map.buckets.as_ptr(),
    );
}
