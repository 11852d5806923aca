//! Which numbers have been seen.
use std::collections::HashSet;
use std::sync::Mutex;

static SEEN: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

pub fn add(number: u64) -> bool {
    let mut seen = SEEN.lock().unwrap();
    let numbers = seen.get_or_insert_with(HashSet::new);
    numbers.insert(number) // GROWS HERE
}

pub fn forget_below(limit: u64) {
    if let Some(numbers) = &mut *SEEN.lock().unwrap() {
        numbers.retain(|number| *number >= limit);
    }
}

/// After many have been forgotten: gives back what the set no longer needs.
pub fn shrink() {
    if let Some(numbers) = &mut *SEEN.lock().unwrap() {
        numbers.shrink_to_fit();
    }
}
