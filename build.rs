//! Tells the tests whether the rows that are kept beside the checkout, and never in it, are there.

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    println!("cargo::rustc-check-cfg=cfg(shared_data)");
    println!("cargo::rerun-if-changed={folder}");
    if std::path::Path::new(folder).is_dir() {
        println!("cargo::rustc-cfg=shared_data");
    }
}
