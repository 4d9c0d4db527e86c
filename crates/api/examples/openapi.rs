//! Prints the OpenAPI document.

fn main() {
    println!("{:#}", tatami_api::document(&[]));
}
