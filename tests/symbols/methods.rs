// rustc keeps every function inside the entries of namespaces and types.
use std::collections::HashMap;

struct Cache {
    entries: HashMap<u64, [u8; 64]>,
}

impl Cache {
    fn remember(&mut self, key: u64) {
        self.entries.insert(key, [1; 64]); // GROWS
    }
}

fn main() {
    let mut cache = Cache { entries: HashMap::new() };
    for key in 0..20000 {
        cache.remember(key);
    }
    println!("{}", cache.entries.len());
}
