//! The samples of a page.

use super::languages::LANGUAGES;

const EXPECT: &str = "<!-- expect: ";

/// A sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its language.
    pub language: String,
    /// Its name on the page.
    pub name: String,
    /// The file that it is, if others use it.
    pub file: Option<String>,
    /// Its code.
    pub code: String,
    /// What it prints, among other things.
    pub expects: Vec<String>,
}

/// What a sample expects that only defines something.
const NOTHING: &str = "nothing";

/// The samples of a page.
///
/// # Errors
/// If one does not say what it expects.
pub fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let code = lines.by_ref().take_while(|line| *line != "```");
            let code: String = code.flat_map(|line| [line, "\n"]).collect();
            blocks.extend(head(info).map(|head| Block { code, ..head }));
        } else if let (Some(text), Some(block)) = (line.strip_prefix(EXPECT), blocks.last_mut()) {
            block
                .expects
                .push(text.trim_end_matches("-->").trim().to_owned());
        }
    }
    let silent = blocks
        .iter()
        .find(|block| block.expects.is_empty() && block.file.is_none());
    if let Some(Block { language, name, .. }) = silent {
        return Err(format!("{language} {name} does not say what it expects"));
    }
    for block in &mut blocks {
        block.expects.retain(|text| text != NOTHING);
    }
    Ok(blocks)
}

fn head(info: &str) -> Option<Block> {
    let mut words = info.split_whitespace();
    let language = words
        .next()
        .filter(|word| LANGUAGES.iter().any(|l| l.name == *word))?;
    let name = words.next()?;
    let file = words.find_map(|word| word.strip_prefix("file="));
    Some(Block {
        language: language.to_owned(),
        name: name.to_owned(),
        file: file.map(str::to_owned),
        ..Block::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_with_what_they_expect() {
        let page = "x\n```curl pay\ncurl a\n  b\n```\n<!-- expect: \"id\" -->\n<!-- expect: 2 -->\n\n```sh\nls\n```\n```node client file=a.mjs\nexport {};\n```";
        let [pay, client] = blocks(page).expect("blocks").try_into().expect("two");
        assert_eq!(
            (pay.name.as_str(), pay.code.as_str()),
            ("pay", "curl a\n  b\n")
        );
        assert_eq!(pay.expects, ["\"id\"", "2"]);
        assert_eq!(client.file.as_deref(), Some("a.mjs"));
        assert!(blocks("```curl pay\ncurl a\n```").is_err());
        let defines = blocks("```php f\nx\n```\n<!-- expect: nothing -->").expect("blocks");
        assert!(defines[0].expects.is_empty());
    }
}
