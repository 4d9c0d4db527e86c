//! A small restaurant's POS, to try the platform with and as an example for partners.
//! It uses the published EPOS Data API alone: it registers its capabilities, hosts the
//! REST API or opens a WebSocket, answers from what it keeps in memory, reports changes
//! of its orders, and shows all of it on a page.

mod faults;
mod journal;
mod page;
mod platform;
mod pos;
mod rest;
mod restaurant;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use tokio::net::TcpListener;

pub use faults::{Fault, Faults};
pub use platform::Transport;

use page::PageState;
use platform::Platform;
use pos::{Clock, Pos};

/// How long to wait for a platform that is not there yet.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How the POS is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The URL of the platform.
    pub platform: String,
    /// The API key of the account.
    pub key: String,
    /// The software house.
    pub software_house: String,
    /// How the platform calls the POS.
    pub transport: Transport,
    /// The address of the page and of the REST API.
    pub listen: String,
    /// Capabilities that are not registered.
    pub without: Vec<String>,
    /// What goes wrong.
    pub faults: Faults,
}

/// The POS, which listens already.
pub struct DemoPos {
    listener: TcpListener,
    url: String,
    options: Options,
}

impl DemoPos {
    /// Opens the address of the page and of the REST API.
    ///
    /// # Errors
    /// With a sentence, if the address is in use.
    pub async fn open(options: Options) -> Result<Self, String> {
        let listen = &options.listen;
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        Ok(Self {
            listener,
            url: format!("http://{address}"),
            options,
        })
    }

    /// The URL of the page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves for ever. `ready` is called as soon as the capabilities are registered.
    ///
    /// # Errors
    /// With a sentence, if a client cannot be set up.
    pub async fn serve(self, ready: impl FnOnce()) -> Result<(), String> {
        let Self {
            listener,
            url: own_url,
            options,
        } = self;
        let pos = Pos::open(clock(), options.faults);
        let platform = Platform::new(&options.platform, &options.key, &options.software_house)?;
        let state = PageState {
            pos: pos.clone(),
            platform: platform.clone(),
        };
        let routes: Router = rest::routes()
            .with_state(pos.clone())
            .merge(page::routes(state));
        let serving = async { axum::serve(listener, routes).await };
        let (transport, without) = (options.transport, &options.without);
        let calling = async {
            while let Err(error) = platform.register(transport, &own_url, without).await {
                tracing::warn!(error, "the capabilities are not registered");
                tokio::time::sleep(RETRY_AFTER).await;
            }
            ready();
            match transport {
                Transport::Rest => std::future::pending().await,
                Transport::Ws => platform.serve(&pos).await,
            }
        };
        tokio::select! {
            served = serving => served.map_err(|error| error.to_string()),
            () = calling => Ok(()),
        }
    }
}

/// The machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a partner's POS has a clock of its own"
)]
fn clock() -> Clock {
    Arc::new(Timestamp::now)
}
