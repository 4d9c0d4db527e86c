//! Why a token, or a key, is refused. None of it holds a word of the token.

/// The check that a token did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// We have no keys for this wallet.
    #[error("this wallet is not set up")]
    NotConfigured,
    /// It is longer than any token is.
    #[error("the token is too long")]
    TooLong,
    /// A part of it, by its name, has not the form that it should have.
    #[error("the token's {0} cannot be read")]
    Malformed(&'static str),
    /// It is neither `EC_v1` (Apple) nor `ECv2` (Google).
    #[error("tokens of this version are not supported")]
    Version,
    /// The signature uses something else than ECDSA with SHA-256.
    #[error("the signature's algorithm is not supported")]
    Algorithm,
    /// No certificate is marked as one that signs Apple Pay tokens.
    #[error("the signing certificate lacks its marker")]
    LeafMarker,
    /// No certificate is marked as the issuer of such certificates.
    #[error("the intermediate certificate lacks its marker")]
    IntermediateMarker,
    /// The certificates do not lead to a root that we trust.
    #[error("the certificates do not lead to a trusted root")]
    Chain,
    /// A certificate is past its time, or before it.
    #[error("a certificate is not valid at this time")]
    CertificateTime,
    /// The signer is not whom the signing certificate is about.
    #[error("the signer is not the holder of the signing certificate")]
    Signer,
    /// What was signed is something else.
    #[error("the signature is of other contents")]
    Digest,
    /// It was signed too long ago, or in the future.
    #[error("the token was signed too long ago, or in the future")]
    SigningTime,
    /// The signature does not fit the key, or names another recipient.
    #[error("the signature does not verify")]
    Signature,
    /// None of Google's keys that we have is good any more.
    #[error("all root keys have expired")]
    RootKeys,
    /// The intermediate key is not signed by any of Google's keys.
    #[error("no root key signed the intermediate key")]
    IntermediateSignature,
    /// The intermediate key is past its time.
    #[error("the intermediate key has expired")]
    IntermediateExpired,
    /// It was encrypted for a key that is not ours.
    #[error("the token is for another key")]
    MerchantKey,
    /// It does not decrypt: it is for another merchant, or was changed.
    #[error("the token cannot be decrypted")]
    Decryption,
    /// The message is past its time.
    #[error("the message has expired")]
    MessageExpired,
    /// It was made out to us, but for another of our merchants.
    #[error("the token is for another merchant")]
    GatewayMerchant,
    /// What is in it is not a card, or not with a cryptogram of 3-D Secure.
    #[error("the kind of payment data is not supported")]
    PaymentData,
    /// The card's number is none.
    #[error("the card number is not valid")]
    CardNumber,
    /// The card's expiry is no month.
    #[error("the card's expiry is not valid")]
    Expiry,
    /// The cryptogram or its indicator is missing or not one.
    #[error("the cryptogram is not valid")]
    Cryptogram,
    /// The amount is in a currency that we do not take, or no whole number.
    #[error("the amount is not valid")]
    Amount,
}

/// A key, root or certificate of the configuration that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not a private key on P-256.
    #[error("a wallet's private key must be an EC key on P-256, as PEM (PKCS #8 or SEC 1)")]
    Private,
    /// Not an X.509 certificate.
    #[error("a root certificate must be an X.509 certificate in DER")]
    Root,
    /// Not the JSON that Google publishes.
    #[error("the root keys must be the JSON that Google publishes, with keys of ECv2")]
    RootKeys,
}
