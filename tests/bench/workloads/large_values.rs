//! HashMap with values of 256 bytes in the slots, under churn: `large_values ROUNDS`.
use std::collections::HashMap;

const ENTRIES: u64 = 60_000;

fn main() {
    let rounds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);
    let mut found = 0u64;
    for round in 0..rounds {
        let mut map: HashMap<u64, [u64; 32]> = HashMap::new();
        for key in 0..ENTRIES {
            map.insert(key * 7 + round, [key; 32]);
        }
        for key in 0..ENTRIES {
            if key % 10 != 0 {
                map.remove(&(key * 7 + round));
            }
        }
        for key in 0..ENTRIES {
            found += u64::from(map.contains_key(&(key * 7 + round)));
        }
    }
    assert_eq!(found, rounds * ENTRIES / 10);
}
