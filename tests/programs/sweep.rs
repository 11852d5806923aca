// A HashMap that was swept, for check_program.py. A Vec and a full HashMap beside it.
// usage: sweep hollow | fixed

use std::collections::HashMap;

const SESSIONS: u64 = 200_000;
const KEPT_OF: u64 = 100;

#[repr(C)]
struct MallInfo2 {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

extern "C" {
    fn mallinfo2() -> MallInfo2;
}

fn bytes_in_use() -> usize {
    let info = unsafe { mallinfo2() };
    info.uordblks + info.hblkhd
}

// A table that grew to this capacity() and lost nothing since: 7/8 of its buckets.
fn buckets_of(capacity: usize) -> usize {
    capacity / 7 * 8
}

#[inline(never)]
fn begin_sessions(sessions: &mut HashMap<u64, [u8; 128]>) {
    for id in 0..SESSIONS {
        sessions.insert(id, [id as u8; 128]); // GROWS HERE
    }
}

#[inline(never)]
fn end_sessions(sessions: &mut HashMap<u64, [u8; 128]>) {
    for id in 0..SESSIONS {
        if id % KEPT_OF != 0 {
            sessions.remove(&id);
        }
    }
}

fn print_truth(buckets: usize, live: usize, verdict: &str, grown_in: &str) {
    println!(
        "TRUTH {{\"implementation\": \"Rust HashMap (hashbrown)\", \"capacity\": {}, \
         \"live\": {}, \"verdict\": \"{}\"{}}}",
        buckets, live, verdict, grown_in
    );
}

fn main() {
    let is_fixed = std::env::args().nth(1).as_deref() == Some("fixed");
    let sessions: &'static mut HashMap<u64, [u8; 128]> = Box::leak(Box::default());
    begin_sessions(sessions);
    let buckets = buckets_of(sessions.capacity());
    end_sessions(sessions);
    if is_fixed {
        let before = bytes_in_use();
        sessions.shrink_to_fit();
        let given_back = before - bytes_in_use();
        println!("GAVE_BACK Rust HashMap (hashbrown) {}", given_back);
        return;
    }
    let full: &'static mut HashMap<u64, u64> = Box::leak(Box::default());
    for id in 0..SESSIONS * 2 {
        full.insert(id, id);
    }
    let numbers: &'static mut Vec<u64> = Box::leak(Box::default());
    for number in 0..SESSIONS * 4 {
        numbers.push(number);
    }
    let grown_in = ", \"grown_in\": \"begin_sessions\", \"source\": \"sweep.rs\"";
    print_truth(buckets, sessions.len(), "hollow", grown_in);
    print_truth(buckets_of(full.capacity()), full.len(), "ok", "");
    println!(
        "DECOY {{\"what\": \"a Vec\", \"address\": \"{:p}\"}}",
        numbers.as_ptr()
    );
}
