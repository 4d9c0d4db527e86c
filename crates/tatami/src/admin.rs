//! `tatami accounts`, `tatami keys` and `tatami attempts`: what is needed to run
//! several accounts and to see what is open.
//! They work on the same data as a serving program, beside it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tatami_core::account::{MerchantTerms, Scope};
use tatami_core::branding::Wanted;
use tatami_core::id::{AccountId, KeyId};
use tatami_core::people::Access;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;

use crate::Fault;
use crate::cli::{AccountCommand, AttemptCommand, JobCommand, KeyCommand, Place, UserCommand};
use crate::config::Home;
use crate::wiring::Parts;

/// Failed jobs that are listed.
const LISTED_JOBS: usize = 1000;

/// `tatami accounts …`
pub async fn accounts(command: AccountCommand, place: Place) -> Result<(), Fault> {
    let engine = Parts::for_admin(&Home::of(place)?).await?;
    match command {
        AccountCommand::Create {
            name,
            permission,
            merchant_id,
            merchant_category,
            country,
        } => {
            let permissions = permission.into_iter().collect();
            let merchant = MerchantTerms {
                id: merchant_id,
                category: merchant_category,
                country,
            };
            let account = engine.accounts().create(&name, permissions, merchant).await;
            let account = account.map_err(fault)?;
            println!("account {}", account.id);
        }
        AccountCommand::List => {
            for account in engine.accounts().list().await.map_err(fault)? {
                println!(
                    "{}  {}  merchant {}  category {}  {}",
                    account.id,
                    account.created_at,
                    account.merchant_id(),
                    account.merchant_category(),
                    account.name
                );
            }
        }
        AccountCommand::Brand {
            account,
            environment,
            logo,
            favicon,
            primary_colour,
            background_colour,
        } => {
            let account = AccountId::parse(&account)?;
            engine.account(&account).await.map_err(fault)?;
            let wanted = Wanted {
                logo: logo.as_deref().map(picture).transpose()?,
                favicon: favicon.as_deref().map(picture).transpose()?,
                primary: primary_colour,
                background: background_colour,
            };
            let environment = environment.into();
            let scope = Scope {
                account,
                environment,
            };
            let set = engine.accounts().set_branding(&scope, &wanted).await;
            set.map_err(fault)?;
        }
    }
    Ok(())
}

/// `tatami attempts …`
pub async fn attempts(command: AttemptCommand, place: Place) -> Result<(), Fault> {
    let AttemptCommand::List = command;
    let engine = Parts::for_admin(&Home::of(place)?).await?;
    let open = engine.overview().open_attempts().await.map_err(fault)?;
    for attempt in &open {
        let state = if attempt.is_unknown() {
            "unknown"
        } else {
            "waiting"
        };
        println!(
            "{}  {}  {}  {}  {}  since {}  {state} for {} s",
            attempt.scope.account,
            attempt.scope.environment.word(),
            attempt.on.id(),
            attempt.on.operation(),
            attempt.reference,
            attempt.started_at,
            attempt.age.as_secs(),
        );
    }
    eprintln!("{} open", open.len());
    Ok(())
}

/// `tatami users …`
pub async fn users(command: UserCommand, place: Place) -> Result<(), Fault> {
    let engine = Parts::for_admin(&Home::of(place)?).await?;
    let people = engine.people();
    let link = match command {
        UserCommand::Invite {
            account,
            email,
            role,
            public_url,
        } => {
            let account = AccountId::parse(&account)?;
            let access = Access::Everywhere(role);
            people
                .team()
                .invitation_link(&account, &email, &access, &public_url)
                .await
        }
        UserCommand::Reset { email, public_url } => {
            people.team().reset_link(&email, &public_url).await
        }
    };
    println!("link {}", link.map_err(fault)?);
    eprintln!("The link is good once. Send it to that user alone.");
    Ok(())
}

/// `tatami jobs …`
pub async fn jobs(command: JobCommand, place: Place) -> Result<(), Fault> {
    let engine = Parts::for_admin(&Home::of(place)?).await?;
    match command {
        JobCommand::Failed => {
            let failed = engine.jobs().failed(LISTED_JOBS).await.map_err(fault)?;
            for job in &failed {
                println!(
                    "{}  {}  {}  tried {} times: {}",
                    job.kind, job.key, job.scope, job.tries, job.error,
                );
            }
            eprintln!("{} failed", failed.len());
            Ok(())
        }
        JobCommand::Restart { kind, id } => {
            if engine.jobs().restart(&kind, &id).await.map_err(fault)? {
                return Ok(());
            }
            Err(Fault(format!("no {kind} {id} has failed.")))
        }
    }
}

/// `tatami keys …`
pub async fn keys(command: KeyCommand, place: Place) -> Result<(), Fault> {
    let engine = Parts::for_admin(&Home::of(place)?).await?;
    match command {
        KeyCommand::Create {
            account,
            environment,
        } => {
            let new = engine
                .accounts()
                .create_key(&AccountId::parse(&account)?, environment.into())
                .await
                .map_err(fault)?;
            println!("id {}", new.key.id);
            println!("key {}", *new.text);
            eprintln!("The key is shown only once. Store it now.");
        }
        KeyCommand::List { account } => {
            for key in engine
                .accounts()
                .keys(&AccountId::parse(&account)?)
                .await
                .map_err(fault)?
            {
                let environment = key.scope.environment.word();
                println!(
                    "{}  {environment}  {}  …{}",
                    key.id, key.created_at, key.hint
                );
            }
        }
        KeyCommand::Delete { id } => {
            if !engine
                .accounts()
                .delete_key(&KeyId::parse(&id)?)
                .await
                .map_err(fault)?
            {
                return Err(Fault(format!("there is no key with the id {id}.")));
            }
            println!("deleted {id}");
        }
    }
    Ok(())
}

/// A picture in a file, as a `data:` URL.
fn picture(file: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(file).map_err(|e| Fault(format!("{}: {e}", file.display())))?;
    let is_svg = file
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("svg"));
    let media_type = if is_svg { "image/svg+xml" } else { "image/png" };
    Ok(format!(
        "data:{media_type};base64,{}",
        STANDARD.encode(bytes)
    ))
}

fn fault(failure: Failure) -> Fault {
    match failure {
        Failure::Refused(Refusal::Invalid(broken)) => {
            let mut rules: Vec<String> = broken.into_iter().map(|broken| broken.rule).collect();
            rules.dedup();
            Fault(rules.join(" "))
        }
        failure => Fault(format!("{failure}.")),
    }
}
