// A registry that is filled and swept; with the argument "fixed" it gives its slots back and
// the program works on for a second, with "late" it has fewer entries left, gives them back and ends.
use std::collections::HashMap;

#[inline(never)]
fn register(registry: &mut HashMap<u64, [u64; 4]>, key: u64) {
    registry.insert(key, [key; 4]); // GROWS HERE
}

fn main() {
    let began = std::time::Instant::now();
    let how = std::env::args().nth(1).unwrap_or_default();
    let left = if how == "late" { 10 } else { 100 };
    let registry: &'static mut HashMap<u64, [u64; 4]> = Box::leak(Box::new(HashMap::new()));
    for key in 0..100_000 {
        register(registry, key);
    }
    registry.retain(|key, _| *key < left);
    if how == "fixed" || how == "late" {
        registry.shrink_to_fit();
    }
    if how == "fixed" {
        // The end of a run is a share of it.
        std::thread::sleep(std::time::Duration::from_secs(1) + began.elapsed() / 8);
    }
    std::hint::black_box(&registry);
}
