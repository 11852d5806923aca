// A table of the program's own whose slots are an enum. In a build for debugging what an empty or a
// deleted slot does not need is what lay on the stack, and the table's object, a variable of main,
// is copied from frame to frame as it grows. Scenarios: full, hollow, freed.

#[derive(Clone, Copy)]
enum Slot {
    Vacant,
    Removed,
    Filled(u32, u32),
}

struct Visits {
    slots: Vec<Slot>,
    filled: usize,
    removed: usize,
}

struct Site {
    name: String,
    hits: usize,
    visits: Visits,
}

const ENTRIES: u32 = 200_000;

impl Visits {
    fn new() -> Visits {
        Visits { slots: vec![Slot::Vacant; 16], filled: 0, removed: 0 }
    }

    fn seek(&self, page: u32) -> (usize, bool) {
        let mask = self.slots.len() - 1;
        let hash = (page as u64).wrapping_mul(0x9E3779B97F4A7C15);
        let (mut at, mut step, mut free) = ((hash ^ hash >> 32) as usize >> 11 & mask, 0, None);
        loop {
            match self.slots[at] {
                Slot::Vacant => return (free.unwrap_or(at), false),
                Slot::Removed => {
                    free.get_or_insert(at);
                }
                Slot::Filled(other, _) if other == page => return (at, true),
                _ => {}
            }
            step += 1;
            at = (at + step) & mask;
        }
    }

    fn has(&self, page: u32) -> bool {
        let (at, is_there) = self.seek(page);
        is_there && matches!(self.slots[at], Slot::Filled(_, visits) if visits != u32::MAX)
    }

    fn insert(&mut self, page: u32, visits: u32) {
        if (self.filled + self.removed + 1) * 8 > self.slots.len() * 5 {
            let places = self.slots.len() * 2;
            let old = std::mem::replace(&mut self.slots, vec![Slot::Vacant; places]);
            self.removed = 0;
            for slot in old {
                if let Slot::Filled(page, _) = &slot {
                    let (at, _) = self.seek(*page);
                    self.slots[at] = slot;
                }
            }
        }
        let (at, is_there) = self.seek(page);
        self.filled += !is_there as usize;
        self.removed -= matches!(self.slots[at], Slot::Removed) as usize;
        self.slots[at] = Slot::Filled(page, visits);
    }

    fn remove(&mut self, page: u32) {
        let (at, is_there) = self.seek(page);
        if is_there {
            self.slots[at] = Slot::Removed;
            self.filled -= 1;
            self.removed += 1;
        }
    }
}

fn main() {
    let scenario = std::env::args().nth(1).unwrap_or_default();
    let mut site = Site { name: String::from("site"), hits: 0, visits: Visits::new() };
    for page in 0..ENTRIES {
        site.visits.insert(page, page / 3);
    }
    if scenario != "full" {
        for page in (0..ENTRIES).filter(|page| page.wrapping_mul(2654435761) >> 7 & 31 != 0) {
            site.visits.remove(page);
        }
    }
    for page in 0..ENTRIES {
        site.hits += site.visits.has(page) as usize;
    }
    assert!(site.hits == site.visits.filled && site.name.len() == 4);
    println!(
        "TRUTH {{\"implementation\": \"unknown\", \"address\": \"{:p}\", \"capacity\": {}, \
         \"live\": {}, \"peak\": {}, \"verdict\": \"{}\", \"snapshot\": \"{}\", \
         \"freed\": {}}}",
        site.visits.slots.as_ptr(),
        site.visits.slots.len(),
        site.visits.filled,
        ENTRIES,
        if scenario == "full" { "ok" } else { "hollow" },
        if scenario == "freed" { "main-returned" } else { "exit" },
        scenario == "freed"
    );
    if scenario != "freed" {
        std::process::exit(0);
    }
}
