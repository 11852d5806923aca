//! A private table in Rust: Vec<Option<(u64, u64)>>, linear probing, erase closes the gap.
//!
//! Called as PROGRAM SCENARIO with full, hollow or freed, as scenario.h describes them.

use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_void};

const ENTRIES: u64 = 200_000;

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
    slots: Vec<Option<(u64, u64)>>,
    live: usize,
}

impl Map {
    fn with_capacity(capacity: usize) -> Self {
        Map {
            slots: vec![None; capacity],
            live: 0,
        }
    }

    fn slot_of(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let hash = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut slot = (hash ^ (hash >> 29)) as usize & mask;
        while matches!(self.slots[slot], Some((other, _)) if other != key) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn insert(&mut self, key: u64, value: u64) {
        if (self.live + 1) * 4 > self.slots.len() * 3 {
            let mut bigger = Map::with_capacity(self.slots.len() * 2);
            for (key, value) in self.slots.iter().flatten() {
                bigger.insert(*key, *value);
            }
            *self = bigger;
        }
        let slot = self.slot_of(key);
        self.live += self.slots[slot].is_none() as usize;
        self.slots[slot] = Some((key, value));
    }

    fn get(&self, key: u64) -> Option<u64> {
        self.slots[self.slot_of(key)].map(|(_, value)| value)
    }

    fn erase(&mut self, key: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut slot = self.slot_of(key);
        if self.slots[slot].take().is_none() {
            return false;
        }
        self.live -= 1;
        loop {
            slot = (slot + 1) & mask;
            match self.slots[slot].take() {
                None => return true,
                Some((key, value)) => {
                    let to = self.slot_of(key);
                    self.slots[to] = Some((key, value));
                }
            }
        }
    }
}

fn is_kept(key: u64) -> bool {
    key % 50 == 0
}

fn main() {
    let scenario = std::env::args().nth(1).unwrap_or_else(|| "hollow".into());
    assert!(
        ["full", "hollow", "freed"].contains(&scenario.as_str()),
        "no such scenario"
    );
    let hollow = scenario != "full";
    let mut map = Map::with_capacity(64);
    for key in 1..=ENTRIES {
        map.insert(key, key * 3);
    }
    if hollow {
        for key in (1..=ENTRIES).filter(|key| !is_kept(*key)) {
            assert!(map.erase(key), "a key cannot be erased");
        }
    }
    for key in 1..=ENTRIES {
        let expected = if hollow && !is_kept(key) {
            None
        } else {
            Some(key * 3)
        };
        assert_eq!(map.get(key), expected, "the table is broken");
    }
    let (capacity, live, address) = (map.slots.len(), map.live, map.slots.as_ptr());
    let freed = scenario == "freed";
    if freed {
        drop(map);
    } else {
        snapshot("end");
    }
    // An erased slot keeps its key and value behind the tag that says None.
    println!(
        "TRUTH {{\"implementation\": \"unknown\", \"capacity\": {capacity}, \"live\": {live}, \
         \"peak\": {ENTRIES}, \"verdict\": \"{}\", \"snapshot\": \"{}\", \
         \"address\": \"{address:p}\", \"freed\": {freed}, \
         \"may_be_missed\": true, \"live_is_upper_bound\": true, \
         \"missed_because\": \"None leaves the entry's bytes behind its tag\"}}",
        if hollow { "hollow" } else { "ok" },
        if freed { "main-returned" } else { "end" },
    );
}
