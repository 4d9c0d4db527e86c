//! The published descriptions, where they are beside the repository or where
//! `TATAMI_PUBLISHED` says.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::VERSIONS;

/// A published file, if they are here.
pub fn file(name: &str) -> Option<String> {
    folder().map(|folder| text(&folder.join(name)))
}

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let place = std::env::var_os("TATAMI_PUBLISHED").map_or(beside, PathBuf::from);
    let folder = place.join("contract");
    folder.is_dir().then_some(folder)
}

/// Those of all versions, oldest first; none if they are not here.
pub fn documents() -> Vec<Value> {
    let Some(folder) = folder() else {
        return Vec::new();
    };
    let [older @ .., _] = VERSIONS;
    let older = older.iter().map(|version| {
        let file = folder.join(format!("earlier-versions/dojo-api-{version}.yaml"));
        serde_yaml_ng::from_str(&text(&file)).unwrap_or_else(|error| panic!("{error}"))
    });
    let newest = serde_json::from_str(&text(&folder.join("dojo-api.json")));
    older.chain([newest.expect("JSON")]).collect()
}

fn text(file: &Path) -> String {
    let text = std::fs::read_to_string(file);
    text.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
