//! Which numbers have been seen.
use std::collections::HashSet;
use std::sync::{Mutex, OnceLock};

static SEEN: OnceLock<Mutex<HashSet<u64>>> = OnceLock::new();

fn seen() -> &'static Mutex<HashSet<u64>> {
    SEEN.get_or_init(|| Mutex::new(HashSet::new()))
}

pub fn add(number: u64) -> bool {
    seen().lock().unwrap().insert(number) // GROWS HERE
}

pub fn forget_below(limit: u64) {
    seen().lock().unwrap().retain(|number| *number >= limit);
}

/// After many have been forgotten: gives back what the set no longer needs.
pub fn shrink() {
    seen().lock().unwrap().shrink_to_fit();
}
