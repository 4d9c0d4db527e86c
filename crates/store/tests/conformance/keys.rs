//! Keys of accounts.

use tatami_core::account::{ApiKey, Scope};
use tatami_core::id::{AccountId, Environment, KeyId};

use crate::world::{HOUR, World};

pub async fn keys_are_found_by_digest_until_deleted(w: &World<'_>) {
    let account = w.mint(w.now(), |f| AccountId::mint(Environment::Production, f));
    let mut keys = Vec::new();
    for (n, environment) in [(1, Environment::Sandbox), (2, Environment::Production)] {
        let key = ApiKey {
            id: w.mint(w.now(), |f| KeyId::mint(environment, f)),
            scope: Scope {
                account: account.clone(),
                environment,
            },
            hint: "wxyz".to_owned(),
            created_at: w.now(),
        };
        let kept = w.store.create_key(key.clone(), [n; 32]).await;
        kept.expect("kept");
        let same = w.store.create_key(key.clone(), [n; 32]).await;
        assert!(same.is_err(), "a digest is one key's");
        keys.push(key);
        w.clock.advance(HOUR);
    }
    assert_eq!(w.store.keys(&account).await.expect("read"), keys);
    let others = w.store.keys(&w.scope().account).await.expect("read");
    assert!(others.is_empty());
    let ids = [
        keys[1].id.clone(),
        w.mint(w.now(), |f| KeyId::mint(Environment::Sandbox, f)),
    ];
    let existing = async || w.store.existing_keys(&ids).await.expect("read");
    assert_eq!(existing().await, [keys[1].id.clone()]);
    let find = async |n| w.store.key_by_digest(&[n; 32]).await.expect("read");
    assert_eq!(find(2).await.as_ref(), Some(&keys[1]));
    assert_eq!(find(3).await, None);
    assert!(w.store.delete_key(&keys[1].id).await.expect("deleted"));
    assert!(!w.store.delete_key(&keys[1].id).await.expect("deleted"));
    assert_eq!(existing().await, []);
    assert_eq!(find(2).await, None);
    assert_eq!(find(1).await.as_ref(), Some(&keys[0]));
}
