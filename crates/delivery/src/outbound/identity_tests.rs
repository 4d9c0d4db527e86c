//! Exchanges over TLS with a server that asks for a client certificate.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const ANSWER: &str = "{\"session\":1}";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        roots
    }

    /// A certificate and its key, in PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// Answers clients whose certificates are the authority's. Its port.
async fn serve(authority: &Authority, status: &'static str) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(authority.roots());
    let clients = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
    let (certificate, key) = authority.issue("localhost");
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.build().expect("a verifier"))
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM"),
        );
    let acceptor = TlsAcceptor::from(Arc::new(tls.expect("a server")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let length = ANSWER.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{ANSWER}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

fn outbound(tls: ClientConfig) -> Outbound {
    Outbound::with(Duration::from_secs(20), false, system_lookup(), tls).expect("a client")
}

async fn ask(outbound: &Outbound, port: u16, most: usize) -> Result<Vec<u8>, String> {
    let url = format!("https://localhost:{port}/session");
    let json = Some("{}".to_owned());
    outbound
        .exchange(Environment::Sandbox, &url, json, most)
        .await
}

#[tokio::test]
async fn the_server_knows_the_client_by_its_certificate() {
    let authority = Authority::new();
    let port = serve(&authority, "200 OK").await;
    let (certificate, key) = authority.issue("merchant.example");
    let identity = format!("{certificate}{key}");
    let known = outbound(with_identity(authority.roots(), &identity).expect("an identity"));
    assert_eq!(
        ask(&known, port, 100).await.as_deref(),
        Ok(ANSWER.as_bytes())
    );
    let long = ask(&known, port, 5).await;
    assert_eq!(long, Err("The answer is longer than 5 bytes.".to_owned()));

    let unknown = trusting(authority.roots()).expect("TLS");
    let unknown = outbound(unknown.with_no_client_auth());
    assert!(ask(&unknown, port, 100).await.is_err());
    let (certificate, key) = Authority::new().issue("merchant.example");
    let other = with_identity(authority.roots(), &format!("{certificate}{key}"));
    let other = outbound(other.expect("an identity"));
    assert!(ask(&other, port, 100).await.is_err());

    let refusing = serve(&authority, "417 Expectation Failed").await;
    let refused = ask(&known, refusing, 100).await;
    let why = "The answer was 417 Expectation Failed.";
    assert_eq!(refused, Err(why.to_owned()));
}

#[test]
fn an_identity_is_a_certificate_with_its_key() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("one.example");
    let (_, other) = authority.issue("other.example");
    for (pem, why) in [
        (String::new(), "there is no certificate in PEM"),
        (key.clone(), "there is no certificate in PEM"),
        (certificate.clone(), "there is no private key in PEM"),
        (
            format!("{certificate}{other}"),
            "the private key is not that of the certificate",
        ),
    ] {
        let refused = with_identity(authority.roots(), &pem).expect_err("refused");
        assert_eq!(refused.to_string(), format!("nothing can be sent: {why}"));
    }
    assert!(with_identity(authority.roots(), &format!("{key}{certificate}")).is_ok());
}
