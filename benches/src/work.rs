//! What is signed: the arguments of the program, after its name.

use std::path::Path;

/// The arguments with which the program signs so many images, each in a request of its own.
pub(crate) fn images(count: usize, config: &Path) -> Vec<String> {
    let mut all = command("container-sign", config);
    for number in 0..count {
        all.extend(["--digest".to_owned(), format!("sha256:{number:064x}")]);
        all.extend(["--reference".to_owned(), reference(number)]);
    }
    all
}

/// 50 repositories, as a release of many images has.
fn reference(number: usize) -> String {
    format!("registry.example.com/product/component-{}:1.{}", number % 50, number / 50)
}

fn command(name: &str, config: &Path) -> Vec<String> {
    let config = config.display().to_string();
    [name, "--config-file", &config, "--signing-key", "55A34A82", "--task-id", "1"]
        .map(str::to_owned)
        .to_vec()
}
