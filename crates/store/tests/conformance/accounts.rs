//! Accounts and their keys.

use tatami_core::account::{Account, ApiKey, Permission, Scope};
use tatami_core::id::{AccountId, Environment, KeyId};
use tatami_core::time::SignedDuration;

use crate::world::{HOUR, World};

fn account(w: &World<'_>, name: &str) -> Account {
    let at = w.now() + SignedDuration::from_nanos(100);
    Account {
        id: w.mint(at, |f| AccountId::mint(Environment::Production, f)),
        name: name.to_owned(),
        time_zone: Account::DEFAULT_TIME_ZONE.to_owned(),
        permissions: Permission::ALL.into_iter().collect(),
        created_at: at,
    }
}

pub async fn accounts_are_listed_oldest_first(w: &World<'_>) {
    let first = account(w, "Café One");
    w.clock.advance(HOUR);
    let second = account(w, "Two");
    for account in [&second, &first] {
        let made = w.store.create_account(account.clone()).await;
        made.expect("made");
    }
    let twice = w.store.create_account(first.clone()).await;
    assert!(twice.is_err(), "it is there already");
    let found = w.store.account(&first.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(&first));
    let unknown = w.store.account(&w.scope().account).await.expect("read");
    assert_eq!(unknown, None);
    assert_eq!(w.store.accounts().await.expect("read"), [first, second]);
}

pub async fn keys_are_found_by_digest_until_deleted(w: &World<'_>) {
    let account = account(w, "One").id;
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
    let find = async |n| w.store.key_by_digest(&[n; 32]).await.expect("read");
    assert_eq!(find(2).await.as_ref(), Some(&keys[1]));
    assert_eq!(find(3).await, None);
    assert!(w.store.delete_key(&keys[1].id).await.expect("deleted"));
    assert!(!w.store.delete_key(&keys[1].id).await.expect("deleted"));
    assert_eq!(find(2).await, None);
    assert_eq!(find(1).await.as_ref(), Some(&keys[0]));
}
