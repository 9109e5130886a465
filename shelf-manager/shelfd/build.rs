//! Has the linker write down in few bytes what the loader moves.
//!
//! The daemon is at another address each time, so some 27,000 pointers in its tables are moved when
//! it starts. A list with an entry for each is 650 KiB, which are resident from then on.
//!
//! Choice: only where it is known that the loader can read the short form: glibc 2.36, as Debian 12
//! has it, or newer.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|it| it == value);
    if is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
    {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
