//! Which files of a crate name which others, read from their text.

use std::collections::{BTreeMap, BTreeSet};

type Path = Vec<String>;

/// Pairs of files in different folders each of which needs the other, by whatever way.
/// What a module gives on with `pub use` counts as named where it comes from.
pub fn circles_across_folders(files: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    let modules: BTreeMap<Path, &str> = files.keys().map(|f| (module_of(f), &**f)).collect();
    let (mut named, mut given_on) = (BTreeMap::<&str, Vec<Path>>::new(), BTreeMap::new());
    for (file, text) in files {
        let module = module_of(file);
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let code: Vec<&str> = text.lines().filter(is_code).collect();
        for statement in code.join("\n").split(';') {
            let gives = statement.trim_start().starts_with("pub") && statement.contains(" use ");
            for path in paths(statement, &module, &modules) {
                match path.last().filter(|_| gives) {
                    Some(name) => {
                        drop(given_on.insert([&*module, std::slice::from_ref(name)].concat(), path))
                    }
                    None => named.entry(file).or_default().push(path),
                }
            }
        }
    }
    let file_of = |path: &Path| {
        let mut path = path;
        while let Some(from) = given_on.get(path).filter(|from| *from != path) {
            path = from;
        }
        (0..=path.len())
            .rev()
            .find_map(|n| modules.get(&path[..n]).copied())
    };
    let reached = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(file) = open.pop() {
            let next = named.get(&*file).into_iter().flatten().filter_map(file_of);
            open.extend(next.filter(|next| seen.insert(*next)).map(str::to_owned));
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = files.keys().map(|f| (&**f, reached(f))).collect();
    let pairs = all
        .keys()
        .flat_map(|a| all.range::<&str, _>(a..).map(move |(b, _)| (*a, *b)));
    let both = pairs.filter(|(a, b)| all[a].contains(b) && all[b].contains(a));
    both.filter(|(a, b)| folder_of(a) != folder_of(b)).collect()
}

/// The paths of this crate in a statement, from its root.
fn paths(statement: &str, module: &[String], modules: &BTreeMap<Path, &str>) -> Vec<Path> {
    let mut found = Vec::new();
    for (at, _) in statement.match_indices("::") {
        let before = statement[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_');
        let start = before.map_or(0, |at| at + 1);
        if start < at && !statement[..start].ends_with(['$', ':']) {
            expand(Vec::new(), &statement[start..], &mut found);
        }
    }
    let absolute = |path: Path| {
        let above = path.iter().take_while(|part| *part == "super").count();
        let base = &module[..module.len().saturating_sub(above)];
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "super" => Some([base, &path[above..]].concat()),
            _ => Some([base, &path].concat()).filter(|p| modules.contains_key(&p[..=base.len()])),
        }
    };
    found.into_iter().filter_map(absolute).collect()
}

/// Reads `a::{b, c::d}` behind a path; where the text goes on.
fn expand<'t>(mut path: Path, text: &'t str, found: &mut Vec<Path>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut text) = text.strip_prefix('{') {
        while !text.trim_start().starts_with('}') && !text.is_empty() {
            let rest = expand(path.clone(), text, found);
            text = rest
                .find([',', '}'])
                .map_or("", |at| rest[at..].trim_start_matches(','));
        }
        return text.trim_start().strip_prefix('}').unwrap_or(text);
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    path.extend(
        [name.to_owned()]
            .into_iter()
            .filter(|n| !n.is_empty() && n != "self"),
    );
    match rest.strip_prefix("::").filter(|_| !name.is_empty()) {
        Some(rest) => expand(path, rest, found),
        None => {
            found.push(path);
            rest
        }
    }
}

fn module_of(file: &str) -> Path {
    let parts = file.trim_end_matches(".rs").split('/');
    let named = parts.filter(|part| !["mod", "lib", "main"].contains(part));
    named.map(str::to_owned).collect()
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
