// Tables of a Rust program: methods, a trait's function, a generic function, a closure.
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

const MANY: u64 = 20000;

#[cfg(wide)]
type Value = [u64; 4];
#[cfg(not(wide))]
type Value = u64;

struct Cache<V> {
    entries: HashMap<u64, V>,
}

impl<V: Clone> Cache<V> {
    fn remember(&mut self, key: u64, value: &V) {
        self.entries.insert(key, value.clone());
    }
}

trait Sink {
    fn take(&mut self, key: u64);
}

// Called through a table of functions: were the insertion the last thing they do, they would be on
// no stack and no call would name them.
impl Sink for Cache<Value> {
    fn take(&mut self, key: u64) {
        assert!(self.entries.insert(key, Default::default()).is_none());
    }
}

impl Sink for HashSet<String> {
    fn take(&mut self, key: u64) {
        assert!(self.insert(key.to_string()));
    }
}

fn feed(sink: &mut dyn Sink) {
    for key in 0..MANY {
        sink.take(key);
    }
}

#[inline(never)]
fn insert_all<K: Hash + Eq, V: Default>(keys: impl Iterator<Item = K>) -> HashMap<K, V> {
    let mut map = HashMap::new();
    for key in keys {
        map.insert(key, V::default());
    }
    map
}

mod inner {
    use std::collections::HashMap;

    pub fn by_closure() -> HashMap<u32, super::Value> {
        let mut map = HashMap::new();
        (0..super::MANY as u32).for_each(|key| {
            map.insert(key, Default::default());
        });
        map
    }

    pub fn by_collect() -> HashMap<u16, super::Value> {
        let mut map: HashMap<u16, super::Value> = HashMap::new();
        map.extend((0..super::MANY as u16).map(|key| (key, Default::default())));
        map
    }
}

fn main() {
    let mut cache: Cache<Value> = Cache { entries: HashMap::new() };
    for key in 0..MANY {
        cache.remember(key, &Default::default());
    }
    let mut fed: Cache<Value> = Cache { entries: HashMap::new() };
    feed(&mut fed);
    let mut names: HashSet<String> = HashSet::new();
    feed(&mut names);
    // On the heap: else the table's object may live in registers, and nothing tells it is one.
    let all: &HashMap<u64, Value> = Box::leak(Box::new(insert_all(0..MANY)));
    let closed = Box::leak(Box::new(inner::by_closure()));
    let collected = Box::leak(Box::new(inner::by_collect()));
    println!(
        "{}",
        cache.entries.len() + fed.entries.len() + names.len() + all.len() + closed.len()
            + collected.len()
    );
    std::process::exit(0); // nothing is dropped
}
