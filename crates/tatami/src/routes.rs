//! All routes behind one service.

use std::sync::Arc;

use http::HeaderName;
use tatami_acquirer::SandboxAcquirer;
use tatami_api::{Also, ApiState};
use tatami_checkout::{Captcha, CheckoutState, Hosts, OperatorWallets, PayerLimits, WalletKeys};
use tatami_core::card::CardNumber;
use tatami_docs::Docs;
use tatami_engine::{Engine, RequestLog};
use tatami_epos::{EposState, Events, Links, PosLinks, Registry, Tester};
use tatami_http::{AppState, Around, Logging, Shared, is_of_this_machine};
use tatami_portal::{Development, PortalState};
use tatami_sandbox::{PosTools, SandboxState, SandboxWallets};
use url::Url;

use crate::reference;
use crate::server::Program;

/// What a program with sandboxes has for them.
pub struct Sandbox {
    /// Their acquirer.
    pub acquirer: Arc<SandboxAcquirer>,
    /// Their wallets.
    pub wallets: Arc<SandboxWallets>,
    /// The development account's key, unless the operator deleted it.
    pub key: Option<&'static str>,
}

/// What people sign in to.
pub struct Portal {
    pub development: Option<Development>,
    pub address_header: Option<HeaderName>,
}

/// What is described beside the API's own operations.
const ALSO: &[Also] = &[tatami_epos::described];
/// The same with a sandbox.
const ALSO_WITH_SANDBOX: &[Also] = &[tatami_epos::described, tatami_sandbox::described];

/// What the routes serve.
pub struct Served {
    pub engine: Engine,
    /// The links to POS systems.
    pub pos: (Registry, Links),
    /// The POS systems as products call them.
    pub pos_links: Option<PosLinks>,
    pub sandbox: Option<Sandbox>,
    pub payers: PayerLimits,
    /// What pages prove before they submit a card.
    pub captcha: Option<Arc<dyn Captcha>>,
    pub portal: Portal,
    /// The operator's terms, in Markdown.
    pub terms: Option<Arc<str>>,
    pub hosts: Hosts,
    /// The operator's wallets, if any are configured.
    pub operator: Option<OperatorWallets>,
    /// The log of requests, unless it is off.
    pub requests: Option<RequestLog>,
}

/// The API and the payers' pages, and those of the sandbox if there is one, with what
/// goes around every route.
pub fn router(served: Served, public_url: &Arc<Url>, around: Around) -> impl Program {
    let Served {
        engine,
        pos: (registry, links),
        pos_links,
        sandbox,
        payers,
        captcha,
        portal,
        terms,
        hosts,
        operator,
        requests,
    } = served;
    let has_terms = terms.is_some();
    let also = match sandbox {
        Some(_) => ALSO_WITH_SANDBOX,
        None => ALSO,
    };
    let app = AppState::from(Shared {
        engine: engine.clone(),
        public_url: public_url.clone(),
        load_shed: around.load_shed.clone(),
        requests: requests.clone(),
    });
    let logged = requests.map(|log| Logging {
        log,
        routes: Arc::new(tatami_api::logged(also).with(tatami_checkout::LOGGED)),
    });
    let around = Around {
        logging: logged,
        ..around
    };
    let api = ApiState {
        app: app.clone(),
        also,
    };
    let checkout = CheckoutState {
        engine: engine.clone(),
        public_url: public_url.clone(),
        hosts,
        fails_to_submit: sandbox
            .is_some()
            .then_some(tatami_acquirer::fails_to_submit as fn(&CardNumber) -> bool),
        wallets: WalletKeys {
            sandbox: sandbox.as_ref().map(|sandbox| sandbox.wallets.keys()),
            production: operator,
        },
        payers: Arc::new(payers),
        captcha,
        has_terms,
    };
    let docs = Docs {
        public_url: public_url.clone(),
        sandbox_key: sandbox
            .as_ref()
            .and_then(|sandbox| sandbox.key)
            .filter(|_| is_of_this_machine(public_url)),
        also,
        engine: engine.clone(),
        requests: app.requests.clone(),
        address_header: portal.address_header.clone(),
        terms,
        documents: reference::DOCUMENTS,
        tables: reference::TABLES,
    };
    let tester = Tester::new(engine.clone(), registry.clone(), links.clone());
    let pos_tools = PosTools {
        registry: registry.clone(),
        links: links.clone(),
        tester: tester.clone(),
    };
    let epos = EposState {
        app: app.clone(),
        tester,
        registry,
        events: Events::new(engine.clone()),
        gateway: links.gateway.clone(),
    };
    let portal = PortalState {
        app: app.clone(),
        development: portal.development.map(Arc::new),
        address_header: portal.address_header,
        has_sandbox: sandbox.is_some(),
        has_terms,
        verifiers: verifiers(),
        added: match sandbox {
            Some(_) => tatami_sandbox::SECTIONS,
            None => &[],
        },
        gateway: links.gateway,
        streams: Default::default(),
    };
    let mut routes = tatami_api::router(api)
        .merge(tatami_portal::router(portal.clone()))
        .merge(tatami_checkout::router(checkout))
        .merge(tatami_docs::router(docs))
        .merge(tatami_epos::router(epos));
    if let Some(sandbox) = sandbox {
        let sandbox = SandboxState {
            app,
            acquirer: sandbox.acquirer,
            wallets: sandbox.wallets,
            pos: pos_links,
        };
        routes = routes
            .merge(tatami_sandbox::router(sandbox.clone()))
            .merge(tatami_sandbox::portal_router(sandbox, &portal, pos_tools));
    }
    tatami_http::around(routes, tatami_api::published(also), around)
}

/// How a webhook is verified, in the languages of programs.
fn verifiers() -> Arc<[(&'static str, String)]> {
    let samples = tatami_docs::samples("webhooks/receive", "verify");
    let programs = samples.into_iter().filter(|(title, _)| *title != "curl");
    programs.collect()
}
