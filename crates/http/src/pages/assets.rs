//! Styles and scripts, part of the binary. Their address carries a digest of
//! all of them, so browsers may keep them for good, and scripts can import
//! each other by plain relative names.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use sha2::{Digest, Sha256};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A style sheet.
    Style,
    /// A script, which is a module.
    Script,
    /// A picture.
    Svg,
}

impl Kind {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// A file that pages load.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its name, in a folder without others.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it holds.
    pub content: &'static str,
}

/// The [`File`]s of a crate: their names in `assets` beside its `src`, each with
/// its [`Kind`].
#[macro_export]
macro_rules! files {
    ($($name:literal $kind:ident;)*) => {
        &[$($crate::File {
            name: $name,
            kind: $crate::Kind::$kind,
            content: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name)),
        },)*]
    };
}

/// The files that the frame of all pages needs.
const SHARED: &[File] = files! {
    "base.css" Style;
    "card.js" Script;
    "docs.css" Style;
    "expiry.js" Script;
    "icon.svg" Svg;
    "own-key.js" Script;
    "when.js" Script;
};

/// The files of one site, with those that all pages share.
#[derive(Debug)]
pub struct Assets {
    own: &'static [File],
    version: String,
    base: String,
}

impl Assets {
    /// The site's own files. They are served under `path`, in a folder whose
    /// name is their digest.
    pub fn new(path: &str, own: &'static [File]) -> Self {
        let mut digest = Sha256::new();
        for file in own.iter().chain(SHARED) {
            digest.update(file.name);
            digest.update(file.content);
        }
        let digest = digest.finalize();
        let version: String = base16ct::lower::encode_string(&digest[..8]);
        Self {
            own,
            base: format!("{path}/{version}"),
            version,
        }
    }

    /// The path that a file's name is put behind, without the slash between.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Answers with a file of this version.
    pub fn serve(&self, version: &str, name: &str) -> Response {
        let file = self.files().find(|file| file.name == name);
        let Some(file) = file.filter(|_| version == self.version) else {
            return (
                StatusCode::NOT_FOUND,
                [(header::CACHE_CONTROL, "no-store")],
                "There is no such file.",
            )
                .into_response();
        };
        let headers = [
            (header::CONTENT_TYPE, file.kind.media_type()),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        (headers, file.content).into_response()
    }

    fn files(&self) -> impl Iterator<Item = &'static File> {
        self.own.iter().chain(SHARED)
    }

    /// What is wrong with the files: scripts that import what is not there, and
    /// anything that would ask another host. For tests.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for file in self.files() {
            let content = file.content.replace("http://www.w3.org/2000/svg", "");
            for never in ["http://", "https://", "url("] {
                if content.contains(never) {
                    faults.push(format!("{} holds {never}", file.name));
                }
            }
            if file.kind == Kind::Script {
                faults.extend(self.missing_imports(file));
            }
        }
        faults
    }

    fn missing_imports(&self, script: &File) -> Vec<String> {
        let imports = script.content.lines().filter(|l| l.starts_with("import "));
        let from = imports.map(|line| line.split('\'').nth(1).unwrap_or_default());
        let known = |path: &str| {
            let name = path.strip_prefix("./");
            name.is_some_and(|name| self.files().any(|file| file.name == name))
        };
        let missing = from.filter(|path| !known(path));
        let missing = missing.map(|path| format!("{} imports {path:?}", script.name));
        missing.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn script(name: &'static str, content: &'static str) -> File {
        let kind = Kind::Script;
        File {
            name,
            kind,
            content,
        }
    }

    #[test]
    fn the_shared_files_ask_nobody() {
        assert_eq!(Assets::new("/a", &[]).faults(), Vec::<String>::new());
    }

    #[test]
    fn faults_are_found() {
        const FILES: &[File] = &[
            script(
                "a.js",
                "import { b } from './b.js';\nimport c from './c.js';",
            ),
            script("b.js", "fetch('https://elsewhere.example')"),
        ];
        let faults = Assets::new("/a", FILES).faults();
        assert_eq!(
            faults,
            ["a.js imports \"./c.js\"", "b.js holds https://"],
            "{faults:?}"
        );
    }

    #[test]
    fn a_file_is_served_under_its_version_only() {
        const FILES: &[File] = &[script("a.js", "export {};")];
        let assets = Assets::new("/site/assets", FILES);
        let version = assets.base().rsplit('/').next().expect("a version");
        for (version, name, status) in [
            (version, "a.js", StatusCode::OK),
            (version, "base.css", StatusCode::OK),
            (version, "b.js", StatusCode::NOT_FOUND),
            ("0123456789abcdef", "a.js", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(assets.serve(version, name).status(), status, "{name}");
        }
        assert_ne!(assets.base(), Assets::new("/site/assets", &[]).base());
    }
}
