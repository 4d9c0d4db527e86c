//! A language and its texts.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The files that are compiled in: tag and content.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));
/// The language of readers who ask for none of ours.
const USUAL: &str = "en";
const COUNTRY: &str = "country-";

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(tag, file)| Language::new(tag, file))
        .collect()
});

/// A language that pages and receipts can be read in.
pub struct Language {
    tag: &'static str,
    /// The texts that are always the same.
    plain: HashMap<&'static str, String>,
    /// All of them.
    bundle: FluentBundle<FluentResource>,
    /// Codes and names, in the order of the names.
    countries: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag)
    }
}

impl Language {
    fn new(tag: &'static str, file: &'static str) -> Self {
        let resource = match FluentResource::try_new(file.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let locale = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks around what is filled in would be part of titles and mails.
        bundle.set_use_isolating(false);
        // A text that is there twice: a test finds it.
        let _ = bundle.add_resource(resource);
        let mut plain = HashMap::new();
        for key in keys(file) {
            let pattern = bundle.get_message(key).and_then(|message| message.value());
            let mut faults = Vec::new();
            let text = pattern.map(|p| bundle.format_pattern(p, None, &mut faults).into_owned());
            if let Some(text) = text.filter(|_| faults.is_empty()) {
                plain.insert(key, text);
            }
        }
        let mut countries: Vec<_> = plain
            .iter()
            .filter_map(|(key, name)| Some((key.strip_prefix(COUNTRY)?, name.clone())))
            .collect();
        countries.sort_by_cached_key(|(_, name)| collated(name));
        Self {
            tag,
            plain,
            bundle,
            countries,
        }
    }

    /// All of them, by their tags.
    pub fn all() -> &'static [Self] {
        &LANGUAGES
    }

    /// English: what programs are answered in, and the source of the others.
    pub fn english() -> &'static Self {
        Self::by_tag(USUAL).unwrap_or(&LANGUAGES[0])
    }

    /// The one of a tag, whatever region or script it names besides.
    pub fn by_tag(tag: &str) -> Option<&'static Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        let mut all = Self::all().iter();
        all.find(|language| language.tag.eq_ignore_ascii_case(primary))
    }

    /// Its tag, as in `lang`.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// What it calls itself.
    pub fn name(&'static self) -> &'static str {
        self.get("language-name")
    }

    /// The text of that key.
    pub fn get(&'static self, key: &str) -> &'static str {
        let text = self.plain.get(key);
        let usual = || Self::english().plain.get(key);
        text.or_else(usual).map_or("", String::as_str)
    }

    /// The text of that key, with what is filled in.
    pub fn with(&self, key: &str, filled: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::with_capacity(filled.len());
        for (name, value) in filled {
            args.set(*name, *value);
        }
        self.format(key, &args)
    }

    /// The text of that key for so many of something.
    pub fn counted(&self, key: &str, count: usize) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set("count", count);
        self.format(key, &args)
    }

    fn format(&self, key: &str, args: &FluentArgs<'_>) -> String {
        let here = self.bundle.get_message(key).map(|message| (self, message));
        let found = here.or_else(|| {
            let usual = Self::english();
            usual
                .bundle
                .get_message(key)
                .map(|message| (usual, message))
        });
        let text = found.and_then(|(language, message)| {
            let pattern = message.value()?;
            // What is not filled in stays visible as its name.
            let text = language
                .bundle
                .format_pattern(pattern, Some(args), &mut Vec::new());
            Some(text.into_owned())
        });
        text.unwrap_or_default()
    }

    /// Countries by their codes, in the order of their names.
    pub fn countries(&'static self) -> &'static [(&'static str, String)] {
        &self.countries
    }

    #[cfg(test)]
    pub(crate) fn file(&self) -> &'static str {
        let file = FILES.iter().find(|(tag, _)| *tag == self.tag);
        file.map_or("", |(_, file)| file)
    }
}

/// The keys of a file's texts.
pub(crate) fn keys(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter_map(|line| {
        let key = line.split_once(" =")?.0;
        let starts = key.starts_with(|c: char| c.is_ascii_lowercase());
        starts.then_some(key)
    })
}

/// A name for sorting: letters with marks stand where they do without.
fn collated(name: &str) -> String {
    let plain = |c: char| match c {
        'À'..='Å' | 'à'..='å' => 'a',
        'Ç' | 'ç' => 'c',
        'È'..='Ë' | 'è'..='ë' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' => 'i',
        'Ñ' | 'ñ' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' => 'u',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(plain).collect()
}
