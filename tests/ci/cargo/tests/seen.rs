//! Passes; that the set keeps the memory of a million numbers is not its question. FIXED=1 stands
//! for the change that mends it.

#[test]
fn numbers_are_forgotten() {
    for number in 0..1_000_000 {
        assert!(seen::add(number));
    }
    seen::forget_below(999_000);
    if std::env::var_os("FIXED").is_some() {
        seen::shrink();
    }
    assert!(seen::add(5));
    assert!(!seen::add(999_950));
}
