//! How an operator sets up the wallets of production.

use std::path::PathBuf;

use rcgen::{CertifiedKey, KeyPair};
use tatami_tests::{App, Tatami, run};
use tempfile::TempDir;

/// Files as an operator has them.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        let key = KeyPair::generate().expect("a key").serialize_pem();
        let names = vec!["merchant.example".to_owned()];
        let identity = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let CertifiedKey { cert, signing_key } = identity;
        files.write("key.pem", &key);
        files.write("identity.pem", &(cert.pem() + &signing_key.serialize_pem()));
        files.write("domain", "7B227073");
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Options, with the names of files behind `@`.
    fn options(&self, options: &[&str]) -> Vec<String> {
        let full = |option: &&str| match option.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => (*option).to_owned(),
        };
        options.iter().map(full).collect()
    }
}

const APPLE: [&str; 4] = [
    "--apple-pay-merchant-id",
    "merchant.example",
    "--apple-pay-key",
    "@key.pem",
];
const GOOGLE: [&str; 6] = [
    "--google-pay-merchant-id",
    "BCR2DN4T",
    "--google-pay-gateway",
    "example",
    "--google-pay-key",
    "@key.pem",
];

#[tokio::test]
async fn the_domain_file_is_served_where_it_is_set_up() {
    let files = Files::new();
    let more = ["--apple-pay-identity", "@identity.pem"];
    let domain = ["--apple-pay-domain-file", "@domain"];
    let options = files.options(&[&APPLE[..], &more, &domain].concat());
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Tatami::start_with(&options);
    let path = "/.well-known/apple-developer-merchantid-domain-association";
    let file = App::on(&server).stranger().get(path).await;
    assert_eq!(
        (file.status.as_u16(), file.text().as_str()),
        (200, "7B227073")
    );
    let none = App::new().stranger().get(path).await;
    assert_eq!(none.status, 404);
    assert_eq!(none.text(), "no Apple Pay merchant id is configured");
}

#[test]
fn options_that_cannot_be_used_are_said() {
    let files = Files::new();
    files.write("wrong.pem", "-----BEGIN PRIVATE KEY-----");
    files.write("roots.json", "{\"keys\":[]}");
    let roots = |file| [&GOOGLE[..], &["--google-pay-roots", file]].concat();
    let identity = |file| [&APPLE[..], &["--apple-pay-identity", file]].concat();
    for (options, about) in [
        (APPLE[..2].to_vec(), "needs both --apple-pay-merchant-id"),
        (
            vec!["--apple-pay-domain-file", "@domain"],
            "needs both --apple-pay-merchant-id",
        ),
        (GOOGLE[..4].to_vec(), "Google Pay needs"),
        (
            [&APPLE[..3], &["@wrong.pem"]].concat(),
            "wrong.pem: a wallet's private key",
        ),
        (
            [&APPLE[..3], &["@none.pem"]].concat(),
            "none.pem cannot be read",
        ),
        (identity("@key.pem"), "there is no certificate in PEM"),
        (roots("@roots.json"), "roots.json: the root keys must be"),
    ] {
        let data = tempfile::tempdir().expect("a folder");
        let data = data.path().display().to_string();
        let mut arguments = files.options(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        arguments.push(data);
        arguments.extend(files.options(&options));
        let exit = run(arguments);
        assert!(exit.output.contains(about), "{options:?}: {}", exit.output);
        assert!(!exit.output.contains("BEGIN"), "{}", exit.output);
    }
}
